"""A small city with a bank and an exam, for tests of exams and certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units.models import Unit
from certification.blueprints.rules import Row
from certification.blueprints.services import save_rows
from certification.exams.models import Exam
from certification.exams.services import Frame, create, save_terms
from certification.publishing.services import publish
from core import clock
from core.db import transaction
from core.permissions import Role
from question_bank.questions.models import Difficulty, QuestionType, Topic
from quiz.attempts.models import Attempt
from quiz.attempts.services import start
from quiz.grading.rules import to_letters
from quiz.occasions.models import MultipleRule, ReleaseRule
from quiz.papers.queries import items_of, versions_of
from quiz.sitting.services import open_paper, submit
from tests.factories import make_person, make_question, make_topic, make_unit

WRITTEN = "先登记，\n再在二十个工作日内答复。"  # the answer to every short-answer question
ROWS = (("single", "easy", 3, 20), ("true_false", None, 2, 20))


@dataclass(frozen=True)
class City:
    """Who and what there is. ``other``: a unit whose people are not invited."""

    root: Unit
    unit: Unit
    other: Unit
    topic: Topic
    office: Person
    second: Person
    coordinator: Person
    staff: Person
    stranger: Person
    editor: Person


def make_city(session: Session) -> City:
    """A city with two units, its offices and a bank of 5 single and 4 true/false questions."""
    root = make_unit(session, "龙城市")
    unit = make_unit(session, "城中区政府办公室", parent=root)
    other = make_unit(session, "市财政局", parent=root)
    editor = make_person(session, Role.EDITOR, unit=root, name="编小题")
    topic = make_topic(session, "依申请公开")
    for _number in range(5):
        make_question(session, editor, topic, difficulty=Difficulty.EASY)
    for _number in range(4):
        make_question(session, editor, topic, type_=QuestionType.TRUE_FALSE)
    return City(
        root, unit, other, topic,
        office=make_person(session, Role.OFFICE, unit=root, name="章有法"),
        second=make_person(session, Role.OFFICE, unit=root, name="简明白"),
        coordinator=make_person(session, Role.COORDINATOR, unit=unit, name="联络通"),
        staff=make_person(session, unit=unit, name="文知新"),
        stranger=make_person(session, unit=other, name="路过人"),
        editor=editor,
    )  # fmt: skip


def make_draft(
    session: Session,
    city: City,
    *,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    people: tuple[Person, ...] = (),
    needs_training: bool = False,
    rows: tuple[Row, ...] | None = None,
    **terms: Any,
) -> Exam:
    """A complete draft for the people of ``city.unit``: 5 questions, 100 marks, 60 to pass."""
    now = clock.now()
    frame = Frame(
        title="2026年第四季度政务公开资格考试", opens_at=opens_at or now - timedelta(hours=1),
        closes_at=closes_at or now + timedelta(hours=3), unit_ids=frozenset({city.unit.id}),
        person_ids=frozenset(person.id for person in people), needs_training=needs_training,
    )  # fmt: skip
    exam = create(session, frame, by_id=city.office.id, now=now)
    if rows is None:
        rows = tuple(
            Row(city.topic.id, type_, level, count, marks) for type_, level, count, marks in ROWS
        )
    save_rows(session, exam_id=exam.id, version=1, rows=rows)
    save_terms(
        session, exam_id=exam.id, version=2,
        **{"minutes": 60, "pass_mark": 60, "tries": 2,
           "multiple_rule": MultipleRule.ALL_OR_NOTHING, "release_rule": ReleaseRule.AT_ONCE,
           **terms},
    )  # fmt: skip
    session.refresh(exam)
    return exam


def make_exam(session: Session, city: City, **options: Any) -> Exam:
    """A published exam; see ``make_draft``."""
    exam = make_draft(session, city, **options)
    publish(session, exam_id=exam.id, version=exam.version, by_id=city.office.id, now=clock.now())
    session.refresh(exam)
    return exam


def arrange(app: Flask, **options: Any) -> tuple[City, Exam]:
    """A city with a published exam, committed."""
    with app.app_context(), transaction() as session:
        city = make_city(session)
        exam = make_exam(session, city, **options)
    return city, exam


def sit(app: Flask, exam: Exam, person: Person, *, right: bool = True) -> int:
    """A whole sitting with all answers right, or all wrong; the attempt's id."""
    assert exam.occasion_id is not None
    with app.app_context(), transaction() as session:
        attempt, _new = start(
            session, occasion_id=exam.occasion_id, person_id=person.id, now=clock.now()
        )
        answer_all(session, attempt, person, right=right)
    return attempt.id


def answer_all(session: Session, attempt: Attempt, person: Person, *, right: bool) -> None:
    """Open, answer and submit."""
    now = clock.now()
    open_paper(session, attempt_id=attempt.id, who=person.id, open_id="tests-open-1", now=now)
    items = items_of(session, (attempt.paper_id, attempt.started_at))
    versions = versions_of(session, [item.version_id for item in items])
    operations: list[tuple[int, int, Any]] = []
    for position, item in enumerate(items, start=1):
        key = versions[item.version_id].key
        value: Any
        if item.type is QuestionType.TRUE_FALSE:
            value = key if right else not key
        elif item.type is QuestionType.SHORT_ANSWER:
            value = WRITTEN
        else:
            letter = to_letters(key, item.order)[0]
            value = letter if right else next(one for one in "ABCD" if one != letter)
        operations.append((position, 1, value))
    submit(
        session, attempt_id=attempt.id, who=person.id, epoch=1, operations=operations,
        seqs={position: 1 for position, _seq, _value in operations}, now=now,
    )  # fmt: skip
