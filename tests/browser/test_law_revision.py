"""A law is revised: its questions wait for review, and come back with the present article."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from core.db import reading, transaction
from core.permissions import Role
from question_bank.laws.models import Article
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import VersionState
from tests.browser.desk import Visit
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.factories import make_person, make_unit
from tests.question_bank.revisions import AFTER, TITLE, Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_revision_goes_through_review_and_back(
    app: Flask, live: ThreadServer, visit: Visit, tmp_path: Path
) -> None:
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        cast = Cast(session)
        cited = [cast.cite(session, cast.articles[1]).id for _ in range(2)]
        editor = make_person(session, Role.EDITOR, unit=unit, name="方有据")
        reviewer = make_person(session, Role.REVIEWER, unit=unit, name="温三省")
    labels = ("第一条", "第二条", "第三条", "第四条")
    file = tmp_path / "测试法(2024-05-01).md"
    lines = [f"{label} {text}" for label, text in zip(labels, AFTER, strict=True)]
    file.write_text(f"# {TITLE}\n\n" + "\n\n".join(lines), encoding="utf-8")

    page = visit(live.url, editor).new_page()
    page.goto("/laws/import")
    page.get_by_label("法规文本").set_input_files(file)
    page.get_by_label("施行日期").fill("2024-05-01")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("heading", name=f"{TITLE}：修订对照")).to_be_visible()
    expect(page.locator("del").first).to_have_text("二十")
    expect(page.locator("ins").first).to_have_text("十五")
    expect(page.get_by_text("还有 2 题没有处理")).to_be_visible()
    assert_accessible(page)

    desk = visit(live.url, reviewer, width=360).new_page()
    desk.goto("/")
    desk.get_by_role("link", name="去复核").click()
    assert_accessible(desk)
    desk.get_by_role("link", name="第二条").click()
    desk.get_by_role("link", name="全选本页").click()
    expect(desk.get_by_label("现行依据")).to_have_value(str(_article(app, "第三条")))
    assert_accessible(desk)
    assert_no_sideways_scroll(desk)
    desk.get_by_role("button", name="确认仍然正确").click()
    expect(desk.get_by_text("2 题已确认")).to_be_visible()
    with app.app_context():
        rows = reading().execute(
            select(QuestionVersion.replaces_id, QuestionVersion.basis).where(
                QuestionVersion.state == VersionState.APPROVED
            )
        )
        assert {tuple(row) for row in rows} == {(id_, f"《{TITLE}》第三条") for id_ in cited}
    page.reload()
    expect(page.get_by_text("都处理完了")).to_be_visible()


def _article(app: Flask, label: str) -> int:
    with app.app_context():
        return (
            reading()
            .scalars(select(Article.id).where(Article.label == label).order_by(Article.id.desc()))
            .first()
            or 0
        )
