"""The trail: whole, append-only, readable by the auditor alone, masked, exported."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any, cast

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from certification.registrations.models import Registration
from certification.registrations.rules import RegistrationState
from core import clock
from core.audit.rules import GENESIS, chain_hash, facts_text, first_broken, masked
from core.audit.services import Actor, acting_as, record
from core.db import db, transaction
from core.permissions import Role
from core.rulebook.rules import RULES
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in

# The tables that grow only, and those whose rows change state and are never deleted; each with
# its triggers in a migration.
APPEND_ONLY = (
    "audit_event", "rule_version", "review_event", "evidence", "score", "certificate",
    "registry_event", "points_entry", "points_snapshot", "duplicate_decision", "answer_to_mark", "answer_mark",
    "key_correction", "rescored_attempt", "rescoring_done",
)  # fmt: skip
KEPT = ("registration", "transfer", "suspension", "pool_exclusion")
GUARDED = (*APPEND_ONLY, *KEPT)
FROZEN = ("question_version",)  # what it says stays once it has left draft


def write(app: Flask, times: int, **more: Any) -> None:
    for number in range(1, times + 1):
        with app.app_context(), transaction() as session:
            record(session, "exam.publish", ("exam", number), facts={"n": number}, **more)


def sql(app: Flask, *statements: str) -> None:
    """Do what no application code does, as a thief of the database file would."""
    with app.app_context(), transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def verify(app: Flask) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["audit", "verify"])
    return done.exit_code, done.output.strip()


# --- the chain --------------------------------------------------------------------


def test_a_row_covers_the_row_before_and_its_own_content() -> None:
    first = chain_hash(GENESIS, {"n": 1})
    second = chain_hash(first, {"n": 2})
    rows = [(1, GENESIS, first, {"n": 1}), (2, first, second, {"n": 2})]
    assert first_broken(rows) is None
    assert first_broken(rows[1:]) == 2
    assert first_broken([rows[0], (2, first, second, {"n": 3})]) == 2
    assert first_broken([]) is None


@both_databases
def test_a_whole_trail_is_found_whole(app: Flask) -> None:
    code, said = verify(app)
    assert (code, said.startswith("0 rows")) == (0, True)
    write(app, 5)
    code, said = verify(app)
    assert code == 0
    assert said.startswith("5 rows, the chain is whole; last hash ")


DROP = "DROP TRIGGER append_only_audit_event_{verb}"


@pytest.mark.parametrize(
    ("verb", "change", "broken"),
    [
        ("update", "UPDATE audit_event SET reason = 'x' WHERE id = 3", 3),
        ("update", "UPDATE audit_event SET facts = '{\"n\": 9}' WHERE id = 1", 1),
        ("update", "UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE id = 5", 5),
        ("update", "UPDATE audit_event SET actor = 'X' WHERE id = 2", 2),
        ("delete", "DELETE FROM audit_event WHERE id = 3", 4),
        ("delete", "DELETE FROM audit_event WHERE id = 1", 2),
        ("delete", "DELETE FROM audit_event WHERE id = 5", 5),
        ("update", "UPDATE audit_event SET facts = '{' WHERE id = 4", 4),
        ("update", "UPDATE audit_event SET at = 'nonsense' WHERE id = 3", 3),
        ("delete", "DELETE FROM audit_head", 6),
        ("delete", "DELETE FROM audit_event", 1),
    ],
)
def test_the_first_row_that_was_tampered_with_is_named(
    app: Flask, verb: str, change: str, broken: int
) -> None:
    write(app, 5)
    sql(app, DROP.format(verb=verb), change)
    assert verify(app) == (1, f"first broken row {broken}")


def migrate_again(app: Flask, *path: str) -> None:
    """Down to each of these versions in turn, and up to the newest."""
    with app.app_context():
        for version in path:
            downgrade(revision=version)
            upgrade()


# Below 0001 there are no tables; what was in them is gone with them.
PATHS = [(), ("0003",), ("0002",), ("0001",), ("base",), ("0002", "0001")]


def say(path: tuple[str, ...]) -> str:
    return ", ".join(("up", *(f"down to {version}, up" for version in path)))


def changes(app: Flask, table: str) -> list[str]:
    """Every way to change what is in a table that grows only, or to take from one that is kept."""
    column = next(iter(db.metadata.tables[table].columns)).name
    if app.extensions["settings"].is_sqlite:
        found = [f"REPLACE INTO {table} SELECT * FROM {table}"]
    else:
        found = [f"TRUNCATE {table} CASCADE"]
    if table in APPEND_ONLY:
        found.append(f"UPDATE {table} SET {column} = {column} + 1000")
        found.append(f"UPDATE {table} SET {column} = {column}")
    return [f"DELETE FROM {table}", *found]


@both_databases
@pytest.mark.parametrize("path", PATHS, ids=say)
def test_history_refuses_to_be_changed(app: Flask, path: tuple[str, ...]) -> None:
    migrate_again(app, *path)
    fill(app)
    for table in GUARDED:
        for statement in changes(app, table):
            with pytest.raises(DatabaseError, match=r"append-only|never deleted"):
                sql(app, statement)
    with app.app_context():
        assert {table: rows(table) for table in GUARDED} == dict.fromkeys(GUARDED, 1) | seeded()


def rows(table: str) -> int:
    return db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def seeded() -> dict[str, int]:
    """How many rows stand where migrations wrote some beside the one that was filled in."""
    return {"rule_version": len(RULES) + 1}


def registration(person_id: int, by: int, unit_id: int, day: date, number: str) -> Registration:
    return Registration(
        person_id=person_id, unit_id=unit_id, position="科员", phone="", filed_by=by,
        state=RegistrationState.RECORDED, created_at=clock.now(), number=number, series=2026,
        serial=int(number), certificate_id=9999, recorded_on=day, rule_version_id=9999,
        held_through=day + timedelta(days=365),
    )  # fmt: skip


@both_databases
@pytest.mark.parametrize("path", PATHS, ids=say)
def test_what_was_recorded_never_changes_and_no_two_overlap(
    app: Flask, path: tuple[str, ...]
) -> None:
    migrate_again(app, *path)
    fill(app)
    with app.app_context(), transaction() as session:
        unit = make_unit(session).id
        person, by = (make_person(session).id for _ in range(2))
        session.add(registration(person, by, unit, date(2026, 1, 1), "1"))
    mine = f"WHERE person_id = {person} AND id <> 9999"
    for column, value in (
        ("number", "'2'"), ("number", "NULL"), ("certificate_id", "2"), ("recorded_by", "8"),
        ("recorded_on", "'2026-01-02'"), ("held_through", "'2026-12-31'"), ("held_through", "NULL"),
        ("rule_version_id", "2"),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match=r"never changes|append-only"):
            sql(app, f"UPDATE registration SET {column} = {value} {mine}")

    def record_another() -> None:
        with app.app_context(), transaction() as session:
            session.add(registration(person, by, unit, date(2026, 6, 1), "2"))

    for end in ("NULL", "'2026-06-02'"):
        state = "recorded" if end == "NULL" else "ended"
        sql(app, f"UPDATE registration SET state = '{state}', ended_on = {end} {mine}")
        with pytest.raises(DatabaseError, match=r"one registration|ex_registration_once"):
            record_another()
    sql(app, f"UPDATE registration SET ended_on = '2026-06-01', remark = '已终止' {mine}")
    record_another()


def fill(app: Flask) -> None:
    """One row in each table that is guarded; foreign keys do not matter here."""
    with app.app_context():
        connection = db.engine.raw_connection()
        cursor = connection.cursor()
        off = (
            "PRAGMA foreign_keys=OFF"
            if db.engine.dialect.name == "sqlite"
            else ("SET session_replication_role = replica")
        )
        cursor.execute(off)
        for table in GUARDED:
            columns = db.metadata.tables[table].columns
            names = ", ".join(f'"{column.name}"' for column in columns)
            values = ", ".join(_literal(column) for column in columns)
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({values})")
        connection.commit()
        connection.invalidate()
        connection.close()


def _literal(column: Any) -> str:
    kind = str(column.type.compile(dialect=db.engine.dialect)).upper()
    if column.primary_key:
        return "9999"
    if column.nullable:
        return "NULL"
    if enums := getattr(column.type, "enums", None):
        return f"'{enums[0]}'"
    if kind.startswith(("BIGINT", "INT")):
        return "2" if column.name.startswith("second_") else "1"
    if kind.startswith("BOOL"):
        return "true"
    if "TIME" in kind or kind.startswith("DATE"):
        return "'2026-01-01 00:00:00'" if "TIME" in kind else "'2026-01-01'"
    return "'{}'" if kind.startswith("JSON") else "'x'"


def test_every_table_whose_rows_are_history_is_listed(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        names = session.execute(
            text("SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars()
        assert set(names) == {*GUARDED, *FROZEN}


# --- who acted --------------------------------------------------------------------


def test_the_actor_is_the_one_said_else_the_system(app: Flask) -> None:
    write(app, 1)
    with app.app_context(), acting_as(Actor("job:close")), transaction() as session:
        record(session, "attempt.close", ("attempt", 1))
    with app.app_context(), transaction() as session:
        actors = session.execute(text("SELECT actor FROM audit_event ORDER BY id")).scalars().all()
    assert actors == ["system", "job:close"]


# --- the page ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("电话 13812345678。", "电话 138****5678。"),
        ({"phone": "13812345678"}, {"phone": "138****5678"}),
        (["13812345678", 7], ["138****5678", 7]),
        ("20261124103000123", "20261124103000123"),
        (None, None),
    ],
)
def test_phones_are_masked_wherever_they_stand(value: Any, shown: Any) -> None:
    assert masked(value) == shown


def test_facts_are_one_line() -> None:
    assert facts_text({"before": 80, "after": [1, "二"], "why": "试行"}) == (
        'before 80；after [1,"二"]；why 试行'
    )


def auditor(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.AUDITOR)
    sign_in(client, person)


def test_the_page_filters_by_what_the_address_says(app: Flask, client: FlaskClient) -> None:
    auditor(app, client)
    write(app, 3, reason="打给 13812345678")
    write(app, 1, actor=Actor("OFFICE01", address="10.1.2.3"))
    with app.app_context(), transaction() as session:
        record(session, "exam.create", ("exam", 1))
        record(session, "examiner.create", ("person", 1))
    page = client.get("/audit").text
    assert "找到 6 条" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    assert "10.1.2.3" in page
    assert "找到 5 条" in client.get("/audit?action=exam").text
    assert "找到 4 条" in client.get("/audit?action=exam.publish").text
    assert "找到 1 条" in client.get("/audit?actor=office01").text
    assert "找到 3 条" in client.get("/audit?subject=exam+1").text
    assert "找到 5 条" in client.get("/audit?subject=exam").text
    empty = client.get("/audit?actor=NOBODY")
    assert empty.status_code == 200
    assert "没有符合条件的记录" in empty.text


def test_the_page_pages(app: Flask, client: FlaskClient) -> None:
    auditor(app, client)
    with app.app_context(), transaction() as session:
        for number in range(120):
            record(session, "exam.publish", ("exam", number))
    assert "第 1–50 条，共 120 条" in client.get("/audit").text
    assert "第 101–120 条，共 120 条" in client.get("/audit?page=3").text
    assert client.get("/audit?page=99999999999999&sort=x").status_code == 200


def sheet_of(data: bytes) -> Worksheet:
    return cast(Worksheet, openpyxl.load_workbook(io.BytesIO(data)).active)


def test_the_export_holds_the_same_rows_masked_and_no_formula(
    app: Flask, client: FlaskClient
) -> None:
    auditor(app, client)
    write(app, 2, reason="=HYPERLINK(1) 13812345678")
    write(app, 1, actor=Actor("OFFICE01"))
    answer = client.get("/audit/export.xlsx?actor=SYSTEM")
    assert answer.status_code == 200
    sheet = sheet_of(client.get("/audit/export.xlsx").data)
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 4
    assert rows[0][:3] == ("编号", "时间", "操作人")
    assert rows[2][9] == "=HYPERLINK(1) 138****5678"
    assert sheet.cell(3, 10).data_type == "s"
    assert sheet_of(client.get("/audit/export.xlsx?actor=office01").data).max_row == 2


def test_others_do_not_read_the_trail(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        admin = make_person(session, Role.ADMIN)
    sign_in(client, admin)
    assert client.get("/audit").status_code == 403
    assert client.get("/audit/export.xlsx").status_code == 403
