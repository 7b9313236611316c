"""The editor in a real Chromium: the preview follows, the keys work, and candidates see the picture."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.media.services import note_uses, upload
from question_bank.questions.models import QuestionVersion, VersionState
from question_bank.questions.queries import draft_of
from quiz.attempts.services import start
from quiz.occasions.models import MultipleRule, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from tests.browser.desk import Visit, open_paper
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.factories import make_person, make_question, make_topic, make_unit
from tests.quiz.sittings import KIND, Arranged

pytestmark = pytest.mark.browser

TABLE = "\n\n| 事项 | 期限 |\n| --- | --- |\n| 依申请公开 | （　） |\n"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 80), (11, 79, 138)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def editor(app: Flask) -> Person:
    """An editor, and a topic to choose."""
    with app.app_context(), transaction() as session:
        make_topic(session, "依申请公开")
        return make_person(session, Role.EDITOR, unit=make_unit(session), name="方有据")


def newest(app: Flask) -> QuestionVersion:
    with app.app_context():
        return reading().scalars(select(QuestionVersion).order_by(QuestionVersion.id.desc())).one()


def write_options(page: Page) -> None:
    """Four options and a fifth by the keys alone; the second moves up."""
    page.locator("#options-0").focus()
    for text in ("十日", "**二十**日", "三十日", "六十日"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.locator("#options-4")).to_be_focused()
    page.keyboard.type("九十日")
    page.locator("#options-1").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#options-0")).to_be_focused()
    expect(page.locator("#options-0")).to_have_value("**二十**日")
    page.get_by_label("A 为答案").check()


def test_a_question_is_written_with_the_preview_beside_it(
    visit: Visit, live: ThreadServer, app: Flask, editor: Person, tmp_path: Path
) -> None:
    page = visit(live.url, editor).new_page()
    page.goto("/questions/new")
    preview = page.locator("[data-live=preview]")
    page.locator("#stem").fill("应当几日内**答复**？")
    expect(preview).to_contain_text("应当几日内**答复**？")
    page.get_by_label("富文本").check()
    expect(preview.locator("strong")).to_have_text("答复")
    page.locator("#stem").press("Control+End")
    page.get_by_role("button", name="表格").click()
    page.keyboard.type("事项")
    expect(preview.locator("th").first).to_have_text("事项")
    write_options(page)
    expect(preview.locator(".sg-option").first).to_contain_text("二十日")
    # a change of type swaps the answer area, and back again nothing is lost
    page.get_by_label("简答").check()
    page.locator("#model").fill("二十个工作日")
    page.get_by_label("单选").check()
    expect(page.locator("#options-4")).to_have_value("九十日")
    expect(page.get_by_label("A 为答案")).to_be_checked()
    # a picture where the cursor is
    page.locator("#explanation").focus()
    page.keyboard.type("见图")
    page.keyboard.press("Control+B")
    page.keyboard.type("粗")
    page.keyboard.press("End")
    page.get_by_role("button", name="图片").click()
    file = tmp_path / "图.png"
    file.write_bytes(b"<svg/>")
    page.locator("#picture-file").set_input_files(file)
    page.locator("#picture-alt").fill("一条蓝带")
    page.get_by_role("button", name="上传并插入").click()
    expect(page.locator("#picture [role=alert]")).to_contain_text("这不是能用的图片")
    file.write_bytes(picture())
    page.locator("#picture-file").set_input_files(file)
    page.get_by_role("button", name="上传并插入").click()
    expect(preview.get_by_alt_text("一条蓝带")).to_be_visible()
    assert page.locator("#explanation").input_value().startswith("见图**粗**![一条蓝带](media:")
    assert_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert_no_sideways_scroll(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    kept = newest(app)
    assert (kept.is_rich, kept.key, len(kept.options)) == (True, [0], 5)
    assert_accessible(page)


def test_leaving_with_something_unsaved_asks(
    visit: Visit, live: ThreadServer, editor: Person
) -> None:
    page = visit(live.url, editor).new_page()
    page.goto("/questions/new")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto("/questions")
    assert asked == []
    page.goto("/questions/new")
    page.locator("#stem").press_sequentially("甲")
    page.goto("/questions")
    assert asked == ["beforeunload"]


# --- before the candidate ----------------------------------------------------------------


def arrange(session: Session) -> Arranged:
    """A begun sitting whose one question has material, a table and a picture."""
    author = make_person(session, Role.EDITOR)
    person = make_person(session, unit=make_unit(session), name="文知新")
    now = clock.now()
    sha = upload(session, data=picture(), alt="一条蓝带", by_id=author.id, now=now)
    made = make_question(
        session, author, make_topic(session), stem=f"期限是**几日**？{TABLE}",
        options=["*十*日", f"![一条蓝带](media:{sha})", "三十日"], key=[0], may_shuffle=False,
        state=VersionState.DRAFT,
    )  # fmt: skip
    session.execute(
        update(QuestionVersion)
        .where(QuestionVersion.id == made.id)
        .values(is_rich=True, passage="- 第一段\n- 第二段", state=VersionState.APPROVED)
    )
    session.refresh(made)
    note_uses(session, {made.id: draft_of(made)})
    occasion = open_occasion(
        session, kind=KIND, title="考试", opens_at=now, closes_at=now + timedelta(days=1),
        minutes=60, tries=1, pass_mark=0, multiple_rule=MultipleRule.ALL_OR_NOTHING,
        release_rule=ReleaseRule.BY_HAND, rows=[RowSpec("甲", 1, 2, [made.id])], now=now,
    )  # fmt: skip
    attempt, _is_new = start(session, occasion_id=occasion.id, person_id=person.id, now=now)
    return Arranged(person, attempt.id, occasion.id, 1)


def is_drawn(page: Page) -> None:
    """The question is there as it was written, picture and all."""
    expect(page.locator(".sg-material li").first).to_have_text("第一段")
    expect(page.locator(".sg-q__stem strong")).to_have_text("几日")
    expect(page.locator(".sg-q__stem td").first).to_have_text("依申请公开")
    expect(page.locator(".sg-option em")).to_have_text("十")
    shown = page.get_by_alt_text("一条蓝带")
    expect(shown).to_be_visible()
    page.wait_for_function("element => element.naturalWidth === 320", arg=shown.element_handle())


EVIL = (
    '<p id="main" title="x">甲<script>x()</script><b>乙</b><a href="//evil.example">丙</a>'
    '<img src="//evil.example/x.png" srcset="//evil.example/x.png" alt="丁"><img src="/sign-out" alt="戊"></p>'
    '<table><tr><td class="sg-top">己</td></tr></table><iframe src="/"></iframe>'
)
SHOW = """async (html) => {
  const { show } = await import("/static/js/sitting/rich.js");
  const place = document.createElement("div");
  show(place, html);
  return place.innerHTML;
}"""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_rich_question_in_a_sitting(
    visit: Visit, live: ThreadServer, app: Flask, script: bool
) -> None:
    with app.app_context(), transaction() as session:
        sitting = arrange(session)
    context = visit(live.url, sitting.person, width=360, height=740, script=script)
    page = context.new_page()
    page.goto(f"/attempts/{sitting.attempt_id}")
    if not script:
        page.get_by_role("button", name="打开试卷").click()
    is_drawn(page)
    if script:
        assert_accessible(page)
        expect(page.locator(".sg-q__stem")).to_be_focused()
        page.keyboard.press("2")
        expect(page.locator("#save")).to_contain_text("已保存")
        # even were the server's answer tampered with, only known nodes are made of it
        assert page.evaluate(SHOW, EVIL) == (
            '<p>甲<img alt="丁"><img alt="戊"></p>'
            "<table><tbody><tr><td>己</td></tr></tbody></table>"
        )
    assert_no_sideways_scroll(page)


def test_the_picture_is_there_after_a_reload_without_network(
    visit: Visit, live: ThreadServer, app: Flask
) -> None:
    with app.app_context(), transaction() as session:
        sitting = arrange(session)
    context = visit(live.url, sitting.person)
    context.watch.expects_failures = True  # type: ignore[attr-defined]
    page = open_paper(context, sitting)
    is_drawn(page)
    page.wait_for_function(
        "async () => (await (await caches.open('sg-sitting-1')).keys()).some(({url}) => url.includes('/media/'))"
    )
    page.wait_for_function(
        f"async () => Boolean(await caches.match('/attempts/{sitting.attempt_id}'))"
    )
    live.stop()
    page.reload()
    is_drawn(page)
    live.start()
