"""The roster: scope, postings, phones, first passwords."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date, timedelta

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from accounts.people.models import Person, Posting
from accounts.people.queries import people, person_view
from accounts.roster import services
from accounts.roster.rules import may_reset
from accounts.signin.models import Account
from accounts.signin.services import check_password
from accounts.units.queries import UnitNode, tree
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict
from core.passwords import readable_password
from core.permissions import Role
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import LONG_AGO, make_person, make_unit, sign_in
from tests.statements import counted

TODAY = clock.today()
PASSWORD = re.compile(r"[a-z]{3}[34679]-[a-z]{3}[34679]-[a-z]{3}[34679]")


@dataclass
class Place:
    a: int
    b: int
    coordinator: Person
    admin: Person
    office: Person
    mine: Person
    foreign: Person


@pytest.fixture
def place(app: Flask) -> Place:
    return _place(app)


def _place(app: Flask) -> Place:
    with app.app_context(), transaction() as session:
        a, b = make_unit(session, "甲区"), make_unit(session, "乙区")
        below = make_unit(session, "甲区教育局", parent=a)
        return Place(
            a.id, b.id,
            make_person(session, Role.COORDINATOR, unit=a, name="顾全局"),
            make_person(session, Role.ADMIN, name="管系统"),
            make_person(session, Role.OFFICE, unit=a, name="章有法"),
            make_person(session, unit=below, name="文知新", staff_no="A001"),
            make_person(session, unit=b, name="郝学习", staff_no="B001"),
        )  # fmt: skip


# --- scope --------------------------------------------------------------------------


def test_a_coordinator_never_sees_or_changes_people_of_another_unit(
    client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.coordinator)
    page = client.get("/people?state=all").get_data(as_text=True)
    assert "文知新" in page
    assert "郝学习" not in page
    assert "乙区" not in page
    assert "郝学习" not in client.get(f"/people?unit={place.b}&q=郝").get_data(as_text=True)
    foreign = place.foreign.id
    assert client.get(f"/people/{foreign}").status_code == 404
    for verb in ("phone", "edit", "posting", "leave", "password"):
        answer = client.post(f"/people/{foreign}/{verb}", data={"csrf_token": csrf})
        assert answer.status_code == 404, verb
    for verb in ("disable", "roles/new"):
        assert client.get(f"/people/{foreign}/{verb}").status_code == 403, verb
    # neither can one's own people be put into a foreign unit
    form = {"csrf_token": csrf, "unit": place.b, "position": "科长", "since": TODAY.isoformat()}
    answer = client.post(f"/people/{place.mine.id}/posting", data=form)
    assert answer.status_code == 200
    form |= {"staff_no": "X9", "name": "某人"}
    assert client.post("/people/new", data=form).status_code == 200
    with client.application.app_context():
        session = reading()
        posts = session.scalars(select(Posting.unit_id).where(Posting.unit_id == place.b)).all()
        assert len(posts) == 1
        assert session.scalar(select(Person.id).where(Person.staff_no == "X9")) is None


def test_who_may_only_read_changes_nothing(client: FlaskClient, place: Place) -> None:
    csrf = sign_in(client, place.office)
    assert client.get(f"/people/{place.foreign.id}").status_code == 200
    for path in ("new", f"{place.mine.id}/edit", f"{place.mine.id}/posting", "import"):
        assert client.get(f"/people/{path}").status_code == 403
    answer = client.post(f"/people/{place.mine.id}/password", data={"csrf_token": csrf})
    assert answer.status_code == 403


# --- phones -------------------------------------------------------------------------


def test_a_phone_is_masked_until_it_is_asked_for_and_that_is_recorded(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.coordinator)
    phone = place.mine.phone
    for path in ("/people", f"/people/{place.mine.id}", f"/people/{place.mine.id}/edit"):
        assert phone not in client.get(path).get_data(as_text=True)
    shown = client.post(f"/people/{place.mine.id}/phone", data={"csrf_token": csrf})
    assert phone in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert phone not in client.get(f"/people/{place.mine.id}").get_data(as_text=True)
    with app.app_context():
        event = reading().scalars(
            select(AuditEvent).where(AuditEvent.action == "phone.reveal")
        ).one()  # fmt: skip
        assert (event.actor_id, event.subject_id) == (place.coordinator.id, str(place.mine.id))
        assert phone not in str(event.facts)


def test_an_admin_does_not_see_phones(client: FlaskClient, place: Place) -> None:
    csrf = sign_in(client, place.admin)
    answer = client.post(f"/people/{place.mine.id}/phone", data={"csrf_token": csrf})
    assert answer.status_code == 403


def test_the_export_obeys_scope_and_filter_and_holds_no_formula(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    with app.app_context(), transaction() as session:
        found = session.get(Person, place.mine.id)
        assert found is not None
        found.remark = "=HYPERLINK(1)"
    sign_in(client, place.coordinator)
    answer = client.get("/people/export.xlsx?q=文")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows] == ["姓名", "文知新"]
    assert "****" in str(rows[1][4])
    cell = sheet.cell(2, 6)
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
    everyone = openpyxl.load_workbook(io.BytesIO(client.get("/people/export.xlsx").data)).active
    assert everyone is not None
    assert "郝学习" not in [row[1] for row in everyone.iter_rows(values_only=True)]


def test_an_export_is_whole_or_refused(
    client: FlaskClient, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.roster.queries.EXPORT_LIMIT", 1)
    sign_in(client, place.admin)
    answer = client.get("/people/export.xlsx")
    assert answer.status_code == 422
    assert "请先按单位筛选" in answer.text


# --- first passwords ----------------------------------------------------------------


def test_first_passwords_are_readable() -> None:
    made = {readable_password() for _number in range(200)}
    assert len(made) == 200
    assert all(PASSWORD.fullmatch(password) for password in made)


@pytest.mark.parametrize(
    ("roles", "units", "may"),
    [
        ([(Role.ADMIN, None)], None, True),
        ([(Role.STAFF, None)], frozenset({1}), True),
        ([(Role.STAFF, None), (Role.COORDINATOR, 1)], frozenset({1}), True),
        ([(Role.STAFF, None), (Role.COORDINATOR, 2)], frozenset({1}), False),
        ([(Role.OFFICE, None)], frozenset({1}), False),
    ],
)
def test_a_password_is_reset_only_by_who_could_do_as_much(
    roles: list[tuple[Role, int | None]], units: frozenset[int] | None, may: bool
) -> None:
    assert may_reset(roles, units) is may


def test_a_new_person_gets_a_first_password_that_is_shown_once(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.coordinator)
    form = {"csrf_token": csrf, "staff_no": " cz0217 ", "name": "程 有序", "unit": place.a,
            "position": "股长", "phone": "138 0000 1234", "remark": "", "since": TODAY.isoformat()}  # fmt: skip
    wrong = client.post("/people/new", data=form | {"phone": "1380000123", "name": ""})
    said = wrong.get_data(as_text=True)
    assert "联系电话应为 11 位，现在是 10 位" in said
    assert "没有姓名" in said
    assert 'value="股长"' in said
    answer = client.post("/people/new", data=form)
    page = answer.get_data(as_text=True)
    password = PASSWORD.search(page)
    assert password is not None
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        session = reading()
        person = session.scalars(select(Person).where(Person.staff_no == "CZ0217")).one()
        assert (person.name, person.phone) == ("程有序", "13800001234")
        account = session.get(Account, person.id)
        assert account is not None
        assert account.must_change
        assert check_password(account.password_hash, password[0])
        trail = str([event.facts for event in session.scalars(select(AuditEvent))])
        assert password[0] not in trail
        assert "13800001234" not in trail
    again = client.post("/people/new", data=form).get_data(as_text=True)
    assert "CZ0217 已经登记过" in again


def test_a_reset_ends_the_old_password_and_is_never_for_oneself_or_one_with_more_rights(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    csrf = sign_in(client, place.coordinator)
    theirs = app.test_client()
    sign_in(theirs, place.mine)
    assert client.get(f"/people/{place.mine.id}/password").status_code == 200
    page = client.post(f"/people/{place.mine.id}/password", data={"csrf_token": csrf})
    password = PASSWORD.search(page.get_data(as_text=True))
    assert password is not None
    with app.app_context():
        account = reading().get(Account, place.mine.id)
        assert account is not None
        assert check_password(account.password_hash, password[0])
        assert account.must_change
    assert theirs.get("/training/mine").status_code == 302  # signed out
    for person in (place.coordinator, place.office):
        answer = client.post(f"/people/{person.id}/password", data={"csrf_token": csrf})
        assert answer.status_code == 403
        assert not PASSWORD.search(answer.get_data(as_text=True))


# --- postings -----------------------------------------------------------------------


def _post(person_id: int, unit_id: int, since: date, position: str = "科长") -> None:
    with transaction() as session:
        found = session.execute(people(None, TODAY).where(Person.id == person_id)).one()
        unit = next(node for node in tree(session, TODAY) if node.id == unit_id)
        services.post(
            session, person_view(found), unit=unit, position=position, since=since, by=None,
            now=clock.now(),
        )  # fmt: skip


def _leave(person_id: int, last_day: date) -> None:
    with transaction() as session:
        found = session.execute(people(None, TODAY).where(Person.id == person_id)).one()
        services.leave(
            session, person_view(found), last_day=last_day, reason="退休", now=clock.now()
        )


def _postings(app: Flask, person_id: int) -> list[tuple[int, date, date | None]]:
    with app.app_context():
        rows = reading().scalars(
            select(Posting).where(Posting.person_id == person_id).order_by(Posting.id)
        )
        return [(row.unit_id, row.valid_from, row.valid_to) for row in rows]


@both_databases
def test_a_new_post_ends_the_old_one_the_day_before(app: Flask) -> None:
    place = _place(app)
    since = TODAY - timedelta(days=5)
    with app.app_context():
        _post(place.foreign.id, place.a, since)
    assert _postings(app, place.foreign.id) == [
        (place.b, LONG_AGO, since - timedelta(days=1)),
        (place.a, since, None),
    ]
    with app.app_context():  # a mistake of the same day is corrected: it covers no day
        _post(place.foreign.id, place.b, since)
    assert _postings(app, place.foreign.id)[1:] == [
        (place.a, since, since - timedelta(days=1)),
        (place.b, since, None),
    ]


def test_leaving_and_coming_back_leave_no_overlap(app: Flask, place: Place) -> None:
    last = TODAY - timedelta(days=3)
    with app.app_context():
        with pytest.raises(AppError, match="将来"):
            _leave(place.mine.id, TODAY + timedelta(days=1))
        with pytest.raises(AppError, match="不能早于"):
            _leave(place.mine.id, LONG_AGO - timedelta(days=1))
        _leave(place.mine.id, last)
        with pytest.raises(Conflict):
            _leave(place.mine.id, last)
        with pytest.raises(AppError, match="不能早于"):
            _post(place.mine.id, place.a, last)
        with pytest.raises(AppError, match="将来"):
            _post(place.mine.id, place.a, TODAY + timedelta(days=1))
        _post(place.mine.id, place.a, last + timedelta(days=1))


@both_databases
def test_of_two_new_posts_at_one_moment_one_counts(app: Flask) -> None:
    place = _place(app)
    person = place.foreign.id
    results = together(
        app,
        lambda: _post(person, place.a, TODAY, "甲"),
        lambda: _post(person, place.a, TODAY, "乙"),
    )
    conflicts = [result for result in results if isinstance(result, Conflict)]
    open_ones = [row for row in _postings(app, person) if row[2] is None]
    assert len(open_ones) == 1
    # one after the other is no conflict but a correction; at one moment, one is told
    assert len(conflicts) <= 1


@both_databases
def test_a_posting_seen_by_two_is_changed_by_one(app: Flask) -> None:
    place = _place(app)
    with app.app_context():
        row = reading().execute(people(None, TODAY).where(Person.id == place.mine.id)).one()
        seen = person_view(row)
        node = UnitNode(place.a, "甲区", tree(reading(), TODAY)[0].kind, 0, None)

    def post(position: str) -> None:
        with transaction() as session:
            services.post(
                session, seen, unit=node, position=position, since=TODAY, by=None, now=clock.now()
            )

    results = together(app, lambda: post("甲"), lambda: post("乙"))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert len([row for row in _postings(app, place.mine.id) if row[2] is None]) == 1


@both_databases
def test_without_the_guards_two_open_posts_stand_side_by_side(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: without condition and unique index the race of the test above is lost."""
    place = _place(app)
    with app.app_context(), transaction() as session:
        row = session.execute(people(None, TODAY).where(Person.id == place.mine.id)).one()
        node = tree(session, TODAY)[0]
        session.execute(text("DROP INDEX uq_posting_open"))
    monkeypatch.setattr(services, "_close", lambda *_args, **_keywords: None)

    def post(position: str) -> None:
        with transaction() as session:
            services.post(
                session, person_view(row), unit=node, position=position, since=TODAY, by=None,
                now=clock.now(),
            )  # fmt: skip

    together(app, lambda: post("甲"), lambda: post("乙"))
    assert len([one for one in _postings(app, place.mine.id) if one[2] is None]) > 1


def test_the_pages_change_postings_and_facts(app: Flask, client: FlaskClient, place: Place) -> None:
    csrf = sign_in(client, place.coordinator)
    person = f"/people/{place.mine.id}"
    form = {"csrf_token": csrf, "unit": place.a, "position": "主任", "since": TODAY.isoformat()}
    page = client.post(f"{person}/posting", data=form, follow_redirects=True)
    assert "主任" in page.get_data(as_text=True)
    same = client.post(f"{person}/posting", data=form).get_data(as_text=True)
    assert "都没有变" in same
    facts = {"csrf_token": csrf, "name": "文知新", "phone": "", "remark": "兼管网站"}
    page = client.post(f"{person}/edit", data=facts, follow_redirects=True)
    assert "兼管网站" in page.get_data(as_text=True)
    with app.app_context():
        kept = reading().get(Person, place.mine.id)
        assert kept is not None
        assert kept.phone == place.mine.phone  # an empty field changes nothing
    gone = {"csrf_token": csrf, "last_day": TODAY.isoformat(), "reason": "退休"}
    page = client.post(f"{person}/leave", data=gone, follow_redirects=True)
    assert "已离岗" in page.get_data(as_text=True)
    assert "文知新" not in client.get("/people").get_data(as_text=True)
    assert "文知新" in client.get("/people?state=left").get_data(as_text=True)


# --- the list -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ["", "?q=文&sort=-name", "?unit=x&state=?&page=99&sort=evil",
     "?endpoint=x&values=1&_scheme=y&_external=1"],
)  # fmt: skip
def test_any_address_gives_a_list(client: FlaskClient, place: Place, query: str) -> None:
    sign_in(client, place.admin)
    answer = client.get(f"/people{query}")
    assert answer.status_code == 200
    assert "文知新" in answer.get_data(as_text=True)


def test_lists_cost_the_same_for_10_and_200_people(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    sign_in(client, place.admin)
    client.get("/people")
    with counted(app) as few:
        client.get("/people")
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        for _number in range(200):
            make_person(session, unit=unit)
    with counted(app) as many:
        client.get("/people")
    assert len(many) == len(few) <= 8
    with counted(app) as one:
        client.get(f"/people/{place.mine.id}")
    assert len(one) <= 8
