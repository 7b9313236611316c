"""What goes over the wire where an answer is explained."""

from __future__ import annotations

from core.openapi import Schema
from quiz.attempts.schemas import Number, ResultArticle, Value, Wire


class CheckRequest(Wire):
    """The question whose saved answer is to be explained, on a page opened in ``epoch``."""

    position: Number
    epoch: Number


class CheckAnswer(Schema):
    """Whether the answer was right, and why. ``value``: the answer that counts.

    ``key`` has the shape of a value, in the letters of the paper; of a fill-in, the accepted texts
    of each blank. ``corrected``: the key was corrected (``key``), or the question is ``void``.
    """

    position: int
    value: Value
    is_right: bool
    key: bool | str | list[str] | list[list[str]]
    explanation: str
    explanation_html: str | None  # of a rich question, made safe by the server
    basis: str
    corrected: str | None
    article: ResultArticle | None


class ChecksAnswer(Schema):
    """All that was explained so far, by position."""

    checks: list[CheckAnswer]
