"""Pages of question statistics and exam quality."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.permissions import Role
from question_bank.questions.models import Pool, QuestionType
from quiz.keys import services as keys
from quiz.keys.rules import Verdict
from quiz.statistics.jobs import refresh
from tests.factories import make_person, make_question, make_topic, make_unit, sign_in
from tests.quiz.answered import Nature, hold, people_of
from tests.statements import counted


@dataclass
class Shown:
    """A refreshed bank: ids of its questions by how they behave, and of its occasions."""

    wrong: int
    sound: int
    judged: int
    rare: int
    unseen: int
    exam: int
    small: int
    topic_id: int
    wrong_version: int


@pytest.fixture
def shown(app: Flask) -> Shown:
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            author, topic = make_person(session, Role.EDITOR), make_topic(session, "依申请公开")
            versions = [
                make_question(session, author, topic, pool=Pool.BOTH if 1 <= n <= 3 else Pool.EXAM)
                for n in range(8)
            ]
            judged = make_question(session, author, topic, type_=QuestionType.TRUE_FALSE)
            filled = make_question(session, author, topic, type_=QuestionType.FILL_IN)
            rare = make_question(session, author, topic)
            unseen = make_question(session, author, topic)
            wrong = versions[0]
            people = people_of(session, 80)
            exam = hold(
                session, [*versions, judged, filled], people, opens_at=now - timedelta(days=9),
                natures={wrong.id: Nature(hard=-0.5, believed=3)},
            )  # fmt: skip
            small = hold(session, [rare, *versions[1:4]], people[:5], kind="round", title="第 2 轮")
        refresh(now)
    return Shown(
        wrong.question_id, versions[1].question_id, judged.question_id, rare.question_id,
        unseen.question_id, exam.id, small.id, topic.id, wrong.id,
    )  # fmt: skip


def signed_in(app: Flask, role: Role) -> FlaskClient:
    with app.app_context(), transaction() as session:
        person = make_person(session, role, unit=make_unit(session))
    client = app.test_client()
    sign_in(client, person)
    return client


def test_the_list_shows_what_wants_a_look_and_narrows_it(app: Flask, shown: Shown) -> None:
    client = signed_in(app, Role.REVIEWER)
    page = client.get("/statistics").text
    assert f"/statistics/questions/{shown.wrong}" in page
    assert f"/statistics/questions/{shown.sound}" not in page
    assert "答案可疑" in page
    assert f"/statistics/questions/{shown.wrong}" in client.get("/statistics?flag=key_suspect").text
    assert "这里没有要看的题" in client.get("/statistics?flag=drifted").text
    everything = client.get("/statistics?flag=all").text
    assert f"/statistics/questions/{shown.sound}" in everything
    assert "不到 30 人，不稳" in everything
    assert f"/statistics/questions/{shown.unseen}" not in everything
    assert "没有符合条件的题" in client.get("/statistics?flag=all&topic=99999").text
    chosen = client.get(f"/statistics?flag=all&topic={shown.topic_id}&sort=facility").text
    assert "找到 11 题" in chosen


@pytest.mark.parametrize("odd", ["flag=nonsense", "topic=x", "topic=9" + "9" * 30, "sort=x&page=0"])
def test_an_edited_address_shows_the_list(app: Flask, shown: Shown, odd: str) -> None:
    assert "题目统计" in signed_in(app, Role.EDITOR).get(f"/statistics?{odd}").text


def test_a_question_shows_its_figures_its_flags_in_words_and_what_to_do(
    app: Flask, shown: Shown
) -> None:
    client = signed_in(app, Role.EDITOR)
    page = client.get(f"/statistics/questions/{shown.wrong}").text
    assert "答案可疑" in page
    assert "对照条文核对答案" in page
    assert f"/questions/{shown.wrong}/edit" in page  # 改出新版
    assert "只在考试里出现" in page
    assert "约 40" in page
    assert "选项丁" in page  # in the table beneath the picture
    assert "成绩前 27%" in page
    assert "2026年第四季度政务公开资格考试" in page
    assert "/statistics/exams/" not in page  # editors do not see exams
    judged = client.get(f"/statistics/questions/{shown.judged}").text
    assert "正确（答案）" in judged


def test_a_suspect_key_leads_to_its_reports_and_its_correction(app: Flask, shown: Shown) -> None:
    editor, reviewer = signed_in(app, Role.EDITOR), signed_in(app, Role.REVIEWER)
    address = f"/statistics/questions/{shown.wrong}"
    matter, correct = f"/errata/versions/{shown.wrong_version}", "/correct"
    assert f'href="{matter}"' in editor.get(address).text
    assert f'href="{matter}{correct}"' not in editor.get(address).text
    assert f'href="{matter}{correct}"' in reviewer.get(address).text
    assert f'href="{address}"' in editor.get(matter).text


def test_a_corrected_key_is_marked_as_the_right_one_at_once(app: Flask, shown: Shown) -> None:
    with app.app_context(), transaction() as session:
        asker, decider = make_person(session, Role.REVIEWER), make_person(session, Role.OFFICE)
        correction_id = keys.ask(
            session, version_id=shown.wrong_version, verdict=Verdict.KEY, key=[3], by=asker.id,
            reason="条例第三十三条", now=clock.now(),
        )  # fmt: skip
    client = signed_in(app, Role.REVIEWER)
    address = f"/statistics/questions/{shown.wrong}"
    assert "答案更正过" not in client.get(address).text  # nobody has agreed
    with app.app_context(), transaction() as session:
        keys.decide(session, correction_id=correction_id, approve=True, reason="", by=decider.id,
                    now=clock.now())  # fmt: skip
    page = client.get(address).text
    assert "答案更正过" in page
    assert re.search(r"选项丁\d+（答案）", page)
    assert not re.search(r"选项乙\d+（答案）", page)


def test_a_question_with_few_answers_says_so_and_one_without_any_too(
    app: Flask, shown: Shown
) -> None:
    client = signed_in(app, Role.OFFICE)
    assert "还不到 30 人作答（现在 5 人）" in client.get(f"/statistics/questions/{shown.rare}").text
    assert "还没有数字" in client.get(f"/statistics/questions/{shown.unseen}").text
    assert client.get("/statistics/questions/99999").status_code == 404


def test_the_quality_of_an_exam(app: Flask, shown: Shown) -> None:
    client = signed_in(app, Role.OFFICE)
    page = client.get(f"/statistics/exams/{shown.exam}").text
    assert "KR-20" in page  # all had the same questions, wholly right or wholly wrong
    assert "成绩分布" in page
    assert f"/statistics/questions/{shown.wrong}" in page
    small = client.get(f"/statistics/exams/{shown.small}").text
    assert "还不到 30 人作答（现在 5 人），不算信度" in small
    listed = client.get("/statistics/exams").text
    assert f"/statistics/exams/{shown.exam}" in listed
    assert "第 2 轮" in listed
    assert client.get("/statistics/exams/99999").status_code == 404


def test_the_quality_of_exams_is_for_those_who_see_the_whole_city(app: Flask, shown: Shown) -> None:
    client = signed_in(app, Role.COORDINATOR)
    assert client.get("/statistics/exams").status_code == 404
    assert client.get(f"/statistics/exams/{shown.exam}").status_code == 404
    assert client.get(f"/statistics/questions/{shown.wrong}").status_code == 403


def test_an_empty_bank_says_when_there_will_be_figures(app: Flask) -> None:
    client = signed_in(app, Role.OFFICE)
    assert "还没有数字" in client.get("/statistics").text
    assert "还没有数字" in client.get("/statistics/exams").text


def test_lists_take_the_same_number_of_statements_however_long(app: Flask, shown: Shown) -> None:
    client = signed_in(app, Role.OFFICE)
    numbers = []
    for path in ("/statistics?flag=key_suspect", "/statistics?flag=all"):
        with counted(app) as log:
            assert client.get(path).status_code == 200
        numbers.append(len(log))
    assert numbers[0] == numbers[1]
    for path, most in (
        (f"/statistics/questions/{shown.sound}", 10), (f"/statistics/exams/{shown.exam}", 7),
        ("/statistics/exams", 5),
    ):  # fmt: skip
        with counted(app) as log:
            client.get(path)
        assert len(log) <= most, path


def test_the_pages_of_a_question_and_of_an_exam_lead_here(app: Flask, shown: Shown) -> None:
    client = signed_in(app, Role.REVIEWER)
    page = client.get(f"/questions/{shown.wrong}").text
    assert f'href="/statistics/questions/{shown.wrong}"' in page
