"""Reads QTI 2.1 and 3.0: a package with a manifest, or a single item. Pure.

Choice, match of statements with true and false, text entry and extended text are read; every other
interaction is refused by name. Nothing that an item refers to is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from question_bank.formats.archives import Archive, Element, parse_xml, sound_or_unusable, target
from question_bank.formats.archives import local as raw_local
from question_bank.formats.exchange import BLANK, bounded, foreign, item, settled
from question_bank.formats.qti_words import (
    attribute,
    is_passage,
    is_passage_or_asks,
    local,
    text_of,
)
from question_bank.formats.reading import (
    MAX_QUESTIONS,
    Reading,
    ReadQuestion,
    ReadType,
    grouped,
)
from question_bank.formats.tables import UnusableFile
from question_bank.formats.words import truth
from question_bank.questions.rules import Difficulty, Finding, tidy

MANIFEST = "imsmanifest.xml"
_LEVELS = {"very easy": Difficulty.EASY, "easy": Difficulty.EASY, "medium": Difficulty.MEDIUM,
           "difficult": Difficulty.HARD, "very difficult": Difficulty.HARD}  # fmt: skip


def read(data: bytes) -> Reading:
    """The questions of a package; of a single item where it is one."""
    if not data.startswith(b"PK"):
        return Reading(bounded(_numbered(read_item(data))))
    archive = Archive(data)
    notes: list[Finding] = []
    resources = _resources(archive)
    if len(resources) > MAX_QUESTIONS:
        raise UnusableFile("too_many_questions", max=MAX_QUESTIONS)
    questions: list[ReadQuestion] = []
    for name, about in resources:
        try:
            found = read_item(archive.read(name))
        except UnusableFile as error:
            if error.code == "too_large_inside":
                raise
            notes.append(Finding("item_broken", "row", {"name": name[:60]}))
            continue
        questions += [_described(question, about) for question in found]
    return Reading(bounded(_numbered(questions)), tuple(notes))


def _numbered(questions: Sequence[ReadQuestion]) -> list[ReadQuestion]:
    groups = grouped(question.passage for question in questions)
    return [
        replace(question, group=group, place=replace(question.place, number=number))
        for number, (question, group) in enumerate(zip(questions, groups, strict=True), start=1)
    ]


# --- packages ------------------------------------------------------------------------


def _resources(archive: Archive) -> list[tuple[str, Element | None]]:
    """(member, its metadata) of every item that the manifest names; else every item there is."""
    if MANIFEST in archive:
        root = parse_xml(archive.read(MANIFEST))
        found = []
        for resource in root.iter():
            if raw_local(resource) == "resource" and "item" in (resource.get("type") or ""):
                name = target(MANIFEST, resource.get("href") or "")
                if name:
                    found.append((name, resource))
        return found
    return [(name, None) for name in archive.names() if name.lower().endswith(".xml")]


def _described(question: ReadQuestion, about: Element | None) -> ReadQuestion:
    """Topic, difficulty and basis out of the metadata of a resource."""
    if about is None:
        return question
    for element in about.iter():
        name = raw_local(element)
        if name == "difficulty" and question.difficulty is None:
            value = "".join(_inside(element, "value")).strip().lower()
            question = replace(question, difficulty=_LEVELS.get(value))
        elif name == "entry" and not question.topic:
            question = replace(question, topic=tidy("".join(element.itertext())))
        elif name == "relation" and "isbasedon" in "".join(_inside(element, "value")).lower():
            question = replace(question, basis=tidy("".join(_inside(element, "description"))))
    return question


def _inside(element: Element, name: str) -> list[str]:
    return ["".join(each.itertext()) for each in element.iter() if raw_local(each) == name]


# --- items ---------------------------------------------------------------------------


@dataclass
class _Response:
    """What is declared of a response: right values, and the accepted spellings with their marks."""

    cardinality: str = "single"
    values: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    is_partial: bool = False


def read_item(data: bytes) -> list[ReadQuestion]:
    """The questions of one item: several where it has several interactions."""
    root = parse_xml(data)
    if local(root) != "assessmentItem":
        raise UnusableFile("not_qti")
    with sound_or_unusable():
        return _Item(root).questions()


class _Item:
    def __init__(self, root: Element) -> None:
        self.root = root
        self.responses = {
            attribute(each, "identifier"): _response(each)
            for each in root
            if local(each) == "responseDeclaration"
        }
        self.body = next((each for each in root if local(each) == "itemBody"), None)
        self.interactions = [
            each
            for each in (self.body.iter() if self.body is not None else ())
            if local(each).endswith("Interaction")
        ]

    def questions(self) -> list[ReadQuestion]:
        """Everything that the item asks."""
        bare = self._bare()
        if not self.interactions:
            return [
                foreign(bare.place, bare.stem or attribute(self.root, "title"), "no interaction")
            ]
        names = {local(each) for each in self.interactions}
        if names == {"textEntryInteraction"}:
            return [settled(self._blanks(bare))]
        if len(self.interactions) > 1:  # what stands around them is what they share
            bare = replace(bare, passage=bare.passage or bare.stem, stem="")
        return [question for each in self.interactions for question in self._one(each, bare)]

    def _bare(self) -> ReadQuestion:
        passage, words = "", ""
        if self.body is not None:
            shared = [each for each in self.body.iter() if is_passage(each)]
            passage = "\n".join(text_of(each) for each in shared)
            words = text_of(self.body, without=frozenset({"rubricBlock"}), skip=is_passage_or_asks)
        feedback = [text_of(each) for each in self.root if local(each) == "modalFeedback"]
        label = attribute(self.root, "label")
        return ReadQuestion(
            item(0, attribute(self.root, "identifier")), None, words, passage=passage,
            explanation="\n".join(dict.fromkeys(feedback)), code=label, marks=self._marks(),
        )  # fmt: skip

    def _marks(self) -> int | None:
        for each in self.root:
            if local(each) == "outcomeDeclaration" and attribute(each, "identifier") in {
                "SCORE",
                "MAXSCORE",
            }:
                text = attribute(each, "normalMaximum") or "".join(each.itertext()).strip()
                is_max = (
                    attribute(each, "normalMaximum") or attribute(each, "identifier") == "MAXSCORE"
                )
                if is_max and re.fullmatch(r"\d{1,5}(\.\d{1,6})?", text):
                    return round(float(text) * 100)
        return None

    def _one(self, element: Element, bare: ReadQuestion) -> list[ReadQuestion]:
        name = local(element)
        prompt = next((text_of(each) for each in element if local(each) == "prompt"), "")
        bare = replace(bare, stem="\n".join(text for text in (bare.stem, prompt) if text))
        response = self.responses.get(attribute(element, "responseIdentifier"), _Response())
        if name == "choiceInteraction":
            return [settled(_choice(element, bare, response))]
        if name == "extendedTextInteraction":
            return [settled(self._extended(bare, response))]
        if name == "matchInteraction":
            return _match(element, bare, response)
        return [foreign(bare.place, bare.stem, name[:60])]

    def _extended(self, bare: ReadQuestion, response: _Response) -> ReadQuestion:
        rubric = [
            text_of(each)
            for each in self.root.iter()
            if local(each) == "rubricBlock" and "scorer" in attribute(each, "view")
        ]
        model = "\n".join(rubric) or "\n".join(response.values)
        return replace(bare, type=ReadType.SHORT_ANSWER, key=model or None)

    def _blanks(self, bare: ReadQuestion) -> ReadQuestion:
        """The words with a blank at every field; a field in a line of its own shows none."""
        stem = text_of(self.body, without=frozenset({"rubricBlock"}), skip=is_passage, blank=BLANK)
        lines = stem.split("\n")
        if len(self.interactions) == 1 and lines.count(BLANK) == 1 and len(lines) > 1:
            stem = "\n".join(line for line in lines if line != BLANK)
        key, said = [], list(bare.findings)
        for each in self.interactions:
            response = self.responses.get(attribute(each, "responseIdentifier"), _Response())
            key.append(list(dict.fromkeys([*response.values, *response.accepted])))
            if response.is_partial:
                said.append(Finding("partial_marks", "key"))
        return replace(
            bare,
            type=ReadType.FILL_IN,
            stem=stem,
            key=key if any(key) else None,
            findings=tuple(said),
        )


def _response(element: Element) -> _Response:
    found = _Response(attribute(element, "cardinality") or "single")
    for child in element:
        if local(child) == "correctResponse":
            found.values = [tidy("".join(v.itertext())) for v in child if local(v) == "value"]
        elif local(child) in {"mapping", "areaMapping"}:
            entries = [
                (attribute(e, "mapKey"), _number(attribute(e, "mappedValue"))) for e in child
            ]
            best = max((value for _key, value in entries), default=0.0)
            found.accepted = [tidy(key) for key, value in entries if value == best > 0]
            found.is_partial = any(0 < value < best for _key, value in entries)
    return found


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"-?\d{1,6}(\.\d{1,6})?", text) else 0.0


def _choice(element: Element, bare: ReadQuestion, response: _Response) -> ReadQuestion:
    choices = [each for each in element if local(each) == "simpleChoice"]
    ids = [attribute(each, "identifier") for each in choices]
    values = response.values or response.accepted
    said = bare.findings
    unknown = [value for value in values if value not in ids]
    if unknown:
        said = (*said, Finding("key_unreadable", "key", {"text": "、".join(unknown)[:60]}))
    key = sorted(ids.index(value) for value in set(values) if value in ids)
    is_multiple = response.cardinality != "single" or attribute(element, "maxChoices") not in {
        "",
        "1",
    }
    return replace(
        bare, type=ReadType.MULTIPLE if is_multiple else ReadType.SINGLE, key=key or None,
        options=tuple(text_of(each) for each in choices), findings=said,
        may_shuffle=attribute(element, "shuffle") == "true" or not attribute(element, "shuffle"),
    )  # fmt: skip


def _match(element: Element, bare: ReadQuestion, response: _Response) -> list[ReadQuestion]:
    """Statements to be matched with true and false: a question each, the prompt shared."""
    sets = [each for each in element if local(each) == "simpleMatchSet"]
    choices = [
        {
            attribute(each, "identifier"): text_of(each)
            for each in part
            if attribute(each, "identifier")
        }
        for part in sets
    ]
    if len(choices) != 2 or {truth(text) for text in choices[1].values()} != {True, False}:  # noqa: PLR2004
        return [foreign(bare.place, bare.stem, "matchInteraction")]
    pairs = dict(pair.split() for pair in response.values if len(pair.split()) == 2)  # noqa: PLR2004
    return [
        settled(
            replace(
                bare, type=ReadType.TRUE_FALSE, stem=statement, passage=bare.passage or bare.stem,
                key=truth(choices[1].get(pairs.get(id_, ""), "")),
            )
        )
        for id_, statement in choices[0].items()
    ]  # fmt: skip
