"""Pages that name questions say what rich ones say, and never show the marks of their markup."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import transaction
from core.permissions import Role
from question_bank.duplicates.services import compare_all
from question_bank.questions.models import QuestionVersion
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import QuestionType
from question_bank.questions.services import start_version, submit_for_review
from question_bank.suspensions.services import suspend
from quiz.statistics.jobs import refresh
from tests.certification import world as exams
from tests.factories import make_article, make_person, rewrite
from tests.quiz.reports import Sat, say, version_at
from tests.quiz.voids import Browser

STEM = "**重点**：答复的期限是（　）\n\n| 事项 | 期限 |\n|---|---|\n| 答复 | *几日* |"
OPTIONS = ["**十日**", "二十日", "*三十日*", "四十日"]
RAW = ("**", "|---", "*几日", "*三十日")


@dataclass
class Question:
    """What pages are addressed by."""

    article_id: int
    law_id: int
    version_id: int = 0
    question_id: int = 0


def _arranged(app: Flask) -> tuple[Sat, Question]:
    """Every question has rich texts; one was sat, reported, put in doubt, and is being rewritten."""
    city, exam = exams.arrange(app)
    with app.app_context(), transaction() as session:
        article = make_article(session)
        article.line_id = article.id
        single = select(QuestionVersion.id).where(QuestionVersion.type == QuestionType.SINGLE)
        rewrite(session, stem=STEM, is_rich=True, article_id=article.id)
        rewrite(session, *session.scalars(single).all(), options=OPTIONS)
        reviewer, second = (make_person(session, Role.REVIEWER, unit=city.root) for _ in "12")
        found = Question(article.id, article.law_version_id)
    one = Sat(city, exam, exams.sit(app, exam, city.staff), reviewer, second)
    found.version_id = version_at(app, one.attempt_id)
    say(app, one.attempt_id, one.staff)
    with app.app_context(), transaction() as session:
        now, editor = clock.now(), make_person(session, Role.EDITOR)
        version = session.get_one(QuestionVersion, found.version_id)
        begun = start_version(
            session, base_id=version.id, draft=draft_of(version), topic_id=city.topic.id,
            author_id=editor.id, now=now,
        )  # fmt: skip
        submit_for_review(session, version_id=begun.id, by_id=editor.id, now=now)
        suspend(session, version_id=version.id, reason="reported", by_id=None, now=now)
        found.question_id = version.question_id
    with app.app_context():
        compare_all()
        refresh(clock.now())
    return one, found


def test_no_page_shows_raw_markup(app: Flask) -> None:
    one, its = _arranged(app)
    pages = {
        one.reviewer: (
            "/questions", "/questions/review/queue", "/questions/review", f"/questions/suspended/{its.article_id}",
            f"/questions/{its.question_id}", f"/questions/{its.question_id}/compare?to=2",
            "/questions/duplicates", "/statistics?flag=all",
            f"/statistics/questions/{its.question_id}", "/errata", f"/errata/versions/{its.version_id}",
            f"/errata/versions/{its.version_id}/correct",
        ),
        one.office: (f"/exams/{one.exam.id}", f"/statistics/exams/{one.exam.occasion_id}"),
        one.staff: (f"/errata/report/{one.attempt_id}/1", f"/results/{one.attempt_id}?show=all"),
        one.city.editor: (f"/laws/{its.law_id}",),
    }  # fmt: skip
    for person, paths in pages.items():
        browser = Browser(app, person)
        for path in paths:
            page = browser.get(path)
            assert "重点" in page, path
            assert not [mark for mark in RAW if mark in page], path
