"""What a browser may send about a void that a colleague asked for."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core.forms import Form, at_most, required
from core.forms import lazy_gettext as _l


class DecideForm(Form):
    """The second person's word on a void; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("决定"),
        [required(_l("请选同意或不同意"))],
        choices=[SelectChoice("agree", _l("同意作废")), SelectChoice("refuse", _l("不同意"))],
    )
    reason = TextAreaField(_l("说明"), [at_most(200)])
