"""The form of a decision on questions in doubt."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectField

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core.forms import Form, TrimmedField, at_most
from core.forms import lazy_gettext as _l
from question_bank.suspensions.rules import Reason

REASONS = {
    Reason.LAW_CHANGED: _l("条文已修改"),
    Reason.LAW_DELETED: _l("条文已删去"),
    Reason.REPORTED: _l("有人报错"),
}


class DecideForm(Form):
    """On which article the ticked questions rest from now on, and a word about it."""

    article = SelectField(_l("现行依据"), coerce=int, default=0)
    comment = TrimmedField(_l("说明"), validators=[at_most(500)])

    def offer(self, articles: Sequence[tuple[int, str]]) -> None:
        """Fill the list of articles: (id, label)."""
        self.article.choices = [
            SelectChoice("0", _l("还没有选")),
            *(SelectChoice(str(id_), label) for id_, label in articles),
        ]
