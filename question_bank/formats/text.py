"""Reads question papers that are text: files, pasted text, and the lines of a document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from question_bank.formats import answers, matching, words
from question_bank.formats.keylists import KeyEntry
from question_bank.formats.lines import Line, lines_of
from question_bank.formats.matching import Raw
from question_bank.formats.reading import PlaceKind, Reading, ReadType, has_options
from question_bank.formats.script import Script
from question_bank.formats.settle import settle
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Finding, letters_of


def read(text: str, key_text: str = "") -> Reading:
    """The questions of a text; ``key_text``: the answers, where they are in a second file."""
    return read_lines(lines_of(text), lines_of(key_text) if key_text else (), PlaceKind.LINE)


def read_lines(
    lines: Sequence[Line],
    key_lines: Sequence[Line] = (),
    kind: PlaceKind = PlaceKind.LINE,
    notes: Sequence[Finding] = (),
) -> Reading:
    """The questions of some lines; UnusableFile where there are none."""
    script = Script(lines).read()
    if not script.raws:
        raise UnusableFile("no_questions")
    entries = script.keys.entries
    said = [*notes, *script.notes]
    if any(line.text for line in key_lines):
        more, told = _second_file(key_lines)
        entries = [*entries, *more]
        said += told
    said += matching.match(script.raws, entries)
    share_answers(script.raws)
    return Reading(tuple(settle(raw, kind) for raw in script.raws), tuple(said))


def share_answers(raws: Sequence[Raw]) -> None:
    """One answer （1）…（2）… below the last question of a passage is cut up among all of them."""
    for group, found in groupby(raws, key=lambda raw: raw.group):
        *others, last = members = list(found)
        if not group or not others or any(raw.fields.get("answer") or raw.listed for raw in others):
            continue
        parts = answers.by_numbers(last.fields.get("answer", ""))
        if len(parts) == len(members) and not any(raw.options for raw in members):
            for number, (raw, part) in enumerate(zip(members, parts, strict=True), start=1):
                raw.fields["answer"] = part
                raw.said.append(Finding("key_shared", "key", {"n": number}))


def _second_file(lines: Sequence[Line]) -> tuple[list[KeyEntry], list[Finding]]:
    """The answers of a second file: a list, or the same paper once more with its answers."""
    paper = Script(lines).read()
    if any(raw.options for raw in paper.raws):
        matching.match(paper.raws, paper.keys.entries)
        found = [_entry(raw) for raw in paper.raws]
        entries = [entry for entry in found if entry is not None]
        told: list[Finding] = []
    else:
        keys = Script(lines, keys_only=True).read().keys
        entries, told = keys.entries, keys.notes
    return entries, told if entries else [*told, Finding("no_keys", "key")]


def _entry(raw: Raw) -> KeyEntry | None:
    question = settle(raw, PlaceKind.LINE)
    key = question.key
    if key is None or question.type is None:
        return None
    if has_options(question.type):
        answer = letters_of(key)
    elif question.type is ReadType.TRUE_FALSE:
        answer = "正确" if key else "错误"
    else:
        answer = words.blanks_text(key) if question.type is ReadType.FILL_IN else key
    fields = {"explanation": question.explanation} if question.explanation else {}
    return KeyEntry(raw.line, raw.number, answer, raw.section, raw.run, fields)
