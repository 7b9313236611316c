"""The door of every change."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.audit.queries import chain
from core.audit.rules import first_broken
from core.audit.services import record
from core.db import reading, transaction
from core.permissions import Role
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in


def _count(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Person)) or 0


@both_databases
def test_a_failed_transaction_keeps_nothing(app: Flask) -> None:
    def fail_half_way() -> None:
        with app.app_context(), transaction() as session:
            make_person(session, Role.STAFF, unit=make_unit(session))
            record(session, "test.act", ("person", 1))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert _count(app) == 0
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(AuditEvent)) == 0


@both_databases
def test_the_audit_trail_is_written_with_the_change_and_chained(app: Flask) -> None:
    for number in range(3):
        with app.app_context(), transaction() as session:
            make_person(session)
            record(session, "test.act", ("person", number), facts={"号": number})
            record(session, "test.act", ("person", number), facts={"again": True})
    with app.app_context():
        rows = list(chain(reading()))
    assert len(rows) == 6
    assert first_broken(rows) is None


def test_a_write_outside_the_door_is_refused(app: Flask) -> None:
    with app.app_context():
        session = reading()
        session.add(Person(staff_no="X1", name="某", created_at=clock.now()))
        with pytest.raises(RuntimeError, match="outside transaction"):
            session.flush()
        session.rollback()


def test_doors_do_not_nest(app: Flask) -> None:
    with (
        app.app_context(),
        transaction(),
        pytest.raises(RuntimeError, match="inside"),
        transaction(),
    ):
        pass


def test_a_signed_in_person_is_known(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.STAFF, unit=make_unit(session, "城中区"))
    client = app.test_client()
    sign_in(client, person)
    with client:
        client.get("/healthz")
        from core.guards import viewer

        assert viewer().unit_name == "城中区"
        assert viewer().roles == {Role.STAFF}
