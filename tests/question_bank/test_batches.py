"""One change to many questions: drafts in place, what is in use by a next version, the rest named."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Forbidden, Invalid
from core.permissions import Role
from question_bank.batches import queries, services
from question_bank.batches.rules import MAX_AT_ONCE, Fate, Target, Wanted, fate_of
from question_bank.media.models import Media, MediaUse
from question_bank.media.services import note_uses
from question_bank.questions import services as questions
from question_bank.questions.models import (
    Difficulty,
    Pool,
    QuestionVersion,
    ReviewEvent,
    VersionState,
)
from question_bank.review import services as review
from tests.databases import both_databases
from tests.factories import make_person, make_topic, sign_in
from tests.question_bank.bench import bench_of
from tests.question_bank.helpers import draft
from tests.statements import counted

HARD = Wanted(difficulty=Difficulty.HARD)


@pytest.mark.parametrize(
    ("state", "difficulty", "fate"),
    [
        (VersionState.DRAFT, Difficulty.EASY, Fate.IN_PLACE),
        (VersionState.APPROVED, Difficulty.EASY, Fate.NEXT),
        (VersionState.APPROVED, Difficulty.HARD, Fate.SAME),
        (VersionState.IN_REVIEW, Difficulty.EASY, Fate.LEFT),
        (VersionState.RETURNED, Difficulty.EASY, Fate.LEFT),
        (VersionState.NEEDS_REVIEW, Difficulty.EASY, Fate.LEFT),
        (VersionState.RETIRED, Difficulty.EASY, Fate.LEFT),
    ],
)
def test_what_becomes_of_a_question(
    state: VersionState, difficulty: Difficulty, fate: Fate
) -> None:
    assert fate_of(Target(1, 1, "Q-1", state, 1, difficulty, Pool.BOTH), HARD) is fate


def _change(
    session: Session, ids: list[int], by_id: int, wanted: Wanted = HARD
) -> services.Changed:
    return services.change_many(
        session, question_ids=ids, wanted=wanted, comment="批量修改：难度改为“难”", by_id=by_id,
        now=clock.now(),
    )  # fmt: skip


@both_databases
def test_drafts_change_in_place_and_the_rest_by_the_next_version(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        other = make_person(session, Role.EDITOR)
        written, used, waiting = bench.written(), bench.approved(), bench.sent()
        topic = make_topic(session)
        wanted = Wanted(topic.id, Difficulty.HARD, Pool.EXAM)
        done = _change(
            session, [each.question_id for each in (written, used, waiting)], other.id, wanted
        )
        session.expire_all()
        assert (done.in_place, done.sent, done.same) == (1, 1, 0)
        assert len(done.left) == 1
        assert (written.revision, written.topic_id, written.difficulty, written.pool) == (
            2, topic.id, Difficulty.HARD, Pool.EXAM,
        )  # fmt: skip
        assert (used.difficulty, waiting.difficulty) == (Difficulty.MEDIUM, Difficulty.MEDIUM)
        later = session.scalars(
            select(QuestionVersion).where(QuestionVersion.replaces_id == used.id)
        ).one()
        assert (later.number, later.state, later.key_changed, later.author_id) == (
            2, VersionState.IN_REVIEW, False, other.id,
        )  # fmt: skip
        assert (later.stem, later.options, later.key, later.digest, later.pool) == (
            used.stem, used.options, used.key, used.digest, Pool.EXAM,
        )  # fmt: skip
        steps = session.execute(
            select(ReviewEvent.from_state, ReviewEvent.to_state, ReviewEvent.comment)
            .where(
                ReviewEvent.version_id.in_([written.id, later.id]), ReviewEvent.by_id == other.id
            )
            .order_by(ReviewEvent.version_id, ReviewEvent.id)
        ).all()
        assert [tuple(step) for step in steps] == [
            (VersionState.DRAFT, VersionState.DRAFT, "批量修改：难度改为“难”"),
            (None, VersionState.DRAFT, ""),
            (VersionState.DRAFT, VersionState.IN_REVIEW, "批量修改：难度改为“难”"),
        ]
        with pytest.raises(Forbidden):  # two people, here too
            review.approve(session, version_id=later.id, reviewer_id=other.id, now=clock.now())
        questions.submit_for_review(
            session, version_id=written.id, by_id=bench.author.id, now=clock.now()
        )
        with pytest.raises(Forbidden):
            review.approve(session, version_id=written.id, reviewer_id=other.id, now=clock.now())
        review.approve(session, version_id=later.id, reviewer_id=bench.reviewer.id, now=clock.now())
        assert bench.state(used) is VersionState.RETIRED


def test_it_is_one_record_and_has_bounds(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bench = bench_of(session)
            ids = [bench.written().question_id, bench.approved().question_id]
        with transaction() as session:
            _change(session, ids, bench.author.id)
        facts = list(
            reading().scalars(
                select(AuditEvent.facts).where(AuditEvent.action == "question.change_many")
            )
        )
        assert facts == [{"difficulty": "hard", "drafts": 1, "sent": 1, "same": 0, "left": 0}]
        reading().rollback()
        for many, wanted in (([1], Wanted()), (list(range(MAX_AT_ONCE + 1)), HARD)):
            with pytest.raises(Invalid), transaction() as session:
                _change(session, many, bench.author.id, wanted)


def test_it_takes_the_same_statements_whatever_the_number(app: Flask) -> None:
    taken = []
    for size in (2, 20):
        with app.app_context():
            with transaction() as session:
                bench = bench_of(session)
                bench.number = size * 100
                ids = [
                    bench.approved().question_id if number % 2 else bench.written().question_id
                    for number in range(size)
                ]
            with counted(app) as log, transaction() as session:
                _change(session, ids, bench.author.id)
            taken.append(len(log))
    assert taken[0] == taken[1] <= 11


@both_databases
def test_who_begins_a_version_in_the_same_moment_keeps_it(app: Flask) -> None:
    """One of both begins the next version; the other is told, and nothing else is undone."""
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        other = make_person(session, Role.EDITOR).id
        first, second = bench.approved(), bench.approved()
    gate, said = threading.Barrier(2), dict[str, object]()

    def many() -> None:
        gate.wait()
        with app.app_context(), transaction() as session:
            done = _change(session, [first.question_id, second.question_id], other)
            said["many"] = (done.in_place, done.sent, len(done.left))

    def one() -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                questions.start_version(
                    session, base_id=first.id, draft=draft(stem=first.stem, explanation="补充"),
                    topic_id=bench.topic.id, author_id=bench.author.id, now=clock.now(),
                )  # fmt: skip
            said["one"] = "done"
        except AppError as error:
            said["one"] = error.code

    threads = [threading.Thread(target=act) for act in (many, one)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (said["many"], said["one"]) in [
        ((0, 2, 0), "changed"),  # the change came first
        ((1, 1, 0), "done"),  # the draft came first, and was changed as a draft
        ((0, 1, 1), "done"),  # it came in between, and was left
    ]
    with app.app_context():
        numbers = reading().scalars(
            select(QuestionVersion.number).where(QuestionVersion.question_id == first.question_id)
        )
        assert sorted(numbers) == [1, 2]


def test_the_pages_show_what_will_happen_before_it_does(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        written, used = bench.written(), bench.approved()
    client = app.test_client()
    token = {"csrf_token": sign_in(client, bench.author)}
    ids = [str(each.question_id) for each in (written, used)]
    none = client.post("/questions/batch", data={"address": "type=single", **token})
    assert none.location == "/questions?type=single"
    chosen = client.post("/questions/batch", data={"question": ids, **token}).text
    assert f'value="{",".join(ids)}"' in chosen
    everything = client.post("/questions/batch", data={"scope": "all", "address": "q=第", **token})
    assert f'value="{ids[1]},{ids[0]}"' in everything.text
    form = {"questions": ",".join(ids), "address": "type=single", **token}
    nothing = client.post("/questions/batch", data={**form, "do": "preview"}).text
    assert "选好要改成什么" in nothing
    form["difficulty"] = "hard"
    preview = client.post("/questions/batch", data={**form, "do": "preview"}).text
    assert "1 题是草稿，直接改" in preview
    assert "1 题已通过，起草新版并送审" in preview
    with app.app_context():
        assert set(reading().scalars(select(QuestionVersion.difficulty))) == {Difficulty.MEDIUM}
    done = client.post("/questions/batch/apply", data=form)
    assert done.location == "/questions?type=single"
    told = client.get(done.location).text
    assert "已改草稿 1 题" in told
    with app.app_context():
        reasons = set(reading().scalars(select(ReviewEvent.comment)))
    assert "批量修改：难度改为“难”" in reasons
    again = client.post("/questions/batch", data={**form, "do": "preview"}).text
    assert "本来就是这样" in again
    assert "没有要改的题" in again


def test_all_that_match_are_at_most_a_thousand(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        for _number in range(3):
            bench.written()
    monkeypatch.setattr("question_bank.batches.queries.MAX_AT_ONCE", 2)
    monkeypatch.setattr("question_bank.batches.views.MAX_AT_ONCE", 2)
    client = app.test_client()
    token = sign_in(client, bench.author)
    sent = client.post("/questions/batch", data={"scope": "all", "csrf_token": token})
    assert sent.location == "/questions"
    assert "一次最多改 2 题" in client.get(sent.location).text
    with app.app_context():
        found = queries.targets(reading(), [1, 2, 3])
    assert len(found) == 3


def test_the_next_version_shows_the_pictures_of_the_one_in_use(door: Session) -> None:
    bench = bench_of(door)
    used, sha = bench.approved(), "a" * 64
    door.add(Media(sha256=sha, mime="image/webp", content=b"x", width=1, height=1, alt="图",
                   uploaded_by=bench.author.id, at=clock.now()))  # fmt: skip
    door.flush()
    note_uses(door, {used.id: draft(stem=f"![图](media:{sha})（　）", is_rich=True)})
    assert _change(door, [used.question_id], bench.author.id).sent == 1
    begun = door.scalars(
        select(QuestionVersion.id).where(QuestionVersion.replaces_id == used.id)
    ).one()
    assert door.get(MediaUse, (begun, sha)) is not None
