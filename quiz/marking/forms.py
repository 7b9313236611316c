"""What a marker sends about one answer."""

from __future__ import annotations

from flask_babel import gettext as _
from wtforms import HiddenField, TextAreaField

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from quiz.marking.queries import AnswerView
from quiz.marking.rules import MAX_COMMENT, MAX_REASON, hundredths
from quiz.marking.services import sound_marks


class MarkForm(Form):
    """评分. ``known``: the number of the newest mark that the page showed."""

    marks = TrimmedField(_l("分数"), [required(_l("请填分数"))])
    comment = TextAreaField(_l("评语"), [at_most(MAX_COMMENT)])
    reason = TrimmedField(_l("改分理由"), [at_most(MAX_REASON)])
    known = HiddenField()

    def show(self, answer: AnswerView, marks: str) -> None:
        """Fill in what was given before. ``marks``: as people write them."""
        self.marks.data = marks
        self.comment.data = answer.comment
        self.known.data = str(answer.number)

    @property
    def seen(self) -> int:
        """The mark that the page knew; one that no answer has where it is unreadable."""
        text = str(self.known.data or "")
        return int(text) if text.isdecimal() and len(text) < 6 else -1  # noqa: PLR2004

    def given(self, answer: AnswerView) -> int:
        """The marks in hundredths; what is wrong with them stands beside the field then, and -1."""
        found = hundredths(str(self.marks.data or ""), answer.most)
        if found is None and not self.marks.errors:
            self.refuse("marks", sound_marks(answer.most))
        if self.seen > 0 and not self.reason.data:
            self.refuse("reason", _("改分要写明理由"))
        return -1 if found is None else found
