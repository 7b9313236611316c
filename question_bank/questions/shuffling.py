"""When the options of a question keep their order: what points at them by letter or place. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from question_bank.questions.rules import WITH_OPTIONS, Draft

# 以上 that counts (县级以上, 三年以上, 半数以上, 50%以上) does not point at options.
_ABOVE = re.compile(
    r"(?<![级年月日天周时分秒人名位次件条项份倍元角个处家种岁科股页部成半数米度学生十百千万亿\d％%])以上"
)
_LETTER_PATTERNS = (
    re.compile(r"(?:选项|答案|故选|应选|[选是为])\s*[A-H]{1,8}(?![A-Za-z])"),
    re.compile(r"(?<![A-Za-z])[A-H]{1,8}\s*(?:项|选项|[两三四]项|[都均全皆]|正确|错误|不[对正])"),
    re.compile(r"(?<![A-Za-z])[A-H]\s*(?:和|与|或|及|、|，|,)\s*[A-H](?![A-Za-z])"),
    re.compile(r"(?<![A-Za-z])A?B?C?D?E?F?G?H?(?<=[A-H]{2})(?![A-Za-z])"),
)  # fmt: skip
_MAY_POINT = re.compile(r"[A-H]|以上|上述")  # most questions hold none of these
_ALL_OF_THEM = re.compile(r"^上述(?:都|均|全|各|选项|说法|情形)")


def pointers(draft: Draft) -> list[str]:
    """Words in a choice question that point at options by letter or place; [] where none does.

    A question that has some must keep the order of its options.
    """
    if draft.type not in WITH_OPTIONS:
        return []
    return pointers_in(draft.stem, draft.options, draft.explanation)


def pointers_in(stem: str, options: Sequence[str], explanation: str) -> list[str]:
    """The same of the texts of a choice question."""
    found: dict[str, None] = {}
    for text in filter(_MAY_POINT.search, (stem, *options, explanation)):
        for pattern in (_ABOVE, *_LETTER_PATTERNS):
            found.update((match.group().strip(), None) for match in pattern.finditer(text))
    for text in options:
        found.update((match.group(), None) for match in _ALL_OF_THEM.finditer(text))
    return [word for word in found if word]


def settled(draft: Draft) -> Draft:
    """The draft with what follows from its words: options that are pointed at keep their order."""
    may_shuffle = draft.may_shuffle or draft.type not in WITH_OPTIONS
    return replace(draft, may_shuffle=may_shuffle and not pointers(draft))
