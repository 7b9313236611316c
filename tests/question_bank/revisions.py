"""Laws in two versions, and questions that cite them, for tests of revisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.permissions import Role
from question_bank.formats.law import ParsedArticle, ParsedLaw
from question_bank.laws import services
from question_bank.laws.models import Article
from question_bank.laws.rules import chinese_number
from question_bank.questions.models import QuestionVersion, Topic
from question_bank.questions.rules import VersionState
from tests.factories import make_person, make_question, make_topic

TITLE = "中华人民共和国测试法"
FIRST, SECOND = date(2020, 1, 1), date(2024, 5, 1)
STAYS = "国家机关应当依法公开有关信息，接受人民群众的监督。"
CHANGES = "行政机关应当自收到申请之日起二十个工作日内予以答复。"
CHANGED = CHANGES.replace("二十", "十五")
GOES = "本法所称主管部门，是指省级人民政府确定的机构。"
COMES = "公民、法人或者其他组织不服的，可以依法申请行政复议。"
BEFORE = (STAYS, CHANGES, GOES, "违反本法规定的，由上级机关责令改正；情节严重的，依法给予处分。")
# the new second article moves what stood behind it
AFTER = (STAYS, COMES, CHANGED, BEFORE[3])


def parsed(texts: Sequence[str], day: date, title: str = TITLE) -> ParsedLaw:
    """A law whose articles are these texts."""
    return ParsedLaw(
        title, day,
        tuple(ParsedArticle(f"第{chinese_number(number)}条", number, text)
              for number, text in enumerate(texts, start=1)),
    )  # fmt: skip


def bring_in(
    session: Session, texts: Sequence[str], day: date, *, in_force: date | None = None, **more: Any
) -> services.ImportedLaw:
    """Import a version that was promulgated on a day, in force from then on unless said otherwise."""
    return services.import_law(
        session, law=parsed(texts, day, **more), in_force_on=in_force or day, by_id=None,
        now=clock.now(),
    )  # fmt: skip


def articles(session: Session, version_id: int) -> list[Article]:
    """The articles of a version in order."""
    return list(
        session.scalars(
            select(Article).where(Article.law_version_id == version_id).order_by(Article.ordinal)
        )
    )


class Cast:
    """An author, two reviewers, a topic, and the law in its first version."""

    def __init__(self, session: Session, texts: Sequence[str] = BEFORE) -> None:
        self.author: Person = make_person(session, Role.EDITOR)
        self.reviewer: Person = make_person(session, Role.REVIEWER)
        self.other: Person = make_person(session, Role.REVIEWER)
        self.topic: Topic = make_topic(session)
        self.law = bring_in(session, texts, FIRST)
        self.articles = articles(session, self.law.version_id)

    def cite(
        self, session: Session, article: Article | None, state: VersionState = VersionState.APPROVED,
        **more: Any,
    ) -> QuestionVersion:  # fmt: skip
        """A question that rests on an article."""
        return make_question(
            session, self.author, self.topic, state=state,
            article_id=article.id if article else None,
            basis=f"《{TITLE}》{article.label}" if article else "", **more,
        )  # fmt: skip


def state_of(session: Session, version_id: int) -> VersionState:
    """The state of a version as the database has it."""
    return session.scalars(
        select(QuestionVersion.state).where(QuestionVersion.id == version_id)
    ).one()
