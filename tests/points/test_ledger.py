"""The ledger: posted once, reversed once, never changed, with totals that follow."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core.audit.models import AuditEvent
from core.db import db, reading, table_of, transaction
from core.errors import Conflict, NotFound
from core.listing import listing
from points.ledger import queries, services
from points.ledger.models import PointsEntry
from points.ledger.rules import TotalRow, number_of, numbered, proof_of, reversal_of
from points.periods.models import PointsSnapshot
from tests.databases import both_databases
from tests.points.books import (
    START,
    adjust,
    books,
    close,
    entries,
    first,
    open_period,
    period,
    totals,
    undo,
)  # fmt: skip
from tests.statements import counted


def rebuild(app: Flask, *args: str) -> tuple[int, str, str]:
    """Exit code, and what was said on standard output and error."""
    done = app.test_cli_runner().invoke(args=["points", "rebuild", *args])
    return done.exit_code, done.stdout.strip(), done.stderr.strip()


# --- rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "number", "source"),
    [("round:12/first", 1, "round:12/first#1"), ("round:1/first", 23, "round:1/first#23")],
)
def test_a_number_of_a_stem_is_read_back(stem: str, number: int, source: str) -> None:
    assert numbered(stem, number) == source
    assert number_of(source) == number


AGREES = TotalRow(1, 1, 17, 17, 17, 17, 1)


@pytest.mark.parametrize(
    ("row", "differs", "totals_kept"),
    [
        (AGREES, False, 1),
        (AGREES._replace(kept_earned=18), True, 1),
        (AGREES._replace(kept_posted=0), True, 1),
        (TotalRow(1, 1, 0, 0, 17, 17, 1), True, 0),  # the total was removed
        (TotalRow(1, 1, 17, 17, 0, 0, 0), True, 1),  # nothing was ever posted
        (TotalRow(1, 1, 0, 0, 0, 0, 2), False, 0),  # an entry and its reversal
        (TotalRow(1, 1, 0, 0, 0, 0, 0), False, 0),
    ],
)
def test_a_total_agrees_with_its_entries_or_not(
    row: TotalRow, differs: bool, totals_kept: int
) -> None:
    proof = proof_of([row])
    assert (proof.wrong is not None, proof.totals) == (differs, totals_kept)
    assert proof.entries == row.entries


def test_the_digest_covers_every_figure_and_no_empty_total() -> None:
    digest = proof_of([AGREES]).digest
    empty = TotalRow(2, 1, 0, 0, 0, 0, 1)
    assert proof_of([AGREES, empty]).digest == digest
    others = [
        AGREES._replace(person_id=2), AGREES._replace(period_id=2),
        AGREES._replace(kept_earned=1), AGREES._replace(kept_posted=1),
    ]  # fmt: skip
    assert len({digest, *(proof_of([row]).digest for row in others)}) == 5


# --- posting --------------------------------------------------------------------------


@both_databases
def test_an_entry_goes_to_its_own_period_and_to_the_totals(app: Flask) -> None:
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
        adjust(session, person, one, -2)
    assert entries(app) == [
        (person, one, one, 17, f"round:{one}/first#1", None),
        (person, one, one, -2, "adjust:a", None),
    ]
    assert totals(app) == {(person, one): (15, 15)}
    with app.app_context():
        view = queries.unreversed(reading(), person, f"round:{one}/first")
    assert view is not None
    assert (view.id, view.period_label, view.origin_label) == (entry, "第 1 期", "第 1 期")
    assert (view.facts["right"], view.posted_at, view.reversed_by_id) == (17, START, None)


@both_databases
def test_a_source_posts_once_for_each_person(app: Flask) -> None:
    (one,), (a, b) = books(app, people=2)
    with app.app_context(), transaction() as session:
        assert adjust(session, a, one) is not None
        assert adjust(session, a, one, 99) is None
        assert adjust(session, b, one) is not None
        assert adjust(session, a, one, 3, "b") is not None
    assert totals(app) == {(a, one): (5, 5), (b, one): (2, 2)}


@both_databases
def test_what_belongs_to_a_closed_period_is_posted_to_the_newest(app: Flask) -> None:
    (one, _two, three), (person,) = books(app, opened=3)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
        close(session, one)
        assert undo(session, entry) is not None
        assert first(session, person, one, 19) is not None
    assert [row[1:5] for row in entries(app)] == [
        (one, one, 17, f"round:{one}/first#1"),
        (three, one, -17, f"reverse:{entry}"),
        (three, one, 19, f"round:{one}/first#2"),
    ]
    assert totals(app) == {(person, one): (19, 17), (person, three): (0, 2)}


def test_what_ended_but_is_not_closed_still_takes_its_entries(door: Session) -> None:
    one = open_period(door, 1)
    open_period(door, 2)
    assert queries.posting_period(door, one) == one


@both_databases
def test_of_a_stem_one_number_stands(app: Flask) -> None:
    (one,), (person,) = books(app)
    stem = f"round:{one}/first"
    with app.app_context(), transaction() as session:
        last = first(session, person, one)
        for number in range(2, 12):  # "#10" sorts before "#2"
            assert first(session, person, one) is None
            undo(session, last)
            assert queries.unreversed(session, person, stem) is None
            last = first(session, person, one, number)
            assert last is not None
    assert totals(app) == {(person, one): (11, 11)}
    with app.app_context():
        view = queries.unreversed(reading(), person, stem)
    assert view is not None
    assert view.source == f"{stem}#11"


@both_databases
def test_stems_that_begin_alike_are_kept_apart(app: Flask) -> None:
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        for stem in ("round:1/first", "round:12/first", "round:%/first", "round:_/first"):
            posted = services.post_first(
                session, person_id=person, origin_period_id=one, stem=stem, amount=1,
                rule_version_id=None, facts={}, now=START,
            )  # fmt: skip
            assert posted is not None
            view = queries.unreversed(session, person, stem)
            assert view is not None
            assert view.id == posted


@both_databases
def test_an_entry_is_reversed_once_and_a_reversal_never(app: Flask) -> None:
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
        back = undo(session, entry)
        assert back is not None
        assert undo(session, entry) is None
        with pytest.raises(Conflict, match="不能再冲回"):
            undo(session, back)
    assert totals(app) == {}
    with app.app_context():
        page = queries.entry_views(reading(), reading().scalars(queries.entries_of(person)))
    assert [(row.id, row.amount, row.reverses_id, row.reversed_by_id) for row in page] == [
        (back, -17, entry, None),
        (entry, 17, None, back),
    ]


def test_what_does_not_exist_is_not_posted(door: Session) -> None:
    with pytest.raises(NotFound):
        adjust(door, 1, 999)
    with pytest.raises(NotFound):
        undo(door, 999)
    with pytest.raises(ValueError, match="reverse"):
        services.post(
            door, person_id=1, origin_period_id=1, amount=1, source=reversal_of(1),
            rule_version_id=None, facts={}, now=START,
        )  # fmt: skip


@both_databases
def test_a_failed_transaction_posts_nothing(app: Flask) -> None:
    (one,), (person,) = books(app)

    def fail_after_posting() -> None:
        with app.app_context(), transaction() as session:
            first(session, person, one)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_after_posting()
    assert (entries(app), totals(app)) == ([], {})


def test_every_posting_is_in_the_trail(app: Flask) -> None:
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        undo(session, first(session, person, one))
        first(session, person, one)
        first(session, person, one)
    with app.app_context():
        acts = reading().scalars(
            select(AuditEvent.action).where(AuditEvent.subject_kind == "points_entry")
        )
        assert list(acts) == ["points.post", "points.reverse", "points.post"]


def test_posting_takes_five_statements_and_a_page_of_lines_three(app: Flask) -> None:
    (one, two), (person,) = books(app, opened=2)
    with app.app_context(), transaction() as session:
        close(session, one)
        with counted(app) as log:
            first(session, person, one)
        assert len(log) == 5
        for number in range(60):
            adjust(session, person, two, 1, str(number))
    with app.test_request_context("/?page=2"), counted(app) as log:
        page = listing(reading(), queries.entries_of(person))
        lines = queries.entry_views(reading(), page.items)
        assert (page.total, len(lines), len(log)) == (61, 20, 3)


# --- never changed --------------------------------------------------------------------


def _changed(session: Session) -> None:
    session.scalars(select(PointsEntry)).one().amount = 99


def _deleted(session: Session) -> None:
    session.delete(session.scalars(select(PointsEntry)).one())


def _snapshot_changed(session: Session) -> None:
    session.scalars(select(PointsSnapshot)).one().earned = 99


@both_databases
@pytest.mark.parametrize(
    "change",
    [
        _changed,
        _deleted,
        _snapshot_changed,
        lambda session: session.execute(update(PointsEntry).values(amount=99)),
        lambda session: session.execute(delete(PointsEntry).where(PointsEntry.id == 1)),
        lambda session: session.execute(delete(PointsSnapshot)),
        lambda session: session.connection().execute(delete(table_of(PointsSnapshot))),
    ],
)
def test_the_orm_refuses_before_the_database_has_to(app: Flask, change: Any) -> None:
    (one, _two), (person,) = books(app, opened=2)
    with app.app_context(), transaction() as session:
        first(session, person, one)
        close(session, one)

    def try_it(log: list[str]) -> None:
        with app.app_context(), transaction() as session:
            change(session)
            session.flush()

    with counted(app) as log, pytest.raises(RuntimeError, match=r"points_\w+ is append-only: add"):
        try_it(log)
    assert not [sent for sent in log if not sent.startswith("SELECT")]
    assert totals(app) == {(person, one): (17, 17)}


# --- totals ---------------------------------------------------------------------------


@both_databases
def test_the_command_proves_the_totals_and_finds_a_tampered_one(app: Flask) -> None:
    (one, two), (a, b) = books(app, opened=2, people=2)
    with app.app_context(), transaction() as session:
        first(session, b, one, 12)
        close(session, one)
        undo(session, first(session, a, two))
        adjust(session, b, one, 3)
    code, said, wrong = rebuild(app, "--check")
    assert (code, wrong) == (0, "")
    assert said.startswith("totals agree; 4 entries of 2 persons in 2 totals; digest ")
    digest = said.split()[-1]
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE points_total SET earned = 18 WHERE earned = 15"))
    code, said, wrong = rebuild(app, "--check")
    assert (code, said) == (1, "")
    assert wrong == (
        f"Error: 1 totals differ; first: person {b}, period {one}, kept earned 18 posted 12, "
        "entries say earned 15 posted 12"
    )
    code, said, _wrong = rebuild(app)
    assert code == 0
    assert said.startswith("1 totals corrected; 4 entries of 2 persons in 2 totals; digest ")
    assert said.split()[-1] == digest
    assert totals(app) == {(b, one): (15, 12), (b, two): (0, 3)}
    assert rebuild(app, "--check")[0] == 0


@both_databases
@pytest.mark.parametrize(
    "tamper",
    [
        "DELETE FROM points_total",
        "UPDATE points_total SET posted = posted - 1",
        "UPDATE points_total SET earned = posted, posted = earned",
        "INSERT INTO points_total (person_id, period_id, earned, posted) VALUES ({b}, {one}, 5, 5)",
        "UPDATE points_total SET person_id = {b}",
    ],
)
def test_no_change_of_a_total_stays_unseen_and_a_rebuild_mends_it(app: Flask, tamper: str) -> None:
    (one, _two), (a, b) = books(app, opened=2, people=2)
    with app.app_context(), transaction() as session:
        first(session, a, one)
        close(session, one)
        adjust(session, a, one)
    _code, _said, _ = before = rebuild(app, "--check")
    assert before[0] == 0
    with app.app_context(), transaction() as session:
        session.execute(text(tamper.format(a=a, b=b, one=one)))
    code, _said, wrong = rebuild(app, "--check")
    assert code == 1
    assert len(wrong.splitlines()) == 1
    assert rebuild(app)[0] == 0
    assert rebuild(app, "--check") == before


@both_databases
def test_a_snapshot_that_was_tampered_with_is_named(app: Flask) -> None:
    (one, _two), (person,) = books(app, opened=2)
    with app.app_context(), transaction() as session:
        first(session, person, one)
        close(session, one)
    assert rebuild(app, "--check")[0] == 0
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    with app.app_context(), transaction() as session:
        where = "" if is_sqlite else " ON points_snapshot"
        session.execute(text(f"DROP TRIGGER append_only_points_snapshot_update{where}"))
        session.execute(text("UPDATE points_snapshot SET earned = 18"))
    assert rebuild(app, "--check") == (
        1, "", "Error: the snapshot of period 1 is not what its digest was made of"
    )  # fmt: skip
    assert period(app, one).digest != ""


def test_an_empty_ledger_is_proved_too(app: Flask) -> None:
    assert rebuild(app, "--check")[1].startswith("totals agree; 0 entries of 0 persons in 0 totals")
    assert rebuild(app)[1].startswith("0 totals corrected")
