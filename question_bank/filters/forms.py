"""Forms of the filters that people keep."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from question_bank.filters.rules import MAX_NAME


class FilterForm(Form):
    """Name of a filter, and whether everybody in the bank sees it. ``address``: of a new one."""

    name = TrimmedField(
        _l("名字"), validators=[required(_l("给这个筛选起个名字。")), at_most(MAX_NAME)]
    )
    is_shared = BooleanField(_l("共用：题库的人都看得到"))
    address = HiddenField()
