"""The unit tree: versions by date, scope, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units import queries, services
from accounts.units.models import UnitKind, UnitVersion
from accounts.units.rules import Placed, change_days, flattened, makes_cycle, with_all_below
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Invalid
from core.permissions import Role
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import LONG_AGO, make_person, make_unit, sign_in
from tests.statements import counted

TODAY = clock.today()


@dataclass
class City:
    city: int
    a: int
    a_below: int
    b: int
    admin: Person
    coordinator: Person


def _city(app: Flask) -> City:
    with app.app_context(), transaction() as session:
        city = make_unit(session, "龙城市", kind=UnitKind.CITY)
        a = make_unit(session, "甲区", parent=city)
        below = make_unit(session, "甲区教育局", parent=a)
        b = make_unit(session, "乙区", parent=city)
        admin = make_person(session, Role.ADMIN, unit=city)
        coordinator = make_person(session, Role.COORDINATOR, unit=a)
        make_person(session, unit=below)
        make_person(session, unit=b)
        return City(city.id, a.id, below.id, b.id, admin, coordinator)


# --- rules --------------------------------------------------------------------------


def test_the_tree_is_flattened_depth_first_and_loses_nobody() -> None:
    units = [Placed(1, None), Placed(2, 1), Placed(3, 1), Placed(4, 2), Placed(5, 99)]
    assert flattened(units) == [(1, 0), (2, 1), (4, 2), (3, 1), (5, 0)]


@pytest.mark.parametrize(
    ("unit", "parent", "cycle"), [(1, None, False), (1, 1, True), (1, 3, True), (3, 1, False)]
)
def test_a_unit_never_stands_below_itself(unit: int, parent: int | None, cycle: bool) -> None:
    assert makes_cycle(unit, parent, {1: None, 2: 1, 3: 2}) is cycle


def test_totals_count_all_below() -> None:
    assert with_all_below([(1, 0), (2, 1), (3, 2), (4, 0)], {1: 1, 3: 2, 4: 5}) == {
        1: 3, 2: 2, 3: 2, 4: 5,
    }  # fmt: skip


def test_change_days_begin_with_the_day_itself() -> None:
    assert change_days(date(2026, 1, 5), [date(2026, 1, 1), date(2026, 2, 1)]) == [
        date(2026, 1, 5), date(2026, 2, 1),
    ]  # fmt: skip


# --- versions -----------------------------------------------------------------------


def _rename(session: Session, unit_id: int, parent: int | None, since: date, name: str) -> None:
    services.change_unit(
        session, unit_id=unit_id, name=name, kind=UnitKind.DEPARTMENT, parent_id=parent,
        since=since, by=None, now=clock.now(),
    )  # fmt: skip


@both_databases
def test_a_new_name_closes_the_old_one_the_day_before(app: Flask) -> None:
    city = _city(app)
    since = TODAY - timedelta(days=3)
    with app.app_context(), transaction() as session:
        _rename(session, city.a_below, city.b, since, "乙区教育局")
    with app.app_context():
        session = reading()
        new, old = queries.history(session, city.a_below)
        assert (new.name, new.valid_from, new.valid_to) == ("乙区教育局", since, None)
        assert (old.name, old.valid_from) == ("甲区教育局", LONG_AGO)
        assert old.valid_to == since - timedelta(days=1)
        assert queries.unit_names(session, [city.a_below], old.valid_to) == {
            city.a_below: "甲区教育局"
        }
        below_a = session.scalars(queries.subtree({city.a}, old.valid_to)).all()
        assert set(below_a) == {city.a, city.a_below}
        assert set(session.scalars(queries.subtree({city.a}, TODAY))) == {city.a}
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "unit.change")).one()
        assert event.facts["before"]["name"] == "甲区教育局"


@pytest.mark.parametrize(
    ("name", "parent", "days", "said"),
    [
        ("甲区", "a_below", 0, "不能隶属于自己的下级单位"),
        ("甲区", "a", 0, "不能隶属于自己"),
        ("甲区", "city", 0, "都没有变"),
        ("乙区", "city", 0, "已经有叫"),
        ("新区", "city", -10_000, "新的要晚于这一天"),
    ],
)
def test_an_impossible_change_is_refused(
    app: Flask, name: str, parent: str, days: int, said: str
) -> None:
    city = _city(app)
    with app.app_context(), pytest.raises(AppError, match=said), transaction() as session:
        _rename(session, city.a, getattr(city, parent), TODAY + timedelta(days=days), name)


def test_a_second_change_of_the_same_day_is_refused(app: Flask) -> None:
    city = _city(app)
    with app.app_context(), transaction() as session:
        _rename(session, city.a, city.city, TODAY, "甲市")
    with app.app_context(), pytest.raises(Invalid, match="要晚于"), transaction() as session:
        _rename(session, city.a, city.city, TODAY, "甲县")


def test_a_circle_that_a_planned_move_would_close_is_refused(app: Flask) -> None:
    city = _city(app)
    with app.app_context(), transaction() as session:
        _rename(session, city.b, city.a_below, TODAY + timedelta(days=30), "乙区")
    with app.app_context(), pytest.raises(Invalid, match="下级单位"), transaction() as session:
        _rename(session, city.a, city.b, TODAY, "甲区")


@both_databases
def test_two_moves_at_one_moment_make_no_circle(app: Flask) -> None:
    city = _city(app)

    def move(unit: int, parent: int, name: str) -> None:
        with transaction() as session:
            _rename(session, unit, parent, TODAY, name)

    results = together(
        app, lambda: move(city.a, city.b, "甲区"), lambda: move(city.b, city.a, "乙区")
    )
    assert sorted(isinstance(result, AppError) for result in results) == [False, True]


@both_databases
def test_two_renames_at_one_moment_leave_one_open_version(app: Flask) -> None:
    city = _city(app)

    def rename(name: str) -> None:
        with transaction() as session:
            _rename(session, city.a, city.city, TODAY, name)

    results = together(app, lambda: rename("甲一"), lambda: rename("甲二"))
    assert sorted(isinstance(result, AppError) for result in results) == [False, True]
    with app.app_context():
        assert reading().scalar(
            select(func.count()).where(
                UnitVersion.unit_id == city.a, UnitVersion.valid_to.is_(None)
            )
        ) == 1  # fmt: skip


# --- pages --------------------------------------------------------------------------


def test_a_coordinator_sees_only_the_own_subtree(app: Flask, client: FlaskClient) -> None:
    city = _city(app)
    sign_in(client, city.coordinator)
    page = client.get("/units").get_data(as_text=True)
    assert "甲区教育局" in page
    assert "乙区" not in page
    assert client.get(f"/units/{city.a_below}").status_code == 200
    assert client.get(f"/units/{city.b}").status_code == 404
    assert client.get(f"/units/{city.a}/change").status_code == 403


def test_an_admin_founds_and_renames_a_unit(app: Flask, client: FlaskClient) -> None:
    city = _city(app)
    csrf = sign_in(client, city.admin)
    data = {"csrf_token": csrf, "name": "丙区", "kind": "county", "parent": city.city,
            "since": TODAY.isoformat()}  # fmt: skip
    page = client.post("/units/new", data=data, follow_redirects=True).get_data(as_text=True)
    assert "已设立“丙区”" in page
    assert "丙区" in client.get("/units").get_data(as_text=True)
    refused = client.post("/units/new", data=data).get_data(as_text=True)
    assert "已经有叫“丙区”的单位" in refused
    assert 'value="丙区"' in refused
    data |= {"name": "丁区", "since": (TODAY + timedelta(days=1)).isoformat()}
    moved = client.post(f"/units/{city.a}/change", data=data, follow_redirects=True)
    assert "将要生效" in moved.get_data(as_text=True)
    bad = client.post(f"/units/{city.a}/change", data=data | {"since": "明天"})
    assert "2026-11-24 这样" in bad.get_data(as_text=True)


def test_the_tree_costs_the_same_however_large(app: Flask, client: FlaskClient) -> None:
    city = _city(app)
    sign_in(client, city.admin)
    client.get("/units")
    with counted(app) as few:
        client.get("/units")
    with app.app_context(), transaction() as session:
        for _number in range(40):
            make_person(session, unit=make_unit(session))
    with counted(app) as many:
        client.get("/units")
    assert len(many) == len(few)
