"""A member of staff before and after an exam: which, may I, the result, the certificate."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine
from flask import Flask

from core import clock
from core.db import transaction
from core.permissions import Role
from quiz.occasions.models import ReleaseRule
from tests.certification.test_office_pages import Browser
from tests.certification.world import arrange, sit
from tests.databases import both_databases
from tests.factories import make_login, make_person, sign_in_with
from tests.statements import counted
from training.models import Attendance, TrainingKind, TrainingSession


def test_an_open_exam_is_listed_explained_and_started(app: Flask) -> None:
    city, exam = arrange(app)
    staff = Browser(app, city.staff)
    assert exam.title in staff.get("/my/exams")
    assert "开始考试" in staff.get(f"/exams/{exam.id}/brief")
    assert staff.post(f"/exams/{exam.id}/start") == "/attempts/1"
    assert staff.post(f"/exams/{exam.id}/start") == "/attempts/1"
    assert "继续作答" in staff.get(f"/exams/{exam.id}/brief")


def test_an_exam_of_others_is_not_found(app: Flask) -> None:
    city, exam = arrange(app)
    stranger = Browser(app, city.stranger)
    assert exam.title not in stranger.get("/my/exams")
    stranger.get(f"/exams/{exam.id}/brief", 404)
    stranger.post(f"/exams/{exam.id}/start", 404)
    stranger.get("/exams/999/brief", 404)


def test_a_start_without_training_is_refused_with_the_reason(app: Flask) -> None:
    city, exam = arrange(app, needs_training=True)
    staff = Browser(app, city.staff)
    page = staff.post(f"/exams/{exam.id}/start", 409)
    assert "您在最近 12 个月内没有参加过培训，不能开始考试。" in page
    assert "没有参加过培训" in staff.get("/my/exams")
    now = clock.now()
    with app.app_context(), transaction() as session:
        held = TrainingSession(
            kind=TrainingKind.ROTATION, title="全市轮训", starts_at=now - timedelta(days=30),
            ends_at=now, unit_id=None, recorded_by=city.office.id, recorded_at=now,
        )  # fmt: skip
        session.add(held)
        session.flush()
        session.add(
            Attendance(session_id=held.id, person_id=city.staff.id, recorded_by=city.office.id,
                       recorded_at=now)
        )  # fmt: skip
    assert "培训要求已满足" in staff.get(f"/exams/{exam.id}/brief")
    with counted(app) as log:
        staff.post(f"/exams/{exam.id}/start")
    assert len(log) <= 12, "\n".join(log)


@both_databases
def test_many_starts_at_once_give_one_attempt(app: Flask) -> None:
    city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        tokens = [make_login(session, city.staff) for _number in range(12)]
    gate = threading.Barrier(len(tokens))

    def one(token: str) -> tuple[int, int]:
        client = app.test_client()
        csrf = sign_in_with(client, token)
        gate.wait()
        answer = client.post(f"/api/v1/exams/{exam.id}/attempts", headers={"X-CSRFToken": csrf})
        return answer.status_code, answer.get_json()["id"]

    with ThreadPoolExecutor(len(tokens)) as pool:
        answers = list(pool.map(one, tokens))
    assert len({attempt for _status, attempt in answers}) == 1
    assert sorted(status for status, _attempt in answers) == [200] * 11 + [201]


def test_who_sees_keys_sits_only_when_admitted_and_the_result_says_why(app: Flask) -> None:
    city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        both = make_person(session, Role.STAFF, Role.EDITOR, unit=city.unit, name="两边干")
    person, office = Browser(app, both), Browser(app, city.office)
    assert "能看到这场考试的答案" in person.post(f"/exams/{exam.id}/start", 409)
    office.get(f"/exams/{exam.id}/admit")
    office.post(f"/exams/{exam.id}/admit", 422, staff_no="D0", reason="轮岗")
    office.post(f"/exams/{exam.id}/admit", staff_no=both.staff_no, reason="已调离题库岗位")
    assert "已调离题库岗位" in person.get(f"/exams/{exam.id}/brief")
    attempt_id = sit(app, exam, both)
    assert "经办公室准予参加：已调离题库岗位" in person.get(f"/results/{attempt_id}")


def test_a_pass_shows_the_score_and_leads_to_the_certificate(app: Flask) -> None:
    city, exam = arrange(app)
    attempt_id = sit(app, exam, city.staff)
    staff = Browser(app, city.staff)
    page = staff.get(f"/results/{attempt_id}")
    assert "100<small>" in page
    assert "政公证" in page
    assert "解析" in page  # released at once
    assert "/certificates/1" in page
    assert "您已经合格" in staff.get("/my/exams")
    assert "您已经合格" in staff.post(f"/exams/{exam.id}/start", 409)
    assert "政公证" in staff.get("/my/certificates")
    Browser(app, city.stranger).get(f"/results/{attempt_id}", 404)
    Browser(app, city.stranger).get("/certificates/1", 404)


def test_nothing_of_the_key_is_shown_before_release(app: Flask) -> None:
    city, exam = arrange(app, release_rule=ReleaseRule.BY_HAND)
    attempt_id = sit(app, exam, city.staff, right=False)
    staff, office = Browser(app, city.staff), Browser(app, city.office)
    for page in (staff.get(f"/results/{attempt_id}"), office.get(f"/results/{attempt_id}")):
        assert "不合格" in page
        assert "解析" not in page.replace("答案和解析", "")
        assert "选项乙" not in page
    assert "还可以考 1 次" in staff.get(f"/results/{attempt_id}")
    office.post(f"/exams/{exam.id}/release")
    office.post(f"/exams/{exam.id}/release", 409)
    page = staff.get(f"/results/{attempt_id}?show=wrong")
    assert "选错了" in page
    assert "选项乙" in page
    assert "这一类没有题" in staff.get(f"/results/{attempt_id}?show=right")


def test_after_the_window_the_answers_are_released_and_tries_are_over(app: Flask) -> None:
    city, exam = arrange(app, release_rule=ReleaseRule.AFTER_WINDOW)
    attempt_id = sit(app, exam, city.staff, right=False)
    with time_machine.travel(exam.closes_at + timedelta(hours=1)):
        staff = Browser(app, city.staff)
        page = staff.get(f"/results/{attempt_id}")
        assert "可以参加以后的补考" in page
        assert "逐题回顾" in page
        assert "考试已于" in staff.post(f"/exams/{exam.id}/start", 409)


def test_a_paper_left_open_is_closed_by_whoever_looks(app: Flask) -> None:
    city, exam = arrange(app)
    staff = Browser(app, city.staff)
    staff.post(f"/exams/{exam.id}/start")
    assert staff.client.get("/results/1").headers["Location"] == "/attempts/1"
    with time_machine.travel(exam.closes_at + timedelta(minutes=2)):
        later = Browser(app, city.staff)
        assert "不合格" in later.get("/my/exams")
        assert "到时自动交卷" in later.get("/results/1")


def test_programs_see_exams_and_start_one(app: Flask) -> None:
    city, exam = arrange(app)
    staff = Browser(app, city.staff)
    listed = staff.client.get("/api/v1/exams").get_json()["exams"]
    assert [(one["id"], one["state"], one["may_start"]) for one in listed] == [
        (exam.id, "open", True)
    ]
    headers = {"X-CSRFToken": staff.csrf}
    first = staff.client.post(f"/api/v1/exams/{exam.id}/attempts", headers=headers)
    again = staff.client.post(f"/api/v1/exams/{exam.id}/attempts", headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    other = Browser(app, city.stranger)
    refused = other.client.post(
        f"/api/v1/exams/{exam.id}/attempts", headers={"X-CSRFToken": other.csrf}
    )
    assert refused.status_code == 404
    assert refused.mimetype == "application/problem+json"


def test_the_office_reads_revokes_and_exports_certificates(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    office = Browser(app, city.office)
    assert "文知新" in office.get("/certificates?q=文知新&state=valid")
    assert "没有符合条件的证书" in office.get("/certificates?state=revoked")
    assert office.client.get("/certificates.xlsx").data.startswith(b"PK")
    assert office.client.get("/certificates/1.pdf").data.startswith(b"%PDF")
    day = clock.today().isoformat()
    assert "撤销文知新的证书？" in office.get("/certificates/1/revoke")
    office.post("/certificates/1/revoke", 422, effective_on="2001-01-01", reason="替考")
    office.post("/certificates/1/revoke", effective_on=day, reason="替考")
    office.post("/certificates/1/revoke", 409, effective_on=day, reason="替考")
    assert "已撤销" in office.get("/certificates/1")
    assert "已撤销" in Browser(app, city.staff).get("/my/certificates")


def test_anyone_may_check_a_certificate_without_seeing_personal_data(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    with app.app_context():
        from sqlalchemy import select

        from certification.certificates.models import Certificate
        from core.db import reading

        found = reading().scalars(select(Certificate)).one()
    anyone = app.test_client()
    answer = anyone.get(f"/verify/{found.code}")
    assert answer.status_code == 200
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "证书真实有效" in answer.text
    assert "文**" in answer.text
    for private in ("文知新", city.staff.phone, city.staff.staff_no):
        assert private not in answer.text
    spaced = f"{found.code[:4]} {found.code[4:8].lower()} {found.code[8:]}"
    typed = {"number": found.number.split()[1], "code": spaced}
    assert "证书真实有效" in anyone.get("/verify", query_string=typed).text
    wrong = {"number": "2026-999999", "code": found.code}
    assert anyone.get("/verify", query_string=wrong).status_code == 404
    assert "查不到" in anyone.get("/verify/ABCD").text
    assert anyone.get("/verify", query_string={"number": "", "code": "x"}).status_code == 422
    assert "查一张证书" in anyone.get("/verify").text
    with time_machine.travel(clock.now() + timedelta(days=800)):
        assert "证书已过期" in anyone.get(f"/verify/{found.code}").text
