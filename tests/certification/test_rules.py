"""Decisions on blueprints, exams, starts, candidates, certificates and reviews, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from certification.blueprints.rules import (
    Row,
    as_texts,
    available,
    field_name,
    grid,
    overlap,
    overlaps,
    read_form,
    shortages,
    totals,
)
from certification.candidates.rules import Standing, standing
from certification.certificates.rules import (
    CertificateState,
    plain_code,
    same_number,
    spaced_code,
    state_on,
    valid_through,
)
from certification.entry.rules import Facts, Refusal, may_start, months_before
from certification.exams.rules import Obstacle, Phase, obstacles, phase
from quiz.results.rules import Mark, blank_lines, judgement_lines, option_lines

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(topic: int | None, type_: str, level: str | None, count: int = 1, marks: int = 2) -> Row:
    return Row(topic, type_, level, count, marks)


# --- blueprints -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        (row(1, "single", "easy"), row(1, "single", "easy"), True),
        (row(1, "single", "easy"), row(1, "single", "hard"), False),
        (row(1, "single", "easy"), row(2, "single", "easy"), False),
        (row(1, "single", "easy"), row(1, "multiple", "easy"), False),
        (row(None, "single", "easy"), row(1, "single", "easy"), True),
        (row(None, "single", "easy"), row(1, "single", "hard"), False),
        (row(1, "single", None), row(1, "single", "hard"), True),
        (row(1, "single", None), row(2, "single", "hard"), False),
        (row(None, "single", None), row(2, "single", "hard"), True),
        (row(None, "single", "easy"), row(2, "single", None), True),
        (row(None, "single", None), row(None, "multiple", None), False),
    ],
)
def test_rows_overlap_where_a_question_could_come_from_both(
    one: Row, other: Row, meets: bool
) -> None:
    assert overlap(one, other) is meets
    assert overlap(other, one) is meets


def test_every_overlapping_pair_is_named() -> None:
    rows = [row(None, "single", None), row(1, "single", "easy"), row(2, "single", "easy")]
    assert overlaps(rows) == [(rows[0], rows[1]), (rows[0], rows[2])]


STOCK = {(1, "single", "easy"): 3, (1, "single", "hard"): 1, (2, "single", "easy"): 2}


@pytest.mark.parametrize(
    ("asked", "stands"),
    [
        (row(1, "single", "easy"), 3),
        (row(1, "single", None), 4),
        (row(None, "single", "easy"), 5),
        (row(None, "single", None), 6),
        (row(2, "single", "hard"), 0),
        (row(1, "multiple", None), 0),
    ],
)
def test_a_row_draws_from_all_that_fits(asked: Row, stands: int) -> None:
    assert available(asked, STOCK) == stands


def test_only_rows_that_ask_for_too_much_are_short() -> None:
    rows = [row(1, "single", "easy", 3), row(2, "single", "easy", 3)]
    assert [(item.row, item.available) for item in shortages(rows, STOCK)] == [(rows[1], 2)]


def test_totals_count_questions_and_marks() -> None:
    assert totals([row(1, "single", None, 3, 2), row(1, "multiple", None, 2, 5)]).marks == 16


def test_a_form_reads_back_as_it_was_stored() -> None:
    rows = (row(1, "single", "easy", 3), row(None, "multiple", None, 2, 4))
    assert read_form(as_texts(rows), [1, 2]).rows == rows


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "201", "９九", "99999999999999"])
def test_a_count_that_is_no_sound_number_is_named(text: str) -> None:
    name = field_name(1, "single", "easy")
    typed = read_form({name: text, "m-single": "2"}, [1])
    assert typed.wrong == {name: "number"}
    assert typed.texts[name] == text


def test_a_type_without_marks_is_named() -> None:
    typed = read_form({field_name(1, "single", "easy"): "2", "m-single": "0"}, [1])
    assert typed.wrong == {"m-single": "marks"}


def test_the_grid_marks_what_is_short_and_what_overlaps() -> None:
    typed = read_form(
        {"c-1-single-easy": "4", "c-2-single-easy": "1", "c-2-single-any": "1", "m-single": "2"},
        [1, 2],
    )
    page = grid(typed, [(1, "甲"), (2, "乙")], "任何", STOCK)
    states = {cell.name: cell.state for line in page.lines for cell in line.cells}
    assert states["c-1-single-easy"] == "short"
    assert states["c-2-single-easy"] == states["c-2-single-any"] == "overlap"
    assert states["c-any-single-any"] == ""
    assert [column.difficulty for column in page.columns] == ["easy", "hard", None]
    assert page.totals.questions == 6


# --- exams ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "opens", "closes", "stands"),
    [
        ("draft", -1, 1, Phase.DRAFT),
        ("cancelled", -1, 1, Phase.CANCELLED),
        ("published", 1, 2, Phase.COMING),
        ("published", 0, 2, Phase.OPEN),
        ("published", -2, 0, Phase.PAST),
    ],
)
def test_where_an_exam_stands(state: str, opens: int, closes: int, stands: Phase) -> None:
    assert phase(state, NOW + opens * HOUR, NOW + closes * HOUR, NOW) is stands


SOUND = {
    "opens_at": NOW, "closes_at": NOW + 5 * HOUR, "minutes": 60, "pass_mark": 4,
    "rows": [row(1, "single", "easy", 3)], "stock": STOCK, "has_audience": True, "now": NOW,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"closes_at": NOW}, [Obstacle.CLOSES_BEFORE_OPENING, Obstacle.WINDOW_PAST]),
        ({"now": NOW + 5 * HOUR}, [Obstacle.WINDOW_PAST]),
        ({"minutes": 301}, [Obstacle.WINDOW_SHORT]),
        ({"has_audience": False}, [Obstacle.NOBODY]),
        ({"rows": []}, [Obstacle.NO_ROWS]),
        ({"pass_mark": 7}, [Obstacle.PASS_MARK]),
        ({"pass_mark": 6}, []),
        ({"pass_mark": 0}, [Obstacle.PASS_MARK]),
        ({"rows": [row(2, "single", "easy", 3)]}, [Obstacle.SHORTAGE]),
        (
            {"rows": [row(1, "single", "easy", 2), row(1, "single", None, 1)]},
            [Obstacle.OVERLAP],
        ),
    ],
)
def test_what_keeps_an_exam_from_being_published(
    change: dict[str, object], found: list[Obstacle]
) -> None:
    assert obstacles(**{**SOUND, **change}) == found  # type: ignore[arg-type]


# --- starts -----------------------------------------------------------------------

READY = Facts(
    state="published", opens_at=NOW - HOUR, closes_at=NOW + HOUR, tries=2, is_invited=True,
    sees_keys=False, admission_reason="", needs_training=True, tries_used=0, has_passed=False,
    awaits_marks=False, open_attempt=None, last_attended=date(2026, 3, 18),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"state": "draft"}, Refusal.NOT_PUBLISHED),
        ({"state": "cancelled"}, Refusal.CANCELLED),
        ({"is_invited": False}, Refusal.NOT_INVITED),
        ({"sees_keys": True}, Refusal.SEES_KEYS),
        ({"sees_keys": True, "admission_reason": "人手不足"}, None),
        ({"has_passed": True}, Refusal.PASSED),
        ({"tries_used": 1}, None),
        ({"tries_used": 1, "awaits_marks": True}, Refusal.AWAITS_MARKS),
        ({"tries_used": 2, "awaits_marks": True, "has_passed": True}, Refusal.PASSED),
        ({"tries_used": 2}, Refusal.NO_TRIES),
        ({"closes_at": NOW}, Refusal.CLOSED),
        ({"opens_at": NOW}, None),
        ({"opens_at": NOW + HOUR}, Refusal.NOT_OPEN),
        ({"last_attended": None}, Refusal.NO_TRAINING),
        ({"last_attended": None, "needs_training": False}, None),
        # under way: gone on with, whatever else changed
        ({"open_attempt": 7, "tries_used": 2, "closes_at": NOW}, None),
        ({"open_attempt": 7, "state": "cancelled"}, None),
    ],
)
def test_who_may_start(change: dict[str, object], refusal: Refusal | None) -> None:
    assert may_start(replace(READY, **change), NOW).refusal is refusal  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "months", "since"),
    [
        (date(2026, 11, 24), 12, date(2025, 11, 24)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 1), 3, date(2025, 12, 1)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
    ],
)
def test_training_counts_back_in_months(day: date, months: int, since: date) -> None:
    assert months_before(day, months) == since


@pytest.mark.parametrize(
    ("passed", "under_way", "marking", "scored", "voided", "is_over", "stands"),
    [
        (True, False, False, 2, 0, True, Standing.PASSED),
        (True, False, True, 1, 0, True, Standing.PASSED),
        (False, True, False, 1, 0, False, Standing.IN_PROGRESS),
        (False, False, True, 1, 0, True, Standing.MARKING),
        (False, False, False, 1, 1, False, Standing.FAILED),
        (False, False, False, 0, 1, False, Standing.VOIDED),
        (False, False, False, 0, 0, False, Standing.NOT_STARTED),
        (False, False, False, 0, 0, True, Standing.ABSENT),
    ],
)
def test_how_far_a_candidate_has_come(
    passed: bool, under_way: bool, marking: bool, scored: int, voided: int, is_over: bool,
    stands: Standing,
) -> None:  # fmt: skip
    found = standing(
        passed=passed, under_way=under_way, marking=marking, scored=scored, voided=voided,
        is_over=is_over,
    )  # fmt: skip
    assert found is stands


# --- certificates -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued_on", "months", "last"),
    [
        (date(2025, 1, 19), 24, date(2027, 1, 18)),
        (date(2025, 1, 1), 24, date(2026, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),  # no 29 February 2025: the month's end
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2023, 3, 1), 12, date(2024, 2, 29)),
        (date(2025, 12, 15), 1, date(2026, 1, 14)),
    ],
)
def test_last_day_of_validity(issued_on: date, months: int, last: date) -> None:
    assert valid_through(issued_on, months) == last


DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("through", "superseded", "revoked", "state"),
    [
        (DAY + timedelta(days=61), None, None, CertificateState.VALID),
        (DAY + timedelta(days=60), None, None, CertificateState.EXPIRING),
        (DAY, None, None, CertificateState.EXPIRING),
        (DAY - timedelta(days=1), None, None, CertificateState.EXPIRED),
        (DAY, DAY, None, CertificateState.SUPERSEDED),
        (DAY, DAY + timedelta(days=1), None, CertificateState.EXPIRING),
        (DAY - timedelta(days=1), DAY, None, CertificateState.SUPERSEDED),
        (DAY, DAY, DAY, CertificateState.REVOKED),
        (DAY, None, DAY + timedelta(days=1), CertificateState.EXPIRING),
    ],
)
def test_what_a_certificate_is_worth(
    through: date, superseded: date | None, revoked: date | None, state: CertificateState
) -> None:
    found = state_on(
        DAY, valid_through=through, superseded_on=superseded, revoked_on=revoked, remind_days=60
    )
    assert found is state


def test_codes_are_printed_in_groups_and_read_however_typed() -> None:
    assert spaced_code("7F3A90C241DE") == "7F3A 90C2 41DE"
    assert plain_code(" 7f3a-90c2 41de ") == "7F3A90C241DE"


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("政公证 2026-000047", True),
        ("政公证2026-000047", True),
        (" 2026-000047 ", True),
        ("000047", False),
        ("2026-000048", False),
        ("", False),
        ("证", False),
    ],
)
def test_a_number_counts_with_or_without_its_words(typed: str, same: bool) -> None:
    assert same_number(typed, "政公证 2026-000047") is same


# --- reviews ----------------------------------------------------------------------

OPTIONS = (("A", "甲"), ("B", "乙"), ("C", "丙"))


@pytest.mark.parametrize(
    ("key", "value", "marks"),
    [
        ("B", "B", [Mark.PLAIN, Mark.RIGHT, Mark.PLAIN]),
        ("B", "A", [Mark.WRONG, Mark.MISSED, Mark.PLAIN]),
        ("B", None, [Mark.PLAIN, Mark.MISSED, Mark.PLAIN]),
        (["A", "B"], ["A", "C"], [Mark.RIGHT, Mark.MISSED, Mark.WRONG]),
    ],
)
def test_options_are_reviewed_line_by_line(key: object, value: object, marks: list[Mark]) -> None:
    assert [line.mark for line in option_lines(OPTIONS, key, value)] == marks  # type: ignore[arg-type]


def test_judgements_and_blanks_are_reviewed() -> None:
    lines = judgement_lines(False, True, ("正确", "错误"))
    assert [line.mark for line in lines] == [Mark.WRONG, Mark.MISSED]
    assert [line.text for line in blank_lines([["二十"]], None, False)] == ["—"]
