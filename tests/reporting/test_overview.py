"""One row per unit: who counts, what the words rest on, and how few statements it takes."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from accounts.people.models import Posting
from accounts.units.models import UnitKind
from certification.registrations import services
from certification.registrations.register.queries import SOON_DAYS
from certification.registry.services import enter, event
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from reporting.overview.queries import Overview, overview
from reporting.overview.rules import (
    FREED_DAYS,
    SORTS,
    Cover,
    UnitRow,
    by_kind,
    cover_of,
    matching,
    totals,
)
from tests import databases
from tests.certification import registry
from tests.databases import SECRETS, both_databases
from tests.factories import make_person, make_unit, sign_in
from tests.points import town
from tests.reporting.bulk import fill, holder
from tests.statements import counted

# --- rules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covered", "minimum", "warn_below", "cover"),
    [(0, 1, 2, Cover.BARE), (1, 1, 2, Cover.LOW), (2, 1, 2, Cover.FINE), (1, 2, 3, Cover.SHORT),
     (0, 2, 3, Cover.BARE), (0, 0, 1, Cover.LOW), (0, 0, 0, Cover.FINE), (3, 3, 3, Cover.FINE)],
)  # fmt: skip
def test_cover_follows_from_the_two_rules(
    covered: int, minimum: int, warn_below: int, cover: Cover
) -> None:
    assert cover_of(covered, minimum=minimum, warn_below=warn_below) is cover


def _row(name: str, kind: str = "county", **figures: Any) -> UnitRow:
    return UnitRow(1, name, kind, figures.pop("cover", Cover.FINE), **figures)


def test_shares_are_rounded_down_and_absent_where_nobody_is() -> None:
    row = _row("甲", on_post=3, trained=2, counted=200, on_target=199)
    assert (row.trained_percent, row.target_percent) == (66, 99)
    assert _row("乙").trained_percent is None
    assert _row("乙").target_percent is None


def test_units_are_found_by_kind_and_part_of_the_name() -> None:
    rows = [_row("城中区政府"), _row("市财政局", "department"), _row("ABC 公司", "department")]
    assert [row.name for row in matching(rows, text="abc")] == ["ABC 公司"]
    assert [row.name for row in matching(rows, kind="county")] == ["城中区政府"]
    assert matching(rows, text="财政", kind="county") == []


def test_by_state_the_least_covered_comes_first_and_of_these_the_largest() -> None:
    rows = [
        _row("好", covered=3, on_post=3),
        _row("小", cover=Cover.BARE, on_post=1),
        _row("大", cover=Cover.BARE, on_post=9),
        _row("低", cover=Cover.LOW, covered=1),
    ]
    assert [row.name for row in sorted(rows, key=SORTS["state"])] == ["大", "小", "低", "好"]


def test_kinds_are_summed_over_their_units_beside_the_period_before() -> None:
    latest = [("county", 10, 5), ("county", 30, 25), ("zone", 4, 4), ("department", 0, 0)]
    shares = by_kind(latest, [("county", 4, 1)])
    assert [(one.kind, one.counted, one.percent, one.before) for one in shares] == [
        ("zone", 4, 100, None), ("county", 40, 75, 25),
    ]  # fmt: skip


def test_totals_add_up_and_count_the_units_below_the_minimum() -> None:
    rows = [
        _row("甲", cover=Cover.BARE, on_post=2, freed=1, counted=3, on_target=1),
        _row("乙", cover=Cover.SHORT, on_post=3, counted=1, on_target=1),
        _row("丙", on_post=4),
    ]
    sums = totals(rows)
    assert (sums.units, sums.bare, sums.on_post, sums.freed) == (3, 2, 9, 1)
    assert sums.target_percent == 50


def test_the_register_calls_the_same_days_soon() -> None:
    assert FREED_DAYS == SOON_DAYS


# --- figures ----------------------------------------------------------------------


def _overview(app: Flask, scope: frozenset[int] | None = None) -> dict[str, UnitRow]:
    with app.app_context():
        found = overview(reading(), scope, clock.now(), points=True)
        return {row.name: row for row in found.rows}


@both_databases
def test_every_figure_of_a_unit(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        today = clock.today()
        registry.register(session, place)
        soon = make_person(session, unit=place.unit)
        registry.certify(session, place.exam, soon, valid_through=today + timedelta(days=60))
        later = make_person(session, unit=place.unit)
        registry.certify(session, place.exam, later, valid_through=today + timedelta(days=61))
        last_day = make_person(session, unit=place.unit)
        registry.certify(session, place.exam, last_day, valid_through=today)
        gone = make_person(session, unit=place.unit)
        registry.certify(session, place.exam, gone, valid_through=today - timedelta(days=1))
        revoked = make_person(session, unit=place.unit)
        taken = registry.certify(session, place.exam, revoked)
        enter(session, event(revoked.id, ("certificate", taken), "revoked", today, clock.now()))
        make_unit(session, "空着的单位", parent=place.root)
    found = _overview(app)
    row = found["市发展改革委"]
    # staff, plain, soon, later, last_day, gone, revoked; coordinators are not staff
    assert (row.on_post, row.certified, row.expiring) == (7, 4, 2)
    assert (row.registered, row.covered, row.held, row.freed) == (1, 1, 1, 0)
    assert row.cover is Cover.LOW
    assert found["空着的单位"].cover is Cover.BARE
    assert found["空着的单位"].on_post == 0


@pytest.mark.parametrize(("days", "held", "freed"), [(-1, 0, 0), (0, 1, 1), (90, 1, 1), (91, 1, 0)])
def test_a_hold_counts_to_its_last_day(app: Flask, days: int, held: int, freed: int) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        through = clock.today() + timedelta(days=days)
        then = clock.start_of(through.replace(year=through.year - 1))
        registry.certify(session, place.exam, place.staff, issued_on=clock.civil_date(then))
        filed = registry.file_for(session, place, now=then)
        services.submit(session, registration_id=filed, by=place.coordinator.id, now=then)
        services.record_(session, registration_id=filed, by=place.office.id, now=then)
    row = _overview(app)["市发展改革委"]
    assert (row.registered, row.held, row.freed) == (1, held, freed)


def test_who_left_or_lost_the_role_is_not_on_post(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        left = make_person(session, unit=place.unit)
        session.execute(
            update(Posting)
            .where(Posting.person_id == left.id)
            .values(valid_to=clock.today() - timedelta(days=1))
        )
        today_last = make_person(session, unit=place.unit)
        session.execute(
            update(Posting).where(Posting.person_id == today_last.id).values(valid_to=clock.today())
        )
        make_person(session, Role.EDITOR, unit=place.unit)
    assert _overview(app)["市发展改革委"].on_post == 3  # staff, plain, today_last


def test_points_are_those_of_the_last_settled_period(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = town.make_town(session)
        town.run_periods(session, place.now, 3,
                         {place.staff: (0, 20, 0), place.colleague: (20, 0, 20)})  # fmt: skip
        found = overview(session, None, place.now, points=True)
        assert found.period is not None
        assert found.period.number == 2
        rows = {row.unit_id: row for row in found.rows}
        assert (rows[place.unit.id].counted, rows[place.unit.id].on_target) == (1, 1)
        assert (rows[place.below.id].counted, rows[place.below.id].on_target) == (1, 0)
        off = overview(session, None, place.now, points=False)
        assert off.period is None
        assert all(row.counted == 0 for row in off.rows)


def test_the_city_itself_is_no_row(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = town.make_town(session)
        found: Overview = overview(session, None, place.now, points=False)
        assert place.root.id not in {row.unit_id for row in found.rows}
        make_person(session, unit=place.root)
        held = overview(session, None, place.now, points=False)
        assert UnitKind.CITY.value in {row.kind for row in held.rows}


# --- pages ------------------------------------------------------------------------


def _page(app: Flask, person: Any, path: str) -> Any:
    client = app.test_client()
    sign_in(client, person)
    return client.get(path)


def _names(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a></th>', html)


def test_a_coordinator_sees_only_the_own_units(app: Flask) -> None:
    place = registry.arrange(app)
    page = _page(app, place.coordinator, "/overview")
    assert page.status_code == 200
    assert _names(page.text) == ["市发展改革委"]
    assert _page(app, place.staff, "/overview").status_code == 403


def test_the_list_is_filtered_sorted_and_exported_alike(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        for number in range(25):
            unit = make_unit(session, f"区{number:02d}", parent=place.root, kind=UnitKind.COUNTY)
            for _person in range(number % 3):
                make_person(session, unit=unit)
    first = _page(app, place.office, "/overview?kind=county&sort=-on_post")
    assert len(_names(first.text)) == 20
    assert "共 25 个单位" in first.text
    assert _names(first.text)[0] in {f"区{number:02d}" for number in range(2, 25, 3)}
    second = _page(app, place.office, "/overview?kind=county&sort=unit&page=2&q=区")
    assert _names(second.text) == [f"区{number:02d}" for number in range(20, 25)]
    nothing = _page(app, place.office, "/overview?q=%3Cb%3E")
    assert "没有符合条件的单位" in nothing.text
    odd = _page(app, place.office, "/overview?kind=nonsense&sort=password&page=99999999999")
    assert odd.status_code == 200
    file = _page(app, place.office, "/overview/export.xlsx?kind=county&sort=-unit")
    assert file.mimetype.endswith("sheet")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:5] == ["单位", "类别", "在岗", "持证", "已备案"]
    assert [row[0] for row in rows[1:]] == [f"区{number:02d}" for number in range(24, -1, -1)]
    assert [row[2] for row in rows[1:4]] == [0, 2, 1]


def test_without_points_there_is_no_column_of_points(tmp_path: Any) -> None:
    from config import Settings

    app = databases.testing_app(Settings(instance_dir=tmp_path, points=False, **SECRETS))
    databases.migrate(app)
    place = registry.arrange(app)
    assert "上期达标" not in _page(app, place.office, "/overview").text
    assert _page(app, place.office, "/overview?sort=target").status_code == 200
    assert "积分" not in _page(app, place.office, "/").text.replace("积分管理", "")


# --- cost ---------------------------------------------------------------------------

# page of whom → statements, those that find the viewer included
STATEMENTS = {
    ("OFFICE01", "/overview"): 8,
    ("OFFICE01", "/overview?page=2&sort=-target"): 8,
    ("OFFICE01", "/overview/export.xlsx"): 8,
    ("OFFICE01", "/"): 25,
    ("COORD01", "/"): 15,
    ("D00001", "/"): 14,
    ("D00001", "/record"): 16,
}


@pytest.mark.parametrize("people", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_pages_cost_the_same_statements_however_many_people(app: Flask, people: int) -> None:
    with app.app_context(), transaction() as session:
        fill(session, people=people, periods=10)
        viewers = {who: holder(session, who) for who, _path in STATEMENTS}
    found = {}
    for who, path in STATEMENTS:
        client = app.test_client()
        sign_in(client, viewers[who])
        client.get(path)
        with counted(app) as log:
            assert client.get(path).status_code == 200
        found[who, path] = len(log)
    assert found == STATEMENTS
