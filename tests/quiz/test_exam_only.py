"""A question that is reserved for exams is never shown outside an exam: every door is tried."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from accounts.people.models import Person
from certification.blueprints.rules import Row
from certification.exams.models import Exam
from certification.publishing.services import publish
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Permission, Role, permissions_of
from question_bank.questions.models import Pool, Topic
from quiz.notebook.models import NotebookEntry
from quiz.occasions.models import MultipleRule, PoolItem, ReleaseRule
from quiz.occasions.rules import RowSpec
from quiz.occasions.services import open_occasion
from quiz.opening.services import create_plan, open_due
from quiz.practice.queries import candidates
from quiz.rounds.models import QuizRound
from tests.access_table import ACCESS
from tests.certification import world as exams
from tests.certification.world import City
from tests.factories import make_person, make_question, make_topic, sign_in
from tests.quiz.reports import say
from tests.quiz.rounds import make_bank
from tests.quiz.voids import Browser

SECRET = "此题只考不练"  # in the stem and in every option of what is reserved


@dataclass(frozen=True)
class Place:
    """An exam with nothing but reserved questions, which ``staff`` failed and was shown."""

    city: City
    exam: Exam
    attempt_id: int
    topic: Topic
    reserved: tuple[int, ...]  # versions
    open_question: int  # a version of the same topic that may be practised

    @property
    def staff(self) -> Person:
        return self.city.staff


def place_of(app: Flask, **terms: Any) -> Place:
    with app.app_context(), transaction() as session:
        city = exams.make_city(session)
        topic = make_topic(session, "只考的知识点")
        options = [f"{SECRET}{letter}" for letter in "甲乙丙丁"]
        reserved = [
            make_question(session, city.editor, topic, pool=Pool.EXAM, stem=f"{SECRET}第{n}题",
                          options=options)
            for n in range(1, 5)
        ]  # fmt: skip
        other = make_question(session, city.editor, topic, pool=Pool.BOTH)
        exam = exams.make_draft(
            session, city, rows=(Row(topic.id, "single", None, 3, 20),), pass_mark=40, **terms
        )
        publish(
            session, exam_id=exam.id, version=exam.version, by_id=city.office.id, now=clock.now()
        )
        session.refresh(exam)
        # only what is reserved was to be drawn, so that the control below is sure to see it
        session.execute(delete(PoolItem).where(PoolItem.version_id == other.id))
    attempt_id = exams.sit(app, exam, city.staff, right=False)
    return Place(city, exam, attempt_id, topic, tuple(one.id for one in reserved), other.id)


# --- doors: each gives everything that comes out of it, as text --------------------------


def _practice_by_topic(app: Flask, place: Place) -> str:
    staff = Browser(app, place.staff)
    path = staff.post("/practice/start", source="topic", topic=str(place.topic.id), count="20")
    attempt_id = int(path.rsplit("/", 1)[1])
    opened = staff.client.post(
        f"/api/v1/attempts/{attempt_id}/open", json={"open_id": "a-door-of-practice"},
        headers={"X-CSRFToken": staff.csrf},
    )  # fmt: skip
    assert len(opened.get_json()["paper"]["questions"]) == 1  # the one that is open to practice
    return opened.text + staff.get("/practice")


def _practice_of_everything(app: Flask, place: Place) -> str:
    with app.app_context():
        found = {one.version_id for one in candidates(reading(), None)}
    assert place.open_question in found
    return SECRET if found & set(place.reserved) else ""


def _notebook(app: Flask, place: Place) -> str:
    with app.app_context():
        assert not list(reading().scalars(select(NotebookEntry)))  # nothing of it was gathered
    staff = Browser(app, place.staff)
    said = staff.post("/practice/start", 409, source="notebook", count="5")
    return said + staff.get("/notebook")


def _round(app: Flask, place: Place) -> str:
    now = clock.now()
    with app.app_context(), transaction() as session:
        make_bank(session)
        create_plan(
            session, title="定期答题", first_month=clock.civil_date(now).replace(day=1),
            every_months=2, by=place.city.office.id, now=now - timedelta(days=40),
        )  # fmt: skip
        open_due(session, now)
        rounds = [one.occasion_id for one in session.scalars(select(QuizRound))]
        drawn = set(session.scalars(
            select(PoolItem.version_id).where(PoolItem.occasion_id.in_(rounds))
        ))  # fmt: skip
    assert drawn
    return SECRET if drawn & set(place.reserved) else ""


def _pages_without_the_bank(app: Flask, place: Place) -> str:
    """Every page and file that has an address of its own, for every role that may not read the
    bank; their queries too, since some search."""
    with app.app_context(), transaction() as session:
        people = [
            make_person(session, role, unit=place.city.unit)
            for role in Role if Permission.BANK_READ not in permissions_of(frozenset({role}))
        ]  # fmt: skip
    addresses = [
        rule.rule for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint in ACCESS
    ]  # fmt: skip
    assert len(addresses) > 40
    said = []
    for person in [place.staff, *people]:
        client = app.test_client()
        sign_in(client, person)
        said += [_seen(client, f"{address}?q=只考") for address in addresses]
    return "".join(said)


def _seen(client: FlaskClient, address: str) -> str:
    """What an address says; of a workbook, what its parts say."""
    with client.get(address) as answer:
        if not answer.data.startswith(b"PK"):
            return answer.get_data(as_text=True)
        with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
            return "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())


def _bank_for_strangers(app: Flask, place: Place) -> str:
    """Pages of single questions and exports, for somebody who may not read the bank."""
    staff = Browser(app, place.staff)
    version_id = place.reserved[0]
    refused = [
        staff.client.get(path) for path in (
            "/questions", f"/questions/{version_id}", f"/errata/versions/{version_id}",
            f"/errata/versions/{version_id}/correct", "/errata", "/errata/corrections",
            "/questions/review",
        )
    ]  # fmt: skip
    assert {answer.status_code for answer in refused} == {403}
    return "".join(answer.text for answer in refused)


def _attempt_of_another(app: Flask, place: Place) -> str:
    other = Browser(app, place.city.stranger)
    paths = (
        f"/attempts/{place.attempt_id}", f"/results/{place.attempt_id}",
        f"/practice/results/{place.attempt_id}", f"/rounds/results/{place.attempt_id}",
        f"/errata/report/{place.attempt_id}/1", f"/api/v1/attempts/{place.attempt_id}",
        f"/api/v1/attempts/{place.attempt_id}/checks",
    )  # fmt: skip
    return "".join(other.get(path, 404) for path in paths)


def _exam_as_practice(app: Flask, place: Place) -> str:
    staff = Browser(app, place.staff)
    paths = (
        f"/practice/results/{place.attempt_id}", f"/rounds/results/{place.attempt_id}",
        f"/api/v1/attempts/{place.attempt_id}/checks",
    )  # fmt: skip
    return "".join(staff.get(path, 404) for path in paths)


def _own_reports(app: Flask, place: Place) -> str:
    assert say(app, place.attempt_id, place.staff)
    return Browser(app, place.staff).get("/errata/mine")


DOORS: dict[str, Callable[[Flask, Place], str]] = {
    "practice by topic": _practice_by_topic,
    "practice of everything": _practice_of_everything,
    "notebook": _notebook,
    "round": _round,
    "pages and lists of roles without the bank": _pages_without_the_bank,
    "questions and exports, by their addresses": _bank_for_strangers,
    "the attempt of another": _attempt_of_another,
    "an exam taken for a practice or a round": _exam_as_practice,
    "one's own reports": _own_reports,
}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_reserved_for_exams_comes_out_of_no_other_door(app: Flask, door: str) -> None:
    place = place_of(app)
    # the control: whoever sat the exam is shown it there, after release
    assert SECRET in Browser(app, place.staff).get(f"/results/{place.attempt_id}?show=all")
    assert SECRET not in DOORS[door](app, place)


def test_before_release_not_even_the_result_shows_it(app: Flask) -> None:
    place = place_of(app, release_rule=ReleaseRule.BY_HAND)
    staff = Browser(app, place.staff)
    assert SECRET not in staff.get(f"/results/{place.attempt_id}?show=all")
    assert SECRET not in staff.get(f"/api/v1/attempts/{place.attempt_id}")
    assert SECRET not in staff.get(f"/attempts/{place.attempt_id}")


@pytest.mark.parametrize(("kind", "is_sound"), [("exam", True), ("round", False), ("mock", False)])
def test_no_other_occasion_can_be_opened_with_it(app: Flask, kind: str, is_sound: bool) -> None:
    """The one way to a paper refuses it, whoever chose the rows."""
    now = clock.now()

    def opened() -> int:
        with app.app_context(), transaction() as session:
            editor, topic = make_person(session, Role.EDITOR), make_topic(session)
            rows = [
                RowSpec("单选", 1, 1, [make_question(session, editor, topic, pool=pool).id])
                for pool in (Pool.BOTH, Pool.EXAM)
            ]
            return open_occasion(
                session, kind=kind, title="摸底", opens_at=now, closes_at=now + timedelta(hours=1),
                minutes=0, tries=1, pass_mark=0, multiple_rule=MultipleRule.ALL_OR_NOTHING,
                release_rule=ReleaseRule.AT_ONCE, rows=rows, now=now,
            ).id  # fmt: skip

    if is_sound:
        assert opened()
        return
    with pytest.raises(Invalid, match="只用于考试"):
        opened()
    with app.app_context():
        assert not list(reading().scalars(select(PoolItem)))
