"""A short answer on material, sat without script: typed, saved, kept, handed in."""

from __future__ import annotations

import json

from flask import Flask

from core.db import transaction
from quiz.attempts.models import AttemptState
from tests.factories import sign_in
from tests.quiz.sittings import arrange_essay
from tests.quiz.test_pages import Candidate, attempt, stored

ESSAY = 2


def test_a_short_answer_is_written_by_plain_forms(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        sitting = arrange_essay(session)
    client = app.test_client()
    candidate = Candidate(client, sitting, sign_in(client, sitting.person))
    candidate.open()
    page = candidate.get(f"{candidate.path}?q={ESSAY}&epoch=1").text
    assert "二、简答题（2）" in page
    assert '<textarea class="form-control" name="a"' in page
    assert 'data-slot="passage">某县政府收到一份申请。' in page
    first = candidate.get(f"{candidate.path}?q=1&epoch=1").text
    assert 'data-part="passage" open hidden' in first  # no material there

    typed = " 一、登记。\r\n二、\t答复。\r\n"
    assert candidate.answer(ESSAY, typed, go="summary").location.endswith("/submit?epoch=1")
    written = "一、登记。\n二、 答复。"
    assert json.loads(stored(app, sitting.attempt_id)[ESSAY][0]) == written
    assert written in candidate.get(f"{candidate.path}?q={ESSAY}&epoch=1").text
    assert candidate.answer(ESSAY, " \r\n ", go="prev").status_code == 302
    assert stored(app, sitting.attempt_id)[ESSAY][0] == "null"
    candidate.answer(ESSAY, typed)
    done = candidate.post("submit", epoch="1")
    assert done.status_code == 302
    assert attempt(app, sitting.attempt_id).state is AttemptState.SUBMITTED
    ended = candidate.get().text
    assert "已交卷" in ended
    assert "评完以后出成绩" in ended
