"""Law texts: how they are read, kept and found."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from question_bank.formats.law import ParsedLaw, UnreadableLaw, digest_of, parse_law
from question_bank.laws import queries, services
from question_bank.laws.browsing import queries as browsing
from question_bank.laws.models import Article, LawVersion
from question_bank.questions.models import QuestionVersion
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, rewrite
from tests.question_bank.helpers import LAW_DIR, REGULATION

NOTICE = """某市人民政府办公室文件

某市人民政府办公室关于

加强政务公开工作的通知

各单位：

现通知如下：

1、 加强指导

（一）编制目录

要编制目录。

（2） 制定制度

二、完善机制

（一）加强领导

附件：1. 表格

2018年8月10日

（二）附件里的话
"""
DAY = date(2026, 11, 24)


def _law(text: str = REGULATION, name: str = "条例(2019-04-03).md") -> ParsedLaw:
    return parse_law(text, name)


def _import(
    session: Session, law: ParsedLaw, in_force: date = date(2019, 5, 15)
) -> services.ImportedLaw:
    return services.import_law(session, law=law, in_force_on=in_force, by_id=None, now=clock.now())


def test_a_law_is_read_article_by_article() -> None:
    law = _law()
    assert law.title == "中华人民共和国政府信息公开条例"
    assert law.promulgated_on == date(2019, 4, 3)
    assert [(item.label, item.ordinal, item.text) for item in law.articles] == [
        ("第一条", 1, "甲句。"), ("第二条", 2, "乙句。\n第二款的话。"),
    ]  # fmt: skip
    assert law.articles[0].digest == digest_of("甲句。")


def test_blanks_headings_and_marks_do_not_change_the_text() -> None:
    noisy = REGULATION.replace("第一条 ", "\u200b第一条\u3000").replace("甲句。", "甲句。　\r")
    assert _law(noisy).digest == _law().digest


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("条例(2019-04-03).md", REGULATION, date(2019, 4, 3)),
        ("条例.md", REGULATION, date(2019, 4, 3)),
        ("a.md", REGULATION.replace("<!--", "2019年5月15日 施行\n<!--"), date(2019, 4, 3)),
        ("b(2007-04-05).md", REGULATION, date(2007, 4, 5)),
    ],
)
def test_the_day_of_promulgation_is_the_file_names_or_the_heads(
    name: str, text: str, day: date
) -> None:
    assert _law(text, name).promulgated_on == day


def test_a_line_that_only_begins_like_an_article_is_text() -> None:
    law = _law(REGULATION + "\n第一条 的规定不适用。\n\n第三条 丙句。\n\n第三条之一 丁句。\n")
    assert [item.label for item in law.articles] == ["第一条", "第二条", "第三条", "第三条之一"]
    assert law.articles[1].text.endswith("第一条 的规定不适用。")


def test_a_notice_is_read_section_by_section() -> None:
    law = parse_law(NOTICE, "notice.txt")
    assert law.title == "某市人民政府办公室关于加强政务公开工作的通知"
    assert law.promulgated_on == date(2018, 8, 10)
    assert [(item.label, item.text) for item in law.articles] == [
        ("一（一）", "编制目录\n要编制目录。"), ("一（二）", "制定制度"), ("二（一）", "加强领导"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("", "a(2019-01-01).md", "no_title"),
        ("# 条例\n\n没有条文。", "a(2019-01-01).md", "no_articles"),
        ("# 条例\n\n第一条 甲。", "a.md", "no_date"),
        ("# 条例\n\n第一条 甲。", "a(2019-13-01).md", "no_date"),
    ],
)
def test_a_text_that_is_no_law_says_what_is_missing(text: str, name: str, code: str) -> None:
    with pytest.raises(UnreadableLaw, match=code):
        parse_law(text, name)


@pytest.mark.skipif(not LAW_DIR.is_dir(), reason="law texts are not at hand")
def test_the_real_texts_are_read_whole() -> None:
    articles = {
        path.name: len(parse_law(path.read_text(encoding="utf-8"), path.name).articles)
        for path in LAW_DIR.glob("*.md")
    }
    assert articles["政府信息公开条例(2019-04-03).md"] == 56
    assert articles["行政复议法(2023-09-01).md"] == 90
    assert articles["重大行政决策程序暂行条例(2019-04-20).md"] == 44
    notice = LAW_DIR.parent / "notice" / "notice-2018-142.txt"
    if notice.is_file():
        labels = [item.label for item in parse_law(notice.read_text(), notice.name).articles]
        assert len(labels) == 14
        assert {"一（一）", "二（二）", "二（五）", "四（三）"} <= set(labels)


@both_databases
def test_the_same_file_twice_changes_nothing(app: Flask) -> None:
    for is_new in (True, False):
        with app.app_context(), transaction() as session:
            assert _import(session, _law()).is_new is is_new
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Article)) == 2


def test_a_revision_is_a_new_version_and_the_old_one_stays(door: Session) -> None:
    _import(door, _law())
    newer = _law(REGULATION.replace("甲句", "新句"), "条例(2025-01-01).md")
    _import(door, newer, date(2099, 1, 1))
    assert door.scalar(select(func.count()).select_from(LawVersion)) == 2
    now = queries.article_for(door, "《政府信息公开条例》第1条", DAY)
    later = queries.article_for(door, "《中华人民共和国政府信息公开条例》第一条", date(2099, 1, 1))
    assert now is not None
    assert later is not None
    assert (now.text, later.text) == ("甲句。", "新句。")
    assert [row.is_current for row in browsing.laws(door, DAY)] == [False, True]
    for unknown in ("", "第一条", "《别的法》第一条", "《政府信息公开条例》第九条"):
        assert queries.article_for(door, unknown, DAY) is None


def test_a_version_is_not_silently_replaced(door: Session) -> None:
    _import(door, _law())
    with pytest.raises(Conflict, match="文字不同"):
        _import(door, _law(REGULATION.replace("甲句", "新句")))
    with pytest.raises(Conflict, match="施行日期"):
        _import(door, _law(), date(2019, 6, 1))
    with pytest.raises(Invalid, match="早于"):
        _import(door, _law(), date(2019, 4, 1))


def test_questions_find_their_article_when_the_law_arrives(door: Session) -> None:
    author, topic = make_person(door), make_topic(door)
    cites = make_question(door, author, topic)
    rewrite(door, cites.id, basis="《政府信息公开条例》第2条第一款")
    other = make_question(door, author, topic)
    rewrite(door, other.id, basis="《别的法》第一条")
    door.flush()
    done = _import(door, _law())
    assert done.linked == 1
    door.expire_all()
    linked = door.get(QuestionVersion, cites.id)
    left = door.get(QuestionVersion, other.id)
    assert linked is not None
    assert left is not None
    articles = queries.articles_by_id(door, [linked.article_id, None])
    assert articles[linked.article_id or 0].label == "第二条"
    assert left.article_id is None
    assert services.relink(door, today=DAY) == 0
    law = browsing.law(door, done.version_id, DAY)
    assert [item.questions for item in law.articles] == [0, 1]


def test_a_starter_question_takes_only_the_text_it_was_written_on(door: Session) -> None:
    from question_bank.questions.models import Question

    author, topic = make_person(door), make_topic(door)
    version = make_question(door, author, topic)
    rewrite(door, version.id, basis="《中华人民共和国政府信息公开条例》第二条")
    question = door.get(Question, version.question_id)
    assert question is not None
    question.code = "SG-9999"
    door.flush()
    assert _import(door, _law()).linked == 0


def test_the_command_prints_what_it_did(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "条例(2019-04-03).md"
    file.write_text(REGULATION, encoding="utf-8")
    run = app.test_cli_runner().invoke
    arguments = ["law", "import", str(file), "--in-force", "2019-05-15"]
    first = run(args=arguments)
    assert first.exit_code == 0
    said = json.loads(first.stdout)
    assert (said["title"], said["articles"], said["is_new"]) == (_law().title, 2, True)
    assert json.loads(run(args=arguments).stdout)["is_new"] is False
    bad = tmp_path / "bad.md"
    bad.write_text("什么也不是", encoding="utf-8")
    for broken in (
        ["law", "import", str(bad), "--in-force", "2019-05-15"],
        ["law", "import", str(tmp_path / "none.md"), "--in-force", "2019-05-15"],
        [*arguments, "--by", "NOBODY"],
    ):
        result = run(args=broken)
        assert result.exit_code == 1
        assert len(result.stderr.strip().splitlines()) == 1
    assert run(args=["law", "import", str(file), "--in-force", "soon"]).exit_code != 0
