"""The office defines an exam step by step, watches it, and decides about candidates."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient

from accounts.people.models import Person
from core import clock
from core.db import transaction
from core.permissions import Role
from tests.certification.world import City, arrange, make_city, make_draft, sit
from tests.factories import make_login, make_person, sign_in, sign_in_with
from tests.statements import counted


class Browser:
    """A signed-in client that sends the CSRF token."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = sign_in(self.client, person)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        answer = self.client.post(path, data={"csrf_token": self.csrf, **data})
        assert answer.status_code == status, answer.text[:400]
        return answer.headers.get("Location", "") or answer.text


def _city(app: Flask) -> City:
    with app.app_context(), transaction() as session:
        return make_city(session)


def _frame(city: City, **changes: object) -> dict[str, Any]:
    start = clock.civil(clock.now() + timedelta(days=1)).replace(tzinfo=None)
    return {
        "title": "第四季度资格考试", "opens_at": start.strftime("%Y-%m-%dT%H:%M"),
        "closes_at": (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "units": [str(city.unit.id)], "people": "", "needs_training": "y", **changes,
    }  # fmt: skip


def test_an_exam_is_set_in_four_steps_and_published_once(app: Flask) -> None:
    city = _city(app)
    office = Browser(app, city.office)
    assert "还没有考试" in office.get("/exams")
    assert office.post("/exams/new", **_frame(city)) == "/exams/1/blueprint"
    page = office.get("/exams/1/blueprint")
    assert "有 5" in page
    assert "还没有填" in page
    cells: dict[str, Any] = {
        f"c-{city.topic.id}-single-easy": "5",
        "m-single": "20",
        "version": "1",
    }
    assert office.post("/exams/1/blueprint", action="next", **cells) == "/exams/1/terms"
    page = office.get("/exams/1/terms")
    assert 'value="80"' in page  # the rulebook's pass mark
    terms: dict[str, Any] = {
        "minutes": "60", "pass_mark": "80", "tries": "2", "version": "2",
        "multiple_rule": "all_or_nothing", "release_rule": "after_window",
    }  # fmt: skip
    assert office.post("/exams/1/terms", **terms) == "/exams/1/publish"
    assert "可以发布" in office.get("/exams/1/publish")
    assert office.post("/exams/1/publish", version="3") == "/exams/1"
    office.post("/exams/1/publish", 409, version="4")
    page = office.get("/exams/1")
    assert "未开始" in page
    assert "文知新" in page
    assert "编小题" not in page  # sees keys, so is no candidate
    assert "第四季度资格考试" in office.get("/exams?phase=coming")
    office.get("/exams/1/edit", 409)


def test_the_blueprint_page_says_at_once_which_cell_cannot_be_filled(app: Flask) -> None:
    city = _city(app)
    office = Browser(app, city.office)
    office.post("/exams/new", **_frame(city))
    short: dict[str, Any] = {f"c-{city.topic.id}-single-easy": "6", "m-single": "2", "version": "1"}
    assert office.post("/exams/1/blueprint", action="next", **short) == "/exams/1/blueprint"
    page = office.get("/exams/1/blueprint")
    assert "仅 5 题" in page  # the cell
    assert "“依申请公开，单选，易”要 6 题，可用只有 5 题。" in page  # the notice
    assert "还不能组卷" in page  # the bar
    crossed: dict[str, Any] = {
        f"c-{city.topic.id}-single-easy": "2", "c-any-single-any": "1", "m-single": "2",
        "version": "2",
    }  # fmt: skip
    page = office.post("/exams/1/blueprint", 422, action="check", **crossed)
    assert "“依申请公开，单选，易”和“任何知识点，单选，难度不限”重叠" in page
    assert re.search(r'name="c-any-single-any"[^>]*value="1"', page)  # what was typed is kept
    page = office.post(
        "/exams/1/blueprint", 422, action="check", version="2", **{"c-any-single-any": "许多"}
    )
    assert 'value="许多"' in page
    assert "应为整数" in page


def test_a_draft_changed_by_someone_else_keeps_what_was_typed(app: Flask) -> None:
    city = _city(app)
    one, other = Browser(app, city.office), Browser(app, city.second)
    one.post("/exams/new", **_frame(city))
    other.post("/exams/1/edit", **_frame(city, title="别人的名称", version="1"))
    page = one.post("/exams/1/edit", 409, **_frame(city, title="自己的名称", version="1"))
    assert 'value="自己的名称"' in page
    assert "别人的名称" in page
    assert city.second.staff_no in page
    assert 'name="version" type="hidden" value="2"' in page
    one.post("/exams/1/edit", **_frame(city, title="自己的名称", version="2"))
    cells: dict[str, Any] = {f"c-{city.topic.id}-single-easy": "1", "m-single": "20"}
    page = one.post("/exams/1/blueprint", 409, action="check", version="2", **cells)
    assert re.search(r'value="1"[^>]*data-available="5"', page)
    terms: dict[str, Any] = {
        "minutes": "45", "pass_mark": "77", "tries": "2", "version": "1",
        "multiple_rule": "partial", "release_rule": "by_hand",
    }  # fmt: skip
    page = one.post("/exams/1/terms", 409, **terms)
    assert 'value="77"' in page
    assert "没有发布" in one.post("/exams/1/publish", 409, version="1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": " "}, "这一项要填"),
        ({"closes_at": "2020-01-01T00:00"}, "结束时间要晚于开始时间"),
        ({"people": "D9, d8\nD9"}, "查不到这些工号：D9、D8。"),
        ({"units": []}, "没有人可以参加"),
        ({"units": ["999999"]}, "有一项已经不能选"),
        ({"opens_at": "x"}, "考试名称"),
    ],
)
def test_a_refused_step_says_why_and_keeps_all(
    app: Flask, change: dict[str, object], words: str
) -> None:
    city = _city(app)
    page = Browser(app, city.office).post("/exams/new", 422, **_frame(city, **change))
    assert words in page
    if "title" not in change:
        assert "第四季度资格考试" in page


def test_people_who_see_keys_are_not_simply_listed(app: Flask) -> None:
    city = _city(app)
    frame = _frame(city, people=f"{city.staff.staff_no} {city.editor.staff_no}")
    page = Browser(app, city.office).post("/exams/new", 422, **frame)
    assert f"这些人能看到答案：{city.editor.staff_no} 编小题" in page


def test_candidates_are_listed_filtered_and_exported_within_scope(app: Flask) -> None:
    city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        absent = make_person(session, unit=city.unit, name="没有来")
        outsider = make_person(session, Role.COORDINATOR, unit=city.other, name="外单位")
    sit(app, exam, city.staff)
    office = Browser(app, city.office)
    page = office.get(f"/exams/{exam.id}?state=passed")
    assert "文知新" in page
    assert "没有来" not in page
    data = office.client.get(f"/exams/{exam.id}/candidates.xlsx?q={absent.staff_no.lower()}").data
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    assert [row[1] for row in rows.to_python()] == ["姓名", "没有来"]
    assert "文知新" in Browser(app, city.coordinator).get(f"/exams/{exam.id}")
    elsewhere = Browser(app, outsider)
    assert "文知新" not in elsewhere.get(f"/exams/{exam.id}")
    elsewhere.get(f"/exams/{exam.id}/candidates/{city.staff.id}", 404)
    elsewhere.get("/results/1", 404)
    elsewhere.get("/certificates/1", 404)
    elsewhere.get("/certificates/1.pdf", 404)
    assert "政公证" not in elsewhere.get("/certificates")


def test_a_draft_is_not_shown_to_units(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        city = make_city(session)
        exam = make_draft(session, city)
    coordinator = Browser(app, city.coordinator)
    coordinator.get(f"/exams/{exam.id}", 404)
    assert exam.title not in coordinator.get("/exams")
    assert exam.title in Browser(app, city.office).get("/exams")


def test_a_list_costs_the_same_whatever_its_length(app: Flask) -> None:
    city, exam = arrange(app)
    client = app.test_client()
    with app.app_context(), transaction() as session:
        token = make_login(session, city.office)
    sign_in_with(client, token)
    with counted(app) as few:
        client.get(f"/exams/{exam.id}")
    with app.app_context(), transaction() as session:
        for _number in range(15):
            make_person(session, unit=city.unit)
    with counted(app) as many:
        client.get(f"/exams/{exam.id}")
    assert len(few) == len(many) <= 16


def test_voiding_asks_a_second_person_on_pages(app: Flask) -> None:
    city, exam = arrange(app)
    attempt_id = sit(app, exam, city.staff)
    office, second = Browser(app, city.office), Browser(app, city.second)
    assert "须由办公室的另一位同事同意" in office.get(f"/exams/attempts/{attempt_id}/void")
    office.post(f"/exams/attempts/{attempt_id}/void", 422, reason=" ")
    office.post(f"/exams/attempts/{attempt_id}/void", reason="替考")
    assert "去决定" in office.get(f"/exams/{exam.id}")
    assert "须由办公室的另一位同事决定" in office.get("/exams/voids/1")
    office.post("/exams/voids/1", 403, decision="agree")
    second.post("/exams/voids/1", 422)
    second.post("/exams/voids/1", decision="agree", reason="属实")
    second.get("/exams/voids/1", 404)
    assert "已作废" in second.get(f"/results/{attempt_id}")
    assert "替考" in second.get("/certificates/1")
    second.get("/exams/attempts/999/void", 404)


def test_an_exam_is_cancelled_with_a_reason(app: Flask) -> None:
    city, exam = arrange(app)
    office = Browser(app, city.office)
    office.get(f"/exams/{exam.id}/cancel")
    office.post(f"/exams/{exam.id}/cancel", 422)
    office.post(f"/exams/{exam.id}/cancel", reason="改期")
    assert "已取消" in office.get("/exams")
    assert "已取消" in Browser(app, city.staff).get("/my/exams")
    assert "已经取消" in Browser(app, city.staff).get(f"/exams/{exam.id}/brief")
