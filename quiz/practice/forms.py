"""What the practice pages send: shape only."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import HiddenInput

from core.forms import Form
from core.forms import lazy_gettext as _l
from quiz.attempts.rules import MAX_NUMBER
from quiz.practice.rules import COUNTS, MOST

__all__ = ["MOST", "NotebookForm", "TopicForm"]


class TopicForm(Form):
    """专项练习. The view sets the topics: "" is all."""

    topic = SelectField(_l("知识点"), choices=[])
    count = RadioField(
        _l("题数"), choices=[SelectChoice(str(count), _l("%(n)s 题", n=count)) for count in COUNTS],
        default=str(COUNTS[1]),
    )  # fmt: skip

    def offer(self, topics: Sequence[tuple[int, str, int]]) -> None:
        """The topics to choose from: id, name, number of questions."""
        everything = sum(questions for _id, _name, questions in topics)
        self.topic.choices = [
            SelectChoice("", _("全部知识点，%(n)s 题", n=everything)),
            *(
                SelectChoice(str(id_), _("%(topic)s，%(n)s 题", topic=name, n=questions))
                for id_, name, questions in topics
            ),
        ]

    @property
    def topic_id(self) -> int | None:
        """The chosen topic; None is all."""
        return int(self.topic.data) if self.topic.data else None


class NotebookForm(Form):
    """复习: so many of the notebook, of one topic or of all."""

    topic = IntegerField(validators=[Optional(), NumberRange(1, MAX_NUMBER)], widget=HiddenInput())
    count = IntegerField(validators=[InputRequired(), NumberRange(1, MOST)], widget=HiddenInput())
