"""The life of questions in browsers: an ugly Word file to approval, a revised law to 待复核 and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from accounts.people.models import Person
from core.db import transaction
from core.permissions import Role
from question_bank.questions.models import Question
from tests import factories
from tests.browser import ugly_paper as paper
from tests.browser.journey import Visitor
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_no_sideways_scroll
from tests.question_bank.revisions import articles, bring_in

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

    Visit = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

PEOPLE = {"柳拾题": Role.EDITOR, "温三省": Role.REVIEWER, "文知新": Role.STAFF}
TOPIC = "依申请公开"


class Colleague(Visitor):
    """A visitor who looks closely at each kind of page once, however often they come by."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        super().__init__(context, base)
        self.seen: set[str] = set()

    def look(self) -> None:
        """Axe and the width of a page; at the first visit of its kind."""
        kind = re.sub(r"\d+", "N", self.page.url.split("?")[0])
        if kind not in self.seen:
            self.seen.add(kind)
            super().look()

    def fits_a_phone(self) -> None:
        """The page as it stands needs no sideways scrolling at 360 px."""
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": 360, "height": 740})
        assert_no_sideways_scroll(self.page)
        self.page.set_viewport_size(size)

    def row(self, *words: str) -> Locator:
        """The row of a table that holds these words."""
        found = self.page.get_by_role("row")
        for each in words:
            found = found.filter(has_text=each)
        return found

    def card(self, name: str) -> Locator:
        """The part of the page with this name."""
        return self.page.get_by_role("region", name=name, exact=True)

    def can_practise(self) -> int:
        """How many questions the page of practice offers."""
        self.visit("/practice")
        offered = self.page.get_by_label("知识点").locator("option").first.inner_text()
        found = re.fullmatch(r"全部知识点，(\d+) 题", offered)
        assert found, offered
        return int(found[1])


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """An editor, a reviewer and one of the staff of an office."""
    with app.app_context(), transaction() as session:
        unit = factories.make_unit(session, "云湖区民政局")
        return {
            name: factories.make_person(session, role, unit=unit, name=name)
            for name, role in PEOPLE.items()
        }


@pytest.fixture
def arrive(
    visit: Visit, live: ThreadServer, people: dict[str, Person]
) -> Callable[[str], Colleague]:
    """One of them at a browser of their own, signed in."""
    return lambda name: Colleague(visit(live.url, people[name]), live.url)


# --- an ugly Word file ----------------------------------------------------------------


@pytest.fixture
def bank(app: Flask, people: dict[str, Person]) -> dict[str, str]:
    """Questions in use that the paper comes too near to; what → code."""
    codes = {}
    with app.app_context(), transaction() as session:
        topic = factories.make_topic(session, TOPIC)
        for name, (stem, options, key) in paper.KNOWN.items():
            made = factories.make_question(
                session, people["柳拾题"], topic, stem=stem, options=options, key=key
            )
            codes[name] = session.get_one(Question, made.question_id).code
    return codes


def test_an_ugly_paper_is_mended_compared_reviewed_and_practised(
    arrive: Callable[[str], Colleague], bank: dict[str, str], tmp_path: Path
) -> None:
    editor, reviewer, staff = map(arrive, PEOPLE)
    assert staff.can_practise() == len(bank)
    upload(editor, tmp_path)
    mend(editor)
    compare(editor, bank)
    take_in(editor)
    send_one_back(reviewer)
    approve_the_others(reviewer)
    correct(editor)
    approve_the_correction(reviewer)
    assert staff.can_practise() == len(bank) + paper.TAKEN - paper.BY_PEOPLE
    staff.press("开始练习")
    staff.reads("第 1 题")
    staff.look()


def upload(editor: Colleague, folder: Path) -> None:
    """Read and judged; each refusal says where and why."""
    editor.visit("/questions")
    editor.go("导入")
    editor.page.get_by_label("题目文件").set_input_files(
        paper.write_paper(folder / "云湖区测试题.docx")
    )
    editor.press("上传并核对")
    editor.reads("核对后导入", f"共 {paper.QUESTIONS} 题。现在还没有写入题库。")
    editor.look()
    editor.fits_a_phone()
    editor.follow("不能导入")
    editor.row(paper.REFUSED, "第 10 段").get_by_text("答案是 E，但只有 A–D").first.wait_for()
    editor.row(paper.WITHOUT_KEY).get_by_text("没有答案").first.wait_for()
    editor.follow("存疑")
    editor.row(paper.DOUBTFUL, "A项").first.wait_for()


def mend(editor: Colleague) -> None:
    """One refused row is put right, the other left out; the topic is said once for the file."""
    editor.follow("不能导入")
    editor.go("改第 10 段")
    editor.fits_a_phone()
    answer = editor.page.get_by_label("答案", exact=True)
    assert answer.input_value() == "E"
    answer.fill("A")
    editor.press("保存这一行")
    editor.reads("第 10 段已改好，可以导入。")
    editor.press("不导入第 16 段")
    editor.follow("全部")
    editor.row(paper.REFUSED).get_by_text("可导入").wait_for()
    editor.row(paper.WITHOUT_KEY).get_by_role("button", name="恢复第 16 段").wait_for()
    editor.page.get_by_text("对整个文件说一次").click()
    editor.page.get_by_label("没写知识点的行归入").select_option(label=TOPIC)
    editor.press("对整个文件生效")
    editor.reads(f"没写知识点的归入{TOPIC}")


def compare(editor: Colleague, bank: dict[str, str]) -> None:
    """What the bank has already: the contradicting key comes first, and each pair is decided."""
    editor.follow("全部")
    editor.go("查重")
    editor.press("现在比对")
    editor.reads("已比对，找到 2 对")
    editor.look()
    editor.fits_a_phone()
    pairs = editor.page.get_by_role("region").filter(
        has=editor.page.get_by_role("heading", level=2)
    )
    contradicting, near = pairs.nth(0), pairs.nth(1)
    contradicting.get_by_text("答案矛盾").wait_for()
    contradicting.get_by_text(bank["contradicted"]).first.wait_for()
    near.get_by_text("相近", exact=True).wait_for()
    assert near.locator("mark").all_inner_texts() != [], "the word that differs is not marked"
    contradicting.get_by_label("跳过，用题库原题").check()
    near.get_by_label("当作新题导入").check()
    editor.press("保存这一页的决定")
    editor.reads("已记下 2 对的处理办法，导入时照办。")
    editor.go("回到核对")
    editor.reads("2 对相同或相近的题都已决定。", "决定跳过的 1 题不会导入。")


def take_in(editor: Colleague) -> None:
    editor.page.get_by_role("checkbox", name="存疑 1 题一并导入").check()
    editor.press(f"导入 {paper.GOOD - 1} 题")  # 查重 leaves one out
    editor.reads(f"已导入 {paper.TAKEN} 题")
    editor.look()
    editor.press(f"{paper.TAKEN} 题全部送审")
    editor.reads("都已送审。审核通过后，考试就能抽到。")


def send_one_back(reviewer: Colleague) -> None:
    """A remark on the line that is wrong, and the reason in a sentence."""
    reviewer.visit("/questions")
    reviewer.go("审核")
    reviewer.fits_a_phone()
    reviewer.row(paper.RETURNED).get_by_role("link").first.click()
    reviewer.reads("审核试题", paper.RETURNED)
    reviewer.look()
    reviewer.fits_a_phone()
    page = reviewer.page
    page.get_by_label("针对哪一行").select_option(label="选项 B")
    page.get_by_label("意见", exact=True).fill("行政处罚对外产生效力，太容易排除。")
    reviewer.press("记下意见")
    reviewer.reads("意见已记下。", "温三省", "行政处罚对外产生效力，太容易排除。")
    page.get_by_label("审核意见").fill("选项 B 换一个更像的。")
    reviewer.press("退回")
    reviewer.reads("已退回。")


def approve_the_others(reviewer: Colleague) -> None:
    left = paper.TAKEN - 1
    reviewer.go("看全部待审核的题")
    reviewer.page.get_by_label("全选本页").check()
    reviewer.reads(f"已勾选 {left} 题")
    reviewer.press("通过勾选的题")
    reviewer.reads(f"已通过 {left} 题。", "没有待审核的题")


def correct(editor: Colleague) -> None:
    """The returned question shows what was said; the preview follows the correction."""
    editor.visit("/questions?state=returned")
    editor.row(paper.RETURNED).get_by_role("link").first.click()
    editor.reads("温三省退回：", "选项 B 换一个更像的。")
    editor.look()
    editor.go("修改")
    editor.reads("行政处罚对外产生效力，太容易排除。")
    editor.page.get_by_role("textbox", name="选项 B").fill("执法流程")
    editor.card("考生看到的样子").get_by_text("执法流程").wait_for()
    editor.fits_a_phone()
    editor.page.get_by_label("修改说明").fill("选项 B 已换。")
    editor.press("送审")
    editor.reads("待审")


def approve_the_correction(reviewer: Colleague) -> None:
    """The reviewer sees what was changed since the version that was returned."""
    reviewer.visit("/questions/review")
    reviewer.reads(
        "温三省退回第 1 版：", "选项 B 换一个更像的。", "选项 B 已换。", "和第 1 版比，改了什么"
    )
    assert reviewer.page.locator("ins").filter(has_text="执法流程").count()
    reviewer.press("通过")
    reviewer.reads("没有待审核的题")


# --- a law that was revised -------------------------------------------------------------

LAW = "中华人民共和国测试法"
STAYS = "国家机关应当依法公开有关信息，接受人民群众的监督。"
GOES = "本法所称主管部门，是指省级人民政府确定的机构。"
CHANGES = "行政机关应当自收到申请之日起二十个工作日内予以答复。"
MOVES = "违反本法规定的，由上级机关责令改正；情节严重的，依法给予处分。"
COMES = "公民、法人或者其他组织不服的，可以依法申请行政复议。"
BEFORE = (STAYS, GOES, CHANGES, MOVES)
AFTER = (STAYS, CHANGES.replace("二十", "十五"), MOVES, COMES)
FIRST, SECOND = date(2020, 1, 1), date(2024, 5, 1)
NUMERALS = "一二三四"
# what the question asks → place of the article that it cites from 1; none cites nothing
CITING = {
    "谁应当依法公开有关信息？": 1, "主管部门由谁确定？": 2, "收到申请以后应当怎样处理？": 3,
    "多少个工作日内予以答复？": 3, "违反规定的由谁责令改正？": 4, "公开工作的原则是什么？": None,
}  # fmt: skip
UNTOUCHED = ("谁应当依法公开有关信息？", "违反规定的由谁责令改正？", "公开工作的原则是什么？")
DELETED, CONFIRMED, REWRITTEN = (
    "主管部门由谁确定？", "收到申请以后应当怎样处理？", "多少个工作日内予以答复？",
)  # fmt: skip


@pytest.fixture
def law(app: Flask, people: dict[str, Person]) -> dict[str, str]:
    """The law in its first version with questions in use; what a question asks → its code."""
    codes = {}
    with app.app_context(), transaction() as session:
        topic = factories.make_topic(session, TOPIC)
        done = bring_in(session, BEFORE, FIRST)
        known = articles(session, done.version_id)
        for stem, place in CITING.items():
            article = known[place - 1] if place else None
            made = factories.make_question(
                session, people["柳拾题"], topic, stem=stem,
                article_id=article.id if article else None,
                basis=f"《{LAW}》{article.label}" if article else "",
            )  # fmt: skip
            codes[stem] = session.get_one(Question, made.question_id).code
    return codes


def test_a_revised_law_puts_exactly_its_questions_in_doubt_until_they_are_settled(
    arrive: Callable[[str], Colleague], law: dict[str, str], tmp_path: Path
) -> None:
    editor, reviewer, staff = map(arrive, PEOPLE)
    assert staff.can_practise() == len(law)
    import_the_revision(editor, tmp_path)
    see_what_changed(editor)
    assert in_doubt(editor) == {law[DELETED], law[CONFIRMED], law[REWRITTEN]}
    assert staff.can_practise() == len(UNTOUCHED)
    confirm_and_retire(reviewer, law)
    rewrite(editor, law)
    reviewer.visit("/questions/review")
    reviewer.reads("十五")
    reviewer.press("通过")
    reviewer.reads("没有待审核的题")
    reviewer.visit("/questions/suspended")
    reviewer.reads("没有待复核的题")
    assert staff.can_practise() == len(law) - 1
    editor.visit("/laws")
    editor.row("2024年5月1日").get_by_role("link").first.click()
    editor.go("修订对照")
    editor.reads("3 题因这次修订转为待复核，都处理完了。")


def import_the_revision(editor: Colleague, folder: Path) -> None:
    file = folder / f"{LAW}({SECOND}).md"
    lines = [f"# {LAW}", f"{SECOND:%Y年%-m月%-d日}修订", "<!-- INFO END -->"]
    lines += [f"第{NUMERALS[at]}条　{text}" for at, text in enumerate(AFTER)]
    file.write_text("\n\n".join(lines), encoding="utf-8")
    editor.visit("/laws")
    editor.go("导入法规")
    editor.page.locator("input[type=file]").set_input_files(file)
    editor.page.get_by_label("施行").fill(f"{SECOND}")
    editor.press("导入")
    editor.reads("3 道题的依据变了，转为待复核。")


def see_what_changed(editor: Colleague) -> None:
    """The kinds with their counts; the changed words marked side by side, the questions beneath."""
    editor.reads("修订对照", "3 题因这次修订转为待复核，还有 3 题没有处理。")
    editor.look()
    editor.fits_a_phone()
    tabs = editor.page.get_by_role("navigation", name="按变化看").get_by_role("link")
    said = {re.sub(r"\s+", " ", each) for each in tabs.all_inner_texts()}
    assert said == {"全部 5", "修改 1", "只换条号 1", "新增 1", "删去 1", "没有变化 1"}
    changed = editor.card("第二条")
    assert changed.locator("del").all_inner_texts() == ["二十"]
    assert changed.locator("ins").all_inner_texts() == ["十五"]
    changed.get_by_text("2 道题以这一条为依据").wait_for()


def in_doubt(editor: Colleague) -> set[str]:
    """The codes of all questions that the list shows as 待复核."""
    editor.visit("/questions?state=needs_review")
    rows = editor.page.get_by_role("row").get_by_role("rowheader")
    return set(rows.all_inner_texts())


def confirm_and_retire(reviewer: Colleague, law: dict[str, str]) -> None:
    reviewer.visit("/questions")
    reviewer.follow("待复核")
    reviewer.fits_a_phone()
    reviewer.follow(f"《{LAW}》第三条")
    reviewer.reads("2 题待复核", "二十", "十五")
    reviewer.fits_a_phone()
    reviewer.page.get_by_role("checkbox", name=law[CONFIRMED]).check()
    reviewer.press("确认仍然正确")
    reviewer.reads("1 题已确认，重新可用。")
    reviewer.follow(f"《{LAW}》第二条")
    reviewer.reads("已删去", "题还成立的，另选一条作依据。")
    reviewer.press("停用")
    reviewer.reads("1 题已停用。")


def rewrite(editor: Colleague, law: dict[str, str]) -> None:
    """The third is changed from the page of its article, and goes through review."""
    editor.visit("/questions/suspended")
    editor.follow(f"《{LAW}》第三条")
    editor.reads("1 题待复核")
    assert "法规库里没有这一条" not in editor.page.content()
    editor.go("修改", within=editor.card(law[REWRITTEN]))
    page = editor.page
    page.get_by_label("题干").fill("多少个工作日内予以答复？按十五个工作日的规定选择。")
    assert page.get_by_label("条，例如 第二十六条").input_value() == "第二条"
    editor.reads("原来的依据第三条已经修改，现行的是第二条")
    editor.press("送审")
    editor.reads("待审")
