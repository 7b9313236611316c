"""Defining, publishing, cancelling; two who do it at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from certification.blueprints.rules import Row
from certification.blueprints.services import save_rows
from certification.candidates.services import admit
from certification.exams.models import Exam, ExamState
from certification.exams.services import Stale, cancel, save_terms
from certification.publishing import services as publishing
from certification.publishing.services import publish
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict, Forbidden, Invalid
from question_bank.questions.models import QuestionVersion, VersionState
from quiz.attempts.services import start
from quiz.occasions.models import MultipleRule, Occasion, PoolItem, ReleaseRule
from quiz.occasions.queries import suspended_in_pool
from tests.certification.world import arrange, make_city, make_draft
from tests.databases import both_databases


def _count(app: Flask, table: type) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(table)) or 0


def _draft(app: Flask, **options: object) -> tuple[Exam, int]:
    with app.app_context(), transaction() as session:
        city = make_city(session)
        return make_draft(session, city, **options), city.office.id  # type: ignore[arg-type]


@both_databases
def test_publishing_freezes_what_may_be_drawn(app: Flask) -> None:
    exam, office = _draft(app)
    with app.app_context(), transaction() as session:
        publish(session, exam_id=exam.id, version=exam.version, by_id=office, now=clock.now())
    with app.app_context():
        session = reading()
        stored = session.get_one(Exam, exam.id)
        assert stored.state is ExamState.PUBLISHED
        assert stored.occasion_id is not None
        per_row = session.execute(
            select(PoolItem.row, func.count()).group_by(PoolItem.row).order_by(PoolItem.row)
        ).all()
        assert [tuple(row) for row in per_row] == [(0, 5), (1, 4)]
        assert (
            session.scalar(
                select(AuditEvent.facts["pool_digest"].as_string()).where(
                    AuditEvent.action == "exam.publish"
                )
            )
            == session.get_one(Occasion, stored.occasion_id).pool_digest
        )


def test_a_version_retired_later_is_shown_and_the_pool_stays(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        one = session.scalar(select(func.min(PoolItem.version_id)))
        session.execute(
            update(QuestionVersion)
            .where(QuestionVersion.id == one)
            .values(state=VersionState.RETIRED)
        )
        assert [item.version_id for item in suspended_in_pool(session, exam.occasion_id or 0)] == [
            one
        ]
    assert _count(app, PoolItem) == 9


def _publish_at_once(app: Flask, exam: Exam, office: int, count: int = 8) -> list[str]:
    gate = threading.Barrier(count)

    def one(_number: int) -> str:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                publish(
                    session, exam_id=exam.id, version=exam.version, by_id=office, now=clock.now()
                )
        except AppError as error:
            return error.code
        return "published"

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(one, range(count)))


@both_databases
def test_of_many_who_publish_at_once_one_wins(app: Flask) -> None:
    exam, office = _draft(app)
    outcomes = _publish_at_once(app, exam, office)
    assert outcomes.count("published") == 1
    assert set(outcomes) <= {"published", "conflict", "stale_draft"}
    assert _count(app, Occasion) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_without_the_claim_it_is_published_more_than_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: it shows that the race above really happens."""
    exam, office = _draft(app)
    gate = threading.Barrier(2, timeout=5)

    def no_claim(*_args: object, **_values: object) -> None:
        gate.wait()

    monkeypatch.setattr(publishing, "claim_draft", no_claim)
    assert _publish_at_once(app, exam, office, 2) == ["published", "published"]
    assert _count(app, Occasion) == 2


def test_what_cannot_be_filled_is_refused_with_the_row(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        city = make_city(session)
        exam = make_draft(session, city, rows=(Row(city.topic.id, "single", "easy", 6, 20),))
    with (
        app.app_context(),
        pytest.raises(Invalid, match="依申请公开，单选，易”要 6 题，可用只有 5 题"),
        transaction() as session,
    ):
        publish(session, exam_id=exam.id, version=3, by_id=city.office.id, now=clock.now())
    with app.app_context():
        assert reading().get_one(Exam, exam.id).state is ExamState.DRAFT
    assert _count(app, Occasion) == 0


def test_a_window_that_is_past_is_refused(app: Flask) -> None:
    now = clock.now()
    exam, office = _draft(app, opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1))
    with (
        app.app_context(),
        pytest.raises(Invalid, match="结束时间已经过去"),
        transaction() as session,
    ):
        publish(session, exam_id=exam.id, version=exam.version, by_id=office, now=now)


def test_overlapping_rows_are_refused_naming_both(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        city = make_city(session)
        exam = make_draft(session, city)
    rows = [Row(city.topic.id, "single", "easy", 1, 2), Row(None, "single", None, 1, 2)]
    with (
        app.app_context(),
        pytest.raises(Invalid, match="“依申请公开，单选，易”和“任何知识点，单选，难度不限”重叠"),
        transaction() as session,
    ):
        save_rows(session, exam_id=exam.id, version=exam.version, rows=rows)


@both_databases
def test_who_saves_an_older_version_is_told(app: Flask) -> None:
    exam, _office = _draft(app)
    terms = {
        "minutes": 45, "pass_mark": 50, "tries": 1, "release_rule": ReleaseRule.AT_ONCE,
        "multiple_rule": MultipleRule.PARTIAL,
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        save_terms(session, exam_id=exam.id, version=exam.version, **terms)  # type: ignore[arg-type]
    with app.app_context(), pytest.raises(Stale), transaction() as session:
        save_terms(session, exam_id=exam.id, version=exam.version, **terms)  # type: ignore[arg-type]


def test_a_published_exam_is_not_edited(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), pytest.raises(Conflict, match="不能再改"), transaction() as session:
        save_rows(session, exam_id=exam.id, version=exam.version, rows=[])


@both_databases
def test_an_exam_that_someone_started_is_not_cancelled(app: Flask) -> None:
    city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        start(session, occasion_id=exam.occasion_id or 0, person_id=city.staff.id, now=clock.now())
    with app.app_context(), pytest.raises(Conflict, match="已经有人开考"), transaction() as session:
        cancel(session, exam_id=exam.id, reason="改期")


@both_databases
def test_an_exam_that_nobody_started_is_cancelled_once(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        cancel(session, exam_id=exam.id, reason="改期")
    with app.app_context(), pytest.raises(Conflict), transaction() as session:
        cancel(session, exam_id=exam.id, reason="改期")


@both_databases
def test_nobody_admits_themselves_and_a_reason_replaces_none(app: Flask) -> None:
    city, exam = arrange(app)
    with app.app_context(), pytest.raises(Forbidden), transaction() as session:
        admit(session, exam_id=exam.id, staff_no=city.office.staff_no, reason="想考",
              by_id=city.office.id, now=clock.now())  # fmt: skip
    for reason in ("轮岗到一线", "再写一次"):
        with app.app_context(), transaction() as session:
            name = admit(session, exam_id=exam.id, staff_no=city.editor.staff_no.lower(),
                         reason=reason, by_id=city.office.id, now=clock.now())  # fmt: skip
    assert name == "编小题"
