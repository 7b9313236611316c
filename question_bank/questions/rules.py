"""What a sound question is, when its options may not be shuffled, and how a version moves."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from core.richtext import pictures_in, plain

MAX_OPTIONS = 8
MIN_OPTIONS = 2
MAX_STEM = 2000
MAX_OPTION = 500
MAX_EXPLANATION = 2000
MAX_BASIS = 200
MAX_BLANKS = 20
MAX_PASSAGE = 8000
MAX_MODEL = 8000  # characters of a model answer
LETTERS = "ABCDEFGH"
COUNTS = "零一两三四五六七八"  # 两个选项, 四个选项


class QuestionType(StrEnum):
    """The types of question. People mark a short answer, with its model answer beside it."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    FILL_IN = "fill_in"
    SHORT_ANSWER = "short_answer"


class Difficulty(StrEnum):
    """How hard a question is said to be."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Pool(StrEnum):
    """What a question may be used for: 练习, 考试, 皆可."""

    PRACTICE = "practice"
    EXAM = "exam"
    BOTH = "both"


class Flag(StrEnum):
    """What the answers to a question say that somebody should look at; see quiz.statistics."""

    KEY_SUSPECT = "key_suspect"  # 答案可疑
    TOO_HARD = "too_hard"
    TOO_EASY = "too_easy"
    DEAD_DISTRACTOR = "dead_distractor"  # an option that nobody chooses
    DRIFTED = "drifted"  # harder or easier than before


class VersionState(StrEnum):
    """draft → in_review → approved | returned; approved → retired (also by a newer version).

    approved ⇄ needs_review (待复核): its legal basis has changed, or its key is in doubt; it leaves
    every draw until somebody confirms or retires it. A returned version is not edited either: its
    correction is a new draft, and it retires. A draft that says what another question says already
    retires unreviewed.
    """

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    NEEDS_REVIEW = "needs_review"
    RETURNED = "returned"
    RETIRED = "retired"


WITH_OPTIONS = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE})
# People mark the others: no round and no practice draws them.
MARKED_BY_KEY = frozenset(QuestionType) - {QuestionType.SHORT_ANSWER}
LIVE_STATES = frozenset({VersionState.APPROVED, VersionState.NEEDS_REVIEW})
OPEN_STATES = frozenset({VersionState.DRAFT, VersionState.IN_REVIEW, VersionState.RETURNED})
EXAM_POOLS = frozenset({Pool.EXAM, Pool.BOTH})
PRACTICE_POOLS = frozenset({Pool.PRACTICE, Pool.BOTH})

_MOVES = {
    VersionState.DRAFT: {VersionState.IN_REVIEW, VersionState.RETIRED},
    VersionState.IN_REVIEW: {VersionState.APPROVED, VersionState.RETURNED},
    VersionState.RETURNED: {VersionState.RETIRED},
    VersionState.APPROVED: {VersionState.RETIRED, VersionState.NEEDS_REVIEW},
    VersionState.NEEDS_REVIEW: {VersionState.APPROVED, VersionState.RETIRED},
    VersionState.RETIRED: set(),
}


@dataclass(frozen=True)
class Draft:
    """What a question says, before it is kept.

    ``key``: single and multiple: sorted indexes into ``options``; true/false: a boolean;
    fill-in: for each blank the list of accepted texts; short answer: the text of the model answer;
    None where there is no answer yet. ``passage``: what several questions share (材料). ``is_rich``:
    passage, stem, options, explanation and model answer are in the safe markup of core.richtext.
    """

    type: QuestionType
    stem: str
    options: tuple[str, ...] = ()
    key: Any = None
    explanation: str = ""
    difficulty: Difficulty = Difficulty.MEDIUM
    pool: Pool = Pool.BOTH
    may_shuffle: bool = True
    basis: str = ""
    passage: str = ""
    is_rich: bool = False

    @property
    def digest(self) -> str:
        return digest_of(self.type, self.stem, self.options, self.key, self.passage)


@dataclass(frozen=True)
class Finding:
    """Something to say about a question. ``code`` names the sentence, ``facts`` fill it.

    ``at``: the field it is about: type, stem, options, key, explanation, basis …
    """

    code: str
    at: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def may_move(before: VersionState, after: VersionState) -> bool:
    """Whether a version may go from one state to another."""
    return after in _MOVES[before]


_FULL_WIDTH = {
    **{ord("０") + n: ord("0") + n for n in range(10)},
    **{ord("Ａ") + n: ord("A") + n for n in range(26)},
    **{ord("ａ") + n: ord("a") + n for n in range(26)},
    **{code: None for code in range(32) if chr(code) not in "\t\n"},
    0xA0: " ", 0x200B: None, 0xFEFF: None,
}  # fmt: skip


# Every character that ``tidy`` changes; most texts hold none.
ODD = re.compile(r"[\x00-\x08\x0b-\x1f\xa0\u200b\ufeff０-９Ａ-Ｚａ-ｚ]")


def tidy(text: str) -> str:
    """Text as it is kept: no blanks around it, full-width letters and figures as half-width."""
    return (text.translate(_FULL_WIDTH) if ODD.search(text) else text).strip()


def letters_of(indexes: Sequence[int]) -> str:
    """[0, 2] → AC."""
    return "".join(LETTERS[index] if index < MAX_OPTIONS else "?" for index in indexes)


def digest_of(
    type_: QuestionType, stem: str, options: Sequence[str], key: Any, passage: str = ""
) -> str:
    """SHA-256 (hex) of what makes a question the same: type, passage, stem, options and key."""
    parts = [type_.value, stem, list(options), key, *([passage] if passage else [])]
    content = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


# --- soundness ------------------------------------------------------------------

# A blank in a stem: an empty pair of brackets or a line.
_BLANK = re.compile(r"[（(][\s\u3000]*[）)]|[_＿]{2,}")


def blanks_in(stem: str) -> int:
    """How many blanks a stem shows."""
    return len(_BLANK.findall(stem))


def findings(draft: Draft) -> list[Finding]:
    """Everything that forbids keeping a question; empty where it is sound."""
    return [*_stem(draft), *_type_specific(draft), *_lengths(draft), *_pictures(draft)]


def _stem(draft: Draft) -> Iterator[Finding]:
    if not draft.stem:
        yield Finding("stem_empty", "stem")
    elif len(draft.stem) > MAX_STEM:
        yield Finding("too_long", "stem", {"max": MAX_STEM})


def _type_specific(draft: Draft) -> Iterator[Finding]:
    if draft.type in WITH_OPTIONS:
        yield from _options(draft.options)
        yield from _choice_key(draft)
    elif draft.type is QuestionType.TRUE_FALSE:
        if not isinstance(draft.key, bool):
            yield Finding("no_key", "key")
    elif draft.type is QuestionType.FILL_IN:
        yield from _blanks(draft)
    else:
        yield from _model_answer(draft)


def _options(options: Sequence[str]) -> Iterator[Finding]:
    if len(options) < MIN_OPTIONS:
        yield Finding("few_options", "options", {"n": len(options)})
        return
    if len(options) > MAX_OPTIONS:
        yield Finding("many_options", "options", {"max": MAX_OPTIONS})
        return
    for index, text in enumerate(options):
        if not text:
            yield Finding("option_empty", "options", {"letter": LETTERS[index]})
        elif text in options[:index]:
            yield Finding(
                "option_twice", "options",
                {"first": LETTERS[options.index(text)], "second": LETTERS[index]},
            )  # fmt: skip


def _choice_key(draft: Draft) -> Iterator[Finding]:
    key = draft.key
    if not key:
        yield Finding("no_key", "key")
        return
    beyond = [index for index in key if index >= len(draft.options)]
    if beyond and draft.options:
        last = LETTERS[min(len(draft.options), MAX_OPTIONS) - 1]
        yield Finding(
            "key_beyond", "key",
            {"letters": "、".join(letters_of(beyond)), "last": last, "n": len(draft.options), "count": COUNTS[min(len(draft.options), MAX_OPTIONS)]},
        )  # fmt: skip
    if draft.type is QuestionType.SINGLE and len(key) > 1:
        yield Finding(
            "two_keys", "key", {"n": len(key), "count": COUNTS[min(len(key), MAX_OPTIONS)]}
        )


def _blanks(draft: Draft) -> Iterator[Finding]:
    key = draft.key
    if not key or not all(accepted and all(accepted) for accepted in key):
        yield Finding("no_key", "key")
        return
    if len(key) > MAX_BLANKS:
        yield Finding("many_blanks", "key", {"max": MAX_BLANKS})
    shown = blanks_in(draft.stem)
    if shown != len(key) and (shown or len(key) > 1):
        yield Finding("blank_count", "key", {"shown": shown, "n": len(key)})


def _model_answer(draft: Draft) -> Iterator[Finding]:
    if not isinstance(draft.key, str) or not draft.key:
        yield Finding("no_key", "key")
    elif len(draft.key) > MAX_MODEL:
        yield Finding("too_long", "key", {"max": MAX_MODEL})


def _lengths(draft: Draft) -> Iterator[Finding]:
    if any(len(text) > MAX_OPTION for text in draft.options):
        yield Finding("too_long", "options", {"max": MAX_OPTION})
    if len(draft.explanation) > MAX_EXPLANATION:
        yield Finding("too_long", "explanation", {"max": MAX_EXPLANATION})
    if len(draft.basis) > MAX_BASIS:
        yield Finding("too_long", "basis", {"max": MAX_BASIS})
    if len(draft.passage) > MAX_PASSAGE:
        yield Finding("too_long", "passage", {"max": MAX_PASSAGE})


def _pictures(draft: Draft) -> Iterator[Finding]:
    if not draft.is_rich:
        return
    model = draft.key if isinstance(draft.key, str) else ""
    places = {"stem": draft.stem, "passage": draft.passage, "options": "\n".join(draft.options),
              "explanation": draft.explanation, "key": model}  # fmt: skip
    for at, text in places.items():
        if any(not alt for alt, _sha in pictures_in(text)):
            yield Finding("picture_unsaid", at)


def in_words(draft: Draft) -> Draft:
    """The draft without markup, for whoever cannot carry it: tables and lists become lines."""
    if not draft.is_rich:
        return draft
    return replace(
        draft, passage=plain(draft.passage, True), stem=plain(draft.stem, True),
        options=tuple(plain(text, True) for text in draft.options),
        explanation=plain(draft.explanation, True),
        key=plain(draft.key, True) if isinstance(draft.key, str) else draft.key, is_rich=False,
    )  # fmt: skip


def pictures_of(draft: Draft) -> list[str]:
    """SHA-256 of each picture that a question shows anywhere, once."""
    if not draft.is_rich:
        return []
    model = [draft.key] if isinstance(draft.key, str) else []
    texts = (draft.passage, draft.stem, *draft.options, draft.explanation, *model)
    return list(dict.fromkeys(sha for _alt, sha in pictures_in(*texts)))


def longest_by(draft: Draft) -> int:
    """By how many characters the only right option outgrows the longest wrong one; else 0."""
    if draft.type is not QuestionType.SINGLE or not draft.key or len(draft.options) < MIN_OPTIONS:
        return 0
    right: int = draft.key[0]
    if right >= len(draft.options):
        return 0
    lengths: list[int] = [len(plain(text, draft.is_rich)) for text in draft.options]
    return max(0, lengths[right] - max(lengths[:right] + lengths[right + 1 :]))
