"""Where people and units stand: targets, who counts, shares, restatement, those behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from points.ledger.services import post
from points.periods.queries import PeriodView, period_of
from points.standing.queries import (
    behind,
    by_unit,
    participants,
    person_periods,
    year_points,
)
from points.standing.rules import Standing, share_of, standing_of, target_of
from points.units.queries import period_counts
from tests.databases import both_databases
from tests.factories import make_person
from tests.points.town import arrange, make_town
from tests.statements import counted

SHORT, ON, PENDING, OUT = (
    Standing.SHORT, Standing.ON_TARGET, Standing.PENDING, Standing.NOT_COUNTED,
)  # fmt: skip


# --- rules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "percent", "target"),
    [(20, 60, 12), (20, 61, 13), (20, 100, 20), (20, 1, 1), (1, 60, 1), (0, 60, 0), (15, 60, 9),
     (10, 33, 4)],
)  # fmt: skip
def test_the_target_is_rounded_up(most: int, percent: int, target: int) -> None:
    assert target_of(most, percent) == target


@pytest.mark.parametrize(
    ("earned", "counts", "settled", "standing"),
    [(12, True, False, ON), (12, True, True, ON), (11, True, True, SHORT),
     (11, True, False, PENDING), (0, True, False, PENDING), (20, False, True, OUT),
     (0, False, False, OUT), (-1, True, True, SHORT)],
)  # fmt: skip
def test_standing_follows_from_points_and_from_who_counts(
    earned: int, counts: bool, settled: bool, standing: Standing
) -> None:
    assert standing_of(earned, 12, is_counted=counts, is_settled=settled) is standing


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(0, 0, None), (0, 3, 0), (2, 3, 66), (3, 3, 100), (999, 1000, 99)]
)
def test_a_share_is_rounded_down_so_that_100_is_everybody(
    part: int, whole: int, share: int | None
) -> None:
    assert share_of(part, whole) == share


# --- who counts -------------------------------------------------------------------

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 5)


def _posted(
    session: Session, person: Person, unit_id: int, *spans: tuple[date, date | None]
) -> None:
    for begin, end in spans:
        session.add(
            Posting(person_id=person.id, unit_id=unit_id, position="科员", valid_from=begin,
                    valid_to=end, entered_at=clock.now())
        )  # fmt: skip
    session.flush()


@both_databases
@pytest.mark.parametrize(
    ("spans", "counts"),
    [
        ([(date(2026, 1, 1), None)], True),
        ([(FIRST, LAST)], True),
        ([(date(2026, 9, 2), None)], False),  # began a day late
        ([(date(2026, 1, 1), date(2026, 10, 4))], False),  # left a day early
        ([(date(2026, 1, 1), date(2026, 9, 15)), (date(2026, 9, 16), None)], True),  # moved
        ([(date(2026, 1, 1), date(2026, 9, 15)), (date(2026, 9, 17), None)], False),  # a day off
    ],
)
def test_who_was_on_post_on_every_day_of_the_round_counts(
    app: Flask, spans: list[tuple[date, date | None]], counts: bool
) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        person = make_person(session)
        _posted(session, person, town.unit.id, *spans)
        assert (person.id in set(session.scalars(participants(FIRST, LAST)))) is counts


def test_only_staff_without_sight_of_keys_count(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        alone = [make_person(session, role, unit=town.unit) for role in Role]
        both = [make_person(session, Role.STAFF, role, unit=town.unit) for role in Role]
        found = set(session.scalars(participants(FIRST, LAST)))
        assert {role for role, person in zip(Role, alone, strict=True) if person.id in found} == {
            Role.STAFF
        }
        assert {role for role, person in zip(Role, both, strict=True) if person.id in found} == {
            Role.STAFF, Role.COORDINATOR, Role.ADMIN,
        }  # fmt: skip
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == alone[0].id)
            .values(revoked_at=clock.now())
        )
        assert alone[0].id not in set(session.scalars(participants(FIRST, LAST)))


# --- one person -------------------------------------------------------------------


def _correct(app: Flask, person: Person, period: PeriodView, amount: int) -> None:
    with app.app_context(), transaction() as session:
        post(
            session, person_id=person.id, origin_period_id=period.id, amount=amount,
            source=f"adjust:{period.number}{amount}", rule_version_id=None,
            facts={"reason": "第 4 题更正"}, now=clock.now(),
        )  # fmt: skip


@both_databases
def test_a_person_stands_in_each_period_and_later_entries_stand_beside_the_snapshot(
    app: Flask,
) -> None:
    town, periods = arrange(app, staff=(16, 14, 11, 18, 17, None))
    with app.app_context():
        found = person_periods(reading(), town.staff.id, town.now)
    assert [(one.earned, one.standing) for one in found] == [
        (16, ON), (14, ON), (11, SHORT), (18, ON), (17, ON), (0, PENDING),
    ]  # fmt: skip
    assert [one.closed_earned for one in found] == [16, 14, 11, 18, 17, None]
    assert [one.has_entries for one in found] == [True] * 5 + [False]
    assert not any(one.is_restated for one in found)
    _correct(app, town.staff, periods[2], 1)
    with app.app_context(), counted(app) as log:
        found = person_periods(reading(), town.staff.id, town.now)
    assert len(log) == 2
    third = found[2]
    assert (third.earned, third.standing) == (12, ON)
    assert (third.closed_earned, third.closed_standing) == (11, SHORT)
    assert [one.is_restated for one in found] == [False, False, True, False, False, False]
    assert not found[-1].has_entries  # what was posted now belongs to the third


def test_who_came_during_a_round_is_not_counted_in_it(app: Flask) -> None:
    town, periods = arrange(app, 2, staff=(16, None))
    begun = clock.civil_date(periods[1].starts_at)
    with app.app_context(), transaction() as session:
        late = make_person(session)
        _posted(session, late, town.unit.id, (begun + timedelta(days=1), None))
    with app.app_context():
        found = person_periods(reading(), late.id, town.now)
        assert [one.standing for one in found] == [OUT, OUT]
        assert [one.closed_standing for one in found] == [None, None]
        (city,) = [
            one for one in by_unit(reading(), periods[1], town.now) if one.unit_id == town.unit.id
        ]
        assert city.counted == 1  # the other one


@pytest.mark.parametrize(("number", "count"), [(1, 1), (6, 6), (9, 6)])
def test_no_more_than_the_last_periods_come_oldest_first(
    app: Flask, number: int, count: int
) -> None:
    town, _periods = arrange(app, number)
    with app.app_context():
        found = person_periods(reading(), town.staff.id, town.now)
    assert [one.period.number for one in found] == list(range(number - count + 1, number + 1))


def test_a_year_is_that_in_which_the_period_begins_and_counts_what_was_posted_in_it(
    app: Flask,
) -> None:
    town, periods = arrange(app, staff=(16, 14, 11, 18, 17, 3))
    years = [clock.civil_date(period.starts_at).year for period in periods]
    _correct(app, town.staff, periods[0], -2)
    with app.app_context():
        found = {
            year: year_points(reading(), town.staff.id, year) for year in {*years, years[-1] + 1}
        }
    rights = [16, 14, 11, 18, 17, 3 - 2]  # the correction was posted in the newest period
    for year, total in found.items():
        assert total == sum(n for n, y in zip(rights, years, strict=True) if y == year)


# --- units ------------------------------------------------------------------------


@both_databases
def test_units_have_a_share_on_target_within_the_scope(app: Flask) -> None:
    town, periods = arrange(app, staff=(16,) * 6, colleague=(3,) * 6, stranger=(12, *[0] * 5))
    with app.app_context(), counted(app) as log:
        found = {one.unit_name: one for one in by_unit(reading(), periods[0], town.now)}
        assert len(log) == 1
    assert {name: (one.counted, one.on_target, one.share) for name, one in found.items()} == {
        "城中区人民政府办公室": (1, 1, 100), "城中区政务服务中心": (1, 0, 0), "市财政局": (1, 1, 100),
    }  # fmt: skip
    with app.app_context():
        own = by_unit(reading(), periods[0], town.now, frozenset({town.unit.id}))
        assert {one.unit_id for one in own} == {town.unit.id, town.below.id}
        none = by_unit(reading(), periods[0], town.now, frozenset())
        assert none == []
        newest = by_unit(reading(), periods[-1], town.now)
        assert {(one.unit_id, one.counted, one.on_target) for one in newest} == {
            (town.unit.id, 1, 1), (town.below.id, 1, 0), (town.other.id, 1, 0),
        }  # fmt: skip


@both_databases
def test_a_closed_share_stays_and_the_restated_one_stands_beside_it(app: Flask) -> None:
    town, periods = arrange(app, staff=(11,) * 6, colleague=(3,) * 6)
    _correct(app, town.staff, periods[2], 1)
    with app.app_context():
        (one,) = [
            unit
            for unit in by_unit(reading(), periods[2], town.now)
            if unit.unit_id == town.unit.id
        ]
        assert (one.on_target, one.now_on_target, one.share, one.now_share) == (0, 1, 0, 100)
        with counted(app) as log:
            counts = period_counts(reading(), periods, town.now, None)
        assert len(log) == 1
        assert (counts[periods[2].id].restated, counts[periods[2].id].now_on_target) == (1, 1)
        assert [counts[period.id].restated for period in periods] == [0, 0, 1, 0, 0, 0]
        assert [counts[period.id].counted for period in periods] == [3] * 6
        own = period_counts(reading(), periods, town.now, frozenset({town.other.id}))
        assert [(one.counted, one.restated) for one in own.values()] == [(1, 0)] * 6


def test_a_person_who_moved_counts_where_they_were_at_the_end_of_the_round(app: Flask) -> None:
    town, periods = arrange(app, 3, staff=(16, 16, 16))
    with app.app_context(), transaction() as session:
        posting = session.scalars(select(Posting).where(Posting.person_id == town.staff.id)).one()
        posting.valid_to = clock.civil_date(periods[2].starts_at) + timedelta(days=5)
        session.flush()
        _posted(session, town.staff, town.other.id, (posting.valid_to + timedelta(days=1), None))
    with app.app_context():
        for period, unit in ((periods[1], town.unit), (periods[2], town.other)):
            places = {one.unit_id: one.on_target for one in by_unit(reading(), period, town.now)}
            assert places.get(unit.id) == 1
            assert sum(places.values()) == 1


# --- behind -----------------------------------------------------------------------


@both_databases
def test_those_short_in_every_one_of_the_last_settled_periods_are_behind(app: Flask) -> None:
    town, periods = arrange(
        app,
        staff=(16, 16, 16, 16, 11, None),  # once
        colleague=(16, 16, 16, 11, 0, None),  # twice
        stranger=(16, 16, None, 11, 3, None),  # three times; not sitting is short, too
    )
    with app.app_context():
        session = reading()
        with counted(app) as log:
            two = behind(session, town.now, None, 2)
        assert len(log) == 2
        assert [one.staff_no for one in two] == ["A1002", "B2001"]
        assert [(short.earned, short.target) for short in two[0].periods] == [(11, 12), (0, 12)]
        assert [one.staff_no for one in behind(session, town.now, None, 3)] == ["B2001"]
        own = behind(session, town.now, frozenset({town.unit.id}), 2)
        assert [(one.staff_no, one.unit_name) for one in own] == [("A1002", "城中区政务服务中心")]
    _correct(app, town.colleague, periods[3], 1)
    with app.app_context():
        assert [one.staff_no for one in behind(reading(), town.now, None, 2)] == ["B2001"]


def test_nobody_is_behind_before_enough_periods_have_settled(app: Flask) -> None:
    town, periods = arrange(app, 2, staff=(0, 0))
    with app.app_context():
        assert behind(reading(), town.now, None, 2) == []
        later = period_of(reading(), periods[1].id).settles_at
        assert len(behind(reading(), later, None, 2)) == 3
        assert behind(reading(), later - timedelta(seconds=1), None, 2) == []


def test_a_period_that_does_not_count_breaks_the_row_and_who_left_is_not_behind(
    app: Flask,
) -> None:
    town, periods = arrange(app, 3, staff=(0, 0, 0), colleague=(0, 0, 0))
    at = periods[2].settles_at
    with app.app_context(), transaction() as session:
        late = make_person(session)
        _posted(session, late, town.unit.id, (periods[1].first_day + timedelta(days=1), None))
        session.execute(
            update(Posting)
            .where(Posting.person_id == town.colleague.id)
            .values(valid_to=clock.civil_date(at) - timedelta(days=1))
        )
    with app.app_context():
        found = {one.person_id for one in behind(reading(), at, None, 2)}
    assert town.staff.id in found
    assert not {late.id, town.colleague.id} & found
