"""A small city with periods and points in them, for tests of the pages about points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units.models import Unit, UnitKind
from core import clock
from core.db import transaction
from core.permissions import Role
from core.rulebook.queries import rule_on
from points.ledger.services import post_first
from points.periods.queries import PeriodView, period_of
from points.periods.services import close_period, open_period
from tests.factories import make_person, make_unit, sign_in

SPAN = timedelta(days=60)
ROUND = timedelta(days=35)
BEGUN = timedelta(days=24)  # so long ago the newest period began


@dataclass(frozen=True)
class Town:
    """Who and what there is. ``below``: a unit below ``unit``; ``other``: beside it."""

    root: Unit
    unit: Unit
    below: Unit
    other: Unit
    office: Person
    second: Person
    auditor: Person
    coordinator: Person
    staff: Person
    colleague: Person
    stranger: Person
    now: datetime


def make_town(session: Session) -> Town:
    """A city with three units; three people who sit rounds."""
    root = make_unit(session, "龙城市", kind=UnitKind.CITY)
    unit = make_unit(session, "城中区人民政府办公室", parent=root, kind=UnitKind.COUNTY)
    below = make_unit(session, "城中区政务服务中心", parent=unit, kind=UnitKind.SUBORDINATE)
    other = make_unit(session, "市财政局", parent=root)
    return Town(
        root, unit, below, other,
        office=make_person(session, Role.OFFICE, unit=root, name="章有法"),
        second=make_person(session, Role.OFFICE, unit=root, name="简明白"),
        auditor=make_person(session, Role.AUDITOR, unit=root, name="申计明"),
        coordinator=make_person(session, Role.COORDINATOR, unit=unit, name="联络通"),
        staff=make_person(session, unit=unit, name="文知新", staff_no="A1001"),
        colleague=make_person(session, unit=below, name="温故", staff_no="A1002"),
        stranger=make_person(session, unit=other, name="路过人", staff_no="B2001"),
        now=clock.now(),
    )  # fmt: skip


def score(session: Session, person: Person, period: PeriodView, right: int) -> int | None:
    """What a first try of so many right answers posts for a period."""
    version = rule_on(session, "points.per_answer", period.first_day)
    return post_first(
        session, person_id=person.id, origin_period_id=period.id,
        stem=f"round:{period.number}/first", amount=right * int(version.value),
        rule_version_id=version.id,
        facts={"title": f"第 {period.number} 轮定期答题", "right": right, "total": 20,
               "per_answer": version.value},
        now=period.starts_at + timedelta(days=3),
    )  # fmt: skip


def run_periods(
    session: Session, now: datetime, count: int, scores: dict[Person, Sequence[int | None]]
) -> list[PeriodView]:
    """So many periods of 20 points with target 12, two months each; all but the last are closed.

    ``scores``: right answers of each person by period; None: did not sit.
    """
    found: list[PeriodView] = []
    for number in range(1, count + 1):
        starts_at = now - BEGUN - (count - number) * SPAN
        label = f"第 {number} 期（{clock.civil(starts_at):%Y年%m月}）"
        period_id = open_period(
            session, label=label, starts_at=starts_at, settles_at=starts_at + ROUND,
            max_points=20, now=starts_at,
        ).id  # fmt: skip
        if found:
            close_period(session, period_id=found[-1].id, now=starts_at)
        period = period_of(session, period_id)
        for person, rights in scores.items():
            right = rights[number - 1]
            if right is not None:
                score(session, person, period, right)
        found.append(period)
    return [period_of(session, period.id) for period in found]


def arrange(
    app: Flask, count: int = 6, **scores: Sequence[int | None]
) -> tuple[Town, list[PeriodView]]:
    """A town with periods, committed. ``scores``: by the people's names in Town."""
    with app.app_context(), transaction() as session:
        town = make_town(session)
        named = {getattr(town, name): rights for name, rights in scores.items()}
        return town, run_periods(session, town.now, count, named)


class Browser:
    """A signed-in client that sends the CSRF token."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = sign_in(self.client, person)

    def get(self, path: str, status: int = 200) -> str:
        """What a page says."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    def file(self, path: str) -> bytes:
        """A file that a page offers."""
        answer = self.client.get(path)
        assert answer.status_code == 200
        data: bytes = answer.data
        return data

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        """Where a form leads, or the page that refuses it."""
        answer = self.client.post(path, data={"csrf_token": self.csrf, **data})
        assert answer.status_code == status, answer.text[:400]
        return answer.headers.get("Location", "") or answer.text
