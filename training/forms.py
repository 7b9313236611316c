"""Forms for trainings."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectField, TextAreaField

from accounts.units.forms import unit_choices
from accounts.units.queries import UnitNode
from core.forms import Form, MomentField, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from training.models import TrainingKind

KIND_LABELS: dict[TrainingKind, str] = {
    TrainingKind.ROTATION: _l("全市轮训"),
    TrainingKind.INDICATORS: _l("绩效指标解读"),
    TrainingKind.ONE_TO_ONE: _l("重点部门一对一"),
    TrainingKind.INDUSTRY: _l("行业系统培训"),
}


class SessionForm(Form):
    """A training: what, when, where, and who holds it."""

    kind = SelectField(
        _l("培训类型"),
        choices=lambda: [(kind.value, str(KIND_LABELS[kind])) for kind in TrainingKind],
    )
    title = TrimmedField(_l("名称"), [required(_l("请填写名称")), at_most(100)])
    starts_at = MomentField(_l("开始时间"), [required(_l("请填写开始时间"))])
    ends_at = MomentField(_l("结束时间"), [required(_l("请填写结束时间"))])
    place = TrimmedField(_l("地点"), [at_most(100)])
    unit = SelectField(_l("举办单位"), choices=[])

    def offer(self, nodes: Sequence[UnitNode], *, may_be_office: bool) -> None:
        """Who may hold it: the leading office for the whole city, or these units."""
        self.unit.choices = unit_choices(nodes, _l("领导小组办公室") if may_be_office else None)

    @property
    def unit_id(self) -> int | None:
        return int(self.unit.data) if self.unit.data else None


class ListForm(Form):
    """Staff numbers, one a line."""

    numbers = TextAreaField(_l("参训人员工号"), [required(_l("请粘贴工号，每行一个"))])


class WithdrawForm(Form):
    """Why an attendance is taken back."""

    reason = TrimmedField(_l("理由"), [required(_l("请写明理由，会记入审计日志")), at_most(200)])
