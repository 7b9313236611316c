"""Sittings for tests of pages: an occasion with questions of every type, and a started attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.permissions import Role
from question_bank.questions.models import QuestionType
from quiz.attempts.models import Attempt
from quiz.attempts.services import start
from quiz.occasions.models import MultipleRule, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from tests.factories import make_person, make_question, make_topic, make_unit

KIND = "trial"  # nothing follows from its scores
TITLE = "2026年第四季度政务公开资格考试"
STEMS = {
    QuestionType.SINGLE: "行政机关收到政府信息公开申请，不能当场答复的，应当自收到申请之日起多少个工作日内予以答复？",
    QuestionType.MULTIPLE: "公民、法人或者其他组织提出的政府信息公开申请，应当包括下列哪些内容？",
    QuestionType.TRUE_FALSE: "行政机关依申请提供政府信息，一律不收取任何费用。",
    QuestionType.FILL_IN: "属于主动公开范围的政府信息，应当自形成或者变更之日起（　）个（　）内及时公开。",
}
OPTIONS = {
    QuestionType.SINGLE: ["10 个工作日", "15 个工作日", "20 个工作日", "30 个工作日"],
    QuestionType.MULTIPLE: [
        "申请人的姓名或者名称、身份证明、联系方式",
        "申请公开的政府信息的名称、文号或者便于行政机关查询的其他特征性描述",
        "申请公开的政府信息的形式要求，包括获取信息的方式、途径",
        "申请公开的政府信息的用途和必要性说明",
    ],
}


@dataclass(frozen=True)
class Arranged:
    """A started sitting."""

    person: Person
    attempt_id: int
    occasion_id: int
    count: int


def arrange_sitting(
    session: Session,
    *,
    counts: tuple[int, int, int, int] = (3, 2, 2, 1),
    person: Person | None = None,
    minutes: int = 60,
    multiple_rule: MultipleRule = MultipleRule.ALL_OR_NOTHING,
) -> Arranged:
    """An open occasion with so many single, multiple, true/false and fill-in questions; started.

    Option order is kept, so that the right letters are known: B; A and C; 正确; 二十, 工作日.
    """
    now = clock.now()
    if person is None:
        unit = make_unit(session, "城中区人民政府办公室")
        person = make_person(session, Role.STAFF, unit=unit, name="文知新")
    author, topic = make_person(session, Role.EDITOR), make_topic(session)
    rows = [
        RowSpec(
            type_.value, count, 2,
            [
                make_question(
                    session, author, topic, type_=type_, may_shuffle=False, stem=STEMS[type_],
                    options=OPTIONS.get(type_),
                ).id
                for _number in range(count)
            ],
        )
        for type_, count in zip(STEMS, counts, strict=True)
        if count
    ]  # fmt: skip
    total = sum(counts) * 2
    occasion = open_occasion(
        session, kind=KIND, title=TITLE, opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=3), minutes=minutes, tries=2, pass_mark=total * 4 // 5,
        multiple_rule=multiple_rule, release_rule=ReleaseRule.BY_HAND, rows=rows, now=now,
    )  # fmt: skip
    session.flush()
    attempt, _is_new = start(session, occasion_id=occasion.id, person_id=person.id, now=now)
    return Arranged(person, attempt.id, occasion.id, sum(counts))


MATERIAL = "某县政府收到一份申请。\n申请人要求公开一份会议纪要。"


def arrange_essay(session: Session) -> Arranged:
    """A started sitting of one single choice and one short answer on ``MATERIAL``, ten marks each."""
    now = clock.now()
    author, topic = make_person(session, Role.EDITOR), make_topic(session)
    person = make_person(session, Role.STAFF, unit=make_unit(session, "市财政局"), name="文知新")
    single = make_question(session, author, topic, may_shuffle=False)
    essay = make_question(
        session, author, topic, type_=QuestionType.SHORT_ANSWER, passage=MATERIAL,
        stem="机关应当怎样办理？请写明步骤和期限。",
    )  # fmt: skip
    occasion = open_occasion(
        session, kind=KIND, title=TITLE, opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=3), minutes=60, tries=2, pass_mark=12,
        multiple_rule=MultipleRule.ALL_OR_NOTHING, release_rule=ReleaseRule.AT_ONCE,
        rows=[RowSpec("single", 1, 10, [single.id]), RowSpec("short", 1, 10, [essay.id])], now=now,
    )  # fmt: skip
    session.flush()
    attempt, _is_new = start(session, occasion_id=occasion.id, person_id=person.id, now=now)
    return Arranged(person, attempt.id, occasion.id, 2)


def set_deadline(session: Session, attempt_id: int, seconds: float) -> None:
    """Let the attempt end so many seconds from now (before now where negative)."""
    deadline = clock.now() + timedelta(seconds=seconds)
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(deadline_at=deadline))
