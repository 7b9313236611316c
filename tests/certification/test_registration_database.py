"""What the database itself refuses, whatever code writes: proved by direct writes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from certification.registrations.models import Registration
from core import clock
from core.db import table_of, transaction
from tests.certification.registry import Town, arrange, file_for, register
from tests.databases import both_databases

D = date.fromisoformat
TABLE = table_of(Registration)


def row(town: Town, number: int, begins: str, ends: str | None, **said: Any) -> dict[str, Any]:
    """A registration of the past, as a row."""
    return {
        "person_id": town.staff.id, "unit_id": town.unit.id, "position": "科员", "phone": "",
        "remark": "", "state": "ended" if ends else "recorded", "revision": 1,
        "filed_by": town.coordinator.id, "created_at": clock.now(), "number": f"N {number}",
        "recorded_by": town.office.id, "recorded_on": D(begins),
        "held_through": D(begins), "ended_on": D(ends) if ends else None,
        "end_kind": "transfer" if ends else None, **said,
    }  # fmt: skip


def write(*rows: dict[str, Any]) -> None:
    """Each in a statement of its own, in one transaction, past all services."""
    with transaction() as session:
        for one in rows:
            session.execute(insert(TABLE).values(**one))


@both_databases
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("2024-03-01", None), ("2025-03-01", None)),
        (("2024-03-01", "2025-03-01"), ("2025-02-28", None)),  # by one day
        (("2024-03-01", "2025-03-01"), ("2024-06-01", "2024-07-01")),  # inside
        (("2024-06-01", "2024-07-01"), ("2024-03-01", "2025-03-01")),  # around
        (("2024-03-01", "2025-03-01"), ("2024-03-01", "2025-03-01")),  # the same
        (("2020-03-01", "2020-03-02"), ("2020-03-01", "2020-03-02")),  # of one day, long past
        (("2025-03-01", None), ("2024-03-01", "2025-03-02")),  # entered late
    ],
)
def test_no_two_registrations_of_a_person_hold_on_one_day(
    app: Flask, first: tuple[str, str | None], second: tuple[str, str | None]
) -> None:
    town = arrange(app)
    with app.app_context():
        write(row(town, 1, *first))
        with pytest.raises(IntegrityError):
            write(row(town, 2, *second))


@both_databases
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("2024-03-01", "2025-03-01"), ("2025-03-01", None)),  # on the very day the other ended
        (("2024-03-01", "2024-03-01"), ("2024-03-01", None)),  # the first never held
        (("2024-03-01", None), ("2024-06-01", "2024-06-01")),  # the second never held
        (("2025-03-01", None), ("2023-03-01", "2025-03-01")),
    ],
)
def test_registrations_that_follow_one_another_are_kept(
    app: Flask, first: tuple[str, str | None], second: tuple[str, str | None]
) -> None:
    town = arrange(app)
    with app.app_context():
        write(row(town, 1, *first), row(town, 2, *second))
        write(row(town, 3, "2024-03-01", None, person_id=town.plain.id))  # another person's


@both_databases
def test_an_end_is_not_moved_into_the_next_registration(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        write(row(town, 1, "2024-03-01", "2025-03-01"), row(town, 2, "2025-03-01", None))
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(
                update(TABLE).where(TABLE.c.number == "N 1").values(ended_on=D("2025-03-02"))
            )


@both_databases
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", "N 9"), ("certificate_id", None), ("recorded_by", None),
        ("recorded_on", D("2020-01-01")), ("held_through", D("2020-01-01")),
        ("rule_version_id", None),
    ],
)  # fmt: skip
def test_what_was_recorded_never_changes(app: Flask, column: str, value: object) -> None:
    town = arrange(app)
    with app.app_context():
        with transaction() as session:
            register(session, town)
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(update(TABLE).values({column: value}))
        with transaction() as session:  # and what may change does
            session.execute(update(TABLE).values(revision=9))


@both_databases
def test_a_registration_is_never_deleted(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        with transaction() as session:
            file_for(session, town)
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(delete(TABLE))


@both_databases
@pytest.mark.parametrize(
    "wrong",
    [
        {"recorded_by_filer": True},
        {"state": "submitted"},  # with a day of recording
        {"state": "recorded"},  # with a day of ending
        {"ended_on": D("2024-02-29")},  # before it began
    ],
)
def test_rows_that_contradict_themselves_are_refused(app: Flask, wrong: dict[str, Any]) -> None:
    town = arrange(app)
    said = dict(wrong)
    if said.pop("recorded_by_filer", False):
        said["recorded_by"] = town.coordinator.id
    with app.app_context(), pytest.raises(IntegrityError):
        write(row(town, 1, "2024-03-01", "2025-03-01", **said))


@both_databases
def test_a_second_open_filing_is_refused(app: Flask) -> None:
    town = arrange(app)
    draft = {
        **row(town, 1, "2024-03-01", None), "state": "draft", "number": None, "recorded_on": None,
        "recorded_by": None, "held_through": None,
    }  # fmt: skip
    with app.app_context():
        write(draft)
        for state in ("draft", "submitted", "returned"):
            with pytest.raises(IntegrityError):
                write({**draft, "state": state})
        write({**draft, "state": "withdrawn"})
