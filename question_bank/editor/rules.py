"""A question that is being written, as the candidate will see it."""

from __future__ import annotations

from dataclasses import dataclass

from question_bank.questions.rules import (
    LETTERS,
    MAX_OPTIONS,
    WITH_OPTIONS,
    Draft,
    QuestionType,
    blanks_in,
)


@dataclass(frozen=True)
class Seen:
    """What the templates of the sitting draw: the same names as a question of a paper has there."""

    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]  # (letter, text)
    blanks: int
    passage: str
    is_rich: bool
    explanation: str
    value: None = None  # nobody has answered it


def seen(draft: Draft) -> Seen:
    """The draft before the candidate, options in the author's order."""
    options = zip(LETTERS, draft.options[:MAX_OPTIONS], strict=False)
    blanks = 0
    if draft.type is QuestionType.FILL_IN:
        blanks = len(draft.key or []) or blanks_in(draft.stem) or 1
    return Seen(
        draft.type, draft.stem, tuple(options) if draft.type in WITH_OPTIONS else (), blanks,
        draft.passage, draft.is_rich, draft.explanation,
    )  # fmt: skip
