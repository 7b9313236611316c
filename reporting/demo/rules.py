"""Pure decisions of the story: the blueprint, who answers how well, extra questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WANTED = {"single": 25, "multiple": 15, "true_false": 10}
MARKS = 2
OLDEST, OLDER, NEWEST = 690, 360, 75  # days ago


@dataclass(frozen=True)
class Share:
    """How many questions of one topic and type a paper takes."""

    topic_id: int
    type: str
    count: int


def blueprint(stock: Mapping[tuple[int, str, str], int]) -> list[Share]:
    """Fifty questions spread over topics as the bank is; fewer where the bank is small.

    ``stock``: (topic id, type, difficulty) → versions that may be drawn. At most half of what a
    topic holds of a type goes into one paper, so that papers differ.
    """
    shares = []
    for type_, wanted in WANTED.items():
        held: dict[int, int] = {}
        for (topic_id, found, _difficulty), number in stock.items():
            if found == type_:
                held[topic_id] = held.get(topic_id, 0) + number
        shares += [
            Share(topic_id, type_, count)
            for topic_id, count in sorted(_spread(held, wanted).items())
            if count
        ]
    return shares


def _spread(held: Mapping[int, int], wanted: int) -> dict[int, int]:
    counts = dict.fromkeys(held, 0)
    for _place in range(wanted):
        open_ = [topic for topic in held if counts[topic] * 2 + 2 <= held[topic] + 1]
        if not open_:
            break
        best = max(open_, key=lambda topic: (held[topic] / (counts[topic] + 1), -topic))
        counts[best] += 1
    return counts


@dataclass(frozen=True)
class HeldExam:
    """An exam of the past: how many days ago it opened, and who (by number) passed, failed, stayed away."""

    title: str
    days_ago: int
    passed: Sequence[int]
    failed: Sequence[int] = ()
    absent: Sequence[int] = ()


def held_exams(
    passed: Sequence[int], failed: Sequence[int], absent: Sequence[int], today: date
) -> list[HeldExam]:
    """The city's past exams: the newest for most, two older ones for a sixth and a fifth of those
    who passed, so that certificates are about to expire and holds about to end."""
    oldest, older = len(passed) // 6, len(passed) // 6 + len(passed) // 5
    groups = ((OLDEST, passed[:oldest]), (OLDER, passed[oldest:older]))
    held = [
        HeldExam(f"{(today - timedelta(days=days)).year}年政务公开资格考试", days, group)
        for days, group in groups
        if group
    ]
    newest = HeldExam("第三季度政务公开资格考试", NEWEST, passed[older:], failed, absent)
    if newest.passed or failed or absent:
        held.append(newest)
    return held


def sessions_of(number: int, stage: str) -> list[int]:
    """Which of the four sessions (from 0) the n-th person attended."""
    if stage == "untrained":
        return []
    first = 0 if stage in {"certified", "failed"} else 2
    return [first, *([1] if number % 3 == 0 else []), *([3] if number % 20 < 1 else [])]


def extra_question(number: int) -> dict[str, Any]:
    """The n-th filler question, for trying a large bank: evidently made, and right."""
    days = number % 28 + 1
    right = number % 4
    options = [f"{days + step} 日" for step in (0, 1, 2, 3)]
    options[0], options[right] = options[right], options[0]
    return {
        "stem": f"演示题 {number}：台账第 {number} 页记着某件事项应在当月 {days} 日前办结，办结期限是哪一天？",
        "options": options,
        "key": [right],
        "explanation": f"题干写明是 {days} 日。",
    }
