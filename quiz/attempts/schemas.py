"""What goes over the wire in a sitting: the same schemas validate requests and describe them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from core.openapi import Schema
from quiz.attempts.rules import MAX_ANSWER, MAX_NUMBER

Number = Annotated[int, Field(ge=1, le=MAX_NUMBER)]
Value = (
    bool
    | Annotated[str, Field(max_length=MAX_ANSWER)]
    | list[Annotated[str, Field(max_length=200)]]
    | None
)


class Wire(Schema):
    """What a client sends: nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OpenRequest(Wire):
    """``open_id`` is made by the page; sending it again opens nothing anew."""

    open_id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")


class Operation(Wire):
    """One change of one answer; ``seq`` grows per position within an epoch."""

    position: Number
    seq: Number
    value: Value


class SaveRequest(Wire):
    """Operations of a page that was opened in ``epoch``."""

    epoch: Number
    ops: list[Operation] = Field(max_length=500)


class SubmitRequest(SaveRequest):
    """``seqs``: the highest ``seq`` of each position in this epoch, by position."""

    seqs: dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")], Number] = Field(max_length=1000)


class MarksRequest(Wire):
    """Positions that the candidate wants to come back to."""

    positions: list[Number] = Field(max_length=1000)


class Acked(Schema):
    """An operation that is in the final answers, in itself or a later one."""

    position: int
    seq: int


class SaveAnswer(Schema):
    """What was recorded, and the time that is left."""

    epoch: int  # newest of the attempt; a page of an older one has been overtaken
    acked: list[Acked]
    server_now: datetime
    deadline_at: datetime


class PaperOption(Schema):
    """An option under the letter that it has on this paper."""

    key: str
    text: str


class PaperHtml(Schema):
    """A rich question as HTML that the server made safe; ``options`` in the order of the paper."""

    passage: str
    stem: str
    options: list[str]


class PaperQuestion(Schema):
    """A question without its answer. ``blanks``: how many texts a fill-in takes.

    ``passage``: the material that it is about; empty where there is none. All texts are plain
    words; ``html`` shows tables and pictures where ``is_rich``, and is null elsewhere.
    """

    position: int
    type: str
    passage: str
    stem: str
    is_rich: bool
    html: PaperHtml | None
    options: list[PaperOption]
    blanks: int
    marks: int


class Paper(Schema):
    """The questions by position."""

    questions: list[PaperQuestion]


class StoredAnswer(Schema):
    """What a position holds, and the pair that put it there."""

    value: Value
    epoch: int
    seq: int


class OpenAnswer(Schema):
    """The paper and what was answered so far, by position."""

    epoch: int
    state: str
    server_now: datetime
    deadline_at: datetime
    paper: Paper
    answers: dict[str, StoredAnswer]
    marked: list[int]


class Receipt(Schema):
    """What was handed in, signed (Ed25519, base64) over the other fields as canonical JSON."""

    attempt: int
    paper: str
    answers: str
    submitted_at: str
    kid: str
    signature: str


class Score(Schema):
    """Marks, and whether they suffice."""

    marks: float
    max_marks: float
    is_pass: bool


class SubmitAnswer(Schema):
    """The receipt, and the score once there is one."""

    receipt: Receipt
    state: str
    acked: list[Acked]
    result: Score | None


class MarksAnswer(Schema):
    """The marks as they are kept."""

    marked: list[int]


class ResultArticle(Schema):
    """The article that a question rests on."""

    source: str
    label: str
    text: str


class ResultQuestion(PaperQuestion):
    """A question after release, with what was answered and what is right.

    ``corrected``: the key was corrected (``key``), or the question is ``void``.
    """

    value: Value
    key: bool | str | list[str] | list[list[str]]
    earned: float
    is_right: bool
    explanation: str
    explanation_html: str | None
    comment: str  # of whoever marked a short answer
    article: ResultArticle | None
    corrected: str | None


class Result(Score):
    """The result; its questions after release only."""

    questions: list[ResultQuestion] | None


class AttemptAnswer(Schema):
    """Where an attempt stands."""

    id: int
    number: int
    state: str
    server_now: datetime
    started_at: datetime
    deadline_at: datetime
    submitted_at: datetime | None
    receipt: Receipt | None
    result: Result | None
