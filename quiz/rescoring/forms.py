"""What a browser may send about corrected keys: shape only."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError
from wtforms.widgets import TextArea

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from quiz.keys.rules import Verdict
from quiz.rescoring.rules import Change

VERDICTS = {Verdict.KEY: _l("换成新答案"), Verdict.VOID: _l("本题作废，全部给分")}
# change → (kind of chip, word for exams, word for rounds)
CHANGES = {
    Change.GAINS: ("good", _l("变为合格"), _l("变为达标")),
    Change.KEPT: ("warn", _l("保留合格"), _l("保留达标")),
    Change.RAISED: ("run", _l("加分"), _l("加分")),
    Change.SAME: ("off", _l("不变"), _l("不变")),
}


class CorrectForm(Form):
    """What is right instead of the key, and why; nothing is chosen when the page opens."""

    verdict = RadioField(
        _l("更正为"), [required(_l("请选更正为什么"))],
        choices=[SelectChoice(verdict.value, word) for verdict, word in VERDICTS.items()],
    )  # fmt: skip
    reason = TrimmedField(_l("理由"), [required(_l("更正答案要写明理由")), at_most(500)],
                          widget=TextArea())  # fmt: skip

    @property
    def chosen(self) -> Sequence[str]:
        """What was named as the new key: indexes of options, truth values, or texts by blank."""
        return [text.replace("\0", "")[:200] for text in request.form.getlist("key")]


class DecideForm(Form):
    """The second person's word on a corrected key; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("决定"), [required(_l("请选同意或不同意"))],
        choices=[SelectChoice("agree", _l("同意更正")), SelectChoice("refuse", _l("不同意"))],
    )  # fmt: skip
    reason = TextAreaField(_l("说明"), [at_most(500)])

    def validate_reason(self, field: TextAreaField) -> None:
        """Who refuses says why."""
        if self.decision.data == "refuse" and not (field.data or "").strip():
            raise ValidationError(_l("不同意的，请写明理由"))


def wanted_change() -> Change | None:
    """Which change the address asks for; None is any."""
    text = request.args.get("change", "")
    return Change(text) if text in set(Change) else None
