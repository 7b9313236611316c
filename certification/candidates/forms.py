"""What a browser may send about candidates."""

from __future__ import annotations

from core.forms import ReasonForm, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l


class AdmitForm(ReasonForm):
    """Who is admitted by name, and why."""

    staff_no = TrimmedField(_l("工号"), [required(), at_most(32)])
