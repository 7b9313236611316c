"""A whole import is taken back while nothing has used it, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict
from core.permissions import Role
from question_bank.filters.queries import matching
from question_bank.filters.rules import Filters
from question_bank.imports import queries, services, undoing
from question_bank.imports.preview.queries import preview_rows
from question_bank.imports.rules import ImportState
from question_bank.questions import services as writing
from question_bank.questions.models import QuestionVersion, ReviewEvent, VersionState
from question_bank.review.services import submit_import
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.helpers import HEAD, row, workbook

CODED = workbook([*HEAD, "编号"], [*row(1), "SG-1"], [*row(2), ""], [*row(3), ""])


def _import(session: Session, person: Person, data: bytes = CODED) -> tuple[int, int]:
    """(id of the upload, how many went in)."""
    kept = services.upload(session, filename="题.xlsx", data=data, by_id=person.id, now=clock.now())
    done = services.import_rows(
        session, import_id=kept.id, by_id=person.id, with_doubtful=True, now=clock.now()
    )
    return kept.id, done.total


def _undo(session: Session, import_id: int, person: Person) -> int:
    return undoing.undo(session, import_id=import_id, by_id=person.id, now=clock.now())


def _ids(session: Session, import_id: int) -> list[int]:
    return list(
        session.scalars(
            select(QuestionVersion.id)
            .where(QuestionVersion.import_id == import_id)
            .order_by(QuestionVersion.id)
        )
    )


@both_databases
def test_an_undone_import_is_gone_from_the_lists_and_can_come_again(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        import_id, made = _import(session, editor)
        assert made == 3
        submit_import(session, import_id=import_id, by_id=editor.id, now=clock.now())
        assert _undo(session, import_id, editor) == 3
        with pytest.raises(Conflict, match="已经撤销"):
            _undo(session, import_id, editor)
    with app.app_context():
        assert list(reading().scalars(matching(Filters()))) == []
        view = queries.own_import(reading(), import_id, editor.id)
        assert (view.state, preview_rows(reading(), import_id)) == (ImportState.UNDONE, [])
        events = reading().scalars(
            select(ReviewEvent).where(ReviewEvent.to_state == VersionState.RETIRED)
        )
        assert [event.from_state for event in events] == [VersionState.IN_REVIEW] * 3
    with app.app_context(), transaction() as session:
        again, made = _import(session, editor)
        assert made == 3
        assert _import(session, editor)[1] == 0
    with app.app_context():
        assert sorted(reading().scalars(matching(Filters()))) == _ids(reading(), again)


@both_databases
def test_the_version_before_is_the_newest_again(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor, reviewer = make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER)
        first, _made = _import(session, editor)
        submit_import(session, import_id=first, by_id=editor.id, now=clock.now())
        approved = _ids(session, first)[0]
        writing.approve(session, version_id=approved, reviewer_id=reviewer.id, now=clock.now())
        changed = workbook([*HEAD, "编号"], [*row(1, 解析="补充"), "SG-1"])
        second, made = _import(session, editor, changed)
        assert made == 1
        with pytest.raises(Conflict, match="审核通过"), session.begin_nested():
            _undo(session, first, editor)
        assert _undo(session, second, editor) == 1
    with app.app_context():
        assert sorted(reading().scalars(matching(Filters()))) == _ids(reading(), first)


def test_a_later_version_keeps_an_import_from_being_undone(door: Session) -> None:
    editor, reviewer = make_person(door, Role.EDITOR), make_person(door, Role.REVIEWER)
    import_id, _made = _import(door, editor)
    submit_import(door, import_id=import_id, by_id=editor.id, now=clock.now())
    version_id = _ids(door, import_id)[0]
    writing.return_(
        door, version_id=version_id, reviewer_id=reviewer.id, now=clock.now(), comment="改"
    )
    assert queries.used_of(door, import_id) == 0
    other, _more = _import(door, editor, workbook([*HEAD, "编号"], [*row(1, 解析="补充"), "SG-1"]))
    with pytest.raises(Conflict, match="改出新版"), door.begin_nested():
        _undo(door, import_id, editor)
    assert _undo(door, other, editor) == 1


# --- races -----------------------------------------------------------------------


def _at_once(app: Flask, *acts: Callable[[Session], object]) -> list[str]:
    gate, said = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                act(session)
            said.append("done")
        except AppError as error:
            said.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def _race(app: Flask) -> tuple[list[str], int, int]:
    """An approval after the undoing has looked and before it writes; what became of both.

    With (versions retired, versions approved).
    """
    with app.app_context(), transaction() as session:
        editor, reviewer = make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER)
        import_id, _made = _import(session, editor)
        submit_import(session, import_id=import_id, by_id=editor.id, now=clock.now())
        version_id = _ids(session, import_id)[1]

    def approve(session: Session) -> None:
        writing.approve(session, version_id=version_id, reviewer_id=reviewer.id, now=clock.now())

    said = _at_once(app, approve, lambda session: _undo(session, import_id, editor))
    with app.app_context():
        states = dict(
            reading()
            .execute(select(QuestionVersion.state, func.count()).group_by(QuestionVersion.state))
            .all()
        )
    return said, states.get(VersionState.RETIRED, 0), states.get(VersionState.APPROVED, 0)


@both_databases
def test_an_approval_and_an_undoing_at_once_leave_all_or_nothing(app: Flask) -> None:
    said, retired, approved = _race(app)
    assert said == ["conflict", "done"]
    assert (retired, approved) in {(3, 0), (0, 1)}


def test_without_the_last_question_half_an_import_would_be_undone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the race: approved first, and nobody asks."""
    with app.app_context(), transaction() as session:
        editor, reviewer = make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER)
        import_id, _made = _import(session, editor)
        submit_import(session, import_id=import_id, by_id=editor.id, now=clock.now())
        version_id = _ids(session, import_id)[1]
        writing.approve(session, version_id=version_id, reviewer_id=reviewer.id, now=clock.now())
        monkeypatch.setattr(queries, "used_of", lambda *_arguments: 0)
        _undo(session, import_id, editor)
        states = sorted(session.scalars(select(QuestionVersion.state)))
        assert states == [VersionState.APPROVED, VersionState.RETIRED, VersionState.RETIRED]
