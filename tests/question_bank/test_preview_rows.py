"""Rows of an upload are mended and left out before they go in, by their owner alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict, Invalid, NotFound
from core.permissions import Role
from question_bank.duplicates.rules import Kind
from question_bank.formats import rows
from question_bank.formats.tables import Sheet
from question_bank.imports import queries, services
from question_bank.imports.preview import queries as found
from question_bank.imports.preview import services as preview
from question_bank.imports.preview.rules import cells_of, reread
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.models import QuestionVersion
from question_bank.twins import queries as twins
from question_bank.twins.models import Twin
from question_bank.twins.rules import RowDecision
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.helpers import HEAD, row, workbook

MORE = [*HEAD, "编号", "用途", "可否乱序", "材料"]


def _upload(session: Session, person: Person, *cells: list[str], head: list[str] = HEAD) -> int:
    return services.upload(
        session, filename="题.xlsx", data=workbook(head, *cells), by_id=person.id, now=clock.now()
    ).id


def _row(session: Session, import_id: int, number: int, person: Person) -> found.StagedRow:
    return found.staged_row(session, import_id, number, person.id)


def _mend(session: Session, import_id: int, number: int, person: Person, **cells: str) -> Verdict:
    before = cells_of(_row(session, import_id, number, person).parsed)
    return preview.mend(
        session, import_id=import_id, number=number, by_id=person.id,
        cells={**before, **cells}, now=clock.now(),
    )  # fmt: skip


def _counts(session: Session, import_id: int, person: Person) -> dict[str, int]:
    counts = queries.own_import(session, import_id, person.id).counts
    return {verdict.value: n for verdict, n in counts.items() if n}


def _import(session: Session, import_id: int, person: Person) -> int:
    return services.import_rows(
        session, import_id=import_id, by_id=person.id, with_doubtful=True, now=clock.now()
    ).total


# --- what was read, as cells, and back ------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({}, {"type": "单选", "answer": "B", "difficulty": "中", "option:0": "甲1", "pool": ""}),
        ({"题型": "多项选择题", "答案": "A、C"}, {"type": "多选", "answer": "AC"}),
        ({"题型": "判断", "答案": "B", "选项A": "错", "选项B": "对"}, {"answer": "正确"}),
        ({"题型": "判断", "答案": "也许"}, {"answer": "也许"}),
        ({"题型": "抢答"}, {"type": "抢答", "option:1": "乙1", "answer": "B"}),
        ({"难度": "较难"}, {"difficulty": "较难"}),
        ({"难度": "天书"}, {"difficulty": "天书"}),
        ({"难度": ""}, {"difficulty": ""}),
        ({"答案": ""}, {"answer": ""}),
    ],
)
def test_a_row_is_shown_as_the_cells_that_say_what_was_read(
    changes: dict[str, str], cells: dict[str, str]
) -> None:
    (read,) = rows.parse([Sheet("", [(1, HEAD), (2, row(1, **changes))])])
    shown = cells_of(read)
    assert {name: shown[name] for name in cells} == cells


_TEXT = st.text("甲乙AB对错1 |=、（）", max_size=6)
_CELLS = st.fixed_dictionaries(
    {
        **dict.fromkeys(HEAD, _TEXT),
        "题型": st.sampled_from(["单选", "多选题", "判断", "填空", "简答", "", "抢答"]),
        "难度": st.sampled_from(["易", "较难", "天书", ""]),
    }
)


@given(_CELLS)
def test_a_row_that_is_saved_unchanged_stays_the_same_question(cells: dict[str, str]) -> None:
    """Nothing is lost or made up on the way to the form and back."""
    read = rows.read_row(
        "", 2, [cells[name] for name in HEAD],
        (rows.headings(Sheet("", [(1, HEAD)])) or (0, {}))[1], None,
    )  # fmt: skip
    if read is None:
        return
    again = reread(read, cells_of(read))
    assert again is not None
    if read.draft is not None and not read.is_refused:
        assert again.draft == read.draft
    assert again.is_refused == read.is_refused
    assert (again.topic, again.given, again.place) == (read.topic, read.given, read.place)


# --- one row ----------------------------------------------------------------------------


@both_databases
def test_a_refused_row_is_mended_and_goes_in(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        import_id = _upload(session, editor, row(1), row(2, 答案="E", 难度="较难"))
        assert _counts(session, import_id, editor) == {"good": 1, "refused": 1}
        assert _mend(session, import_id, 2, editor, answer="C") is Verdict.DOUBTFUL
        assert _mend(session, import_id, 2, editor, difficulty="难", topic="") is Verdict.GOOD
        mended = _row(session, import_id, 2, editor)
        assert mended.mended_at is not None
        assert [each.code for each in mended.findings] == ["topic_none"]
        assert mended.parsed.place.number == 3  # where the file has it
        assert _counts(session, import_id, editor) == {"good": 2}
        assert _import(session, import_id, editor) == 2
        versions = list(session.scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
        assert [(v.key, v.difficulty.value) for v in versions] == [([1], "medium"), ([2], "hard")]


def test_a_row_that_is_mended_into_nonsense_is_kept_and_refused(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    import_id = _upload(door, editor, row(1))
    assert _mend(door, import_id, 1, editor, type="抢答", topic="长" * 65) is Verdict.REFUSED
    kept = _row(door, import_id, 1, editor)
    assert {each.code for each in kept.findings} == {"type_unknown", "topic_long"}
    assert cells_of(kept.parsed)["type"] == "抢答"
    with pytest.raises(Invalid, match="全空"):
        preview.mend(
            door, import_id=import_id, number=1, by_id=editor.id, cells={}, now=clock.now()
        )
    assert _mend(door, import_id, 1, editor, type="单选", topic="") is Verdict.GOOD


def test_a_mended_row_is_compared_with_the_bank(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    head = [*HEAD, "编号"]
    first = _upload(door, editor, [*row(1), "SG-1"], [*row(5), ""], head=head)
    _import(door, first, editor)
    import_id = _upload(door, editor, [*row(2, 答案="E"), ""], [*row(3), ""], head=head)
    cells = cells_of(_row(door, first, 2, editor).parsed)
    assert _mend(door, import_id, 1, editor, **cells) is Verdict.SAME
    assert _mend(door, import_id, 2, editor, code="SG-1") is Verdict.REFUSED
    assert [each.code for each in _row(door, import_id, 2, editor).findings] == ["open_version"]


@both_databases
def test_rows_that_repeat_one_another_never_both_go_in(app: Flask) -> None:
    """The one mended into a twin is refused; when its twin changes or is left out, it may go in."""
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        head = [*HEAD, "编号"]
        import_id = _upload(
            session, editor, [*row(1), "A-1"], [*row(2), "A-2"], [*row(1), ""], head=head
        )
        assert _counts(session, import_id, editor) == {"good": 2, "refused": 1}
        assert _mend(session, import_id, 2, editor, code="A-1") is Verdict.REFUSED
        assert [e.code for e in _row(session, import_id, 2, editor).findings] == ["code_twice"]
        assert _mend(session, import_id, 1, editor, stem="另一题（　）。", code="") is Verdict.GOOD
        assert _counts(session, import_id, editor) == {"good": 3}  # both are free
        cells = cells_of(_row(session, import_id, 3, editor).parsed)
        assert _mend(session, import_id, 1, editor, **cells) is Verdict.REFUSED
        preview.drop(session, import_id=import_id, number=3, by_id=editor.id, now=clock.now())
        assert _counts(session, import_id, editor) == {"good": 2, "dropped": 1}
        preview.take_back(session, import_id=import_id, number=3, by_id=editor.id, now=clock.now())
        assert _counts(session, import_id, editor) == {"good": 2, "refused": 1}
        assert _import(session, import_id, editor) == 2


def test_a_row_left_out_stays_out_whatever_the_bank_says(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    head = [*HEAD, "编号"]
    import_id = _upload(door, editor, [*row(1), "A-1"], [*row(2), ""], head=head)
    preview.drop(door, import_id=import_id, number=1, by_id=editor.id, now=clock.now())
    with pytest.raises(Conflict, match="本来就不会"):
        preview.drop(door, import_id=import_id, number=1, by_id=editor.id, now=clock.now())
    with pytest.raises(Conflict, match="没有被去掉"):
        preview.take_back(door, import_id=import_id, number=2, by_id=editor.id, now=clock.now())
    other = _upload(door, editor, [*row(1), "A-1"], head=head)  # now the bank has it
    _import(door, other, editor)
    assert _import(door, import_id, editor) == 1
    assert _counts(door, import_id, editor) == {"good": 1, "dropped": 1}


def test_what_the_bank_has_already_cannot_be_left_out(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    _import(door, _upload(door, editor, row(1)), editor)
    import_id = _upload(door, editor, row(1), row(2))
    with pytest.raises(Conflict):
        preview.drop(door, import_id=import_id, number=1, by_id=editor.id, now=clock.now())


def test_what_was_decided_on_a_row_ends_with_what_it_said(door: Session) -> None:
    """A row skipped as the twin of another goes in once it says something else."""
    editor = make_person(door, Role.EDITOR)
    import_id = _upload(
        door, editor, row(1), row(2, 题干="第1道导入的题，正确的是（  ）。", 选项A="甲1")
    )
    door.add(
        Twin(import_id=import_id, number=2, other_number=1, kind=Kind.NEAR, likeness=95,
             decision=RowDecision.SKIP, decided_at=clock.now())
    )  # fmt: skip
    door.flush()
    _mend(door, import_id, 2, editor, explanation="只补了解析。")
    assert twins.counts(door, import_id).skipped == 1
    _mend(door, import_id, 2, editor, stem="完全不同的一题（　）。")
    assert twins.counts(door, import_id).total == 0
    assert _import(door, import_id, editor) == 2


@pytest.mark.parametrize("number", [0, 2, 10**12])
def test_rows_are_their_owners_alone(door: Session, number: int) -> None:
    editor, other = make_person(door, Role.EDITOR), make_person(door, Role.EDITOR)
    import_id = _upload(door, editor, row(1))
    acts: list[Callable[[int, Person], Any]] = [
        lambda at, who: preview.drop(door, import_id=import_id, number=at, by_id=who.id, now=clock.now()),
        lambda at, who: preview.take_back(door, import_id=import_id, number=at, by_id=who.id, now=clock.now()),
        lambda at, who: preview.mend(door, import_id=import_id, number=at, by_id=who.id, cells={}, now=clock.now()),
        lambda _at, who: preview.map_topics(door, import_id=import_id, by_id=who.id, chosen={}, now=clock.now()),
        lambda _at, who: preview.map_bases(door, import_id=import_id, by_id=who.id, chosen={}, now=clock.now()),
        lambda _at, who: preview.say_of_whole(
            door, import_id=import_id, by_id=who.id, source="", pool=None, pool_is_for_all=False,
            topic_id=0, now=clock.now()),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(NotFound):
            act(1, other)
    for act in acts[:3]:
        with pytest.raises(NotFound):
            act(number, editor)


# --- races ------------------------------------------------------------------------------


def _at_once(app: Flask, *acts: Callable[[Session], object]) -> list[str]:
    gate, said = threading.Barrier(len(acts)), [""] * len(acts)

    def run(at: int) -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                acts[at](session)
            said[at] = "done"
        except AppError as error:
            said[at] = error.code

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@both_databases
def test_an_import_and_a_mending_at_once_do_not_mix(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        import_id = _upload(session, editor, row(1), row(2))
    said = _at_once(
        app,
        lambda session: _mend(session, import_id, 1, editor, stem="改过的题（　）。"),
        lambda session: _import(session, import_id, editor),
    )
    assert said[1] == "done"
    with app.app_context():
        staged = _row(reading(), import_id, 1, editor).parsed.stem
        stems = list(reading().scalars(select(QuestionVersion.stem).order_by(QuestionVersion.id)))
    assert stems[0] == staged  # what went in is what the row says
    assert (staged == "改过的题（　）。") is (said[0] == "done")
    assert said[0] in {"done", "conflict"}


def test_without_the_hold_a_row_would_change_after_it_went_in(
    door: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the race: the import was faster, and nobody asks."""
    editor = make_person(door, Role.EDITOR)
    import_id = _upload(door, editor, row(1))
    _import(door, import_id, editor)
    with pytest.raises(Conflict, match="已经导入或放弃"):
        _mend(door, import_id, 1, editor, stem="改过的题（　）。")
    monkeypatch.setattr(preview, "_hold", queries.own_upload)
    _mend(door, import_id, 1, editor, stem="改过的题（　）。")
    went_in = door.scalar(select(QuestionVersion.stem))
    assert _row(door, import_id, 1, editor).parsed.stem != went_in
    assert queries.own_import(door, import_id, editor.id).state is ImportState.IMPORTED


@both_databases
def test_two_rows_mended_into_the_same_question_at_once_are_not_both_good(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        import_id = _upload(session, editor, row(1), row(2), row(3))
        cells = {**cells_of(_row(session, import_id, 3, editor).parsed), "stem": "同一题（　）。"}
    said = _at_once(
        app,
        lambda session: _mend(session, import_id, 1, editor, **cells),
        lambda session: _mend(session, import_id, 2, editor, **cells),
    )
    assert said == ["done", "done"]
    with app.app_context():
        assert _counts(reading(), import_id, editor) == {"good": 2, "refused": 1}
