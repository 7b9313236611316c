"""The story of the made-up city, told with the services that a browser reaches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.signin.services import hash_password
from certification.blueprints.queries import stock
from certification.blueprints.rules import Row
from certification.blueprints.services import save_rows
from certification.exams.services import Frame, create, save_terms
from certification.publishing.services import publish
from core import clock
from core.audit.services import record
from question_bank.laws.services import import_law, read_law
from question_bank.questions.models import (
    Difficulty,
    Pool,
    Question,
    QuestionType,
    QuestionVersion,
    Topic,
    VersionState,
)
from question_bank.questions.rules import Draft, digest_of
from question_bank.questions.services import start_version
from question_bank.review.services import submit_for_review
from question_bank.starter import cited_articles
from question_bank.starter.services import load_starter
from quiz.attempts.services import release_occasion
from quiz.occasions.models import MultipleRule, ReleaseRule
from reporting.city.rules import chosen, stage_of
from reporting.city.services import City, build
from reporting.demo.rules import (
    MARKS,
    HeldExam,
    blueprint,
    extra_question,
    held_exams,
    sessions_of,
)
from reporting.loop.services import tell
from reporting.sitters.services import sit
from training.models import Attendance, TrainingKind, TrainingSession

BATCH = 5_000
SAT_AND_PASSED, SAT_AND_FAILED = 60, 20
STARTER = 336


def load(
    session: Session, *, password: str, people: int, questions: int, candidates: int,
    laws: Path | None, now: datetime,
) -> str:  # fmt: skip
    """Fill an empty database; what was made, in words. ``laws``: folder of law texts, if any."""
    city = build(session, people=people, password_hash=hash_password(password), now=now)
    _bank(session, city, questions, now)
    if laws is not None:
        _laws(session, laws, city.parts["EDITOR01"], now)
    _training(session, city, people, candidates, now)
    held = _past_exams(session, city, people, candidates, now)
    _open_exam(session, city, people, candidates, now)
    told = tell(session, city, held, now)
    record(
        session, "demo.load", ("demo", "1"),
        facts={"people": people, "questions": questions, "candidates": candidates},
    )  # fmt: skip
    return (
        f"{people} staff in {len(city.units)} units, {questions} questions, {len(held)} past exams "
        f"({sum(len(exam.passed) for exam in held)} passed, "
        f"{sum(len(exam.failed) for exam in held)} failed), one open exam for {candidates} "
        f"candidates; {told}"
    )


def _fill(session: Session, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    for begin in range(0, len(rows), BATCH):
        session.execute(insert(table), rows[begin : begin + BATCH])


# --- bank -----------------------------------------------------------------------


def _bank(session: Session, city: City, questions: int, now: datetime) -> None:
    author, reviewer = city.parts["EDITOR01"], city.parts["REVIEW01"]
    earlier = now - timedelta(days=120)
    load_starter(
        session, author_id=author, reviewer_id=reviewer, now=earlier, limit=min(questions, STARTER)
    )
    if questions > STARTER:
        _extra_questions(session, questions - STARTER, author, earlier)
    _revisions(session, author, now)


def _revisions(session: Session, author_id: int, now: datetime) -> None:
    """Some questions were improved and wait for the reviewer, so that the queue is not empty."""
    approved = QuestionVersion.state == VersionState.APPROVED
    for version in session.scalars(select(QuestionVersion).where(approved).limit(6)).all():
        draft = Draft(
            version.type, version.stem, tuple(version.options), version.key,
            f"{version.explanation}答题时以现行条文为准。", version.difficulty, version.pool,
            version.may_shuffle, version.basis,
        )  # fmt: skip
        revised = start_version(
            session, base_id=version.id, draft=draft, topic_id=version.topic_id,
            author_id=author_id, now=now - timedelta(days=2), article_id=version.article_id,
        )  # fmt: skip
        submit_for_review(
            session, version_id=revised.id, by_id=author_id, now=now - timedelta(days=2)
        )


def _extra_questions(session: Session, number: int, author_id: int, now: datetime) -> None:
    topic = Topic(name="演示题", ordinal=99)
    session.add(topic)
    session.flush()
    codes = [f"DEMO-{index:06d}" for index in range(1, number + 1)]
    _fill(session, Question, ({"code": code, "created_at": now} for code in codes))
    found = select(Question.code, Question.id).where(Question.code.startswith("DEMO-"))
    ids = {row.code: row.id for row in session.execute(found)}
    single = QuestionType.SINGLE
    made = (extra_question(index) for index in range(1, number + 1))
    _fill(session, QuestionVersion, (
        {**question, "question_id": ids[code], "number": 1, "state": VersionState.APPROVED,
         "type": single, "topic_id": topic.id, "difficulty": Difficulty.EASY, "pool": Pool.BOTH,
         "may_shuffle": True, "author_id": author_id, "created_at": now,
         "digest": digest_of(single, question["stem"], question["options"], question["key"])}
        for code, question in zip(codes, made, strict=True)
    ))  # fmt: skip


def _laws(session: Session, folder: Path, by_id: int, now: datetime) -> None:
    """Bring in those laws of a folder that the starter questions were written on."""
    in_force = {
        (row["law"], row["version"]): date.fromisoformat(row["in_force"])
        for row in cited_articles()
    }
    for path in sorted(folder.glob("*.md")):
        law = read_law(path.name, path.read_bytes())
        day = in_force.get((law.title, law.promulgated_on.isoformat()))
        if day is not None:
            import_law(session, law=law, in_force_on=day, by_id=by_id, now=now)


# --- training --------------------------------------------------------------------


def _training(session: Session, city: City, people: int, candidates: int, now: datetime) -> None:
    held = (
        (
            TrainingKind.ROTATION,
            "全市政务公开业务轮训（第 1 期）",
            150,
            "市政务服务中心三楼 302 会议室",
        ),
        (TrainingKind.INDICATORS, "政务公开绩效指标解读培训", 110, "市行政中心 1 号楼报告厅"),
        (
            TrainingKind.ROTATION,
            "全市政务公开业务轮训（第 2 期）",
            40,
            "市政务服务中心三楼 302 会议室",
        ),
        (TrainingKind.ONE_TO_ONE, "重点部门一对一辅导：市自然资源局", 20, "市自然资源局五楼会议室"),
    )
    office = city.parts["OFFICE01"]
    ids = []
    for kind, title, days_ago, place in held:
        begin = clock.start_of(clock.civil_date(now) - timedelta(days=days_ago)) + timedelta(
            hours=9
        )
        session_ = TrainingSession(
            kind=kind, title=title, starts_at=begin, ends_at=begin + timedelta(hours=3), place=place,
            recorded_by=office, recorded_at=begin + timedelta(hours=4),
        )  # fmt: skip
        session.add(session_)
        session.flush()
        ids.append(session_.id)
    attended = [
        (ids[session_], number)
        for number in range(people)
        for session_ in sessions_of(number, stage_of(number, candidates))
    ]
    _fill(session, Attendance, (
        {"session_id": session_id, "person_id": city.staff[number], "recorded_by": office,
         "recorded_at": now}
        for session_id, number in attended
    ))  # fmt: skip


# --- exams -----------------------------------------------------------------------


def _exam(
    session: Session, city: City, *, title: str, opens_at: datetime, closes_at: datetime,
    person_ids: Iterable[int], release: ReleaseRule, now: datetime,
) -> int:  # fmt: skip
    """Define and publish an exam; the id of its occasion."""
    office = city.parts["OFFICE01"]
    frame = Frame(title, opens_at, closes_at, frozenset(), frozenset(person_ids), True)
    exam = create(session, frame, by_id=office, now=now)
    shares = blueprint(stock(session))
    rows = [Row(share.topic_id, share.type, None, share.count, MARKS) for share in shares]
    total = sum(share.count for share in shares) * MARKS
    save_rows(session, exam_id=exam.id, version=1, rows=rows)
    save_terms(
        session, exam_id=exam.id, version=2, minutes=60, pass_mark=total * 80 // 100, tries=2,
        multiple_rule=MultipleRule.ALL_OR_NOTHING, release_rule=release,
    )  # fmt: skip
    return publish(session, exam_id=exam.id, version=3, by_id=office, now=now)


def _past_exams(
    session: Session, city: City, people: int, candidates: int, now: datetime
) -> list[HeldExam]:
    """Exams of the past: who passed holds a certificate, who failed may try again now."""
    held = held_exams(
        chosen("certified", people, candidates, SAT_AND_PASSED),
        chosen("failed", people, candidates, SAT_AND_FAILED),
        chosen("absent", people, candidates, SAT_AND_FAILED),
        clock.civil_date(now),
    )
    for exam in held:
        _past_exam(session, city, exam, now)
    return held


def _past_exam(session: Session, city: City, exam: HeldExam, now: datetime) -> None:
    day = clock.civil_date(now) - timedelta(days=exam.days_ago)
    begin = clock.start_of(day) + timedelta(hours=9)
    end = begin + timedelta(days=14)
    occasion_id = _exam(
        session, city, title=exam.title, opens_at=begin, closes_at=end,
        person_ids=(city.staff[n] for n in (*exam.passed, *exam.failed, *exam.absent)),
        release=ReleaseRule.AFTER_WINDOW, now=begin - timedelta(days=10),
    )  # fmt: skip
    for place, number in enumerate((*exam.passed, *exam.failed)):
        at = begin + timedelta(days=place % 10, minutes=7 * place)
        sit(session, occasion_id, city.staff[number], number, at, passes=number in set(exam.passed))
    release_occasion(session, occasion_id, end + timedelta(hours=1))


def _open_exam(session: Session, city: City, people: int, candidates: int, now: datetime) -> None:
    failed = chosen("failed", people, candidates, SAT_AND_FAILED)
    trained = chosen("trained", people, candidates, SAT_AND_FAILED)
    numbers = [*range(candidates), *failed, *trained]
    if not numbers:
        return
    _exam(
        session, city, title="第四季度政务公开资格考试",
        opens_at=clock.start_of(clock.civil_date(now) - timedelta(days=3)) + timedelta(hours=9),
        closes_at=clock.end_of(clock.civil_date(now) + timedelta(days=18)),
        person_ids=(city.staff[n] for n in numbers), release=ReleaseRule.AT_ONCE,
        now=now - timedelta(days=5),
    )  # fmt: skip
