"""From an office's workbook to an approved exception from the hold, by six people in browsers."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from pypdf import PdfReader

from accounts.signin.models import Account
from accounts.signin.services import hash_password
from core import clock
from core.db import transaction
from core.permissions import Role
from tests import factories
from tests.browser import loop, office_workbook
from tests.browser.journey import Visitor
from tests.browser.live import ThreadServer
from tests.browser.office_workbook import LAW_FILE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    Visit = Callable[..., BrowserContext]

UNIT = "云湖区民政局"
EXAM = "云湖区政务公开资格考试"
PASSWORD = secrets.token_urlsafe(12)
PEOPLE = {
    "EDIT1": ("柳拾题", Role.EDITOR),
    "REVIEW1": ("温三省", Role.REVIEWER),
    "COORD1": ("连通达", Role.COORDINATOR),
    "OFFICE1": ("章持衡", Role.OFFICE),
    "STAFF1": ("文知新", Role.STAFF),
    "STAFF2": ("陆守正", Role.STAFF),
}
# The paper: of each type so many questions of ten marks.
PAPER = {"单选": 4, "多选": 2, "判断": 2, "填空": 2}
QUESTIONS = sum(PAPER.values())


@pytest.fixture
def city(app: Flask, live: ThreadServer) -> str:
    """The address of a server whose database holds a district, an office of it and six people."""
    hashed = hash_password(PASSWORD)
    with app.app_context(), transaction() as session:
        district = factories.make_unit(session, "云湖区")
        unit = factories.make_unit(session, UNIT, parent=district)
        for staff_no, (name, role) in PEOPLE.items():
            person = factories.make_person(session, role, unit=unit, name=name, staff_no=staff_no)
            account = session.get_one(Account, person.id)
            account.password_hash, account.changed_at = hashed, clock.now()
    return live.url


def test_a_workbook_becomes_certificates_registrations_points_and_a_transfer(
    visit: Visit, city: str, app: Flask, tmp_path: Path
) -> None:
    def arrive(staff_no: str, **look: int) -> Visitor:
        visitor = Visitor(visit(city, **look), city)
        visitor.sign_in(staff_no, PASSWORD)
        return visitor

    Visitor(visit(city), city).visit("/sign-in")
    editor = arrive("EDIT1")
    if LAW_FILE.exists():
        import_the_law(editor)
    import_the_workbook(editor, tmp_path)
    approve_everything(arrive("REVIEW1"))
    coordinator, office = arrive("COORD1"), arrive("OFFICE1")
    record_the_training(coordinator)
    publish_the_exam(office)
    staff = arrive("STAFF1")
    open_the_paper(staff)
    answer_all(staff)
    number, code = take_the_certificate(staff)
    verify(Visitor(visit(city), city), number, code)
    second = arrive("STAFF2", width=360, height=740)
    sit_without_network(second)
    loop.file_for(coordinator, "文知新")
    loop.record(office, "文知新")
    loop.plan_rounds(office, app)
    loop.sit_round(staff, wrong=0)
    loop.sit_round(second, wrong=1)
    loop.practise_the_wrong_ones(second)
    loop.ask_to_move(coordinator, "文知新", successor="陆守正")
    loop.grant_the_exception(office, "文知新", UNIT)
    loop.read_own_record(staff)


# --- bank ---------------------------------------------------------------------------


def import_the_law(editor: Visitor) -> None:
    editor.go("法规")
    editor.go("导入第一部")
    editor.page.locator("input[type=file]").set_input_files(LAW_FILE)
    editor.page.get_by_label("施行").fill("2019-05-15")
    editor.press("导入")
    editor.reads("第二十六条", "中华人民共和国政府信息公开条例")
    editor.look()


def import_the_workbook(editor: Visitor, folder: Path) -> None:
    good, all_ = len(office_workbook.GOOD), len(office_workbook.TAKEN)
    file = office_workbook.write_workbook(folder / "云湖区题库.xlsx")
    editor.go("题库")
    editor.go("导入题目")
    editor.page.get_by_label("题目文件").set_input_files(file)
    editor.press("上传并核对")
    editor.reads("核对后导入", f"共 {len(office_workbook.ROWS)} 行。现在还没有写入题库。")
    no_option, two_letters, open_question = map(office_workbook.line_of, office_workbook.REFUSED)
    editor.look()
    editor.page.get_by_role("link", name="存疑 1 行").click()
    editor.reads(f"第 {office_workbook.line_of(office_workbook.DOUBTFUL)} 行", "A项")
    editor.page.get_by_role("link", name="不能导入 3 行").click()
    for line, why in (
        (no_option, "答案是 E，但只有 A–D"),
        (two_letters, "单选题写了"),
        (open_question, "简答题没有参考答案"),
    ):
        editor.page.get_by_role("row", name=f"第 {line} 行").get_by_text(why).first.wait_for()
    editor.look()
    editor.page.get_by_label("存疑 1 行一并导入").check()
    editor.press(f"导入 {good} 题")
    editor.reads(f"已导入 {all_} 题")
    editor.look()
    editor.press(f"{all_} 题全部送审")
    editor.reads("都已送审。审核通过后，考试就能抽到。")
    editor.look()


def approve_everything(reviewer: Visitor) -> None:
    left = len(office_workbook.TAKEN)
    reviewer.go("开始审核")
    for waiting in range(left, 0, -1):
        reviewer.reads(f"待审核 {waiting} 题")
        reviewer.press("通过")
    reviewer.reads("没有待审核的题")
    reviewer.look()


# --- training and exam --------------------------------------------------------------


def record_the_training(coordinator: Visitor) -> None:
    coordinator.go("培训")
    coordinator.go("登记培训")
    page, today = coordinator.page, clock.today()
    page.get_by_label("培训类型").select_option(label="全市轮训")
    page.get_by_label("名称").fill("云湖区政务公开轮训")
    page.get_by_label("开始时间").fill(f"{today - timedelta(days=9)}T09:00")
    page.get_by_label("结束时间").fill(f"{today - timedelta(days=9)}T11:30")
    page.get_by_label("地点").fill("区行政中心 301 会议室")
    page.get_by_label("举办单位").select_option(label=UNIT)
    coordinator.look()
    coordinator.press("登记培训")
    coordinator.reads("已登记“云湖区政务公开轮训”", "还没有参训人员")
    coordinator.look()
    coordinator.go("勾选参训人员")
    for name in ("文知新", "陆守正"):
        page.get_by_label(name, exact=True).check()
    coordinator.press("登记勾选的人员")
    coordinator.reads("已登记 2 人参训")
    coordinator.look()


def publish_the_exam(office: Visitor) -> None:
    page, now = office.page, clock.civil(clock.now())
    office.go("考试")
    office.go("新设一场考试")
    page.get_by_label("考试名称").fill(EXAM)
    page.get_by_label("开始时间").fill(f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label("结束时间").fill(f"{now + timedelta(days=7):%Y-%m-%dT%H:%M}")
    page.get_by_label("云湖区", exact=True).check()
    office.press("存下，下一步：组卷规则")
    office.reads("每位考生一份不同的试卷")
    office.look()
    for type_, count in PAPER.items():
        page.get_by_label(f"{type_}，每题").fill("10")
        page.get_by_label(f"任何知识点，{type_}，不限，抽几题").fill(str(count))
    page.get_by_label("任何知识点，填空，不限，抽几题").fill("9")
    office.press("存下并试算")
    office.reads("还组不了卷：")
    office.look()
    page.get_by_label("任何知识点，填空，不限，抽几题").fill(str(PAPER["填空"]))
    office.press("下一步：及格与次数")
    office.reads("默认值来自现行规则：60 分钟，80 分合格，可考 2 次，取较高分。")
    page.get_by_label("交卷后马上公布").check()
    office.look()
    office.press("存下，下一步：核对并发布")
    office.reads("可以发布", "10 题，满分 100 分")
    office.look()
    office.press("发布考试")
    office.reads("考试已发布，题目已固定。", "题池已于")
    office.look()


# --- sitting ------------------------------------------------------------------------


def open_the_paper(staff: Visitor) -> None:
    staff.reads(EXAM, "60 分钟，80 分合格", "共可考 2 次，还剩 2 次。")
    staff.go("去考试")
    staff.reads(
        "培训要求已满足", "10 题，满分 100 分。", "可考 2 次，取较高分；已考 0 次，还可以考 2 次。"
    )
    staff.press("开始考试")
    staff.reads("第 1 题", "可以作答")
    staff.look()


def know(staff: Visitor, position: int) -> None:
    """Answer the question that should be on the screen."""
    staff.page.locator(".sg-q__no").get_by_text(f"第 {position} 题", exact=True).wait_for()
    staff.answer(office_workbook.TAKEN[staff.stem()])


def answer_all(staff: Visitor) -> None:
    for position in range(1, QUESTIONS + 1):
        know(staff, position)
        staff.page.get_by_role("status").filter(has_text="已保存").wait_for()
        if position < QUESTIONS:
            staff.press("下一题")
    staff.look()
    staff.press("检查并交卷")
    staff.reads("全部题目都已作答，现在交卷吗？", "全部已保存")
    staff.look()
    hand_in(staff)


def hand_in(staff: Visitor) -> None:
    staff.press("确认交卷")
    staff.reads("已交卷", "服务器已收到全部答案，并出具了下面的回执。", "10 / 10 题")
    staff.look()
    staff.go("查看结果")
    staff.reads("合格", "证书已经发出", "逐题回顾", "合格线 80")
    assert staff.page.locator(".sg-figure").inner_text() == "100分，满分 100"


def sit_without_network(staff: Visitor) -> None:
    """On a phone: two answers with the network, four without it and with a reload, the rest after."""
    open_the_paper(staff)
    page = staff.page
    for position in (1, 2):
        know(staff, position)
        staff.press("下一题")
    staff.reads("已保存")
    staff.cut_network()
    for position in (3, 4):
        know(staff, position)
        staff.press("下一题")
    staff.reads("网络已断开，可以继续答题。", "刷新页面也不会丢。", "2 题待上传")
    staff.look()
    page.reload()
    staff.reads("网络已断开，可以继续答题。", "2 题待上传", "答题卡 4/10")
    staff.press("答题卡 4/10")
    staff.look()
    page.get_by_role("dialog").get_by_role("link", name="第 5 题，未答").click()
    for position in (5, 6):
        know(staff, position)
        staff.press("下一题")
    staff.reads("4 题待上传", "答题卡 6/10")
    staff.restore_network()
    staff.reads("已保存")
    for position in (7, 8, 9):
        know(staff, position)
        staff.press("下一题")
    staff.press("交卷")
    staff.reads("还有 1 题没有作答，现在交卷吗？")
    staff.look()
    staff.press("回去作答第 10 题")
    know(staff, 10)
    staff.press("交卷")
    staff.reads("全部题目都已作答，现在交卷吗？")
    hand_in(staff)


def take_the_certificate(staff: Visitor) -> tuple[str, str]:
    """Result, sheet and PDF; the certificate's number and its code."""
    if LAW_FILE.exists():
        staff.page.locator(".sg-article").get_by_text("政府信息公开条例").first.wait_for()
    staff.go("查看证书")
    staff.reads("合格证书", "文知新", UNIT, "成绩合格，可以从事政务公开工作。")
    sheet = staff.page.locator(".sg-cert").inner_text()
    number = re.search(r"编号\s*(\S+ \S+)", sheet)
    code = re.search(r"校验码 ([0-9A-Z ]+?) 本证书", sheet.replace("\u3000", " "))
    assert number, sheet
    assert code, sheet
    href = staff.page.get_by_role("link", name="打印用 PDF").get_attribute("href")
    pdf = staff.context.request.get(staff.base + str(href)).body()
    assert pdf.startswith(b"%PDF-")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert number[1] in text
    assert "文知新" in text
    return number[1], code[1].replace(" ", "")


def verify(stranger: Visitor, number: str, code: str) -> None:
    stranger.visit(f"/verify/{code}")
    stranger.reads("证书真实有效", number, "文**", UNIT)
    assert "文知新" not in stranger.page.content()
