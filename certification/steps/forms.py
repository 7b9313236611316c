"""Forms of the steps that a transfer takes: decide, move, withdraw, carry out."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional

from certification.transfers.forms import PapersForm
from certification.transfers.rules import Decision
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l

DIGITS = 9


class SeenForm(Form):
    """A form about a transfer; knows the revision of it that the page showed."""

    revision = HiddenField()

    @property
    def seen(self) -> int:
        """The revision that the page showed; 0 where it is unreadable, which is never current."""
        text = str(self.revision.data or "")
        return int(text) if text.isdecimal() and len(text) <= DIGITS else 0


class DecideForm(SeenForm, PapersForm):
    """The office's decision; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("决定"),
        [InputRequired(_l("请选定一项"))],
        choices=lambda: [("approve", _l("批准")), ("refuse", _l("不批准"))],
    )
    document_no = TrimmedField(_l("批准文件号"), [at_most(64)])
    successor = SelectField(_l("接替人"), choices=[])
    gap_until = DayField(_l("最晚哪一天有人接替"), [Optional()])
    reason = TextAreaField(_l("说明"), [at_most(500)])
    acknowledged = BooleanField("")

    def answer(self) -> Decision:
        """What was decided, once the form was found sound."""
        return Decision(
            approve=self.decision.data == "approve", reason=(self.reason.data or "").strip(),
            document_no=self.document_no.data or "", successor_id=self.successor_id,
            gap_until=self.gap_until.data, is_acknowledged=bool(self.acknowledged.data),
        )  # fmt: skip


class MoveForm(SeenForm):
    """Another effective day."""

    effective_on = DayField(_l("新的生效日"), [required(_l("请填写日期，例如 2026-11-24"))])
    reason = TrimmedField(_l("改期原因"), [at_most(500)])


class WithdrawForm(SeenForm):
    """Why it is taken back."""

    reason = TrimmedField(_l("撤回原因"), [required(_l("请写明原因")), at_most(500)])
