"""Questions going out in exchange formats: what is lost is said, and they come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from accounts.people.models import Person
from core import clock
from core.db import transaction
from core.permissions import Role
from question_bank.imports import services
from question_bank.imports.rules import Verdict
from question_bank.questions import services as writing
from question_bank.questions.rules import Draft, Pool, QuestionType
from tests.factories import make_person, make_topic, sign_in
from tests.question_bank.helpers import draft

BANK = [
    draft(1, basis="《档案法》第一条", pool=Pool.EXAM),
    Draft(QuestionType.TRUE_FALSE, "公开是原则。", key=True),
    Draft(QuestionType.FILL_IN, "（　）个（　）。", (), [["20"], ["工作日"]]),
]


def _bank(app: Flask) -> Person:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        topic = make_topic(session, "依申请公开")
        for question in BANK:
            writing.create_draft(
                session, draft=question, topic_id=topic.id, author_id=editor.id, now=clock.now()
            )
    return editor


def test_what_a_format_cannot_carry_is_shown_before_the_download(app: Flask) -> None:
    editor = _bank(app)
    client = app.test_client()
    sign_in(client, editor)
    page = client.get("/questions/imports/export").text
    assert "共 3 题" in page
    assert "能带走这些题的全部内容" in page
    assert 'href="/questions/imports/export.xlsx"' in page
    page = client.get("/questions/imports/export?as=gift").text
    assert "这种格式带不走" in page
    for word in ("法规依据", "用途", "难度"):
        assert f'<th scope="row">{word}</th>' in page
    assert "整题写不进去的题" in page
    assert '<th scope="row">Q-000003</th><td>几个空</td>' in page
    assert "下载 2 题" in page
    assert "能带走这些题的全部内容" in client.get("/questions/imports/export?as=json").text
    one = client.get("/questions/imports/export?as=qti21&type=true_false&endpoint=x&_external=1")
    assert 'href="/questions/imports/export/qti21?type=true_false"' in one.text
    assert "下载 1 题" in one.text
    none = client.get("/questions/imports/export?as=nonsense&q=没有的词").text
    assert "没有可以导出的内容" in none
    assert 'href="/questions/imports/export?q=' in client.get("/questions?q=公开").text


@pytest.mark.parametrize(
    ("name", "begins", "extension", "carried"),
    [
        ("json", b"{", "json", 3), ("gift", b"$CATEGORY", "gift", 2), ("moodle", b"<?xml", "xml", 3),
        ("qti21", b"PK", "zip", 3), ("qti30", b"PK", "zip", 3),
    ],
)  # fmt: skip
def test_each_format_comes_back_through_the_import(
    app: Flask, name: str, begins: bytes, extension: str, carried: int
) -> None:
    editor = _bank(app)
    client = app.test_client()
    sign_in(client, editor)
    answer = client.get(f"/questions/imports/export/{name}")
    assert answer.data.startswith(begins)
    assert f'.{extension}"' in answer.headers["Content-Disposition"]
    assert client.get("/questions/imports/export/nonsense").status_code == 404
    with app.app_context(), transaction() as session:
        found = services.read_file(f"题.{extension}", answer.data)
        contents = [(row.draft.stem, row.draft.key) for row in found if row.draft]
        assert contents == [(each.stem, each.key) for each in BANK][:carried]
        if name == "json":
            judged = services.judge_all(session, found, clock.today())
            assert {each.verdict for each in judged} == {Verdict.SAME}


def test_an_export_by_command_says_what_is_lost(app: Flask, tmp_path: Path) -> None:
    _bank(app)
    out = tmp_path / "题.gift"
    done = app.test_cli_runner().invoke(args=["bank", "export", str(out), "--as", "gift"])
    said = json.loads(done.stdout)
    assert said["questions"] == 2
    assert said["left_out"] == ["Q-000003"]
    assert said["lost"]["basis"] == 1
    assert out.read_bytes().startswith(b"$CATEGORY")
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    paper = tmp_path / "卷.txt"
    paper.write_text("1、甲（ ）\nA.一\nB.二", encoding="utf-8")
    key = tmp_path / "答.txt"
    key.write_text("1.B", encoding="utf-8")
    read = app.test_cli_runner().invoke(
        args=["bank", "import", str(paper), "--key", str(key), "--by", editor.staff_no or ""]
    )
    said = json.loads(read.stdout)
    assert said["imported"] == 1
    assert said["rows"][0]["place"] == "第 1 行"
    missing = app.test_cli_runner().invoke(
        args=["bank", "import", str(paper), "--key", str(tmp_path / "no"), "--by", "x"]
    )
    assert missing.exit_code == 1
    assert str(tmp_path / "no") in missing.stderr
