"""What every reader of question files hands on: questions with their places and what was guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from question_bank.questions.rules import (
    MAX_EXPLANATION,
    MAX_PASSAGE,
    MAX_STEM,
    WITH_OPTIONS,
    Difficulty,
    Draft,
    Finding,
    Pool,
    QuestionType,
    findings,
)
from question_bank.questions.shuffling import pointers

MAX_QUESTIONS = 20_000
MAX_SHOWN = 60
PICTURE = "\ufffc"  # stands in a text where the file has a picture


class ReadType(StrEnum):
    """The types that can be read; people mark a short answer, with a model answer beside it."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    FILL_IN = "fill_in"
    SHORT_ANSWER = "short_answer"


TYPE_NAMES = {
    ReadType.SINGLE: "单选", ReadType.MULTIPLE: "多选", ReadType.TRUE_FALSE: "判断",
    ReadType.FILL_IN: "填空", ReadType.SHORT_ANSWER: "简答",
}  # fmt: skip

# Worth knowing: read from somewhere that the file says plainly.
READING_NOTES = frozenset(
    {"key_from_brackets", "key_from_list", "key_from_marks", "type_from_options", "type_from_key",
     "indefinite", "marks_from_stem", "marks_from_total", "topic_from_heading", "options_split"}
)  # fmt: skip
# Wants a look: deduced from little, or left behind.
READING_DOUBTS = frozenset(
    {"type_guessed", "key_by_order", "key_shared", "key_from_text", "brackets_many", "blanks_split",
     "accepted_split", "blanks_from_brackets", "number_jumps", "number_again", "field_again",
     "picture_lost", "marks_unreadable", "partial_marks", "text_between",
     "answer_feedback_lost", "case_matters_lost", "tolerance_lost"}
)  # fmt: skip


class PlaceKind(StrEnum):
    """In what a file is counted: 第 N 行 of a sheet, paragraph, line of text, item."""

    ROW = "row"
    PARAGRAPH = "paragraph"
    LINE = "line"
    ITEM = "item"


@dataclass(frozen=True)
class Place:
    """Where a question stands. ``number`` counts from 1; ``id`` is the item's own name."""

    kind: PlaceKind
    number: int = 0
    id: str = ""
    sheet: str = ""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Place:
        """A place out of the dictionary of its fields."""
        return cls(**{**kept, "kind": PlaceKind(kept["kind"])})


@dataclass(frozen=True)
class ReadQuestion:
    """One question as a file has it.

    ``key``: sorted indexes into ``options``; a boolean; for each blank the list of accepted texts;
    for a short answer the text of the model answer; None where there is none. ``marks``: hundredths.
    ``group`` counts the shared passages of a file from 1; 0 and '' where a question stands alone.
    ``difficulty`` and ``pool`` are None where the file does not say.
    """

    place: Place
    type: ReadType | None
    stem: str
    options: tuple[str, ...] = ()
    key: Any = None
    explanation: str = ""
    difficulty: Difficulty | None = None
    topic: str = ""
    basis: str = ""
    pool: Pool | None = None
    marks: int | None = None
    code: str = ""
    may_shuffle: bool = True
    passage: str = ""
    group: int = 0
    is_rich: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def content(self) -> ReadQuestion:
        """The question without its place and what was said about it, for comparisons."""
        return replace(self, place=Place(PlaceKind.ITEM), findings=())

    @property
    def is_refused(self) -> bool:
        """Whether a finding forbids keeping it as it is."""
        return any(refuses(finding) for finding in self.findings)

    @property
    def given(self) -> frozenset[str]:
        """The optional fields that the file fills in, by the names of ``rows.ParsedRow.given``."""
        filled = {
            "explanation": self.explanation, "difficulty": self.difficulty, "topic": self.topic,
            "pool": self.pool, "basis": self.basis, "shuffle": not self.may_shuffle,
        }  # fmt: skip
        return frozenset(name for name, value in filled.items() if value)

    def to_json(self) -> dict[str, Any]:
        """As kept between upload and import."""
        return {
            **self.__dict__,
            "options": list(self.options),
            "place": dict(self.place.__dict__),
            "findings": [dict(finding.__dict__) for finding in self.findings],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ReadQuestion:
        """The other way round."""
        place, type_, difficulty, pool = (
            kept[name] for name in ("place", "type", "difficulty", "pool")
        )
        return cls(
            **{**kept, "options": tuple(kept["options"]), "type": type_ and ReadType(type_),
               "place": Place.from_json(place),
               "difficulty": difficulty and Difficulty(difficulty), "pool": pool and Pool(pool),
               "findings": tuple(Finding(**finding) for finding in kept["findings"])}
        )  # fmt: skip

    def draft(self) -> Draft | None:
        """As the bank keeps it; None where the type is unknown."""
        if self.type is None:
            return None
        return Draft(
            type=QuestionType(self.type.value), stem=self.stem, options=self.options,
            key=self.key, explanation=self.explanation,
            difficulty=self.difficulty or Difficulty.MEDIUM, pool=self.pool or Pool.BOTH,
            may_shuffle=self.may_shuffle, basis=self.basis, passage=self.passage,
            is_rich=self.is_rich,
        )  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """All questions of a file, and what is to be said about the file as a whole."""

    questions: tuple[ReadQuestion, ...]
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Lost:
    """What a format could not carry of one question: ``what`` names it, e.g. basis, blanks.

    ``number`` counts the questions given to the writer from 1. ``left_out``: the whole question.
    """

    number: int
    code: str
    what: tuple[str, ...]
    left_out: bool = False


@dataclass(frozen=True)
class Written:
    """A written file and what is missing from it."""

    data: bytes
    lost: tuple[Lost, ...] = ()


def refuses(finding: Finding) -> bool:
    """Whether a finding keeps a question out."""
    from question_bank.formats.rows import DOUBTS, NOTES  # rows may import this module, too

    return finding.code not in READING_NOTES | READING_DOUBTS | DOUBTS | NOTES


def of_draft(number: int, draft: Draft, *, code: str = "", topic: str = "") -> ReadQuestion:
    """A question of the bank on its way out."""
    return ReadQuestion(
        place=Place(PlaceKind.ITEM, number, code), type=ReadType(draft.type.value),
        stem=draft.stem, options=draft.options, key=draft.key, explanation=draft.explanation,
        difficulty=draft.difficulty, topic=topic, basis=draft.basis, pool=draft.pool, code=code,
        may_shuffle=draft.may_shuffle, passage=draft.passage, is_rich=draft.is_rich,
    )  # fmt: skip


def wrong_with(draft: Draft) -> list[Finding]:
    """What forbids keeping a question, in the words of files: a short answer lacks a model."""
    return [
        replace(each, code="no_model_answer")
        if each.code == "no_key" and draft.type is QuestionType.SHORT_ANSWER
        else each
        for each in findings(draft)
    ]


def checked(question: ReadQuestion) -> ReadQuestion:
    """The question with everything that is wrong with it added to its findings."""
    found = [*question.findings]
    has_key_trouble = any(each.at == "key" and refuses(each) for each in found)
    for each in _wrong(question):
        if not (has_key_trouble and each.code == "no_key") and each not in found:
            found.append(each)
    draft = question.draft()
    if draft is not None and draft.may_shuffle and (pointed := pointers(draft)):
        found.append(Finding("letters", "options", {"words": "、".join(pointed[:3])}))
        question = replace(question, may_shuffle=False)
    is_indefinite = any(each.code == "indefinite" for each in found)
    if question.type is ReadType.MULTIPLE and not is_indefinite and len(question.key or ()) == 1:
        found.append(Finding("one_of_many", "key"))
    if PICTURE in "".join((question.stem, *question.options, question.explanation)):
        found.append(Finding("picture_lost", "stem"))
        question = _without_pictures(question)
    return replace(question, findings=tuple(found))


def _wrong(question: ReadQuestion) -> Iterator[Finding]:
    draft = question.draft()
    if draft is not None:
        yield from wrong_with(draft)
        return
    yield Finding("type_missing", "type")
    for name, text, most in (
        ("passage", question.passage, MAX_PASSAGE),
        ("stem", question.stem, MAX_STEM),
        ("explanation", question.explanation, MAX_EXPLANATION),
    ):
        if len(text) > most:
            yield Finding("too_long", name, {"max": most})
    if not question.stem:
        yield Finding("stem_empty", "stem")


def _without_pictures(question: ReadQuestion) -> ReadQuestion:
    return replace(
        question,
        stem=question.stem.replace(PICTURE, "").strip(),
        options=tuple(text.replace(PICTURE, "").strip() for text in question.options),
        explanation=question.explanation.replace(PICTURE, "").strip(),
    )


def has_options(type_: ReadType | None) -> bool:
    """Whether questions of a type have options."""
    return type_ is not None and type_.value in {each.value for each in WITH_OPTIONS}


def grouped(passages: Iterable[str]) -> list[int]:
    """Group numbers for passages in order: equal neighbours share one; '' has 0."""
    numbers: list[int] = []
    last, count = "", 0
    for passage in passages:
        if passage and passage != last:
            count += 1
        numbers.append(count if passage else 0)
        last = passage
    return numbers
