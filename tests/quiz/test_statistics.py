"""The nightly job: from attempts to figures, flags and the difficulty that assembly uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.permissions import Role
from question_bank.measures.queries import flag_counts, has_flag
from question_bank.measures.services import Measured, note_measured
from question_bank.questions.models import (
    Difficulty,
    Flag,
    Pool,
    QuestionType,
    QuestionVersion,
    VersionFlag,
    VersionState,
)
from question_bank.questions.queries import availability, eligible
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.keys import services as keys
from quiz.keys.rules import Verdict
from quiz.occasions.queries import pool_of
from quiz.opening.queries import stock
from quiz.statistics import services
from quiz.statistics.jobs import JOBS, refresh
from quiz.statistics.models import OccasionStatistic, QuestionStatistic, QuestionWindow
from quiz.statistics.reliability import Method
from quiz.statistics.services import compute
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic
from tests.quiz.answered import Nature, hold, people_of
from tests.statements import counted


@dataclass
class Bank:
    """Some questions and people."""

    topic_id: int
    versions: list[QuestionVersion]
    people: Sequence[int]
    natures: dict[int, Nature] = field(default_factory=dict)


def make_bank(session: Session, questions: int = 10, people: int = 60) -> Bank:
    """Single choices of medium label; option B is the key of each."""
    author, topic = make_person(session, Role.EDITOR), make_topic(session)
    versions = [make_question(session, author, topic) for _ in range(questions)]
    return Bank(topic.id, versions, people_of(session, people))


def statistic(version_id: int) -> QuestionStatistic:
    return reading().scalars(
        select(QuestionStatistic).where(QuestionStatistic.version_id == version_id)
    ).one()  # fmt: skip


def flags_of(version_id: int) -> set[Flag]:
    return set(
        reading().scalars(select(VersionFlag.flag).where(VersionFlag.version_id == version_id))
    )


def measured(version_id: int) -> Difficulty | None:
    return reading().scalar(
        select(QuestionVersion.measured_difficulty).where(QuestionVersion.id == version_id)
    )


@both_databases
def test_a_night_leaves_figures_flags_and_measured_difficulty(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, people=120)
            easy, wrong, dead, *_rest = bank.versions
            natures = {
                easy.id: Nature(hard=-4),
                wrong.id: Nature(hard=-0.5, believed=3),
                dead.id: Nature(avoided=0),
            }
            occasion = hold(session, bank.versions, bank.people, natures=natures)
        told = refresh(clock.now())
        assert told.startswith("10 questions over 120 first tries, 0 fitted; 10 moved")
        assert flags_of(easy.id) == {Flag.TOO_EASY}
        assert Flag.KEY_SUSPECT in flags_of(wrong.id)
        assert flags_of(dead.id) == {Flag.DEAD_DISTRACTOR}
        assert measured(easy.id) is Difficulty.EASY
        assert measured(wrong.id) is Difficulty.HARD
        found = statistic(wrong.id)
        assert found.answers == 120
        assert found.discrimination is not None
        assert found.discrimination < -0.2
        assert found.options[3][1] > 0.7 > found.options[3][2]  # the strong choose D
        assert (found.seconds, found.timed, found.papers, found.candidates) == (40, 120, 120, 120)
        assert len(reading().scalars(select(QuestionWindow)).all()) == 10
        exam = reading().get_one(OccasionStatistic, occasion.id)
        assert (exam.candidates, exam.questions, exam.forms) == (120, 10, 1)
        assert exam.method is Method.KR20
        assert sum(exam.bins) == 120
        assert flag_counts(reading())[Flag.TOO_EASY] == 1
        listed = select(QuestionVersion.id).where(has_flag(Flag.DEAD_DISTRACTOR))
        assert reading().scalars(listed).all() == [dead.id]


def test_the_job_may_be_repeated_and_takes_down_what_no_longer_holds(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=4)
            first = bank.versions[0]
            hold(session, bank.versions, bank.people, natures={first.id: Nature(hard=-4)})
        refresh(clock.now())
        assert "0 moved, 0 flags raised, 0 taken down" in refresh(clock.now())
        assert flags_of(first.id) == {Flag.TOO_EASY}
        with transaction() as session:
            session.execute(update(Attempt).values(state=AttemptState.VOIDED))
        assert "1 taken down" in refresh(clock.now())
        assert flags_of(first.id) == set()
        assert measured(first.id) is None
        found = statistic(first.id)
        assert (found.answers, found.facility, found.papers) == (0, None, 60)  # it was seen
        assert reading().scalars(select(QuestionWindow)).all() == []
        acts = reading().scalars(select(AuditEvent.action)).all()
        assert acts.count("statistics.refresh") == 3


def test_older_figures_never_replace_newer_ones(app: Flask) -> None:
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=3)
            first = bank.versions[0]
            hold(session, bank.versions, bank.people)
        slow = compute(reading(), now - timedelta(hours=1))
        with transaction() as session:  # meanwhile a try is voided, and a quicker run ends first
            session.execute(update(Attempt).values(state=AttemptState.VOIDED))
        refresh(now)
        with transaction() as session:
            services.keep_questions(session, slow.questions, {}, now - timedelta(hours=1))
        assert statistic(first.id).computed_at == now
        assert statistic(first.id).answers == 0
        assert measured(first.id) is None


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ({}, 5),
        ({"number": 2}, 0),
        ({"state": AttemptState.VOIDED}, 0),
        ({"state": AttemptState.IN_PROGRESS}, 0),
        ({"kind": "practice"}, None),
        ({"kind": "round"}, 5),
    ],
)
def test_only_first_tries_of_exams_and_rounds_that_count_are_counted(
    app: Flask, change: dict[str, object], answers: int | None
) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=3, people=5)
            hold(session, bank.versions, bank.people, **change)  # type: ignore[arg-type]
        found = {one.line.version_id: one for one in compute(reading(), clock.now()).questions}
        if answers is None:
            assert not found
        else:
            assert {one.figures.answers for one in found.values()} == {answers}
            assert {one.papers for one in found.values()} == {5}  # seen all the same


def test_the_newest_marking_counts(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=2, people=4)
            hold(session, bank.versions, bank.people)
            for score in session.scalars(select(Score)).all():
                session.add(
                    Score(attempt_id=score.attempt_id, number=2, scored_at=clock.now(), marks=400,
                          max_marks=400, is_pass=True, key_digest="d", reason="改正答案",
                          detail=[[200, True], [200, True]])
                )  # fmt: skip
        found = compute(reading(), clock.now())
        assert [one.figures.facility for one in found.questions] == [1.0, 1.0]
        assert found.occasions[0].passed == 4


def test_options_are_counted_as_the_author_wrote_them_not_as_papers_show_them(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            author, topic = make_person(session, Role.EDITOR), make_topic(session)
            versions = [
                make_question(session, author, topic, type_=type_)
                for type_ in (QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE,
                              QuestionType.FILL_IN)
            ]  # fmt: skip
            hold(session, versions, people_of(session, 20),
                 natures={one.id: Nature(hard=-20) for one in versions})  # fmt: skip
        by_type = {one.line.type: one for one in compute(reading(), clock.now()).questions}
        shares = {
            type_: [option.overall for option in one.figures.options]
            for type_, one in by_type.items()
        }
        assert shares == {
            QuestionType.SINGLE: [0, 1, 0, 0],
            QuestionType.MULTIPLE: [1, 0, 1, 0],
            QuestionType.TRUE_FALSE: [1, 0],
            QuestionType.FILL_IN: [],
        }


def _correct(session: Session, version_id: int, key: Any) -> None:
    """Another key is right at a version, two people say; None: none is."""
    asker, decider = make_person(session, Role.REVIEWER), make_person(session, Role.OFFICE)
    correction_id = keys.ask(
        session, version_id=version_id, verdict=Verdict.KEY if key is not None else Verdict.VOID,
        key=key, reason="条例第三十三条", by=asker.id, now=clock.now(),
    )  # fmt: skip
    keys.decide(session, correction_id=correction_id, approve=True, reason="", by=decider.id,
                now=clock.now())  # fmt: skip


@both_databases
def test_a_corrected_key_is_the_one_that_figures_go_by(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            author, topic = make_person(session, Role.EDITOR), make_topic(session)
            wrong, void, judged = (
                make_question(session, author, topic, type_=type_)
                for type_ in (QuestionType.SINGLE, QuestionType.SINGLE, QuestionType.TRUE_FALSE)
            )
            versions = [wrong, void, judged, *(make_question(session, author, topic) for _ in "12")]
            hold(session, versions, people_of(session, 120),
                 natures={wrong.id: Nature(hard=-0.5, believed=3)})  # fmt: skip
        before = {one.line.version_id: one for one in compute(reading(), clock.now()).questions}
        assert Flag.KEY_SUSPECT in before[wrong.id].flags
        with transaction() as session:
            _correct(session, wrong.id, [3])
            _correct(session, void.id, None)
            _correct(session, judged.id, False)
        after = {one.line.version_id: one for one in compute(reading(), clock.now()).questions}
        mended = after[wrong.id].figures
        assert [option.is_key for option in mended.options] == [False, False, False, True]
        assert mended.facility == pytest.approx(mended.options[3].overall)
        assert Flag.KEY_SUSPECT not in after[wrong.id].flags
        # of a void question the key it had is what people are compared with
        assert after[void.id].figures == before[void.id].figures
        turned = after[judged.id].figures
        assert [option.is_key for option in turned.options] == [False, True]
        assert turned.facility == pytest.approx(1 - (before[judged.id].figures.facility or 0))


def next_version(
    session: Session, before: QuestionVersion, *, key: list[int], digest: str
) -> QuestionVersion:
    """The question approved anew."""
    before.state = VersionState.RETIRED
    session.flush()
    after = QuestionVersion(
        question_id=before.question_id, number=before.number + 1, state=VersionState.APPROVED,
        type=before.type, stem=before.stem, options=before.options, key=key, digest=digest,
        topic_id=before.topic_id, difficulty=before.difficulty, pool=before.pool,
        author_id=before.author_id, created_at=clock.now(), replaces_id=before.id,
    )  # fmt: skip
    session.add(after)
    session.flush()
    return after


def test_a_version_that_says_the_same_keeps_its_figures_and_another_key_begins_anew(
    app: Flask,
) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=4)
            same, changed = bank.versions[:2]
            natures = {same.id: Nature(hard=-5), changed.id: Nature(hard=-5)}
            hold(session, bank.versions, bank.people, natures=natures)
        refresh(clock.now())
        with transaction() as session:
            same, changed = (session.get_one(QuestionVersion, one.id) for one in (same, changed))
            kept = next_version(session, same, key=same.key, digest=same.digest)
            fresh = next_version(session, changed, key=[0], digest="another")
        refresh(clock.now())
        assert statistic(kept.id).answers == 60
        assert reading().get(QuestionStatistic, same.id) is None
        assert (measured(kept.id), flags_of(kept.id)) == (Difficulty.EASY, {Flag.TOO_EASY})
        assert flags_of(same.id) == set()
        assert statistic(changed.id).answers == 60
        assert flags_of(changed.id) == set()  # nobody is asked to look at what was replaced
        assert reading().get(QuestionStatistic, fresh.id) is None
        assert measured(fresh.id) is None


def test_assembly_goes_by_the_measured_difficulty_and_by_the_label_before(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=2, people=1)
            moved, other = bank.versions
            occasion = hold(session, bank.versions, bank.people)
            note_measured(session, {moved.id: Measured(Difficulty.HARD)}, clock.now())
        session = reading()

        def drawn(level: Difficulty) -> Sequence[int]:
            return session.scalars(eligible(bank.topic_id, QuestionType.SINGLE, level)).all()

        assert (drawn(Difficulty.HARD), drawn(Difficulty.MEDIUM)) == ([moved.id], [other.id])
        cell = (bank.topic_id, QuestionType.SINGLE)
        assert availability(session) == {
            (*cell, Difficulty.HARD): 1, (*cell, Difficulty.MEDIUM): 1,
        }  # fmt: skip
        assert stock(session)[QuestionType.SINGLE, Difficulty.HARD] == [moved.id]
        # a pool that is frozen stays as it is
        frozen = pool_of(session, occasion.id, "not remembered", 0)
        assert [one.version_id for one in frozen[0].items] == [moved.id, other.id]


def test_a_question_with_two_hundred_answers_gets_a_model(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=12, people=260)
            hard = {one.id: (n - 6) / 4 for n, one in enumerate(bank.versions)}
            hold(session, bank.versions[:10], bank.people,
                 natures={id_: Nature(hard=value) for id_, value in hard.items()})  # fmt: skip
            hold(session, bank.versions[5:], bank.people[:50], kind="round")
        refresh(clock.now())
        ordered = [statistic(one.id) for one in bank.versions]
        assert [one.fitted for one in ordered] == [260] * 5 + [310] * 5 + [0] * 2
        assert ordered[10].slope is None
        locations = [one.location for one in ordered[:10]]
        assert None not in locations
        # 1.5 is the slope that answers were made with
        assert all(0.8 < (one.slope or 0) < 2.5 for one in ordered[:6])
        assert locations[0] < -0.8 < 0 < locations[9]  # type: ignore[operator]


def test_a_question_that_got_harder_is_flagged_and_an_exam_only_one_has_its_exposure(
    app: Flask,
) -> None:
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            author, topic = make_person(session, Role.EDITOR), make_topic(session)
            versions = [make_question(session, author, topic, pool=Pool.EXAM) for _ in range(6)]
            people = people_of(session, 80)
            drifting = versions[0]
            for ago, hard in ((500, -2.0), (100, -2.0), (10, 1.0)):
                hold(session, versions, people, natures={drifting.id: Nature(hard=hard)},
                     opens_at=now - timedelta(days=ago))  # fmt: skip
        refresh(now)
        assert Flag.DRIFTED in flags_of(drifting.id)
        assert not any(Flag.DRIFTED in flags_of(one.id) for one in versions[1:])
        found = statistic(drifting.id)
        assert (found.papers, found.papers_year, found.candidates) == (240, 160, 80)
        assert found.last_seen_at == now - timedelta(days=10)


def test_attempts_are_read_in_batches_however_many_occasions(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=3, people=4)
            for _ in range(8):
                hold(session, bank.versions, bank.people)
        with counted(app) as log:
            found = compute(reading(), clock.now())
        assert found.sittings == 32
        # lines, corrected keys, when, and for the one batch attempts, answers, openings; a last look
        assert len(log) == 7


def test_flags_and_difficulty_are_written_in_a_fixed_number_of_statements(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, questions=9, people=1)
            told = {one.id: Measured(Difficulty.EASY, [Flag.TOO_EASY]) for one in bank.versions}
        with transaction() as session, counted(app) as log:
            noted = note_measured(session, told, clock.now())
        assert (noted.moved, noted.raised) == (9, 9)
        assert len(log) == 4
        with transaction() as session, counted(app) as log:
            note_measured(session, told, clock.now())
        assert len(log) == 2


def test_the_command_runs_the_job_and_the_job_runs_at_night(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["statistics", "refresh"])
    assert answer.exit_code == 0
    assert answer.output.startswith("0 questions over 0 first tries")
    assert JOBS[0].first_slot.astimezone(clock.SHANGHAI).hour == 2
    assert services.BATCH <= 500
