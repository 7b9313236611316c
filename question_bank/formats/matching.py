"""Brings the answers of a list to their questions, by heading and number. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from question_bank.formats.keylists import KeyEntry
from question_bank.formats.sections import Section
from question_bank.questions.rules import Finding

MAX_NAMED = 8
MAX_KEPT = 20_000


def joined(text: str, more: str) -> str:
    """Text with a further line; where it is far too long already, as it is.

    What is that long is refused anyway, and copying it for each line would take for ever.
    """
    return text if len(text) > MAX_KEPT else f"{text}\n{more}".strip()


@dataclass
class Raw:
    """One question as its lines say it, before anything is made of the words."""

    line: int
    number: int
    section: Section | None = None
    run: int = 0
    before: str = ""
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)  # [letter, text]
    fields: dict[str, str] = field(default_factory=dict)
    said: list[Finding] = field(default_factory=list)
    passage: str = ""
    group: int = 0
    topic: str = ""
    is_sub: bool = False
    at: str = "stem"  # what a further line belongs to: stem, option, or the name of a field
    listed: str = ""  # the answer out of a list
    listed_line: int = 0


def match(raws: Sequence[Raw], entries: Sequence[KeyEntry]) -> list[Finding]:
    """Give each question its answer out of the lists; what is left over is told."""
    notes: list[Finding] = []
    _by_heading(raws, [entry for entry in entries if entry.section is not None])
    plain = [entry for entry in entries if entry.section is None]
    if plain:
        notes += _by_number(raws, plain)
    left = [entry for entry in entries if not entry.is_used]
    if left:
        shown = "、".join(str(entry.number) for entry in left[:MAX_NAMED])
        notes.append(Finding("key_left_over", "key", {"n": len(left), "numbers": shown}))
    return notes


def _by_heading(raws: Sequence[Raw], entries: Sequence[KeyEntry]) -> None:
    """The k-th list headed 单选 belongs to the k-th section headed 单选."""
    heads: list[Section] = []
    for entry in entries:
        if entry.section and entry.section not in heads:
            heads.append(entry.section)
    for head in heads:
        alike = [each for each in heads if (each.word, each.type) == (head.word, head.type)]
        ordinal = alike.index(head)
        sections = _sections(raws, head)
        if ordinal >= len(sections):
            continue
        known = {raw.number: raw for raw in raws if raw.section == sections[ordinal]}
        for entry in entries:
            if entry.section == head and entry.number in known:
                _give(known[entry.number], entry)


def _sections(raws: Sequence[Raw], head: Section) -> list[Section]:
    """Sections of the paper that a heading of the list may mean, in order."""
    found: list[Section] = []
    for raw in raws:
        if raw.section is not None and raw.section not in found:
            found.append(raw.section)
    if head in found:
        return [head]
    exact = [each for each in found if each.word == head.word]
    return exact or [each for each in found if head.type and each.type is head.type]


def _by_number(raws: Sequence[Raw], entries: Sequence[KeyEntry]) -> list[Finding]:
    mains = [raw for raw in raws if not raw.is_sub] or list(raws)
    numbers = [raw.number for raw in mains]
    if len(set(numbers)) == len(numbers):
        known = {raw.number: raw for raw in mains}
        for entry in entries:
            if entry.number in known and not known[entry.number].listed:
                _give(known[entry.number], entry)
        return []
    groups: list[tuple[int, int]] = []
    for raw in mains:
        group = (raw.section.line if raw.section else 0, raw.run)
        if group not in groups:
            groups.append(group)
    runs = sorted({entry.run for entry in entries})
    if len(runs) != len(groups):
        return [Finding("keys_unmatched", "key", {"lists": len(runs), "sections": len(groups)})]
    for run, group in zip(runs, groups, strict=True):
        within = {
            raw.number: raw
            for raw in mains
            if (raw.section.line if raw.section else 0, raw.run) == group
        }
        for entry in entries:
            if entry.run == run and entry.number in within:
                _give(within[entry.number], entry)
                place = runs.index(run) + 1
                within[entry.number].said.append(Finding("key_by_order", "key", {"n": place}))
    return []


def _give(raw: Raw, entry: KeyEntry) -> None:
    entry.is_used = True
    raw.listed, raw.listed_line = entry.answer, entry.line
    for name, text in entry.fields.items():
        raw.fields.setdefault(name, text)
