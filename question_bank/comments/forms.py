"""The form of a remark."""

from __future__ import annotations

from wtforms import HiddenField, SelectField

from core.forms import Form, at_most, required
from core.forms import lazy_gettext as _l
from question_bank.comments.rules import MAX_TEXT
from question_bank.questions.forms import TidyArea


class RemarkForm(Form):
    """What is said, and about which line. ``event``: where in the queue the reviewer was."""

    line = SelectField(_l("针对"), validate_choice=False)
    text = TidyArea(_l("意见"), validators=[required(_l("写下意见再提交。")), at_most(MAX_TEXT)])
    event = HiddenField()
