"""What the pages of a sitting send where no script runs: shape only."""

from __future__ import annotations

from typing import Any, cast

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, Regexp
from wtforms.widgets import HiddenInput

from core.forms import Form
from quiz.attempts.rules import MAX_NUMBER

STEPS = ("prev", "next", "flag", "clear", "summary", "check")


def _number(**kwargs: Any) -> IntegerField:
    checks = [InputRequired(), NumberRange(min=0, max=MAX_NUMBER)]
    return IntegerField(validators=checks, widget=HiddenInput(), **kwargs)


class OpenForm(Form):
    """打开试卷, 在此继续: ``open_id`` makes a form that is sent twice one opening."""

    open_id = HiddenField(validators=[Regexp(r"[A-Za-z0-9_-]{8,64}\Z")])
    position = _number(default=1)


class AnswerForm(Form):
    """One question. ``a``: letters of the chosen options, or the texts of the blanks."""

    epoch = _number()
    seq = _number()
    position = _number()
    a = SelectMultipleField(cast(str, _l("答案")), validate_choice=False)
    go = HiddenField()

    @property
    def texts(self) -> list[str]:
        """What was chosen or typed."""
        return list(self.a.data or [])

    @property
    def step(self) -> str:
        """Which button was pressed; the one of the Enter key where none is named."""
        return self.go.data if self.go.data in STEPS else "next"


class SubmitForm(Form):
    """确认交卷."""

    epoch = _number()
