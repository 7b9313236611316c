"""An exam with short answers, from its blueprint to the certificate, on the pages of all who see it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.people.models import Person
from certification.blueprints.rules import Row, field_name, marks_name, read_form
from certification.certificates.models import Certificate
from certification.exams.models import Exam
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionType
from tests.certification.world import City, make_city, make_exam, sit
from tests.factories import make_person, make_question, sign_in
from tests.statements import counted

CASE = "某市民申请公开一份会议纪要，\n机关认为它是内部信息。"
COMMENT = "漏了告知救济途径。"
MODEL = "受理、答复、送达三个要点。"


def arrange(app: Flask, essays: int = 2) -> tuple[City, Exam, Person]:
    """A published exam of one choice and some short answers on one case, 20 marks each, and a reviewer."""
    with app.app_context(), transaction() as session:
        city = make_city(session)
        for _number in range(essays):
            make_question(
                session, city.editor, city.topic, type_=QuestionType.SHORT_ANSWER, passage=CASE
            )
        rows = (
            Row(city.topic.id, "single", "easy", 1, 20),
            Row(city.topic.id, "short_answer", None, essays, 20),
        )
        exam = make_exam(session, city, rows=rows, pass_mark=20 * essays + 10, tries=2)
        reviewer = make_person(session, Role.REVIEWER, unit=city.root, name="阅卷人")
    return city, exam, reviewer


class Visitor:
    """Somebody at a browser without script."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = sign_in(self.client, person)

    def see(self, address: str, status: int = 200) -> str:
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def mark(self, answer_id: int, **fields: object) -> tuple[int, str, str]:
        """Send the form of one answer: status, where it leads, what it shows."""
        answer = self.client.post(
            f"/marking/answers/{answer_id}",
            data={"csrf_token": self.csrf, "known": 0, "comment": "", "reason": "", **fields},
        )
        return answer.status_code, answer.location or "", answer.text


def answer_ids(html: str) -> list[int]:
    return sorted({int(found) for found in re.findall(r"/marking/answers/(\d+)", html)})


def certificates(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Certificate)) or 0


def test_a_blueprint_asks_for_short_answers() -> None:
    typed = read_form(
        {field_name(3, "short_answer", None): "2", marks_name("short_answer"): "10"}, [3]
    )
    assert typed.rows == (Row(3, "short_answer", None, 2, 10),)


def test_everybody_sees_that_it_waits(app: Flask) -> None:
    city, exam, reviewer = arrange(app)
    staff, office = Visitor(app, city.staff), Visitor(app, city.office)
    assert "由阅卷人评完以后出成绩" in staff.see(f"/exams/{exam.id}/brief")
    attempt_id = sit(app, exam, city.staff)

    result = staff.see(f"/results/{attempt_id}")
    assert "等待阅卷" in result
    assert "不合格" not in result
    assert MODEL not in result
    assert "卷中的简答题由阅卷人评分" in staff.see(f"/attempts/{attempt_id}")
    assert "上一次答卷还在阅卷" in staff.see("/my/exams")
    assert "上一次答卷还在阅卷" in staff.see(f"/exams/{exam.id}/brief")

    shown = office.see(f"/exams/{exam.id}")
    assert "有 1 人的简答题还在等阅卷" in shown
    assert "/marking" in shown
    assert "文知新" in office.see(f"/exams/{exam.id}?state=marking")
    assert "没有符合条件的人" in office.see(f"/exams/{exam.id}?state=failed")
    assert "待阅卷" in office.see(f"/exams/{exam.id}/candidates/{city.staff.id}")
    assert "1 份答卷，2 份答案" in office.see("/")
    assert "评阅简答题" in Visitor(app, reviewer).see("/")
    assert "去阅卷" not in Visitor(app, city.coordinator).see(f"/exams/{exam.id}")


def test_a_marker_goes_from_answer_to_answer_and_the_last_one_gives_the_certificate(
    app: Flask,
) -> None:
    city, exam, reviewer = arrange(app)
    attempt_id = sit(app, exam, city.staff)
    marker = Visitor(app, reviewer)
    index = marker.see("/marking")
    assert "1 份答卷里有 2 份简答题等您评分" in index
    questions = re.findall(r'href="(/marking/\d+/\d+)"', index)
    assert len(questions) == 2

    first = marker.see(questions[0])
    for word in (MODEL, "某市民申请公开一份会议纪要", "先登记", "解析"):
        assert word in first
    (one,) = answer_ids(first)
    form = marker.see(f"/marking/answers/{one}")
    for page in (index, first, form):
        assert "文知新" not in page  # whose it is, nobody learns here
        assert city.staff.staff_no not in page

    status, _where, shown = marker.mark(one, marks="20.3", comment=COMMENT)
    assert status == 422
    assert "分数填 0 到 20，可以带半分" in shown
    assert COMMENT in shown  # nothing typed is lost
    assert marker.mark(one, marks="", comment=COMMENT)[0] == 422
    status, where, _shown = marker.mark(one, marks="１２.5", comment=COMMENT)
    assert (status, where) == (302, "/marking")
    assert certificates(app) == 0

    (two,) = answer_ids(marker.see(questions[1]))
    assert marker.mark(two, marks="20")[:2] == (302, "/marking")
    assert "没有要评的答卷" in marker.see("/marking")
    marker.see(f"/marking/answers/{one}", 404)
    assert certificates(app) == 1

    result = Visitor(app, city.staff).see(f"/results/{attempt_id}?show=all")
    assert "52.5" in result
    for word in (
        "得 12.5 / 20 分",
        "得 20 / 20 分",
        "再在二十个工作日内答复",
        COMMENT,
        MODEL,
        "材料",
    ):
        assert word in result


def test_a_marker_is_told_when_somebody_else_was_there_first(app: Flask) -> None:
    city, exam, reviewer = arrange(app)
    with app.app_context(), transaction() as session:
        third = make_person(session, unit=city.unit, name="另一人")
    for person in (city.staff, third):
        sit(app, exam, person)
    marker, office = Visitor(app, reviewer), Visitor(app, city.office)
    question = re.findall(r'href="(/marking/\d+/\d+)"', marker.see("/marking"))[0]
    one, two = answer_ids(marker.see(question))
    status, where, _shown = office.mark(one, marks="7")
    assert (status, where) == (302, f"/marking/answers/{two}")  # the next of the same question

    status, _where, shown = marker.mark(one, marks="9", comment=COMMENT)
    assert status == 409
    assert "章有法评了 7 分" in shown
    assert COMMENT in shown
    known = re.search(r'name="known"[^>]*value="(\d+)"', shown)
    assert known is not None
    status, _where, shown = marker.mark(one, marks="9", known=known[1])
    assert status == 422
    assert "改分要写明理由" in shown
    assert marker.mark(one, marks="9", known=known[1], reason="漏看一行")[0] == 302
    assert "9 分" in marker.see(question)


def test_the_office_corrects_a_mark_from_the_result(app: Flask) -> None:
    city, exam, reviewer = arrange(app, essays=1)
    attempt_id = sit(app, exam, city.staff)
    marker, office = Visitor(app, reviewer), Visitor(app, city.office)
    question = re.findall(r'href="(/marking/\d+/\d+)"', marker.see("/marking"))[0]
    (one,) = answer_ids(marker.see(question))
    marker.mark(one, marks="5")
    assert certificates(app) == 0
    address = f"/marking/attempts/{attempt_id}/2"
    assert f'href="{address}"' in office.see(f"/results/{attempt_id}")
    assert address not in Visitor(app, city.staff).see(f"/results/{attempt_id}")
    assert "5 分，是您评的" in marker.see(address)
    sent = {"csrf_token": office.csrf, "known": 1, "marks": "20", "comment": "", "reason": ""}
    refused = office.client.post(address, data=sent)
    assert (refused.status_code, "改分要写明理由" in refused.text) == (422, True)
    assert office.client.post(address, data={**sent, "reason": "看漏一行"}).status_code == 302
    assert "成绩按新的分重新算过" in office.see(address)
    assert certificates(app) == 1


def test_pages_of_marking_cost_the_same_however_many_wait(app: Flask) -> None:
    city, exam, reviewer = arrange(app)
    marker = Visitor(app, reviewer)
    costs = []
    for number in range(2):
        with app.app_context(), transaction() as session:
            people = [make_person(session, unit=city.unit) for _ in range(1 + 4 * number)]
        for person in people:
            sit(app, exam, person)
        question = re.findall(r'href="(/marking/\d+/\d+)"', marker.see("/marking"))[0]
        answer = f"/marking/answers/{answer_ids(marker.see(question))[0]}"
        cost = []
        for address in ("/marking", question, answer):
            with counted(app) as log:
                marker.see(address)
            cost.append(len(log))
        costs.append(cost)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 8


@pytest.mark.parametrize("role", [Role.EDITOR, Role.COORDINATOR, Role.AUDITOR, Role.ADMIN])
def test_others_do_not_mark(app: Flask, role: Role) -> None:
    city, exam, _reviewer = arrange(app)
    sit(app, exam, city.staff)
    with app.app_context(), transaction() as session:
        person = make_person(session, role, unit=city.root)
    visitor = Visitor(app, person)
    visitor.see("/marking", 403)
    assert visitor.mark(1, marks="20")[0] == 403
