"""What the exchange formats share: telling what is lost, and readings common to them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from question_bank.formats.answers import is_truth_pair
from question_bank.formats.reading import (
    MAX_QUESTIONS,
    Lost,
    Place,
    PlaceKind,
    ReadQuestion,
    ReadType,
    checked,
    has_options,
)
from question_bank.formats.tables import UnusableFile
from question_bank.formats.words import truth
from question_bank.questions.rules import Finding, blanks_in, tidy

BLANK = "（　）"
OWN_FIELDS = ("explanation", "difficulty", "topic", "basis", "pool", "marks", "code", "passage")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Losses:
    """Collects what a writer cannot carry."""

    carried: frozenset[str]
    found: list[Lost] = field(default_factory=list)

    def note(self, number: int, question: ReadQuestion, *more: str) -> None:
        """A question that is written; ``more``: losses beside the fields that the format lacks."""
        what = [
            name
            for name in OWN_FIELDS
            if name not in self.carried and getattr(question, name) not in {None, ""}
        ]
        if (
            has_options(question.type)
            and not question.may_shuffle
            and "shuffle" not in self.carried
        ):
            what.append("shuffle")
        if what or more:
            self.found.append(Lost(number, question.code, (*what, *more)))

    def leave_out(self, number: int, question: ReadQuestion, why: str) -> None:
        """A question that cannot be written at all."""
        self.found.append(Lost(number, question.code, (why,), left_out=True))


def unwritable(question: ReadQuestion) -> str:
    """Why no format can hold a question: it has no type, words or key; '' where one can."""
    if question.type is None:
        return "type"
    if not question.stem:
        return "stem"
    if question.type is ReadType.SHORT_ANSWER:
        return ""
    if question.key is None or question.key == []:
        return "key"
    if has_options(question.type):
        if len(question.options) < 2 or not all(question.options):  # noqa: PLR2004
            return "options"
        if max(question.key) >= len(question.options):
            return "key"
        if is_truth_pair(question.options):
            return "options"  # every reader takes it for true/false
    return ""


def blanks_fit(question: ReadQuestion) -> bool:
    """Whether the stem shows as many blanks as the key has answers, or one answer and no blank."""
    shown = blanks_in(question.stem)
    return shown == len(question.key) or (not shown and len(question.key) == 1)


def with_passage(question: ReadQuestion) -> str:
    """The stem below its passage, for formats that know no shared text."""
    return f"{question.passage}\n\n{question.stem}" if question.passage else question.stem


def settled(question: ReadQuestion) -> ReadQuestion:
    """A question as read from an exchange format: tidied, two options 正确/错误 made true/false."""
    question = replace(
        question, stem=tidy(question.stem), options=tuple(tidy(text) for text in question.options),
        explanation=tidy(question.explanation), topic=tidy(question.topic),
        passage=tidy(question.passage), basis=tidy(question.basis),
        key=tidy(question.key) if isinstance(question.key, str) else question.key,
    )  # fmt: skip
    if question.type in {ReadType.SINGLE, None} and is_truth_pair(question.options):
        said = Finding("type_from_options", "type", {"text": "、".join(question.options)})
        key = truth(question.options[question.key[0]]) if question.key else None
        question = replace(
            question, type=ReadType.TRUE_FALSE, options=(), key=key,
            findings=(*question.findings, said),
        )  # fmt: skip
    if not has_options(question.type):  # there is nothing to shuffle
        question = replace(question, may_shuffle=True)
    return checked(question)


def foreign(place: Place, stem: str, name: str) -> ReadQuestion:
    """A question of a type that the bank does not have; it is refused by name."""
    said = Finding("type_foreign", "type", {"text": name})
    return ReadQuestion(place, None, tidy(stem), findings=(said,))


def item(number: int, id_: str = "") -> Place:
    """The place of an item."""
    return Place(PlaceKind.ITEM, number, id_)


def bounded(questions: Sequence[ReadQuestion]) -> tuple[ReadQuestion, ...]:
    """All of them; UnusableFile where there are none or too many."""
    if not questions:
        raise UnusableFile("no_questions")
    if len(questions) > MAX_QUESTIONS:
        raise UnusableFile("too_many_questions", max=MAX_QUESTIONS)
    return tuple(questions)


def xml_text(text: str) -> str:
    """Text for XML: escaped, without the characters that XML cannot hold."""
    plain = _NOT_XML.sub("", text)
    return (
        plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def category_path(topic: str) -> str:
    """A topic as the category of Moodle that stands for it."""
    return "$course$/top" + ("/" + topic.replace("/", "//") if topic else "")


def topic_of_category(path: str) -> str:
    """The last name in the path of a category; '' for the topmost."""
    names = [name.replace("//", "/") for name in re.split(r"(?<!/)/(?!/)", path.strip())]
    last = names[-1].strip()
    return "" if last in {"top", ""} or re.fullmatch(r"\$\w+\$", last) else last


def categorised(question: ReadQuestion) -> tuple[str, list[str]]:
    """The topic as far as a category can name it, and what is lost: a slash at its end is."""
    kept = topic_of_category(category_path(question.topic))
    return (kept, []) if kept == question.topic else ("", ["topic"])


def split_unprotected(text: str, sign: str) -> list[str]:
    """Pieces between signs that no backslash protects; the backslashes stay."""
    pieces = [""]
    for token in re.findall(r"\\.|.", text, re.DOTALL):
        if token == sign:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces
