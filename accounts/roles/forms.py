"""Forms for roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wtforms import SelectField
from wtforms.validators import Optional

from accounts.units.forms import unit_choices
from accounts.units.queries import UnitNode
from core import clock
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from core.permissions import Role

ROLE_LABELS: dict[Role, str] = {
    Role.STAFF: _l("工作人员"),
    Role.COORDINATOR: _l("单位联络员"),
    Role.EDITOR: _l("题库编辑"),
    Role.REVIEWER: _l("题库审核"),
    Role.OFFICE: _l("领导小组办公室"),
    Role.AUDITOR: _l("审计员"),
    Role.ADMIN: _l("系统管理员"),
}


class GrantForm(Form):
    """A role to give."""

    role = SelectField(
        _l("角色"), choices=lambda: [(role.value, str(ROLE_LABELS[role])) for role in Role]
    )
    unit = SelectField(_l("负责的单位"), choices=[])
    until = DayField(_l("到哪一天为止"), [Optional()])
    reason = TrimmedField(_l("理由"), [required(_l("请写明理由，会记入审计日志")), at_most(200)])

    def offer(self, nodes: Sequence[UnitNode]) -> None:
        """The units that a coordinator may be given."""
        self.unit.choices = unit_choices(nodes, _l("不限单位"))

    @property
    def unit_id(self) -> int | None:
        return int(self.unit.data) if self.unit.data else None

    @property
    def expires_at(self) -> datetime | None:
        """The end (24:00) of the last day."""
        return clock.end_of(self.until.data) if self.until.data else None


class ReasonForm(Form):
    """Why a role is taken away, or an account disabled."""

    reason = TrimmedField(_l("理由"), [required(_l("请写明理由，会记入审计日志")), at_most(200)])
