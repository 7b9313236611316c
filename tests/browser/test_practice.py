"""Practice in a real Chromium: from the notebook, with the explanation after each answer."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.questions.models import QuestionType
from quiz.attempts.models import Answer
from quiz.practice.models import PracticeCheck
from tests.browser.desk import Visit, choose
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.factories import make_question, rewrite
from tests.quiz.practices import Bank, fill_notebook, make_bank, notebook
from tests.quiz.sittings import OPTIONS, STEMS

pytestmark = pytest.mark.browser

EXPLANATION = "不能当场答复的，自收到申请之日起二十个工作日内答复；延长须经负责人同意并告知申请人。"
LAW, LABEL = "中华人民共和国政府信息公开条例", "第三十三条"
TEXT = "行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复。\n行政机关不能当场答复的，应当自收到申请之日起20个工作日内予以答复。"


def make_article(session: Session) -> Article:
    """An article of two paragraphs."""
    source = LawSource(title=LAW)
    session.add(source)
    session.flush()
    law = LawVersion(
        source_id=source.id, promulgated_on=date(2019, 4, 3), in_force_on=date(2019, 5, 15),
        digest="0" * 64, imported_at=clock.now(),
    )  # fmt: skip
    session.add(law)
    session.flush()
    article = Article(law_version_id=law.id, label=LABEL, ordinal=33, text=TEXT, digest="0" * 64)
    session.add(article)
    session.flush()
    return article


@pytest.fixture
def bank(app: Flask) -> Bank:
    """A notebook of a single choice (B), a multiple choice (A, C) and a true/false (正确)."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, types=())
        versions = [
            make_question(
                session, bank.author, bank.topic, type_=type_, may_shuffle=False,
                stem=STEMS[type_], options=OPTIONS.get(type_),
            )
            for type_ in (QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE)
        ]  # fmt: skip
        article = make_article(session)
        rewrite(
            session, *[version.id for version in versions],
            explanation=EXPLANATION, article_id=article.id,
        )  # fmt: skip
    fill_notebook(app, bank, *versions)
    return bank


def tell(page: Page, verdict: str) -> None:
    """The verdict is there, in words, and has the focus: it is read out."""
    said = page.locator("[data-part=verdict]")
    expect(said).to_contain_text(verdict)
    expect(said).to_be_focused()


def begin(page: Page) -> None:
    page.goto("/practice")
    expect(page.get_by_text("题今天适合复习")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_role("button", name="复习 3 题").click()
    expect(page.get_by_text("第 1 题", exact=True)).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_a_practice_from_the_notebook_by_the_buttons(
    visit: Visit, live: ThreadServer, app: Flask, bank: Bank, width: int, height: int
) -> None:
    page = visit(live.url, bank.person, width=width, height=height).new_page()
    begin(page)
    expect(page.locator("#clock")).to_be_hidden()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    check = page.locator("button:visible", has_text="看答案")
    check.click()
    expect(page.get_by_text("先作答，再看答案。")).to_be_visible()
    choose(page, "A")
    check.click()
    tell(page, "答错了")
    expect(page.locator("[data-part=verdict]")).to_contain_text("正确答案：B 15 个工作日")
    expect(page.get_by_text(EXPLANATION)).to_be_visible()
    quoted = page.locator(".sg-article")
    expect(quoted.locator("p")).to_have_text(TEXT.split("\n"))
    expect(quoted).to_contain_text(f"《{LAW}》{LABEL}")
    expect(page.locator(".sg-option input").first).to_be_disabled()
    expect(check).to_be_hidden()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.reload()
    expect(page.locator("[data-part=verdict]")).to_contain_text("答错了")
    expect(page.locator(".sg-option input").first).to_be_disabled()
    page.locator("button:visible", has_text="下一题").click()
    choose(page, "A", "C")
    check.click()
    tell(page, "答对了")
    page.locator("button:visible", has_text="下一题").click()
    choose(page, "A")
    check.click()
    tell(page, "答对了")
    page.locator("button:visible, a:visible", has_text="结束练习").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("全部题目都已作答，现在结束练习吗？")
    assert_accessible(page)
    dialog.get_by_role("button", name="结束练习").click()
    expect(page.get_by_role("heading", name="错题本练习")).to_be_visible()
    expect(page.get_by_text("题答对，共 3 题")).to_be_visible()
    expect(page.get_by_text("答错 1 题，已收进错题本。")).to_be_visible()
    expect(page.get_by_role("button", name="再练这些题")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.get_by_role("link", name="看错题本").click()
    expect(page.get_by_role("heading", name="错题本")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    counts = sorted(entry.wrong_count for entry in notebook(app, bank.person).values())
    assert counts == [1, 1, 2]


def test_a_practice_by_keyboard_alone(
    visit: Visit, live: ThreadServer, app: Flask, bank: Bank
) -> None:
    page = visit(live.url, bank.person).new_page()
    begin(page)
    for keys, verdict in [(["2"], "答对了"), (["1", "3"], "答对了"), (["2"], "答错了")]:
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        tell(page, verdict)
        page.keyboard.press("1")  # read-only now: changes nothing
        page.keyboard.press("Enter")
    page.get_by_role("button", name="结束练习", exact=True).first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="结束练习").press("Enter")
    expect(page.get_by_text("题答对，共 3 题")).to_be_visible()
    with app.app_context():
        checked = list(
            reading().scalars(select(PracticeCheck.value).order_by(PracticeCheck.position))
        )
        stored = list(reading().scalars(select(Answer.value).order_by(Answer.position)))
    assert checked == stored == ['"B"', '["A","C"]', "false"]


def test_without_network_the_answer_waits_and_the_page_says_so(
    visit: Visit, live: ThreadServer, app: Flask, bank: Bank
) -> None:
    context = visit(live.url, bank.person)
    page = context.new_page()
    begin(page)
    context.watch.expects_failures = True  # type: ignore[attr-defined]
    context.set_offline(True)
    choose(page, "B")
    page.locator("button:visible", has_text="看答案").click()
    expect(page.get_by_text("看答案要联网。作答已存在本机，联网后再按一次。")).to_be_visible()
    expect(page.locator("[data-part=verdict]")).to_have_count(0)
    expect(page.locator("#save")).to_contain_text("1 题待上传")
    context.set_offline(False)
    with page.expect_response("**/answers"):
        pass
    page.locator("button:visible", has_text="看答案").click()
    tell(page, "答对了")
