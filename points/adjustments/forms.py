"""What a browser may send about corrections of points."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import HiddenField, RadioField, SelectField, TextAreaField

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError
from wtforms.widgets import TextArea

from core.forms import Form, TrimmedField, WholeNumberField, at_most, required
from core.forms import lazy_gettext as _l
from points.periods.queries import PeriodView


class AskForm(Form):
    """Whose points of which period change by how much, and why."""

    key = HiddenField()
    staff_no = TrimmedField(_l("工号"), [required(_l("请填写工号")), at_most(32)])
    period = SelectField(_l("属于哪一期"), [required(_l("请选一期"))], choices=[])
    amount = WholeNumberField(_l("积分"), [required(_l("请填写积分，例如 2 或 -2"))])
    reason = TrimmedField(_l("理由"), [required(_l("请写明理由")), at_most(500)], widget=TextArea())

    def offer(self, periods: Sequence[PeriodView]) -> None:
        """The periods that may be chosen; none is chosen when the page opens."""
        self.period.choices = [
            ("", _("请选择")),
            *[
                (
                    str(one.id),
                    _("%(label)s，已结转", label=one.label) if one.closed_at else one.label,
                )
                for one in periods
            ],
        ]

    def validate_key(self, field: HiddenField) -> None:
        """The form must carry the key that it was opened with."""
        try:
            field.data = str(uuid.UUID(str(field.data)))
        except ValueError:
            field.data = str(uuid.uuid4())
            raise ValidationError(_("这张表已经失效，现在换了新的，请再提交一次。")) from None


class DecideForm(Form):
    """The second person's word on a correction; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("决定"),
        [required(_l("请选同意或不同意"))],
        choices=[SelectChoice("agree", _l("同意更正")), SelectChoice("refuse", _l("不同意"))],
    )
    reason = TextAreaField(_l("说明"), [at_most(500)])

    def validate_reason(self, field: TextAreaField) -> None:
        """Who refuses says why."""
        if self.decision.data == "refuse" and not (field.data or "").strip():
            raise ValidationError(_("不同意的，请写明理由"))
