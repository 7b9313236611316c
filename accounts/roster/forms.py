"""Forms of the roster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wtforms import Field, SelectField, ValidationError

from accounts.people.services import checked_name, checked_phone, checked_staff_no
from accounts.units.forms import unit_choices
from accounts.units.queries import UnitNode
from core.errors import Invalid
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l


def spelled(check: Callable[[str], str]) -> Callable[[Any, Field], None]:
    """A validator that puts the stored spelling into the field, or the reason beside it."""

    def validate(_form: Any, field: Field) -> None:
        try:
            field.data = check(field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.detail) from None

    return validate


class PostingForm(Form):
    """A post: unit, position, first day."""

    unit = SelectField(_l("单位"), [required(_l("请选定单位"))], choices=[])
    position = TrimmedField(_l("职务"), [required(_l("请填写职务")), at_most(64)])
    since = DayField(_l("到岗日期"), [required(_l("请填写日期，例如 2026-11-24"))])

    def offer(self, nodes: Sequence[UnitNode]) -> None:
        """The units that may be chosen."""
        self.unit.choices = unit_choices(nodes, _l("请选择"))

    @property
    def unit_id(self) -> int:
        return int(self.unit.data or 0)


class PersonForm(PostingForm):
    """A new person with the first post; all fields in the order of the page."""

    staff_no = TrimmedField(_l("工号"), [spelled(checked_staff_no)])
    name = TrimmedField(_l("姓名"), [spelled(checked_name)])
    unit = SelectField(_l("单位"), [required(_l("请选定单位"))], choices=[])
    position = TrimmedField(_l("职务"), [required(_l("请填写职务")), at_most(64)])
    since = DayField(_l("到岗日期"), [required(_l("请填写日期，例如 2026-11-24"))])
    phone = TrimmedField(_l("联系电话"), [spelled(checked_phone)])
    remark = TrimmedField(_l("备注"), [at_most(200)])


class FactsForm(Form):
    """Corrections of name, phone and remark."""

    name = TrimmedField(_l("姓名"), [spelled(checked_name)])
    phone = TrimmedField(_l("新的联系电话"), [spelled(checked_phone)])
    remark = TrimmedField(_l("备注"), [at_most(200)])


class LeaveForm(Form):
    """The last day on post and the grounds."""

    last_day = DayField(_l("在岗最后一天"), [required(_l("请填写日期，例如 2026-11-24"))])
    reason = TrimmedField(_l("离岗原因"), [required(_l("请写明原因，例如：退休")), at_most(200)])
