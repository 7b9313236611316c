"""The loop after the certificate: registration, rounds and points, practice, a transfer."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from core import clock
from core.formats import civil_date_text
from core.jobs.services import run_now
from tests.browser import office_workbook
from tests.browser.journey import Visitor

ROUND = "第 1 轮定期答题"


# --- registration -------------------------------------------------------------------


def file_for(coordinator: Visitor, name: str) -> None:
    """With a telephone number that is too short first: nothing that was typed is lost."""
    coordinator.visit("/")
    coordinator.reads("给持证人员备案")
    coordinator.go("备案")
    coordinator.go("新增备案")
    page = coordinator.page
    page.get_by_role("row", name=name).get_by_role("link").click()
    coordinator.reads(f"给{name}备案")
    page.get_by_label("职务").fill("政务公开股股长")
    page.get_by_label("联系电话").fill("1380013")
    coordinator.press("提交备案")
    coordinator.reads("联系电话应为 11 位，现在是 7 位")
    assert page.get_by_label("职务").input_value() == "政务公开股股长"
    coordinator.look()
    page.get_by_label("联系电话").fill("13800138000")
    coordinator.press("提交备案")
    coordinator.reads(f"已提交{name}的备案，等办公室审核")
    coordinator.look()


def record(office: Visitor, name: str) -> None:
    office.visit("/")
    office.follow("备案待审")
    office.go(name)
    office.press("准予备案")
    day = clock.today()
    office.reads("已准予备案，编号", "锁定中")
    held = day.replace(year=day.year + 1)
    office.reads(f"锁定至 {civil_date_text(held)}")
    office.look()


# --- rounds and points ----------------------------------------------------------------


def plan_rounds(office: Visitor, app: Flask) -> None:
    """The office makes the plan; the clock opens the round."""
    office.go("积分")
    office.go("定期答题")
    office.go("新建答题计划")
    office.press("建立计划")
    office.reads("答题计划已建好，到开放日会自己开放。", "接下来几轮")
    office.look()
    with app.app_context():
        run_now(app.extensions["jobs"]["quiz.rounds"])
    office.go("定期答题")
    office.reads(ROUND)


def sit_round(staff: Visitor, *, wrong: int) -> None:
    """All questions but the first ``wrong`` rightly; the points are there at once."""
    staff.visit("/")
    staff.reads(ROUND, "首次作答计分")
    staff.go("开始答题")
    staff.reads("答题说明", "不计时")
    staff.press("开始答题")
    staff.page.locator(".sg-q__no").get_by_text("第 1 题", exact=True).wait_for()
    staff.look()
    position = 1
    while True:
        row = office_workbook.TAKEN[staff.stem()]
        if position <= wrong:
            staff.answer_wrongly(row)
        else:
            staff.answer(row)
        position += 1
        if not staff.has_next():
            break
        staff.press("下一题")
        staff.page.locator(".sg-q__no").get_by_text(f"第 {position} 题", exact=True).wait_for()
    staff.hand_in_paper()
    staff.go("查看结果")
    staff.reads("达标", "记入明细", "逐题回顾")
    staff.go("看积分明细")
    staff.reads("积分明细", ROUND)


def practise_the_wrong_ones(staff: Visitor) -> None:
    """From the notebook, with the explanation after the answer; points do not move."""
    staff.visit("/practice")
    staff.reads("题今天适合复习")
    staff.press("复习 1 题")
    staff.page.locator(".sg-q__no").get_by_text("第 1 题", exact=True).wait_for()
    staff.answer(office_workbook.TAKEN[staff.stem()])
    staff.press("看答案")
    staff.reads("答对了")
    staff.look()
    staff.hand_in_paper()
    staff.reads("题答对，共 1 题")
    staff.look()


def read_own_record(staff: Visitor) -> None:
    staff.visit("/")
    staff.go("我的档案")
    staff.reads("准予备案", "取得合格证书", ROUND, "锁定期满")


# --- transfer -------------------------------------------------------------------------


def ask_to_move(coordinator: Visitor, name: str, successor: str) -> None:
    """Inside the hold: told what is needed, with what was typed still there."""
    page, day = coordinator.page, clock.today() + timedelta(days=20)
    coordinator.visit("/registrations")
    coordinator.go(name)
    coordinator.go("办理调岗")
    page.get_by_label("生效日").fill(day.isoformat())
    page.get_by_label("其他去向").fill("市审计局")
    coordinator.press("提交")
    coordinator.reads("这一天在锁定期内，需要补充 3 项", "在锁定期内，比可调日早")
    assert page.get_by_label("其他去向").input_value() == "市审计局"
    coordinator.look()
    page.get_by_label("理由").fill("组织统一安排干部交流，已下发通知。")
    page.get_by_label("批准文件号").fill("云组干〔2026〕87号")
    value = page.get_by_label("接替人").locator("option", has_text=successor).get_attribute("value")
    page.get_by_label("接替人").select_option(value)
    coordinator.press("提交")
    coordinator.reads("已提交，等领导小组办公室决定。")
    coordinator.look()


def grant_the_exception(office: Visitor, name: str, unit: str) -> None:
    office.visit("/")
    office.follow("调岗待决")
    office.go(name)
    page = office.page
    office.reads("原则上", "在锁定期内，比可调日早", f"{unit}还有几人")
    page.get_by_label("作为例外批准").check()
    if page.get_by_label("我已知道").count():
        page.get_by_label("我已知道").check()
    office.look()
    office.press("批准调岗")
    office.reads("已批准", "作为例外批准", "市审计局")
    office.look()
