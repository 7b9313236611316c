"""The form of one change to many questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core.forms import Form
from core.forms import lazy_gettext as _l
from question_bank.batches.rules import MAX_AT_ONCE, Wanted
from question_bank.questions.forms import DIFFICULTIES, POOLS
from question_bank.questions.rules import Difficulty, Pool

DIGITS = 18


def _or_nothing(labels: dict[Any, Any]) -> list[SelectChoice]:
    return [
        SelectChoice("", _l("不改")),
        *(SelectChoice(key.value, word) for key, word in labels.items()),
    ]


class ChangeForm(Form):
    """Which questions, and what all of them shall have. ``address``: the list one came from."""

    questions = HiddenField()  # ids, joined by commas
    address = HiddenField()
    topic = SelectField(_l("知识点"), validate_choice=False)
    difficulty = SelectField(_l("难度"), choices=_or_nothing(DIFFICULTIES), validate_choice=False)
    pool = SelectField(_l("用途"), choices=_or_nothing(POOLS), validate_choice=False)

    def offer(self, topics: Sequence[tuple[int, str]]) -> None:
        """Fill the list of topics: (id, name)."""
        self.topic.choices = [
            SelectChoice("", _l("不改")),
            *(SelectChoice(str(id_), name) for id_, name in topics),
        ]

    @property
    def ids(self) -> list[int]:
        """Ids of the questions, each once; one too many where there are too many."""
        parts = (self.questions.data or "").split(",")
        ids = dict.fromkeys(int(part) for part in parts if part.isdecimal() and len(part) < DIGITS)
        return list(ids)[: MAX_AT_ONCE + 1]

    def wanted(self, topics: Sequence[tuple[int, str]]) -> Wanted:
        """What all of them shall have; what is not on offer is nothing."""
        known = {str(id_): id_ for id_, _name in topics}
        difficulty, pool = self.difficulty.data or "", self.pool.data or ""
        return Wanted(
            known.get(self.topic.data or ""),
            Difficulty(difficulty) if difficulty in {each.value for each in Difficulty} else None,
            Pool(pool) if pool in {each.value for each in Pool} else None,
        )
