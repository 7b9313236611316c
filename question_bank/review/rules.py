"""What changed between two versions of a question: the key by content, the fields, the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.differences import Change, Segment, former, latter, segments
from question_bank.questions.rules import WITH_OPTIONS, Draft, QuestionType, in_words, letters_of

MAX_AT_ONCE = 200  # questions that one request approves


def key_content(draft: Draft) -> Any:
    """What the key says, wherever it stands: two keys that are equal mark every answer alike.

    Choice: the set of the texts of the right options, so that another order of the options is the
    same key; fill-in: for each blank the set of accepted texts; else the key itself.
    """
    if draft.type in WITH_OPTIONS:
        return frozenset(text for at, text in enumerate(draft.options) if at in (draft.key or ()))
    if draft.type is QuestionType.FILL_IN:
        return tuple(frozenset(accepted) for accepted in draft.key or ())
    return draft.key


def key_changed(before: Draft, after: Draft) -> bool:
    """Whether an answer that was right may now be wrong, or the other way round."""
    return before.type is not after.type or key_content(before) != key_content(after)


@dataclass(frozen=True)
class FieldChange:
    """A field that two versions have in common and that differs.

    ``field``: type, key, key_moved (the letters changed and the right texts did not), topic,
    difficulty, pool, shuffle, basis, stem, passage, options or explanation. ``before`` and
    ``after``: what stands there, where a word or two says it; '' for texts.
    """

    field: str
    before: str = ""
    after: str = ""


def field_changes(
    before: Draft, after: Draft, topic_before: str, topic_after: str
) -> list[FieldChange]:
    """The fields that differ, the key first, because it matters most."""
    return [
        *_key_change(before, after),
        *_short(before, after, topic_before, topic_after),
        *(
            FieldChange(name)
            for name in ("passage", "stem", "options", "explanation")
            if getattr(before, name) != getattr(after, name)
        ),
    ]


def _key_change(before: Draft, after: Draft) -> Iterator[FieldChange]:
    said = key_words(before), key_words(after)
    if key_changed(before, after):
        yield FieldChange("key", *said)
    elif said[0] != said[1] and after.type in WITH_OPTIONS:
        yield FieldChange("key_moved", *said)


def _short(
    before: Draft, after: Draft, topic_before: str, topic_after: str
) -> Iterator[FieldChange]:
    for name, old, new in (
        ("type", before.type.value, after.type.value),
        ("topic", topic_before, topic_after),
        ("difficulty", before.difficulty.value, after.difficulty.value),
        ("pool", before.pool.value, after.pool.value),
        ("shuffle", str(before.may_shuffle), str(after.may_shuffle)),
        ("basis", before.basis, after.basis),
    ):
        if old != new:
            yield FieldChange(name, old, new)


def key_words(draft: Draft) -> str:
    """The key as short as it can be said: AC, √, 20＝二十｜工作日; '' for a model answer."""
    if draft.type in WITH_OPTIONS:
        return letters_of(draft.key or ())
    if draft.type is QuestionType.TRUE_FALSE:
        return "√" if draft.key else "×"
    if draft.type is QuestionType.FILL_IN:
        return "｜".join("＝".join(accepted) for accepted in draft.key or ())
    return ""


# --- line by line ----------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a version beside another's. ``at``: as a remark names it (stem, option:0 …)."""

    at: str
    pieces: Sequence[Segment]
    is_key: bool = False

    @property
    def has_changed(self) -> bool:
        return any(piece.change is not Change.SAME for piece in self.pieces)


def marked_lines(before: Draft, after: Draft) -> tuple[list[Line], list[Line]]:
    """The lines of the former and of the new version, each with what differs marked; no markup."""
    before, after = in_words(before), in_words(after)
    left: list[Line] = []
    right: list[Line] = []

    def add(at: str, old: str, new: str, *, is_key: bool = False) -> None:
        pieces = segments(old, new)
        left.append(Line(at, former(pieces), is_key))
        right.append(Line(at, latter(pieces), is_key))

    if before.passage or after.passage:
        add("passage", before.passage, after.passage)
    add("stem", before.stem, after.stem)
    options_left, options_right = _option_lines(before, after)
    left += options_left
    right += options_right
    keys = _written_key(before), _written_key(after)
    if any(keys):
        add("key", *keys, is_key=True)
    add("explanation", before.explanation, after.explanation)
    add("basis", before.basis, after.basis)
    return left, right


def _written_key(draft: Draft) -> str:
    """The key of a question without options, as a line."""
    if draft.type in WITH_OPTIONS:
        return ""
    return str(draft.key or "") if draft.type is QuestionType.SHORT_ANSWER else key_words(draft)


def option_pairs(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Index of an option in the former version → its index in the new one.

    Equal texts belong together wherever they stand; what is left over is paired in order.
    """
    pairs = {at: after.index(text) for at, text in enumerate(before) if text in after}
    rest = [at for at in range(len(after)) if at not in pairs.values()]
    alone = [at for at in range(len(before)) if at not in pairs]
    return pairs | dict(zip(alone, rest, strict=False))


def _option_lines(before: Draft, after: Draft) -> tuple[list[Line], list[Line]]:
    pairs = option_pairs(before.options, after.options)
    back = {new: old for old, new in pairs.items()}
    left = [
        Line(
            f"option:{at}",
            former(segments(text, after.options[pairs[at]] if at in pairs else "")),
            at in (before.key or ()),
        )
        for at, text in enumerate(before.options)
    ]
    right = [
        Line(
            f"option:{at}",
            latter(segments(before.options[back[at]] if at in back else "", text)),
            at in (after.key or ()),
        )
        for at, text in enumerate(after.options)
    ]
    return left, right
