"""Forms for units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectField

from accounts.units.models import UnitKind
from accounts.units.queries import UnitNode
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l

KIND_LABELS: dict[UnitKind, Any] = {
    UnitKind.CITY: _l("市"),
    UnitKind.COUNTY: _l("县区"),
    UnitKind.ZONE: _l("开发区"),
    UnitKind.DEPARTMENT: _l("市直部门"),
    UnitKind.SUBORDINATE: _l("下属单位"),
    UnitKind.PUBLIC_INSTITUTION: _l("公共企事业单位"),
}


def unit_choices(nodes: Sequence[UnitNode], first: Any = None) -> list[tuple[str, Any]]:
    """Choices of a unit select, indented as the tree; ``first``: words of the empty choice."""
    choices: list[tuple[str, Any]] = [("", first)] if first is not None else []
    return choices + [(str(node.id), "\u3000" * node.depth + node.name) for node in nodes]


class UnitForm(Form):
    """A unit's name, kind and parent from a day on."""

    name = TrimmedField(_l("单位名称"), [required(_l("请填写单位名称")), at_most(100)])
    kind = SelectField(
        _l("类别"),
        choices=lambda: [(kind.value, str(KIND_LABELS[kind])) for kind in UnitKind],
    )
    parent = SelectField(_l("上级单位"), choices=[])
    since = DayField(_l("从哪一天起"), [required(_l("请填写日期，例如 2026-11-24"))])

    def offer(self, nodes: Sequence[UnitNode]) -> None:
        """The units that may be chosen as parent."""
        self.parent.choices = unit_choices(nodes, _("没有上级"))

    @property
    def parent_id(self) -> int | None:
        return int(self.parent.data) if self.parent.data else None
