"""Comparing the bank, looking at pairs and deciding on them: pages, services, races, job, command."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict, Invalid
from core.jobs.services import run_now
from core.permissions import Role
from question_bank.duplicates import queries, services
from question_bank.duplicates.models import (
    DuplicateDecision,
    DuplicatePair,
    DuplicateRun,
    RunState,
)
from question_bank.duplicates.rules import Decision, Kind
from question_bank.questions.models import QuestionVersion, ReviewEvent, Topic, VersionState
from question_bank.questions.queries import question
from question_bank.review.queries import next_to_review
from question_bank.review.services import submit_for_review
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, sign_in
from tests.statements import counted

STEM = "行政机关收到政府信息公开申请后应当在（　）内答复。"
DAYS = ["十个工作日", "二十个工作日", "三十个工作日"]
S = VersionState


class Bank:
    """People and questions that are alike."""

    def __init__(self, session: Session) -> None:
        self.editor = make_person(session, Role.EDITOR, name="甲编辑")
        self.second = make_person(session, Role.EDITOR, name="乙编辑")
        self.reviewer = make_person(session, Role.REVIEWER, name="丙审核")
        self.topic: Topic = make_topic(session)

    def add(self, session: Session, stem: str = STEM, state: VersionState = S.APPROVED,
            **more: Any) -> QuestionVersion:  # fmt: skip
        values = {"stem": stem, "options": DAYS, "key": [1], "state": state, **more}
        return make_question(session, self.editor, self.topic, **values)


def _bank(app: Flask, *states: VersionState, key: list[int] | None = None) -> Bank:
    """A bank with one question for each state; the second has the ``key``."""
    with app.app_context(), transaction() as session:
        bank = Bank(session)
        for place, state in enumerate(states):
            bank.add(session, state=state, key=key if key and place else [1])
    return bank


def _pairs(session: Session) -> list[DuplicatePair]:
    done = queries.last_done(session)
    return list(session.scalars(queries.waiting(done.id))) if done else []


def _compared(app: Flask) -> tuple[int, str]:
    """Id of the only pair after a comparison, and what a page shows of it."""
    with app.app_context():
        services.compare_all()
        (pair,) = _pairs(reading())
        return pair.id, queries.shown(reading(), [pair])[0].seen


def _state(app: Flask, version_id: int) -> VersionState:
    with app.app_context():
        found = reading().get(QuestionVersion, version_id)
        assert found is not None
        return found.state


# --- comparing -------------------------------------------------------------------


@both_databases
def test_the_bank_is_compared_in_pieces_and_results_appear_when_all_is_done(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PIECE", 2)
    _bank(app, S.APPROVED, S.DRAFT, S.RETIRED, S.RETURNED, key=[1])
    with app.app_context():
        first = services.compare_next()
        assert (first.state, first.compared, first.total) == (RunState.RUNNING, 2, 3)
        assert _pairs(reading()) == []
        last = services.compare_next()
        assert (last.state, last.compared, last.total) == (RunState.DONE, 3, 3)
        assert [each.kind for each in _pairs(reading())] == [Kind.SAME] * 3
        assert services.compare_all().id != last.id
        assert len(_pairs(reading())) == 3
        kept = set(reading().scalars(select(DuplicatePair.run_id)))
        assert len(kept) == 1  # what an older run found is dropped


def test_an_empty_bank_is_compared_at_once(app: Flask) -> None:
    with app.app_context():
        run = services.compare_all()
        assert (run.state, run.compared) == (RunState.DONE, 0)


def test_too_many_pairs_are_left_out_and_counted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "KEPT", 2)
    bank = _bank(app, S.APPROVED, S.APPROVED, S.APPROVED)
    with app.app_context():
        assert services.compare_all().left_out == 1
    client = app.test_client()
    sign_in(client, bank.editor)
    assert "另有 1 对没有列出" in client.get("/questions/duplicates").text


@both_databases
def test_one_comparison_goes_on_at_a_time(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        services.begin(session, by_id=None, now=clock.now())
    with app.app_context(), transaction() as session, pytest.raises(Conflict):
        services.begin(session, by_id=None, now=clock.now())


@both_databases
def test_a_piece_is_kept_once(app: Flask) -> None:
    """Two people pressed the button at once and compared the same piece."""
    _bank(app, S.APPROVED, S.APPROVED)
    with app.app_context(), transaction() as session:
        run_id = services.begin(session, by_id=None, now=clock.now()).id
    with app.app_context():
        piece = queries.bank(reading())

    def keep(session: Session) -> None:
        services.keep_piece(
            session, run_id=run_id, through=0, piece=piece, found=[], rest=1, now=clock.now()
        )

    assert _at_once(app, keep, keep) == ["conflict", "done"]
    with app.app_context():
        run = reading().get(DuplicateRun, run_id)
        assert run is not None
        assert run.compared == 2


def test_the_job_compares_and_the_command_tells(app: Flask) -> None:
    _bank(app, S.APPROVED, S.DRAFT, key=[2])
    with app.app_context():
        assert run_now(app.extensions["jobs"]["questions.duplicates"]) == "compared 2 questions"
        assert len(_pairs(reading())) == 1
    said = json.loads(app.test_cli_runner().invoke(args=["bank", "duplicates"]).output)
    assert (said["questions"], said["contradictions"]) == (2, 1)
    (pair,) = said["pairs"]
    assert (pair["kind"], pair["likeness"]) == ("contradiction", 100)
    assert pair["first"] < pair["second"]


# --- deciding --------------------------------------------------------------------


def _decide(app: Flask, bank: Bank, decision: Decision, by: Person | None = None) -> None:
    pair_id, seen = _compared(app)
    with app.app_context(), transaction() as session:
        services.decide(
            session, pair_id=pair_id, seen=seen, decision=decision,
            by_id=(by or bank.second).id, now=clock.now(),
        )  # fmt: skip


def _versions(app: Flask) -> list[QuestionVersion]:
    with app.app_context():
        return list(reading().scalars(select(QuestionVersion).order_by(QuestionVersion.id)))


@both_databases
def test_the_draft_that_says_the_same_retires(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT)
    _decide(app, bank, Decision.SAME)
    assert [each.state for each in _versions(app)] == [S.APPROVED, S.RETIRED]
    with app.app_context():
        assert _pairs(reading()) == []
        (event,) = reading().scalars(select(ReviewEvent))
        assert (event.from_state, event.to_state) == (S.DRAFT, S.RETIRED)
        acts = set(reading().scalars(select(AuditEvent.action)))
        assert {"duplicates.same", "question.drop", "duplicates.compare"} <= acts


def test_a_draft_becomes_the_next_version_and_nobody_reviews_their_own_share(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT, key=[2])
    _decide(app, bank, Decision.NEW_VERSION)
    kept, gone, new = _versions(app)
    assert (kept.state, gone.state, new.state) == (S.APPROVED, S.RETIRED, S.DRAFT)
    assert (new.question_id, new.number, new.key) == (kept.question_id, 2, [2])
    assert new.author_id == bank.editor.id
    with app.app_context(), transaction() as session:
        submit_for_review(session, version_id=new.id, by_id=bank.editor.id, now=clock.now())
    with app.app_context():
        # who wrote it, and who made it a version of another
        assert next_to_review(reading(), bank.editor.id) is None
        assert next_to_review(reading(), bank.second.id) is None
        assert next_to_review(reading(), bank.reviewer.id) is not None
        assert len(question(reading(), kept.question_id).versions) == 2


@pytest.mark.parametrize("key", [[1], [2]])
def test_what_is_kept_is_not_shown_again(app: Flask, key: list[int]) -> None:
    bank = _bank(app, S.APPROVED, S.APPROVED, key=key)
    _decide(app, bank, Decision.KEEP)
    with app.app_context():
        services.compare_all()
        assert _pairs(reading()) == []


def test_kept_questions_that_come_to_contradict_are_shown_again(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT)
    _decide(app, bank, Decision.KEEP)
    with app.app_context(), transaction() as session:
        session.execute(
            QuestionVersion.__table__.update()  # type: ignore[attr-defined]
            .where(QuestionVersion.state == S.DRAFT)
            .values(key=[2], revision=2)
        )
    with app.app_context():
        services.compare_all()
        assert [each.kind for each in _pairs(reading())] == [Kind.CONTRADICTION]


def test_a_state_that_does_not_allow_it_is_refused(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.APPROVED)
    with pytest.raises(Invalid):
        _decide(app, bank, Decision.SAME)
    with app.app_context():
        assert not reading().scalar(select(func.count()).select_from(DuplicateDecision))


def test_what_was_changed_meanwhile_is_looked_at_again(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT)
    pair_id, seen = _compared(app)
    with app.app_context(), transaction() as session:
        session.execute(
            QuestionVersion.__table__.update()  # type: ignore[attr-defined]
            .where(QuestionVersion.state == S.DRAFT)
            .values(revision=2)
        )
    with app.app_context(), transaction() as session, pytest.raises(Conflict):
        services.decide(session, pair_id=pair_id, seen=seen, decision=Decision.SAME,
                        by_id=bank.second.id, now=clock.now())  # fmt: skip


def _at_once(app: Flask, *acts: Callable[[Session], object]) -> list[str]:
    """Each act in a thread and transaction of its own; what became of each."""
    gate, said = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                act(session)
            said.append("done")
        except AppError as error:
            said.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


@both_databases
def test_two_people_decide_one_pair_once(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT)
    pair_id, seen = _compared(app)

    def by(person: Person, decision: Decision) -> Callable[[Session], object]:
        return lambda session: services.decide(
            session, pair_id=pair_id, seen=seen, decision=decision, by_id=person.id,
            now=clock.now(),
        )  # fmt: skip

    said = _at_once(app, by(bank.editor, Decision.KEEP), by(bank.second, Decision.SAME))
    assert said == ["conflict", "done"]
    with app.app_context():
        (decided,) = reading().scalars(select(DuplicateDecision))
    kept = decided.decision is Decision.KEEP
    assert _versions(app)[1].state is (S.DRAFT if kept else S.RETIRED)


@both_databases
def test_without_the_unique_row_both_decisions_would_stand(app: Flask) -> None:
    """The twin: both have looked and found the pair waiting; rows that the constraint lets pass."""
    bank = _bank(app, S.APPROVED, S.DRAFT)
    pair_id, _seen = _compared(app)
    both_have_read = threading.Barrier(2)

    def decide(kind: Kind) -> None:
        with app.app_context():
            pair = queries.pair(reading(), pair_id)
            assert pair is not None
            row = {
                name: getattr(pair, name)
                for name in ("first_id", "second_id", "first_version_id", "second_version_id")
            }
            reading().rollback()
            both_have_read.wait()
            with transaction() as session:
                session.execute(
                    insert(DuplicateDecision).values(
                        **row, kind=kind, decision=Decision.KEEP, by_id=bank.second.id,
                        at=clock.now(),
                    )
                )  # fmt: skip

    threads = [threading.Thread(target=decide, args=(kind,)) for kind in (Kind.SAME, Kind.NEAR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(DuplicateDecision)) == 2


# --- pages -----------------------------------------------------------------------


def _as(app: Flask, person: Person) -> tuple[FlaskClient, str]:
    client = app.test_client()
    return client, sign_in(client, person)


def test_an_editor_compares_looks_and_decides(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.DRAFT, key=[2])
    with app.app_context(), transaction() as session:
        bank.add(session, stem=STEM.replace("应当", "不应当"), state=S.DRAFT)
    client, token = _as(app, bank.editor)
    assert "还没有查过重" in client.get("/questions/duplicates").text
    sent = client.post("/questions/duplicates/compare", data={"csrf_token": token})
    page = client.get(sent.location).text
    assert "查重已完成，比对了 3 题" in page
    assert page.index("答案矛盾</span>") < page.index("相近</span>")  # the gravest first
    assert "有“不”“未”一类的字不同" in page
    assert re.search(r"<mark><span[^>]*>（不同处：</span>不<", page)
    only = client.get("/questions/duplicates?kind=contradiction").text
    assert only.count('id="pair-') == 2  # one pair: its section and its title
    pair_id = int(re.findall(r'id="pair-(\d+)"', only)[0])
    seen = re.findall(r'name="seen" value="([^"]+)"', only)[0]
    form = {"csrf_token": token, "seen": seen, "decision": "same"}
    done = client.post(f"/questions/duplicates/{pair_id}?kind=contradiction", data=form)
    assert done.location == "/questions/duplicates?kind=contradiction"
    assert "只留一题，重复的草稿已停用" in client.get(done.location).text
    again = client.post(f"/questions/duplicates/{pair_id}", data=form)
    assert "这一对题已经处理过了" in client.get(again.location).text
    assert client.post(f"/questions/duplicates/{pair_id}",
                       data={"csrf_token": token}).status_code == 422  # fmt: skip


def test_a_reviewer_retires_one_of_two_in_use(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.APPROVED)
    pair_id, seen = _compared(app)
    editor, _token = _as(app, bank.editor)
    page = editor.get("/questions/duplicates").text
    assert "停用或退回由审核员决定" in page
    assert 'name="version"' not in page
    reviewer, token = _as(app, bank.reviewer)
    assert 'name="decision"' not in reviewer.get("/questions/duplicates").text
    first, second = _versions(app)
    form = {"csrf_token": token, "seen": seen}
    address = f"/questions/duplicates/{pair_id}/retire"
    assert reviewer.post(address, data=form).status_code == 422
    assert reviewer.post(address, data={**form, "version": 999}).status_code == 404
    done = reviewer.post(address, data={**form, "version": first.id})
    assert "已停用" in reviewer.get(done.location).text
    assert (_state(app, first.id), _state(app, second.id)) == (S.RETIRED, S.APPROVED)
    late = reviewer.post(address, data={**form, "version": second.id})
    assert "已经处理过了" in reviewer.get(late.location).text
    assert _state(app, second.id) is S.APPROVED


def test_a_text_is_shown_as_written_and_never_as_markup(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bank = Bank(session)
        bank.add(session, stem=f"<b>{STEM}")
        bank.add(session, stem=f"<i>{STEM}")
    _compared(app)
    client, _token = _as(app, bank.editor)
    page = client.get("/questions/duplicates").text
    assert "<b>行政" not in page
    assert "&lt;" in page


def test_every_page_of_pairs_is_a_fixed_number_of_statements(app: Flask) -> None:
    bank = _bank(app, S.APPROVED, S.APPROVED)
    _compared(app)
    client, _token = _as(app, bank.editor)
    client.get("/questions/duplicates")
    with counted(app) as few:
        client.get("/questions/duplicates")
    with app.app_context(), transaction() as session:
        for _n in range(4):
            bank.add(session)
    with app.app_context():
        services.compare_all()
    with counted(app) as many:
        page = client.get("/questions/duplicates").text
    assert page.count('<section class="sg-card" id="pair-') == 10
    assert len(many) == len(few) <= 9
