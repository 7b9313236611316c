"""People: spelling of names and phones, who is on post, whom a viewer may see."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from accounts.people import queries
from accounts.people.models import Posting
from accounts.people.rules import (
    PhoneFault,
    PostingFault,
    normal_name,
    normal_phone,
    phone_fault,
    start_fault,
)
from core import clock
from core.db import reading, transaction
from core.errors import NotFound
from core.permissions import Permission, Role
from core.viewer import Viewer
from tests.databases import both_databases
from tests.factories import make_person, make_unit

TODAY = clock.today()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" 张 三 ", "张三"),
        ("李　四", "李四"),
        ("Zhang  San", "Zhang San"),
        ("ＡＢ", "AB"),
        ("", ""),
    ],
)
def test_names_are_stored_in_one_spelling(typed: str, stored: str) -> None:
    assert normal_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored", "fault"),
    [
        ("138 0000 1234", "13800001234", None),
        ("+86 138-0000-1234", "13800001234", None),
        ("１３８００００１２３４", "13800001234", None),
        ("0772-2825555", "07722825555", None),
        ("(010) 6601 2345", "01066012345", None),
        ("2825555", "2825555", None),
        ("", "", None),
        ("1380000123", "1380000123", PhoneFault.LENGTH),
        ("12800001234", "12800001234", PhoneFault.NUMBER),
        ("138000012ab", "138000012ab", PhoneFault.CHARACTERS),
        ("99", "99", PhoneFault.NUMBER),
    ],
)
def test_phones_are_stored_as_figures(typed: str, stored: str, fault: PhoneFault | None) -> None:
    assert normal_phone(typed) == stored
    assert phone_fault(stored) is fault


@pytest.mark.parametrize(
    ("since", "latest", "fault"),
    [
        (date(2026, 5, 5), None, None),
        (date(2026, 5, 6), None, PostingFault.FUTURE),
        (date(2026, 5, 1), date(2026, 5, 1), None),
        (date(2026, 4, 30), date(2026, 5, 1), PostingFault.TOO_EARLY),
    ],
)
def test_a_post_begins_after_the_last_and_not_in_the_future(
    since: date, latest: date | None, fault: PostingFault | None
) -> None:
    assert start_fault(since, today=date(2026, 5, 5), latest=latest) is fault


@both_databases
def test_on_post_is_a_question_of_the_day(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        above = make_unit(session)
        below, other = make_unit(session, parent=above), make_unit(session)
        stays, elsewhere = make_person(session, unit=below), make_person(session, unit=other)
        left = make_person(session)
        session.add(
            Posting(person_id=left.id, unit_id=below.id, valid_from=TODAY - timedelta(days=9),
                    valid_to=TODAY - timedelta(days=2), entered_at=clock.now())
        )  # fmt: skip
        ids = above.id, stays.id, elsewhere.id, left.id
    with app.app_context():
        session = reading()
        here = frozenset({ids[0]})
        assert set(session.scalars(queries.posted_in(here, TODAY))) == {ids[1]}
        assert set(session.scalars(queries.posted_in(None, TODAY))) == {ids[1], ids[2]}
        earlier = TODAY - timedelta(days=2)
        assert set(session.scalars(queries.posted_in(here, earlier))) == {ids[1], ids[3]}
        assert queries.names(session, [ids[1], None]).keys() == {ids[1]}


@both_databases
def test_a_person_is_found_by_the_latest_post_only(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        a, b = make_unit(session, "甲"), make_unit(session, "乙")
        moved = make_person(session, unit=b)
        session.add(
            Posting(person_id=moved.id, unit_id=a.id, valid_from=date(2019, 1, 1),
                    valid_to=date(2019, 12, 31), entered_at=clock.now())
        )  # fmt: skip
        # corrected on the day it began: it covers no day and does not count
        session.add(
            Posting(person_id=moved.id, unit_id=a.id, valid_from=TODAY,
                    valid_to=TODAY - timedelta(days=1), entered_at=clock.now())
        )  # fmt: skip
        person_id, units = moved.id, (a.id, b.id)

    def coordinator(unit_id: int) -> Viewer:
        return Viewer(1, "C", "某", None, "", "", {Role.COORDINATOR: frozenset({unit_id})})

    with app.app_context():
        session = reading()
        found = queries.person_in_scope(
            session, person_id, coordinator(units[1]), Permission.PEOPLE_READ
        )
        assert (found.unit_name, found.is_on_post) == ("乙", True)
        with pytest.raises(NotFound):
            queries.person_in_scope(
                session, person_id, coordinator(units[0]), Permission.PEOPLE_READ
            )
        nobody = Viewer(1, "S", "某", None, "", "", {Role.STAFF: None})
        with pytest.raises(NotFound):
            queries.person_in_scope(session, person_id, nobody, Permission.PEOPLE_READ)
