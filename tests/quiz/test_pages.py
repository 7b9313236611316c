"""The sitting without JavaScript, from opening the paper to the receipt, by plain forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core.db import reading, transaction
from quiz.attempts import kinds
from quiz.attempts.models import Answer, Attempt, AttemptState, Evidence, Opening
from quiz.occasions.models import MultipleRule
from tests.factories import make_person, sign_in
from tests.quiz.sittings import KIND, TITLE, Arranged, arrange_sitting, set_deadline

SINGLE, MULTIPLE, TRUE_FALSE, FILL_IN = 1, 4, 6, 8  # first position of each type


@dataclass
class Candidate:
    """Someone at a browser without script: follows links, sends the forms that the page offers."""

    client: FlaskClient
    sitting: Arranged
    csrf: str

    @property
    def path(self) -> str:
        return f"/attempts/{self.sitting.attempt_id}"

    def get(self, address: str = "") -> TestResponse:
        return self.client.get(address or self.path)

    def post(self, verb: str, **fields: object) -> TestResponse:
        return self.client.post(f"{self.path}/{verb}", data={"csrf_token": self.csrf, **fields})

    def open(self, open_id: str = "opening-1") -> str:
        """打开试卷; the address that the page leads to."""
        response = self.post("open", open_id=open_id, position=1)
        assert response.status_code == 302
        return response.location

    def hidden(self, position: int, epoch: int = 1) -> dict[str, str]:
        """The hidden fields of the form of a question."""
        html = self.get(f"{self.path}?q={position}&epoch={epoch}").text
        form = html.split('id="question"')[1].split("</form>")[0]
        found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        found.pop("csrf_token")
        return found

    def answer(
        self, position: int, *a: str, go: str = "next", epoch: int = 1, **fields: str
    ) -> TestResponse:
        """Send the form of a question as the page shows it."""
        sent = {**self.hidden(position, epoch), "a": list(a), "go": go, **fields}
        return self.post("answer", **sent)


@pytest.fixture
def candidate(app: Flask, client: FlaskClient) -> Candidate:
    with app.app_context(), transaction() as session:
        sitting = arrange_sitting(session)
    return Candidate(client, sitting, sign_in(client, sitting.person))


def stored(app: Flask, attempt_id: int) -> dict[int, tuple[str, int, int]]:
    """What the answers are now: position → value as JSON, epoch, seq."""
    with app.app_context():
        rows = reading().execute(
            select(Answer.position, Answer.value, Answer.epoch, Answer.seq).where(
                Answer.attempt_id == attempt_id
            )
        )
        return {row.position: (row.value, row.epoch, row.seq) for row in rows}


def attempt(app: Flask, attempt_id: int) -> Attempt:
    with app.app_context():
        found = reading().get(Attempt, attempt_id)
        assert found is not None
        return found


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(model)) or 0


def test_a_paper_is_sat_from_opening_to_receipt(app: Flask, candidate: Candidate) -> None:
    door = candidate.get()
    assert "打开试卷" in door.text
    assert TITLE in door.text
    assert candidate.open() == f"{candidate.path}?q=1&epoch=1"

    first = candidate.get(f"{candidate.path}?q=1&epoch=1").text
    assert "第 1 题" in first
    assert "共 8 题" in first
    assert "一、单项选择题（1–3）" in first
    assert "四、填空题（8）" in first

    assert candidate.answer(SINGLE, "B").location.endswith("?q=2&epoch=1")
    assert candidate.answer(MULTIPLE, "C", "A", go="prev").location.endswith("?q=3&epoch=1")
    assert candidate.answer(TRUE_FALSE, "A", go="flag").location.endswith("?q=6&epoch=1")
    last = candidate.answer(FILL_IN, " 二十", "工作日", go="summary")
    assert last.location.endswith("/submit?epoch=1")
    assert stored(app, candidate.sitting.attempt_id) == {
        SINGLE: ('"B"', 1, 1), MULTIPLE: ('["A","C"]', 1, 1),
        TRUE_FALSE: ("true", 1, 1), FILL_IN: ('["二十","工作日"]', 1, 1),
    }  # fmt: skip

    summary = candidate.get(last.location).text
    assert "还有 4 题没有作答，现在交卷吗？" in summary
    assert "回去作答第 2 题" in summary
    assert summary.index("确认交卷") < summary.index("回去作答第 2 题")

    done = candidate.post("submit", epoch=1)
    assert done.location == candidate.path
    receipt = candidate.get()
    assert "已交卷" in receipt.text
    assert "4 / 8 题" in receipt.text
    ended = attempt(app, candidate.sitting.attempt_id)
    assert ended.receipt is not None
    assert ended.receipt["answers"] in receipt.text


def test_the_page_shows_what_was_answered_and_marked(candidate: Candidate) -> None:
    candidate.open()
    candidate.answer(MULTIPLE, "A", "C", go="flag")
    html = candidate.get(f"{candidate.path}?q={MULTIPLE}&epoch=1").text
    assert len(re.findall(r'value="[AC]" checked', html)) == 2
    assert 'aria-pressed="true"' in html
    assert "第 4 题，已答，已标记" in html
    assert "已答 1 / 8" in html
    candidate.answer(MULTIPLE, "A", "C", go="flag")
    assert 'aria-pressed="false"' in candidate.get(f"{candidate.path}?q={MULTIPLE}&epoch=1").text


def test_a_cleared_answer_keeps_its_row(app: Flask, candidate: Candidate) -> None:
    candidate.open()
    candidate.answer(SINGLE, "B")
    assert candidate.answer(SINGLE, "B", go="clear").location.endswith("?q=1&epoch=1")
    assert stored(app, candidate.sitting.attempt_id) == {SINGLE: ("null", 1, 2)}


def test_leafing_through_leaves_no_rows(app: Flask, candidate: Candidate) -> None:
    candidate.open()
    for position in range(1, 9):
        candidate.answer(position)
    assert stored(app, candidate.sitting.attempt_id) == {}


def test_the_receipt_leads_to_the_result_of_its_kind(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate.open()
    candidate.post("submit", epoch=1)
    assert "回首页" in candidate.get().text
    monkeypatch.setitem(kinds._kinds, KIND, kinds.Kind(result_endpoint="home.index"))
    html = candidate.get().text
    assert "查看结果" in html
    assert f'href="/?attempt_id={candidate.sitting.attempt_id}"' in html


def test_a_voided_attempt_says_so(app: Flask, candidate: Candidate) -> None:
    candidate.open()
    candidate.post("submit", epoch=1)
    with app.app_context(), transaction() as session:
        session.execute(update(Attempt).values(state=AttemptState.VOIDED))
    assert "这次作答已作废" in candidate.get().text


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (MultipleRule.ALL_OR_NOTHING, "全部选对才得分"),
        (MultipleRule.PARTIAL, "少选按选对的部分得分"),
        (MultipleRule.PER_OPTION, "每个选项分别计分"),
    ],
)
def test_the_hint_follows_the_rule_of_marking(
    app: Flask, client: FlaskClient, rule: MultipleRule, hint: str
) -> None:
    with app.app_context(), transaction() as session:
        sitting = arrange_sitting(session, counts=(0, 1, 0, 0), multiple_rule=rule)
    sitter = Candidate(client, sitting, sign_in(client, sitting.person))
    assert hint in sitter.get(sitter.open()).text


def test_looking_opens_nothing(app: Flask, candidate: Candidate) -> None:
    for address in ("", f"{candidate.path}?q=3", f"{candidate.path}?q=1&epoch=1"):
        assert candidate.get(address).status_code == 200
    assert attempt(app, candidate.sitting.attempt_id).epoch == 0
    assert count(app, Opening) == 0


def test_no_byte_before_release_tells_the_key(candidate: Candidate) -> None:
    candidate.open()
    for position in range(1, 9):
        html = candidate.get(f"{candidate.path}?q={position}&epoch=1").text
        assert "解析" not in html
        assert "二十" not in html


def test_a_form_sent_twice_does_its_work_once(app: Flask, candidate: Candidate) -> None:
    assert candidate.open("twice-the-same") == candidate.open("twice-the-same")
    hidden = candidate.hidden(SINGLE)
    for _time in range(2):
        again = candidate.post("answer", **hidden, a="B", go="next")
        assert again.location.endswith("?q=2&epoch=1")
    assert stored(app, candidate.sitting.attempt_id) == {SINGLE: ('"B"', 1, 1)}
    for _time in range(2):
        assert candidate.post("submit", epoch=1).location == candidate.path
    ended = attempt(app, candidate.sitting.attempt_id)
    assert (ended.epoch, ended.state) == (1, AttemptState.SCORED)
    assert count(app, Evidence) == 0


def test_an_older_window_is_told_plainly_and_overwrites_nothing(
    app: Flask, candidate: Candidate
) -> None:
    candidate.open("first-window")
    hidden = candidate.hidden(SINGLE)
    candidate.open("second-window")
    candidate.answer(SINGLE, "C", epoch=2)

    refused = candidate.post("answer", **hidden, a="B", go="next")
    assert refused.status_code == 409
    assert "另一个窗口" in refused.text
    assert "在此继续" in refused.text
    assert stored(app, candidate.sitting.attempt_id) == {SINGLE: ('"C"', 2, 1)}
    assert "在此继续" in candidate.get(f"{candidate.path}?q=2&epoch=1").text
    assert "在此继续" in candidate.get(f"{candidate.path}/submit?epoch=1").text
    assert candidate.post("submit", epoch=1).status_code == 409
    assert attempt(app, candidate.sitting.attempt_id).state is AttemptState.IN_PROGRESS

    assert candidate.open("first-again").endswith("epoch=3")


def test_a_stale_answer_at_a_fresh_place_is_kept_as_evidence(
    app: Flask, candidate: Candidate
) -> None:
    candidate.open("first-window")
    hidden = candidate.hidden(SINGLE)
    candidate.open("second-window")
    assert candidate.post("answer", **hidden, a="B").status_code == 409
    assert stored(app, candidate.sitting.attempt_id) == {}
    with app.app_context():
        kept = reading().scalars(select(Evidence)).one()
        assert (kept.code, kept.epoch) == ("stale_epoch", 1)


def test_two_copies_of_one_window_are_told_of_the_conflict(
    app: Flask, candidate: Candidate
) -> None:
    candidate.open()
    copy = candidate.hidden(SINGLE)
    candidate.answer(SINGLE, "B")
    refused = candidate.post("answer", **copy, a="C", go="next")
    assert refused.status_code == 409
    assert "有了不同的答案" in refused.text
    candidate.answer(SINGLE, "D")
    assert candidate.post("answer", **copy, a="C", go="next").status_code == 409
    assert stored(app, candidate.sitting.attempt_id) == {SINGLE: ('"D"', 1, 2)}


def test_what_comes_after_the_deadline_is_refused_and_the_paper_closed(
    app: Flask, candidate: Candidate
) -> None:
    candidate.open()
    candidate.answer(SINGLE, "B")
    hidden = candidate.hidden(MULTIPLE)
    with app.app_context(), transaction() as session:
        set_deadline(session, candidate.sitting.attempt_id, -60)
    late = candidate.post("answer", **hidden, a="A", go="next")
    assert late.status_code == 409
    assert "已自动交卷" in late.text
    assert "第 4 题的最后一次修改没有在交卷前送到" in late.text
    assert stored(app, candidate.sitting.attempt_id) == {SINGLE: ('"B"', 1, 1)}
    ended = attempt(app, candidate.sitting.attempt_id)
    assert (ended.closed_by, ended.submitted_at) == ("deadline", ended.deadline_at)
    assert "1 / 8 题" in candidate.get().text


def test_looking_at_an_overdue_paper_closes_it(app: Flask, candidate: Candidate) -> None:
    candidate.open()
    with app.app_context(), transaction() as session:
        set_deadline(session, candidate.sitting.attempt_id, -60)
    assert "已自动交卷" in candidate.get().text
    assert attempt(app, candidate.sitting.attempt_id).closed_by == "deadline"
    assert candidate.open("too-late-now") == candidate.path
    assert candidate.post("submit", epoch=1).location == candidate.path
    assert candidate.get(f"{candidate.path}/submit?epoch=1").location == candidate.path


@pytest.mark.parametrize("verb", ["", "?q=1&epoch=1", "/submit?epoch=1"])
def test_a_foreign_paper_is_not_found(app: Flask, candidate: Candidate, verb: str) -> None:
    stranger = app.test_client()
    with app.app_context(), transaction() as session:
        person = make_person(session)
    csrf = sign_in(stranger, person)
    assert stranger.get(candidate.path + verb).status_code == 404
    forms: dict[str, dict[str, object]] = {
        "open": {"open_id": "opening-of-another", "position": 1},
        "answer": {"epoch": 1, "seq": 1, "position": 1, "a": "A", "go": "next"},
        "submit": {"epoch": 1},
    }
    for name, fields in forms.items():
        sent = stranger.post(f"{candidate.path}/{name}", data={"csrf_token": csrf, **fields})
        assert sent.status_code == 404


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("open", {"open_id": "no", "position": 1}),
        ("open", {"open_id": "opening-1", "position": "eins"}),
        ("answer", {"epoch": 1, "position": 1, "a": "A"}),
        ("answer", {"epoch": 1, "seq": -1, "position": 1, "a": "A"}),
        ("answer", {"epoch": 1, "seq": 1, "position": 1, "a": "Z"}),
        ("answer", {"epoch": 1, "seq": 1, "position": 8, "a": ["只有一空"]}),
        ("answer", {"epoch": 7, "seq": 1, "position": 1, "a": "A"}),
        ("submit", {}),
    ],
)
def test_a_broken_form_is_refused_in_words(
    app: Flask, candidate: Candidate, verb: str, fields: dict[str, object]
) -> None:
    candidate.open()
    refused = candidate.post(verb, **fields)
    assert refused.status_code == 422
    assert "填写的内容不对" in refused.text
    assert stored(app, candidate.sitting.attempt_id) == {}


def test_an_ended_sign_in_keeps_the_answer(app: Flask, candidate: Candidate) -> None:
    candidate.open()
    hidden = candidate.hidden(SINGLE)
    with candidate.client.session_transaction() as cookie:
        cookie["_user_id"] = "ended"
    refused = candidate.post("answer", **hidden, a="B", go="next")
    assert refused.status_code == 401
    assert "重新登录" in refused.text
    assert 'name="kept.a" value="B"' in refused.text


def test_the_service_worker_is_served_at_the_root(client: FlaskClient) -> None:
    worker = client.get("/sw.js")
    assert worker.status_code == 200
    assert worker.content_type.startswith("text/javascript")
    assert worker.headers["Service-Worker-Allowed"] == "/"
    worker.close()
