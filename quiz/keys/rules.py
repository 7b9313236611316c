"""What a corrected key may be, read from what a form sent."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from question_bank.questions.rules import QuestionType
from quiz.grading.rules import Corrected

_PLACES = tuple("01234567")  # of options, as forms send them
CORRECT = "key.correct"  # the kind of the act that two people make; its subject is the version


class Verdict(StrEnum):
    """What becomes of a wrong key."""

    KEY = "key"  # another one is right
    VOID = "void"  # none is: everybody has all marks


def key_of(type_: QuestionType, texts: Sequence[str], *, options: int, blanks: int) -> Any:
    """The key that a form names; None where it names none of the question's.

    ``texts``: of single and multiple choice indexes into the options; of true/false ``true`` or
    ``false``; of a fill-in the accepted texts of each blank, parted by ``|``.
    """
    if type_ is QuestionType.TRUE_FALSE:
        return {"true": True, "false": False}.get(texts[0]) if len(texts) == 1 else None
    if type_ is QuestionType.FILL_IN:
        accepted = [[one.strip() for one in text.split("|") if one.strip()] for text in texts]
        return accepted if len(accepted) == blanks and all(accepted) else None
    indexes = sorted({int(text) for text in texts if text in _PLACES})
    least = 2 if type_ is QuestionType.MULTIPLE else 1
    if len(indexes) != len(texts) or len(indexes) < least or indexes[-1] >= options:
        return None
    return indexes if type_ is QuestionType.MULTIPLE or len(indexes) == 1 else None


def marking_key(first: Any, corrections: Sequence[tuple[Verdict, Any]]) -> Any:
    """The key that marks an exam or round: nobody loses by our mistake (decision 0020).

    ``corrections``: those in force, oldest first.
    """
    if not corrections:
        return first
    keys = [first, *(key for verdict, key in corrections if verdict is Verdict.KEY)]
    return Corrected(tuple(keys), any(verdict is Verdict.VOID for verdict, _key in corrections))


def right_key(first: Any, corrections: Sequence[tuple[Verdict, Any]]) -> Any:
    """The key that is right today: the newest one that names one."""
    named = [key for verdict, key in corrections if verdict is Verdict.KEY]
    return named[-1] if named else first


def strict_key(first: Any, corrections: Sequence[tuple[Verdict, Any]]) -> Any:
    """The newest correction alone: what practice teaches, and what the office compares with."""
    if corrections and corrections[-1][0] is Verdict.VOID:
        return Corrected((right_key(first, corrections),), for_all=True)
    return right_key(first, corrections)
