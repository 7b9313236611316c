"""Pages of revisions, of questions in doubt, of gaps, as editor, reviewer and office use them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import VersionState
from question_bank.suspensions.services import suspend
from tests.factories import make_person, sign_in
from tests.question_bank.revisions import (
    AFTER,
    BEFORE,
    SECOND,
    TITLE,
    Cast,
    articles,
    bring_in,
    state_of,
)
from tests.statements import counted


class World:
    """The law in two versions, three questions in doubt, and who looks at them."""

    def __init__(self, app: Flask, count: int = 2) -> None:
        self.app = app
        with app.app_context(), transaction() as session:
            self.cast = Cast(session)
            old = self.cast.articles
            self.changed = [self.cast.cite(session, old[1]).id for _ in range(count)]
            self.gone = self.cast.cite(session, old[2]).id
            self.kept = self.cast.cite(session, old[0]).id
            self.done = bring_in(session, AFTER, SECOND)
            self.present = articles(session, self.done.version_id)
            self.office = make_person(session, Role.OFFICE)

    @property
    def old(self) -> int:
        return self.cast.articles[1].id

    def client(self, person: Person) -> tuple[FlaskClient, str]:
        client = self.app.test_client()
        return client, sign_in(client, person)


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def test_the_changes_of_a_version_stand_side_by_side_with_marked_words(world: World) -> None:
    editor, _token = world.client(world.cast.author)
    page = editor.get(f"/laws/{world.done.version_id}/changes").text
    assert "<del>二十</del>" in page
    assert "<ins>十五</ins>" in page
    assert "3 题因这次修订转为待复核，还有 3 题没有处理" in page
    assert "2 道题以这一条为依据" in page
    everything = editor.get(f"/laws/{world.done.version_id}/changes?kind=all").text
    for words in ("新版没有这一条", "旧版没有这一条", "没有变化"):
        assert words in everything
    first = editor.get(f"/laws/{world.cast.law.version_id}/changes").text
    assert "第一个版本" in first
    assert editor.get("/laws/999/changes").status_code == 404


def test_a_version_to_come_says_what_it_will_suspend(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        cast.cite(session, cast.articles[1])
        today = clock.today()
        done = bring_in(session, AFTER, today, in_force=today + timedelta(days=9))
    client = app.test_client()
    sign_in(client, cast.author)
    assert "1 题将于" in client.get(f"/laws/{done.version_id}/changes").text


def test_a_law_lists_its_questions_and_its_gaps(world: World) -> None:
    editor, _token = world.client(world.cast.author)
    page = editor.get(f"/laws/{world.done.version_id}").text
    assert "2 道题以这一条为依据" in page
    assert "待复核" in page
    gaps = editor.get(f"/laws/{world.done.version_id}?only=unasked").text
    assert "第二条" in gaps
    assert "第三条" not in gaps
    link = re.search(r'href="(/questions/new\?[^"]+)"', gaps)
    assert link is not None
    form = editor.get(link[1].replace("&amp;", "&")).text
    assert re.search(rf'<option selected value="{TITLE}">', form)
    assert 'value="第二条"' in form
    assert "2 / 4 条" in editor.get("/laws").text


def test_questions_in_doubt_are_confirmed_many_at_once(world: World) -> None:
    reviewer, token = world.client(world.cast.reviewer)
    listed = reviewer.get("/questions/suspended").text
    assert "共 3 题" in listed
    assert f"/questions/suspended/{world.old}" in listed
    path = f"/questions/suspended/{world.old}"
    page = reviewer.get(f"{path}?tick=all").text
    assert page.count("checked>") == 2
    assert f'<option selected value="{world.present[2].id}">' in page
    nothing = reviewer.post(
        path, data={"csrf_token": token, "do": "confirm", "article": world.present[2].id}
    )
    assert nothing.status_code == 422
    assert "先勾选" in nothing.text
    blank = reviewer.post(
        path,
        data={"csrf_token": token, "do": "confirm", "article": 0, "version": world.changed,
              "comment": "写的话还在"},
    )  # fmt: skip
    assert blank.status_code == 422
    assert "选一条现行的条文" in blank.text
    assert "写的话还在" in blank.text
    assert blank.text.count("checked>") == 2
    sent = reviewer.post(
        path,
        data={"csrf_token": token, "do": "confirm", "article": world.present[2].id,
              "version": world.changed},
    )  # fmt: skip
    assert sent.status_code == 302
    assert "2 题已确认" in reviewer.get(sent.location).text
    with world.app.app_context():
        states = {state_of(reading(), id_) for id_ in world.changed}
        assert states == {VersionState.RETIRED}
    again = reviewer.post(
        path,
        data={"csrf_token": token, "do": "retire", "version": world.changed},
        follow_redirects=True,
    )
    assert "刚被别人处理" in again.text


def test_a_deleted_article_needs_another_and_a_question_may_go_out_of_use(world: World) -> None:
    reviewer, token = world.client(world.cast.reviewer)
    path = f"/questions/suspended/{world.cast.articles[2].id}"
    assert "现行文本里没有这一条" in reviewer.get(path).text
    sent = reviewer.post(
        path, data={"csrf_token": token, "do": "retire", "version": world.gone, "comment": "过时"}
    )
    assert sent.status_code == 302
    with world.app.app_context():
        assert state_of(reading(), world.gone) is VersionState.RETIRED


def test_a_reported_question_without_an_article_has_its_place(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        loose = world.cast.cite(session, None)
        suspend(
            session, version_id=loose.id, reason="reported", by_id=world.cast.reviewer.id,
            now=clock.now(), comment="答案存疑",
        )  # fmt: skip
    reviewer, token = world.client(world.cast.reviewer)
    assert "有人报错 1 题" in reviewer.get("/questions/suspended").text
    assert "答案存疑" in reviewer.get("/questions/suspended/0").text
    sent = reviewer.post(
        "/questions/suspended/0", data={"csrf_token": token, "do": "confirm", "version": loose.id}
    )
    assert sent.status_code == 302
    with world.app.app_context():
        assert state_of(reading(), loose.id) is VersionState.APPROVED
    assert reviewer.get("/questions/suspended/999").status_code == 404


def test_an_editor_sees_what_became_of_the_basis_and_its_present_label(world: World) -> None:
    editor, _token = world.client(world.cast.author)
    with world.app.app_context():
        question_id = reading().scalar(
            select(QuestionVersion.question_id).where(QuestionVersion.id == world.changed[0])
        )
    shown = editor.get(f"/questions/{question_id}").text
    assert "第二条已经修改，现行的是第三条" in shown
    assert "依据变了，转为待复核" in shown
    form = editor.get(f"/questions/{question_id}/edit").text
    assert 'value="第三条"' in form
    assert "原来的依据第二条已经修改，现行的是第三条" in form


def test_home_pages_count_what_is_in_doubt(world: World) -> None:
    for person in (world.cast.author, world.cast.reviewer, world.office):
        client, _token = world.client(person)
        page = client.get("/").text
        assert page.count('href="/questions/suspended"') == 1


def test_pages_cost_as_many_statements_for_many_questions(world: World) -> None:
    client, _token = world.client(world.cast.reviewer)
    paths = (
        "/questions/suspended", f"/questions/suspended/{world.old}", "/laws",
        f"/laws/{world.done.version_id}", f"/laws/{world.done.version_id}/changes",
    )  # fmt: skip

    def sizes() -> list[int]:
        found = []
        for path in paths:
            with counted(world.app) as log:
                assert client.get(path).status_code == 200
            found.append(len(log))
        return found

    few = sizes()
    with world.app.app_context(), transaction() as session:
        for _ in range(30):
            cited = world.cast.cite(session, world.cast.articles[1])
            suspend(session, version_id=cited.id, reason="reported", by_id=None, now=clock.now())
    assert sizes() == few
    assert max(few) <= 10


def test_the_commands_say_what_changed_and_how_many_were_suspended(
    app: Flask, tmp_path: Path
) -> None:
    run = app.test_cli_runner().invoke
    for day, texts in (("2020-01-01", BEFORE), ("2024-05-01", AFTER)):
        lines = [f"第{'一二三四'[at]}条 {text}\n" for at, text in enumerate(texts)]
        file = tmp_path / f"测试法({day}).md"
        file.write_text(f"# {TITLE}\n\n" + "\n".join(lines), encoding="utf-8")
        done = run(args=["law", "import", str(file), "--in-force", day])
        assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["kinds"] == {"same": 2, "changed": 1, "new": 1, "deleted": 1}
    assert (said["suspended"], said["waiting"]) == (0, 0)
    told = run(args=["law", "changes", str(said["version_id"])])
    assert "changed 1" in told.stdout
    assert "changed\t第二条\t第三条" in told.stdout
    assert run(args=["law", "changes", "999"]).exit_code == 1
