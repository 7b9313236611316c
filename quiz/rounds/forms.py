"""What a browser may send about a plan of rounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from wtforms import SelectField
from wtforms.validators import AnyOf, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from core.forms import Form, ManyField, TrimmedField, WholeNumberField, at_most, required
from core.forms import lazy_gettext as _l
from question_bank.questions.models import Topic
from quiz.rounds.rules import MOST_MONTHS, month_after

OFFERED = 12  # months


class PlanForm(Form):
    """新建答题计划."""

    title = TrimmedField(
        _l("名称"), [required(_l("请填写名称")), at_most(64)], default=_l("定期答题")
    )
    first_month = SelectField(_l("第一轮在哪个月开放"), choices=[], validate_choice=False)
    every_months = WholeNumberField(
        _l("每几个月一轮"),
        [
            required(_l("请填写每几个月一轮")),
            NumberRange(1, MOST_MONTHS, message=_l("填 1 到 12 的整数")),
        ],
        default=2,
    )
    topics = ManyField(
        _l("从哪些知识点出题"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def offer(self, topics: Sequence[Topic], today: date) -> None:
        """Offer these topics, and the month before (its round may still be open) and those after."""
        self.topics.choices = [(topic.id, topic.name) for topic in topics]
        months = [month_after(today.replace(day=1), step) for step in range(-1, OFFERED)]
        known = [f"{month:%Y-%m}" for month in months]
        self.first_month.choices = [
            (value, _("%(year)d年%(month)d月", year=month.year, month=month.month))
            for value, month in zip(known, months, strict=True)
        ]
        self.first_month.validators = [AnyOf(known, message=_l("请从列出的月份里选"))]
        if self.first_month.data is None:
            self.first_month.data = known[1]

    @property
    def month(self) -> date:
        """The first day of the chosen month; of a form that was found sound."""
        return date.fromisoformat(f"{self.first_month.data}-01")
