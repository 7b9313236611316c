"""Practice without JavaScript, by plain forms, and its pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from core import clock
from core.db import reading, transaction
from question_bank.questions.models import Pool, QuestionType, QuestionVersion, VersionState
from quiz.attempts.models import Answer, Attempt
from quiz.notebook.models import NotebookEntry
from quiz.practice.models import Practice, PracticeCheck
from tests.factories import make_person, make_question, rewrite
from tests.quiz.candidates import count, sit
from tests.quiz.practices import (
    Bank,
    answer,
    bank_of,
    begin,
    check,
    client_of,
    fill_notebook,
    notebook,
    right_values,
)

SINGLE = (QuestionType.SINGLE,)


def _hidden(html: str) -> dict[str, str]:
    form = html.split('id="question"')[1].split("</form>", maxsplit=1)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_a_practice_by_forms_from_the_start_to_the_result(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE, QuestionType.TRUE_FALSE))
    client, csrf = client_of(app, bank.person)
    begun = client.post(
        "/practice/start",
        data={"csrf_token": csrf, "source": "topic", "topic": str(bank.topic.id), "count": "5"},
    )
    path = begun.location
    attempt_id = int(path.rsplit("/", 1)[1])
    door = client.get(path).text
    assert "每答一题就能看答案。" in door
    assert "自动交卷" not in door.split('id="stage"')[1].split("<template")[0]
    opened = client.post(
        f"{path}/open", data={"csrf_token": csrf, "open_id": "practice-1", "position": "1"}
    )
    page = client.get(opened.location).text
    assert "看答案" in page
    assert "解析" not in page.split("<template")[0]
    refused = client.post(
        f"{path}/answer", data={"csrf_token": csrf, **_hidden(page), "go": "check"}
    )
    assert refused.status_code == 409
    assert "先作答，再看答案" in refused.text
    right = right_values(app, attempt_id)[0]
    wrong = next(letter for letter in "ABCD" if letter != right)
    told = client.post(
        f"{path}/answer", data={"csrf_token": csrf, **_hidden(page), "a": wrong, "go": "check"}
    )
    page = client.get(told.location).text.split("<template")[0]
    assert "答错了" in page
    assert f"正确答案：{right} " in page
    assert "解析" in page
    assert "<fieldset disabled>" in page
    assert 'value="check" hidden' in page
    # the inputs are disabled, so a browser sends none: the answer stays
    onward = client.post(f"{path}/answer", data={"csrf_token": csrf, **_hidden(page), "go": "next"})
    assert "q=2" in onward.location
    page = client.get(onward.location).text
    client.post(
        f"{path}/answer", data={"csrf_token": csrf, **_hidden(page), "a": "A", "go": "check"}
    )
    asked = client.get(f"{path}/submit?epoch=1").text
    assert "现在结束练习吗" in asked
    assert "还剩" not in asked
    ended = client.post(f"{path}/submit", data={"csrf_token": csrf, "epoch": "1"})
    assert ended.location == f"/practice/results/{attempt_id}"
    result = client.get(ended.location).text
    assert "1<small>题答对，共 2 题" in result
    assert "再练这些题" in result
    with app.app_context():
        stored = reading().scalar(select(Answer.value).where(Answer.position == 1))
    assert stored == f'"{wrong}"'
    again = client.post(f"/practice/results/{attempt_id}/again", data={"csrf_token": csrf})
    with app.app_context():
        newest = reading().scalars(select(Practice).order_by(Practice.id.desc())).first()
    assert newest is not None
    assert again.location == f"/attempts/{newest.attempt_id}"
    assert newest.source.value == "notebook"
    over = client.get(path).text
    assert "练习已结束" in over
    assert "试卷指纹" not in over.split("<template")[0]


def test_the_form_of_an_exam_cannot_ask_for_the_answer(app: Flask) -> None:
    candidate = sit(app)
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=1&epoch=1").text
    assert "看答案" not in page
    fields = {**_hidden(page), "csrf_token": candidate.csrf, "a": "A", "go": "check"}
    refused = candidate.client.post(f"/attempts/{candidate.attempt_id}/answer", data=fields)
    assert refused.status_code == 409
    assert "解析" not in refused.text
    assert count(app, PracticeCheck) == 0


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"source": "topic", "topic": "999999", "count": "5"}, 422),
        ({"source": "topic", "topic": "abc", "count": "5"}, 422),
        ({"source": "topic", "topic": "", "count": "7"}, 422),
        ({"source": "topic", "topic": "", "count": ""}, 422),
        ({"source": "notebook", "count": "0"}, 422),
        ({"source": "notebook", "count": "21"}, 422),
        ({"source": "notebook", "count": "x"}, 422),
        ({"source": "notebook", "topic": "999999", "count": "5"}, 404),
        ({"source": "notebook", "count": "5"}, 409),
        ({}, 422),
    ],
)
def test_a_start_that_makes_no_sense_starts_nothing(
    app: Flask, fields: dict[str, str], status: int
) -> None:
    bank = bank_of(app)
    client, csrf = client_of(app, bank.person)
    answer = client.post("/practice/start", data={"csrf_token": csrf, **fields})
    assert answer.status_code == status, answer.text
    assert count(app, Practice) == count(app, Attempt) == 0


def test_the_index_shows_what_there_is_and_what_was_left(app: Flask) -> None:
    bank = bank_of(app, pool=Pool.PRACTICE)
    client, _csrf = client_of(app, bank.person)
    page = client.get("/practice").text
    assert "全部知识点，4 题" in page
    assert "依申请公开，4 题" in page
    assert "还没有错题" in page
    fill_notebook(app, bank, *bank.versions[:3])
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=True)
    check(candidate, 1)
    page = client.get("/practice").text
    assert "2<small>题今天适合复习" in page  # the first was rightly practised just now
    assert "复习 2 题" in page
    assert "全部 3 题" in page
    assert f'href="/attempts/{candidate.attempt_id}"' in page
    assert "答对 1 / 1" in page
    candidate.submit()
    page = client.get("/practice").text
    assert f'href="/practice/results/{candidate.attempt_id}"' in page


def test_unfinished_practice_leads_from_its_result_back_to_its_page(app: Flask) -> None:
    candidate = begin(app, bank_of(app))
    answer_ = candidate.client.get(f"/practice/results/{candidate.attempt_id}")
    assert answer_.location == f"/attempts/{candidate.attempt_id}"


# --- the notebook's pages ---------------------------------------------------------------


def _shift(app: Flask, bank: Bank, question_id: int, days: int) -> None:
    with app.app_context(), transaction() as session:
        session.execute(
            update(NotebookEntry)
            .where(NotebookEntry.question_id == question_id)
            .values(due_at=clock.now() + timedelta(days=days))
        )


def test_the_notebook_lists_by_topic_and_is_left_by_confirmation(app: Flask) -> None:
    bank = bank_of(app, types=SINGLE * 3)
    fill_notebook(app, bank, *bank.versions)
    _shift(app, bank, bank.versions[0].question_id, 3)
    client, csrf = client_of(app, bank.person)
    page = client.get(f"/notebook?topic={bank.topic.id}").text
    assert "共 3 题，今天适合复习 2 题。" in page
    assert page.index(bank.versions[1].stem) < page.index(bank.versions[0].stem)
    assert "复习 2 题" in page
    path = f"/notebook/{bank.versions[1].question_id}/remove"
    asked = client.get(path).text
    assert "把这道题移出错题本？" in asked
    assert len(notebook(app, bank.person)) == 3
    assert client.post(path, data={"csrf_token": csrf}).location == "/notebook"
    page = client.get("/notebook").text
    assert "已移出错题本" in page
    assert bank.versions[1].stem not in page
    assert client.post(path, data={"csrf_token": csrf}).status_code == 404
    fill_notebook(app, bank, bank.versions[1])
    assert bank.versions[1].stem in client.get("/notebook").text


def test_nobody_sees_or_empties_the_notebook_of_another(app: Flask) -> None:
    bank = bank_of(app, types=SINGLE)
    with app.app_context(), transaction() as session:
        other = make_person(session)
    fill_notebook(app, bank, *bank.versions)
    client, csrf = client_of(app, other)
    assert bank.versions[0].stem not in client.get("/notebook").text
    path = f"/notebook/{bank.versions[0].question_id}/remove"
    assert client.get(path).status_code == 404
    assert client.post(path, data={"csrf_token": csrf}).status_code == 404
    assert notebook(app, bank.person)[bank.versions[0].question_id].removed_at is None


def test_questions_that_may_no_longer_be_practised_are_hidden(app: Flask) -> None:
    bank = bank_of(app, types=SINGLE * 3)
    fill_notebook(app, bank, *bank.versions)
    retired, reserved, _kept = bank.versions
    with app.app_context(), transaction() as session:
        for version in (retired, reserved):
            session.execute(
                update(QuestionVersion)
                .where(QuestionVersion.id == version.id)
                .values(state=VersionState.RETIRED)
            )
        newer = make_question(
            session, bank.author, bank.topic, pool=Pool.EXAM, stem="只考不练的新题干"
        )
        rewrite(session, newer.id, question_id=reserved.question_id, number=2)
    client, _csrf = client_of(app, bank.person)
    page = client.get("/notebook").text
    assert "共 1 题" in page
    for stem in (retired.stem, reserved.stem, "只考不练的新题干"):
        assert stem not in page
