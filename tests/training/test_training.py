"""Trainings and attendance: scope, races, lists with mistakes, what counts for an exam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, text

from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Conflict, NotFound
from core.permissions import Permission, Role
from core.viewer import Viewer
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in
from tests.statements import counted
from training import queries, services
from training.models import Attendance, TrainingKind, TrainingSession

NOW = clock.now()


@dataclass
class Place:
    a: int
    b: int
    coordinator: Person
    office: Person
    mine: Person
    foreign: Person
    session: int
    viewer: Viewer


def _training(unit: int | None, by: int, starts_at: datetime) -> TrainingSession:
    return TrainingSession(
        kind=TrainingKind.ROTATION, title="全市轮训第 2 期", starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2), place="礼堂", unit_id=unit, recorded_by=by,
        recorded_at=NOW,
    )  # fmt: skip


def _place(app: Flask) -> Place:
    with app.app_context(), transaction() as session:
        a, b = make_unit(session, "甲区"), make_unit(session, "乙区")
        below = make_unit(session, "甲区教育局", parent=a)
        coordinator = make_person(session, Role.COORDINATOR, unit=a, name="顾全局")
        office = make_person(session, Role.OFFICE, name="章有法")
        mine = make_person(session, unit=below, name="文知新", staff_no="A001")
        foreign = make_person(session, unit=b, name="郝学习", staff_no="B001")
        held = _training(None, office.id, NOW - timedelta(days=10))
        session.add(held)
        session.flush()
        return Place(
            a.id, b.id, coordinator, office, mine, foreign, held.id,
            Viewer(coordinator.id, "C", "顾全局", a.id, "", "", {Role.COORDINATOR: frozenset({a.id})}),
        )  # fmt: skip


@pytest.fixture
def place(app: Flask) -> Place:
    return _place(app)


def _attend(place: Place, *people: int, now: datetime = NOW) -> int:
    with transaction() as session:
        held = queries.session_of(session, place.session, place.viewer, Permission.TRAINING_RECORD)
        return services.attend(session, held, people, viewer=place.viewer, now=now)


def _attended(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(
            select(func.count()).select_from(Attendance).where(Attendance.withdrawn_at.is_(None))
        ) or 0  # fmt: skip


@both_databases
def test_attendance_is_recorded_once_and_counts(app: Flask) -> None:
    place = _place(app)
    with app.app_context():
        assert _attend(place, place.mine.id, place.coordinator.id) == 2
        assert _attend(place, place.mine.id) == 0
        day = clock.civil_date(NOW - timedelta(days=10))
        session = reading()
        assert queries.last_attended(session, place.mine.id, day) == day
        assert queries.last_attended(session, place.mine.id, day + timedelta(days=1)) is None
        assert queries.last_attended(session, place.foreign.id, day) is None
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "training.attend")
        ).one()
        assert sorted(event.facts["people"]) == sorted([place.mine.id, place.coordinator.id])


@both_databases
def test_two_who_record_one_person_at_one_moment_leave_one_attendance(app: Flask) -> None:
    place = _place(app)
    results = together(app, *[lambda: _attend(place, place.mine.id)] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert _attended(app) == 1


@both_databases
def test_without_the_index_one_person_attends_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the race of the test above is real."""
    place = _place(app)
    with app.app_context(), transaction() as session:
        session.execute(text("DROP INDEX uq_attendance_once"))
    together(app, *[lambda: _attend(place, place.mine.id)] * 4)
    assert _attended(app) > 1


def test_foreign_people_are_not_recorded_and_then_nobody_is(app: Flask, place: Place) -> None:
    with app.app_context(), pytest.raises(NotFound):
        _attend(place, place.mine.id, place.foreign.id)
    assert _attended(app) == 0


def test_nobody_attends_what_has_not_begun(app: Flask, place: Place) -> None:
    with app.app_context(), pytest.raises(Conflict):
        _attend(place, place.mine.id, now=NOW - timedelta(days=11))


# --- pages --------------------------------------------------------------------------


def test_a_coordinator_sees_and_records_only_the_own_people(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    with app.app_context(), transaction() as session:
        theirs = _training(place.b, place.office.id, NOW - timedelta(days=5))
        session.add(theirs)
        session.execute(
            insert(Attendance).values(session_id=place.session, person_id=place.foreign.id,
                                      recorded_by=place.office.id, recorded_at=NOW)
        )  # fmt: skip
        session.flush()
        foreign_session = theirs.id
    csrf = sign_in(client, place.coordinator)
    show = f"/training/{place.session}"
    for path in (show, f"{show}/attend", f"{show}/attend?unit={place.b}", f"{show}/attend?q=郝"):
        page = client.get(path)
        assert page.status_code == 200
        assert "郝学习" not in page.get_data(as_text=True)
        assert "乙区" not in page.get_data(as_text=True)
    assert client.get("/training").get_data(as_text=True).count("全市轮训第 2 期") == 1
    for path in ("", "/attend", "/paste"):
        assert client.get(f"/training/{foreign_session}{path}").status_code == 404
    form = {"csrf_token": csrf, "person": [str(place.foreign.id)]}
    assert client.post(f"{show}/attend", data=form).status_code == 404
    with app.app_context():
        row = reading().scalar(select(Attendance.id))
    assert client.get(f"{show}/attendance/{row}/withdraw").status_code == 404
    create = {"csrf_token": csrf, "kind": "industry", "title": "行业", "unit": place.b,
              "starts_at": "2026-11-02T09:00", "ends_at": "2026-11-02T11:00"}  # fmt: skip
    client.post("/training/new", data=create)
    client.post("/training/new", data=create | {"unit": ""})
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(TrainingSession)) == 2


def test_ticking_recording_and_taking_back(app: Flask, client: FlaskClient, place: Place) -> None:
    csrf = sign_in(client, place.coordinator)
    show = f"/training/{place.session}"
    assert "文知新" in client.get(f"{show}/attend").get_data(as_text=True)
    form = {"csrf_token": csrf, "person": [str(place.mine.id), "x"]}
    page = client.post(f"{show}/attend", data=form, follow_redirects=True)
    assert "已登记 1 人参训" in page.get_data(as_text=True)
    assert "文知新" not in client.get(f"{show}/attend").get_data(as_text=True)
    again = client.post(f"{show}/attend?q=a", data=form | {"more": "1"})
    assert again.headers["Location"].endswith("/attend?q=a")
    with app.app_context():
        row = reading().scalar(select(Attendance.id))
    back = f"{show}/attendance/{row}/withdraw"
    assert client.get(back).status_code == 200
    page = client.post(back, data={"csrf_token": csrf, "reason": "登记错人"}, follow_redirects=True)
    assert "已撤销文知新的参训记录" in page.get_data(as_text=True)
    assert client.get(back).status_code == 404
    assert _attended(app) == 0
    with app.app_context():
        assert _attend(place, place.mine.id) == 1  # and may be recorded again


def test_a_pasted_list_names_every_bad_line_and_loses_nothing(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.coordinator)
    pasted = "a001 文知新\nX999\nB001\n"
    paste = f"/training/{place.session}/paste"
    page = client.post(paste, data={"csrf_token": csrf, "numbers": pasted}).get_data(as_text=True)
    assert "第 2 行：没有工号 X999" in page
    assert "第 3 行：B001 不在您负责的单位" in page
    assert "a001 文知新" in page
    assert _attended(app) == 0
    form = {"csrf_token": csrf, "numbers": "a001\nA001\n"}
    page = client.post(paste, data=form, follow_redirects=True).get_data(as_text=True)
    assert "已登记 1 人参训" in page
    page = client.post(paste, data=form, follow_redirects=True).get_data(as_text=True)
    assert "另有 1 人先前已登记" in page


def test_the_office_enters_a_training_for_the_whole_city(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.office)
    form = {"csrf_token": csrf, "kind": "rotation", "title": "第 3 期", "unit": "", "place": "",
            "starts_at": "2026-11-02T09:00", "ends_at": "2026-11-02T08:00"}  # fmt: skip
    refused = client.post("/training/new", data=form).get_data(as_text=True)
    assert "结束时间要晚于开始时间" in refused
    assert 'value="第 3 期"' in refused
    page = client.post(
        "/training/new", data=form | {"ends_at": "2026-11-02T11:00"}, follow_redirects=True
    ).get_data(as_text=True)
    assert "领导小组办公室" in page
    assert "2026年11月2日 09:00" in page
    both = client.get("/training?kind=rotation&year=2026").get_data(as_text=True)
    assert "第 3 期" in both
    assert "第 3 期" not in client.get("/training?kind=industry").get_data(as_text=True)
    assert client.get("/training?kind=evil&year=99999&sort=x").status_code == 200


def test_a_training_to_come_takes_no_attendance(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    with app.app_context(), transaction() as session:
        coming = _training(None, place.office.id, NOW + timedelta(days=3))
        session.add(coming)
        session.flush()
        number = coming.id
    csrf = sign_in(client, place.office)
    assert "还没有开始" in client.get(f"/training/{number}").get_data(as_text=True)
    form = {"csrf_token": csrf, "person": [str(place.mine.id)]}
    assert client.post(f"/training/{number}/attend", data=form).status_code == 409
    form = {"csrf_token": csrf, "numbers": "A001"}
    kept = client.post(f"/training/{number}/paste", data=form).get_data(as_text=True)
    assert "还没有开始" in kept


def test_staff_see_what_they_attended_and_until_when_it_counts(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    sign_in(client, place.mine)
    assert "未符合" in client.get("/training/mine").get_data(as_text=True)
    with app.app_context():
        _attend(place, place.mine.id)
    page = client.get("/training/mine").get_data(as_text=True)
    assert "已符合" in page
    assert "全市轮训第 2 期" in page
    assert client.get("/training").status_code == 403


def test_lists_cost_the_same_for_10_and_200_people(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    sign_in(client, place.office)
    paths = ("/training", f"/training/{place.session}", f"/training/{place.session}/attend")
    costs = []
    for _round in range(2):
        client.get(paths[0])
        with counted(app) as log:
            for path in paths:
                client.get(path)
        costs.append(len(log))
        with app.app_context(), transaction() as session:
            unit = make_unit(session)
            for _number in range(200):
                person = make_person(session, unit=unit)
                session.add(
                    Attendance(session_id=place.session, person_id=person.id,
                               recorded_by=place.office.id, recorded_at=NOW)
                )  # fmt: skip
    assert costs[0] == costs[1]
