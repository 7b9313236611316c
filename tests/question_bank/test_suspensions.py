"""A revision suspends exactly the questions that cite what it changed; reports suspend one."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Conflict, NotFound
from question_bank.formats.law import parse_law
from question_bank.laws import queries as laws
from question_bank.laws import services as law_services
from question_bank.laws.models import LawVersion
from question_bank.questions import queries as questions
from question_bank.questions import services
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import QuestionType, VersionState
from question_bank.suspensions import jobs, queries
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import Reason, SuspensionOutcome
from question_bank.suspensions.services import suspend
from tests.databases import both_databases
from tests.question_bank.helpers import LAW_DIR, draft
from tests.question_bank.revisions import (
    AFTER,
    BEFORE,
    CHANGED,
    FIRST,
    SECOND,
    TITLE,
    Cast,
    articles,
    bring_in,
    state_of,
)
from tests.statements import counted

DOUBT, GOOD = VersionState.NEEDS_REVIEW, VersionState.APPROVED
TODAY = date(2026, 11, 24)


@both_databases
def test_what_cites_a_changed_or_deleted_article_is_suspended_and_nothing_else(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        stays, changes, goes, moves = (cast.cite(session, one).id for one in cast.articles)
        alone = cast.cite(session, None).id
        pending = cast.cite(session, cast.articles[1], VersionState.IN_REVIEW).id
        retired = cast.cite(session, cast.articles[1], VersionState.RETIRED).id
        done = bring_in(session, AFTER, SECOND)
        assert done.kinds == {"same": 2, "changed": 1, "new": 1, "deleted": 1}
        assert (done.suspended, done.waiting) == (2, 0)
    with app.app_context():
        session = reading()
        assert {
            version_id: state_of(session, version_id)
            for version_id in (stays, changes, goes, moves, alone, pending, retired)
        } == {
            stays: GOOD, changes: DOUBT, goes: DOUBT, moves: GOOD, alone: GOOD,
            pending: VersionState.IN_REVIEW, retired: VersionState.RETIRED,
        }  # fmt: skip
        rows = session.scalars(select(Suspension).order_by(Suspension.id)).all()
        assert {row.version_id: row.reason for row in rows} == {
            changes: Reason.LAW_CHANGED, goes: Reason.LAW_DELETED,
        }  # fmt: skip
        assert {row.law_version_id for row in rows} == {done.version_id}
        events = session.scalars(select(ReviewEvent).where(ReviewEvent.to_state == DOUBT)).all()
        assert {(one.version_id, one.from_state, one.by_id) for one in events} == {
            (changes, GOOD, None), (goes, GOOD, None),
        }  # fmt: skip
        assert "question.suspend_citing" in set(session.scalars(select(AuditEvent.action)))


def test_a_moved_article_is_quoted_under_its_present_label_and_the_question_stays(
    door: Session,
) -> None:
    cast = Cast(door, BEFORE[:1] + BEFORE[3:])
    moves = cast.cite(door, cast.articles[1])
    bring_in(door, (BEFORE[0], BEFORE[2], BEFORE[3]), SECOND)
    assert state_of(door, moves.id) is GOOD
    shown = questions.version(door, moves.id).article
    assert shown is not None
    assert (shown.label, shown.cited_label, shown.in_force_on) == ("第三条", "第二条", SECOND)
    kept = door.get_one(QuestionVersion, moves.id)
    assert (kept.article_id, kept.basis) == (cast.articles[1].id, f"《{TITLE}》第二条")


def test_a_change_reaches_questions_written_on_the_version_before_the_last(door: Session) -> None:
    cast = Cast(door)
    first = cast.cite(door, cast.articles[1])
    unchanged = bring_in(door, (*BEFORE, "附则另行规定。"), date(2022, 1, 1))
    second = cast.cite(door, articles(door, unchanged.version_id)[1])
    assert state_of(door, first.id) is GOOD
    done = bring_in(door, AFTER, SECOND)
    assert done.suspended == 2
    assert (state_of(door, first.id), state_of(door, second.id)) == (DOUBT, DOUBT)


def test_a_text_that_comes_back_is_not_in_doubt(door: Session) -> None:
    cast = Cast(door)
    cites = cast.cite(door, cast.articles[1])
    bring_in(door, (BEFORE[0], CHANGED, *BEFORE[2:]), SECOND, in_force=date(2099, 1, 1))
    bring_in(door, BEFORE, date(2025, 1, 1), in_force=date(2099, 6, 1))
    # a server that was off for all of that time finds both due
    assert jobs_between(door, date(2099, 7, 1)) == [0, 0]
    assert state_of(door, cites.id) is GOOD


def jobs_between(session: Session, day: date) -> list[int | None]:
    """Let every version that is due on a day take force."""
    from question_bank.laws.revisions.queries import due_to_take_force
    from question_bank.suspensions.services import take_force

    now = clock.now() + (day - clock.today())
    return [
        take_force(session, law_version_id=version_id, by_id=None, now=now)
        for version_id in due_to_take_force(session, day)
    ]


def test_an_older_version_that_comes_late_is_put_in_its_place(door: Session) -> None:
    cast = Cast(door)
    newest = bring_in(door, AFTER, SECOND)
    cites = cast.cite(door, articles(door, newest.version_id)[2])
    between = bring_in(door, (*BEFORE[:3], BEFORE[3] + "法律另有规定的除外。"), date(2022, 1, 1))
    order = {
        row.id: row.former_id for row in door.scalars(select(LawVersion).order_by(LawVersion.id))
    }
    first = cast.law.version_id
    assert order == {first: None, between.version_id: first, newest.version_id: between.version_id}
    lines = {one.text: one.line_id for one in articles(door, newest.version_id)}
    assert lines[CHANGED] == cast.articles[1].id
    assert state_of(door, cites.id) is GOOD


@both_databases
def test_a_version_in_force_later_suspends_on_its_day_by_a_job_that_catches_up(app: Flask) -> None:
    today = clock.today()
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        cites = cast.cite(session, cast.articles[1]).id
        done = bring_in(session, AFTER, today, in_force=today + timedelta(days=3))
        assert (done.suspended, done.waiting) == (0, 1)
    with app.app_context():
        now = clock.now()
        assert jobs.take_force_due(now + timedelta(days=2)).startswith("0 versions")
        assert state_of(reading(), cites) is GOOD
    with app.app_context():
        assert jobs.take_force_due(now + timedelta(days=9)) == (
            "1 versions took force, 1 questions suspended"
        )
        assert jobs.take_force_due(now + timedelta(days=9)).startswith("0 versions")
    with app.app_context():
        assert state_of(reading(), cites) is DOUBT


def test_versions_from_before_comparing_are_compared_by_the_job(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        bring_in(session, AFTER, SECOND)
        cites = cast.cite(session, cast.articles[1]).id
        for version in session.scalars(select(LawVersion)):
            version.compared_at = version.taken_at = None
    with app.app_context():
        assert jobs.take_force_due(clock.now()) == "2 versions took force, 1 questions suspended"
    with app.app_context():
        assert state_of(reading(), cites) is DOUBT


def test_many_questions_cost_as_many_statements_as_one(app: Flask) -> None:
    numbers = []
    for count in (1, 40):
        with app.app_context(), transaction() as session:
            title = f"第{count}号测试法"
            cast = Cast(session)
            law = bring_in(session, BEFORE, FIRST, title=title)
            for _ in range(count):
                cast.cite(session, articles(session, law.version_id)[1])
        with counted(app) as log, app.app_context(), transaction() as session:
            assert bring_in(session, AFTER, SECOND, title=title).suspended == count
        numbers.append(len(log))
    assert numbers[0] == numbers[1]


@pytest.mark.skipif(not LAW_DIR.is_dir(), reason="law texts are not at hand")
@pytest.mark.parametrize(
    ("before", "after", "in_doubt"),
    [
        ("保守国家秘密法(2010-04-29).md", "保守国家秘密法(2024-02-27).md", 39),
        ("行政复议法(2017-09-01).md", "行政复议法(2023-09-01).md", 42),
    ],
)
def test_with_real_laws_the_set_is_exactly_the_citing_questions(
    door: Session, before: str, after: str, in_doubt: int
) -> None:
    old, new = (
        parse_law((LAW_DIR / name).read_text(encoding="utf-8"), name) for name in (before, after)
    )
    now = clock.now()
    first = law_services.import_law(
        door, law=old, in_force_on=old.promulgated_on, by_id=None, now=now
    )
    cast = Cast(door)
    cited = {
        article.id: cast.cite(door, article).id for article in articles(door, first.version_id)
    }
    others = [cast.cite(door, article).id for article in cast.articles]
    done = law_services.import_law(
        door, law=new, in_force_on=new.promulgated_on, by_id=None, now=now
    )
    standing = laws.standings(door, list(cited), clock.today())
    expected = {cited[id_] for id_, one in standing.items() if not one.stands}
    found = set(door.scalars(select(QuestionVersion.id).where(QuestionVersion.state == DOUBT)))
    assert found == expected
    assert len(found) == done.suspended == in_doubt
    assert not found & set(others)


@pytest.mark.parametrize("seed", range(6))
def test_of_any_revision_the_set_is_those_whose_words_are_gone(door: Session, seed: int) -> None:
    dice = random.Random(seed)
    pool = [
        f"第{n}类机关应当在{n}日内完成{chr(0x7532 + n)}项工作，并向社会公开结果。" * 2
        for n in range(14)
    ]
    before = dice.sample(pool, 9)
    cast = Cast(door, before)
    cited = [(cast.cite(door, article).id, article.text) for article in cast.articles]
    after = [
        text + "法律另有规定的除外。" if dice.random() < 0.3 else text
        for text in before
        if dice.random() > 0.25
    ] + dice.sample(pool, 2)
    after = list(dict.fromkeys(after))
    dice.shuffle(after)
    bring_in(door, after or [STAY], SECOND)
    for version_id, text in cited:
        assert (state_of(door, version_id) is GOOD) == (text in after)


STAY = "本法自公布之日起施行。"


# --- by hand ------------------------------------------------------------------------


@both_databases
def test_a_report_suspends_one_question_once(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        version = cast.cite(session, cast.articles[0])
        row = suspend(
            session, version_id=version.id, reason="reported", by_id=cast.reviewer.id,
            now=clock.now(), comment="期限写错了",
        )  # fmt: skip
        assert (row.reason, row.comment, row.closed_at) == (Reason.REPORTED, "期限写错了", None)
        assert state_of(session, version.id) is DOUBT
        with pytest.raises(Conflict):
            suspend(session, version_id=version.id, reason="reported", by_id=None, now=clock.now())
        with pytest.raises(NotFound):
            suspend(session, version_id=10**6, reason="reported", by_id=None, now=clock.now())
        assert session.scalar(select(func.count()).select_from(Suspension)) == 1


# --- review -------------------------------------------------------------------------


def test_a_version_whose_article_is_not_in_force_is_not_approved(door: Session) -> None:
    cast = Cast(door)
    changed = cast.cite(door, cast.articles[1], VersionState.IN_REVIEW)
    gone = cast.cite(door, cast.articles[2], VersionState.IN_REVIEW)
    moved = cast.cite(door, cast.articles[3], VersionState.IN_REVIEW)
    bring_in(door, AFTER, SECOND)
    for version, sentence in ((changed, "已经修改"), (gone, "不在现行文本里")):
        with pytest.raises(Conflict, match=sentence):
            services.approve(
                door, version_id=version.id, reviewer_id=cast.reviewer.id, now=clock.now()
            )
        assert state_of(door, version.id) is VersionState.IN_REVIEW
    services.approve(door, version_id=moved.id, reviewer_id=cast.reviewer.id, now=clock.now())
    assert state_of(door, moved.id) is GOOD


def test_a_next_version_that_is_approved_ends_the_suspension(door: Session) -> None:
    cast = Cast(door)
    cites = cast.cite(door, cast.articles[1])
    done = bring_in(door, AFTER, SECOND)
    basis = articles(door, done.version_id)[2]
    newer = services.start_version(
        door, base_id=cites.id, draft=draft(7, type=QuestionType.SINGLE), topic_id=cast.topic.id,
        author_id=cast.author.id, now=clock.now(), article_id=basis.id,
    )  # fmt: skip
    services.submit_for_review(door, version_id=newer.id, by_id=cast.author.id, now=clock.now())
    services.approve(door, version_id=newer.id, reviewer_id=cast.reviewer.id, now=clock.now())
    door.expire_all()
    row = door.scalars(select(Suspension)).one()
    assert (row.outcome, row.new_version_id, row.closed_by) == (
        SuspensionOutcome.REPLACED, newer.id, cast.reviewer.id,
    )  # fmt: skip
    assert (state_of(door, cites.id), state_of(door, newer.id)) == (VersionState.RETIRED, GOOD)
    assert queries.codes_of(door, [cites.id]) == [questions.version(door, newer.id).code]
