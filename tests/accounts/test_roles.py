"""Roles: who may hold what together, nobody their own, never without an admin."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.roles import queries, services
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict, Forbidden, Invalid
from core.permissions import Role
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in


def _people(app: Flask) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        unit = make_unit(session, "甲区")
        return {
            "unit": unit.id,
            "admin": make_person(session, Role.ADMIN).id,
            "second": make_person(session, Role.ADMIN).id,
            "staff": make_person(session, Role.STAFF, unit=unit).id,
            "office": make_person(session, Role.OFFICE).id,
        }


def _grant(app: Flask, person: int, role: Role, by: int, **more: Any) -> None:
    facts: dict[str, Any] = {"unit_id": None, "expires_at": None, "reason": "工作需要"} | more
    with app.app_context(), transaction() as session:
        services.grant(
            session, person_id=person, role=role, by=by, now=clock.now(),
            **facts,
        )  # fmt: skip


def _revoke(person: int, role: Role, by: int) -> None:
    with transaction() as session:
        grant = session.scalars(
            select(RoleGrant.id).where(RoleGrant.person_id == person, RoleGrant.role == role)
        ).first()
        assert grant is not None
        services.revoke(
            session, person_id=person, grant_id=grant, reason="轮岗", by=by, now=clock.now()
        )


def _roles(app: Flask, person: int, now: datetime | None = None) -> set[Role]:
    with app.app_context():
        return {role for role, _u in queries.live_roles(reading(), person, now or clock.now())}


@both_databases
def test_a_role_is_granted_until_a_day_and_ends_by_itself(app: Flask) -> None:
    ids = _people(app)
    until = clock.end_of(clock.today() + timedelta(days=7))
    _grant(app, ids["staff"], Role.OFFICE, ids["admin"], expires_at=until)
    assert _roles(app, ids["staff"]) == {Role.STAFF, Role.OFFICE}
    assert _roles(app, ids["staff"], until) == {Role.STAFF}
    with app.app_context():
        event = reading().scalars(select(AuditEvent).where(AuditEvent.action == "role.grant")).one()
        assert (event.facts["role"], event.reason) == ("office", "工作需要")


@pytest.mark.parametrize(
    ("who", "role", "more", "error"),
    [
        ("admin", Role.EDITOR, {}, Forbidden),  # one's own
        ("staff", Role.COORDINATOR, {}, Invalid),  # without a unit
        ("office", Role.AUDITOR, {}, Invalid),  # may not be combined
        ("second", Role.OFFICE, {}, Invalid),
        ("staff", Role.STAFF, {}, Conflict),  # held already
        ("staff", Role.EDITOR, {"expires_at": clock.now() - timedelta(days=1)}, Invalid),
    ],
)
def test_an_impossible_grant_is_refused(
    app: Flask, who: str, role: Role, more: dict[str, Any], error: type[AppError]
) -> None:
    ids = _people(app)
    before = _roles(app, ids[who])
    with pytest.raises(error):
        _grant(app, ids[who], role, ids["admin"], **more)
    assert _roles(app, ids[who]) == before


@both_databases
def test_roles_that_exclude_each_other_are_not_granted_at_one_moment(app: Flask) -> None:
    ids = _people(app)
    results = together(
        app,
        lambda: _grant(app, ids["staff"], Role.AUDITOR, ids["admin"]),
        lambda: _grant(app, ids["staff"], Role.EDITOR, ids["second"]),
    )
    assert sorted(isinstance(result, Invalid) for result in results) == [False, True]


@both_databases
def test_two_admins_who_revoke_each_other_leave_one(app: Flask) -> None:
    ids = _people(app)
    results = together(
        app,
        lambda: _revoke(ids["admin"], Role.ADMIN, ids["second"]),
        lambda: _revoke(ids["second"], Role.ADMIN, ids["admin"]),
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    with app.app_context():
        assert len(queries.lasting_admins(reading(), clock.now())) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_without_the_lock_two_admins_revoke_each_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the race is real."""
    import threading

    ids = _people(app)
    barrier = threading.Barrier(2)

    def unlocked(session: Any, now: datetime) -> list[int]:
        found = list(
            session.scalars(
                select(RoleGrant.person_id).where(
                    RoleGrant.role == Role.ADMIN, queries.is_live(now)
                )
            )
        )
        barrier.wait(10)
        return found

    monkeypatch.setattr(services, "lasting_admins", unlocked)
    together(
        app,
        lambda: _revoke(ids["admin"], Role.ADMIN, ids["second"]),
        lambda: _revoke(ids["second"], Role.ADMIN, ids["admin"]),
    )
    with app.app_context():
        assert queries.lasting_admins(reading(), clock.now()) == []


def test_an_admin_until_a_day_does_not_count_as_the_last(app: Flask) -> None:
    ids = _people(app)
    until = clock.now() + timedelta(days=3)
    _grant(app, ids["staff"], Role.ADMIN, ids["admin"], expires_at=until)
    with app.app_context():
        _revoke(ids["second"], Role.ADMIN, ids["admin"])
    with app.app_context(), pytest.raises(Conflict, match="最后一名"):
        _revoke(ids["admin"], Role.ADMIN, ids["staff"])


def test_a_disabled_account_ends_all_sign_ins_and_comes_back(
    app: Flask, client: FlaskClient
) -> None:
    ids = _people(app)
    with app.app_context(), transaction() as session:
        boss, person = make_person(session, Role.ADMIN), make_person(session, Role.OFFICE)
    sign_in(client, person)
    assert client.get("/people").status_code == 200
    admin = app.test_client()
    csrf = sign_in(admin, boss)
    form = {"csrf_token": csrf, "reason": "长期借调"}
    page = admin.post(f"/people/{person.id}/disable", data=form, follow_redirects=True)
    assert "已停用" in page.get_data(as_text=True)
    assert client.get("/people").status_code == 302
    again = admin.post(f"/people/{person.id}/disable", data=form).get_data(as_text=True)
    assert "已经停用" in again
    admin.post(f"/people/{person.id}/enable", data={"csrf_token": csrf})
    with app.app_context():
        account = reading().get(Account, person.id)
        assert account is not None
        assert account.disabled_at is None
    own = admin.post(f"/people/{boss.id}/disable", data=form).get_data(as_text=True)
    assert "不能停用自己的账号" in own
    assert ids


def test_the_pages_grant_and_revoke(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        unit = make_unit(session, "甲区")
        boss, person = make_person(session, Role.ADMIN), make_person(session, unit=unit)
    csrf = sign_in(client, boss)
    form = {"csrf_token": csrf, "role": "coordinator", "unit": unit.id, "reason": ""}
    refused = client.post(f"/people/{person.id}/roles/new", data=form).get_data(as_text=True)
    assert "请写明理由" in refused
    page = client.post(
        f"/people/{person.id}/roles/new", data=form | {"reason": "新任"}, follow_redirects=True
    )
    assert "单位联络员" in page.get_data(as_text=True)
    with app.app_context():
        grant = reading().scalar(
            select(RoleGrant.id).where(RoleGrant.role == Role.COORDINATOR)
        )  # fmt: skip
    assert client.get(f"/people/{person.id}/roles/{grant}/revoke").status_code == 200
    page = client.post(
        f"/people/{person.id}/roles/{grant}/revoke",
        data={"csrf_token": csrf, "reason": "调离"},
        follow_redirects=True,
    )
    assert "已撤销" in page.get_data(as_text=True)
    assert client.get(f"/people/{person.id}/roles/{grant}/revoke").status_code == 404
    own = client.post(f"/people/{boss.id}/roles/new", data=form | {"reason": "自己"})
    assert "不能改自己的角色" in own.get_data(as_text=True)
    with app.app_context():
        events = reading().scalar(
            select(func.count()).where(AuditEvent.action.in_(["role.grant", "role.revoke"]))
        )
    assert events == 2
