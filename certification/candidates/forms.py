"""What a browser may send about candidates."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from certification.exams.forms import ReasonForm
from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l


class AdmitForm(ReasonForm):
    """Who is admitted by name, and why."""

    staff_no = TrimmedField(_l("工号"), [required(), at_most(32)])


class DecideForm(Form):
    """The second person's word on a void; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("决定"),
        [required(_l("请选同意或不同意"))],
        choices=[SelectChoice("agree", _l("同意作废")), SelectChoice("refuse", _l("不同意"))],
    )
    reason = TextAreaField(_l("说明"), [at_most(200)])
