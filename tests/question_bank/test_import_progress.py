"""A large file is read beside the requests: it shows how far, can be stopped, and be taken over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from core.permissions import Role
from question_bank.imports import background, queries, services, staging
from question_bank.imports.models import ImportFile, ImportRow, QuestionImport
from question_bank.imports.preview.queries import preview_rows
from question_bank.imports.rules import ImportState
from question_bank.imports.services import SentFile
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.desk import Desk
from tests.question_bank.helpers import HEAD, row, workbook

DATA = workbook(HEAD, *(row(number) for number in range(1, 8)), row(8, 答案="E"))


@pytest.fixture
def editor(app: Flask) -> Person:
    with app.app_context(), transaction() as session:
        return make_person(session, Role.EDITOR)


def _begin(app: Flask, editor: Person, name: str = "题.xlsx", data: bytes = DATA) -> int:
    with app.app_context(), transaction() as session:
        file = SentFile(name, data)
        return background.begin(session, file=file, key=None, by_id=editor.id, now=clock.now()).id


def _kept(app: Flask, import_id: int) -> tuple[ImportState, int, int, int]:
    """State, rows done, rows kept, files kept."""
    with app.app_context():
        kept = reading().get_one(QuestionImport, import_id)
        rows, files = (
            reading().scalar(select(func.count()).select_from(model).where(own)) or 0
            for model, own in (
                (ImportRow, ImportRow.import_id == import_id),
                (ImportFile, ImportFile.import_id == import_id),
            )
        )
        return kept.state, kept.rows_done, rows, files


@both_databases
def test_a_large_file_is_read_in_batches_as_a_small_one_is_at_once(
    app: Flask, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH", 3)
    import_id = _begin(app, editor)
    assert _kept(app, import_id) == (ImportState.READING, 0, 0, 1)
    background.read(app, import_id)
    assert _kept(app, import_id) == (ImportState.READY, 8, 8, 0)
    with app.app_context(), transaction() as session:
        at_once = services.upload(
            session, filename="题.xlsx", data=DATA, by_id=editor.id, now=clock.now()
        ).id
        assert preview_rows(session, import_id) == preview_rows(session, at_once)
        views = [queries.own_import(session, each, editor.id) for each in (import_id, at_once)]
        assert views[0].counts == views[1].counts


def test_the_page_shows_how_far_it_is_and_then_the_rows(
    app: Flask, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(background, "LARGE", 100)
    monkeypatch.setattr(background, "start", lambda _app, import_id: begun.append(import_id))
    desk = Desk(app, editor)
    address, page = desk.preview("题.xlsx", DATA)
    assert "正在打开文件" in page
    assert "<progress" in page
    with app.app_context(), transaction() as session:
        session.execute(update(QuestionImport).values(rows_done=4, rows_total=8))
    assert "已读 4 行，共约 8 行" in desk.client.get(address).text
    said = desk.client.get(f"{address}/progress").json
    assert said == {"reading": True, "done": 4, "total": 8}
    background.read(app, begun[0])
    ended: Any = desk.client.get(f"{address}/progress").json
    assert ended["reading"] is False
    assert "将导入 7 题为草稿" in desk.client.get(address).text


def test_stopping_half_way_leaves_no_trace(
    app: Flask, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH", 3)
    import_id = _begin(app, editor)
    next_batch = staging.Stager.next_batch
    seen: list[int] = []

    def stop_at_the_second(self: staging.Stager) -> Any:
        if self.number:
            seen.append(_kept(app, import_id)[2])
            desk = Desk(app, editor)
            desk.client.post(
                f"/questions/imports/{import_id}/discard", data={"csrf_token": desk.token}
            )
        return next_batch(self)

    monkeypatch.setattr(staging.Stager, "next_batch", stop_at_the_second)
    background.read(app, import_id)
    assert seen == [3]
    assert _kept(app, import_id) == (ImportState.DISCARDED, 3, 0, 0)


@both_databases
def test_a_reader_that_is_gone_is_replaced_and_cannot_come_back(app: Flask, editor: Person) -> None:
    import_id = _begin(app, editor)
    with app.app_context():
        former = background._Reader(import_id)
    later = clock.now() + background.LEASE + timedelta(seconds=1)
    with app.app_context(), transaction() as session:
        with pytest.raises(Conflict), session.begin_nested():
            background.begin_again(session, import_id=import_id, by_id=editor.id, now=clock.now())
        background.begin_again(session, import_id=import_id, by_id=editor.id, now=later)
    with app.app_context(), pytest.raises(background._Stopped):
        former.run()
    assert _kept(app, import_id) == (ImportState.READING, 0, 0, 1)
    background.read(app, import_id)
    assert _kept(app, import_id)[0] is ImportState.READY


def test_the_page_offers_to_read_again(
    app: Flask, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(background, "start", lambda _app, import_id: begun.append(import_id))
    import_id = _begin(app, editor)
    with app.app_context(), transaction() as session:
        old = clock.now() - background.LEASE * 2
        session.execute(update(QuestionImport).values(beat_at=old, rows_done=2000))
    desk = Desk(app, editor)
    address = f"/questions/imports/{import_id}"
    assert "读到第 2000 行后没有了动静" in desk.client.get(address).text
    for _twice in range(2):
        desk.client.post(f"{address}/read-again", data={"csrf_token": desk.token})
    assert begun == [import_id]
    assert "正在打开文件" in desk.client.get(address).text


def test_a_file_that_holds_nothing_says_so_and_leaves_nothing(app: Flask, editor: Person) -> None:
    import_id = _begin(app, editor, data=workbook(["姓名"], ["张三"]))
    background.read(app, import_id)
    assert _kept(app, import_id) == (ImportState.FAILED, 0, 0, 0)
    desk = Desk(app, editor)
    page = desk.client.get(f"/questions/imports/{import_id}").text
    assert "没有找到表头" in page
    assert "没有留下任何内容" in page
    assert "没有读完" in desk.client.get("/questions/imports").text


def test_a_fault_is_told_and_leaves_nothing(
    app: Flask, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("half way")

    import_id = _begin(app, editor)
    monkeypatch.setattr(staging, "finish", fail)
    background.read(app, import_id)
    assert _kept(app, import_id) == (ImportState.FAILED, 8, 0, 0)


def test_a_thread_of_this_process_reads(app: Flask, editor: Person) -> None:
    import_id = _begin(app, editor)
    background.start(app, import_id).join()
    assert _kept(app, import_id)[0] is ImportState.READY
