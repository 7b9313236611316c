"""Valid rows for tests: units, people, sign-ins, questions."""

from __future__ import annotations

import itertools
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, true, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account, LoginSession
from accounts.signin.queries import token_digest
from accounts.units.models import Unit, UnitKind, UnitVersion
from core import clock
from core.db import transaction
from core.permissions import SCOPED_ROLES, Role
from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.questions.models import (
    Difficulty,
    Pool,
    Question,
    QuestionType,
    QuestionVersion,
    Topic,
    VersionState,
)

LONG_AGO = date(2020, 1, 1)
_numbers = itertools.count(1)


def make_unit(
    session: Session,
    name: str | None = None,
    *,
    parent: Unit | None = None,
    kind: UnitKind = UnitKind.DEPARTMENT,
) -> Unit:
    """A unit with one version that has been valid since long ago."""
    number = next(_numbers)
    unit = Unit(code=f"U{number:05d}")
    session.add(unit)
    session.flush()
    session.add(
        UnitVersion(
            unit_id=unit.id, name=name or f"测试单位{number}", kind=kind,
            parent_id=parent.id if parent else None,
            valid_from=LONG_AGO, valid_to=None, entered_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    return unit


def make_person(
    session: Session,
    *roles: Role,
    unit: Unit | None = None,
    name: str | None = None,
    staff_no: str | None = None,
    must_change: bool = False,
) -> Person:
    """A person with account, roles (staff where none is named) and, given a unit, a posting."""
    number = next(_numbers)
    person = Person(
        staff_no=staff_no or f"T{number:05d}", name=name or f"测试员{number}",
        phone=f"138{number:08d}", created_at=clock.now(),
    )  # fmt: skip
    session.add(person)
    session.flush()
    session.add(Account(person_id=person.id, must_change=must_change))
    if unit is not None:
        session.add(
            Posting(person_id=person.id, unit_id=unit.id, position="科员", valid_from=LONG_AGO,
                    entered_at=clock.now())
        )  # fmt: skip
    for role in roles or (Role.STAFF,):
        scope = unit.id if unit and role in SCOPED_ROLES else None
        session.add(
            RoleGrant(person_id=person.id, role=role, unit_id=scope, granted_at=clock.now())
        )
    session.flush()
    return person


def make_login(session: Session, person: Person, *, now: datetime | None = None) -> str:
    """A live session row of this person; the token."""
    now = now or clock.now()
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_digest=token_digest(token), person_id=person.id, created_at=now,
            last_seen_at=now, expires_at=now + timedelta(days=7), address="127.0.0.1", device="test",
        )
    )  # fmt: skip
    session.flush()
    return token


def sign_in(client: FlaskClient, person: Person) -> str:
    """Sign a person in on this client without a password; the CSRF token for unsafe requests."""
    with client.application.app_context(), transaction() as session:
        token = make_login(session, person)
    return sign_in_with(client, token)


def sign_in_with(client: FlaskClient, token: str) -> str:
    """Put an existing session token and a CSRF token into the client's cookie."""
    from flask_wtf.csrf import generate_csrf

    with client.application.test_request_context():
        from flask import session as cookie

        csrf: str = generate_csrf()
        raw = cookie["csrf_token"]
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
        cookie["csrf_token"] = raw
    return csrf


def json_of(answer: TestResponse) -> Any:
    """The document that an answer holds."""
    return answer.get_json()


def make_topic(session: Session, name: str | None = None) -> Topic:
    """A topic."""
    topic = Topic(name=name or f"知识点{next(_numbers)}")
    session.add(topic)
    session.flush()
    return topic


def make_question(
    session: Session,
    author: Person,
    topic: Topic,
    *,
    type_: QuestionType = QuestionType.SINGLE,
    difficulty: Difficulty = Difficulty.MEDIUM,
    pool: Pool = Pool.BOTH,
    state: VersionState = VersionState.APPROVED,
    stem: str | None = None,
    options: list[str] | None = None,
    key: Any = None,
    may_shuffle: bool = True,
    passage: str = "",
    is_rich: bool = False,
    article_id: int | None = None,
    basis: str = "",
) -> QuestionVersion:
    """A question with one version, approved unless said otherwise."""
    number = next(_numbers)
    question = Question(code=f"T-{number:06d}", created_at=clock.now())
    session.add(question)
    session.flush()
    has_options = type_ in {QuestionType.SINGLE, QuestionType.MULTIPLE}
    keys: dict[QuestionType, Any] = {
        QuestionType.SINGLE: [1],
        QuestionType.MULTIPLE: [0, 2],
        QuestionType.TRUE_FALSE: True,
        QuestionType.FILL_IN: [["二十"], ["工作日", "个工作日"]],
        QuestionType.SHORT_ANSWER: "受理、答复、送达三个要点。",
    }
    version = QuestionVersion(
        question_id=question.id, number=1, state=state, type=type_,
        stem=stem or f"第{number}道测试题，下列说法正确的是（　）。",
        options=options or ([f"选项甲{number}", f"选项乙{number}", f"选项丙{number}", f"选项丁{number}"]
                            if has_options else []),
        key=keys[type_] if key is None else key,
        explanation=f"解析{number}", topic_id=topic.id, difficulty=difficulty, pool=pool,
        may_shuffle=may_shuffle, passage=passage, is_rich=is_rich, article_id=article_id, basis=basis, digest=secrets.token_hex(32), author_id=author.id,
        created_at=clock.now(),
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def make_article(
    session: Session,
    label: str = "第一条",
    *,
    title: str = "政府信息公开条例",
    text: str = "条文。",
) -> Article:
    """An article of a law (made where there is none of this title) in force since long ago."""
    number = next(_numbers)
    source = session.scalar(select(LawSource).where(LawSource.title == title))
    if source is None:
        source = LawSource(title=title)
        session.add(source)
        session.flush()
    law = session.scalar(select(LawVersion).where(LawVersion.source_id == source.id))
    if law is None:
        law = LawVersion(
            source_id=source.id, promulgated_on=LONG_AGO, in_force_on=LONG_AGO,
            digest=secrets.token_hex(32), imported_at=clock.now(), imported_by=None,
        )  # fmt: skip
        session.add(law)
        session.flush()
    article = Article(
        law_version_id=law.id, label=label, ordinal=number, text=text,
        digest=secrets.token_hex(32),
    )  # fmt: skip
    session.add(article)
    session.flush()
    return article


def rewrite(session: Session, *version_ids: int, **values: Any) -> None:
    """Other content for versions that left draft; all versions where none is named.

    The database refuses that of everybody, so they are drafts for a moment.
    """
    chosen = QuestionVersion.id.in_(version_ids) if version_ids else true()
    session.flush()
    states = {
        row.id: row.state
        for row in session.execute(select(QuestionVersion.id, QuestionVersion.state).where(chosen))
    }
    for id_, state in states.items():
        this = update(QuestionVersion).where(QuestionVersion.id == id_)
        session.execute(this.values(state=VersionState.DRAFT))
        session.execute(this.values(**values))
        session.execute(this.values(state=state))
