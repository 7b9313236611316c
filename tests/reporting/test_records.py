"""Everything about one person: in order, complete, for those who may see it, in few statements."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from certification.registrations import services as registrations
from certification.registry.services import enter, event
from core import clock
from core.db import transaction
from core.permissions import Role
from points.ledger.models import PointsEntry
from points.ledger.services import post_first, reverse
from quiz.attempts.models import Attempt, AttemptState, Score
from tests.certification import registry
from tests.factories import make_person, sign_in
from tests.points.town import run_periods
from tests.statements import counted
from training.models import Attendance, TrainingKind, TrainingSession

# --- pages ------------------------------------------------------------------------


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def _get(app: Flask, viewer: Person, path: str) -> Any:
    client = app.test_client()
    sign_in(client, viewer)
    return client.get(path)


def _attend(session: Session, place: registry.Town, person: Person) -> None:
    now = clock.now()
    held = TrainingSession(
        kind=TrainingKind.ROTATION, title="主动公开目录编制", starts_at=now - timedelta(days=3),
        ends_at=now - timedelta(days=3), place="302 会议室", recorded_by=place.office.id,
        recorded_at=now,
    )  # fmt: skip
    session.add(held)
    session.flush()
    session.add(
        Attendance(session_id=held.id, person_id=person.id, recorded_by=place.office.id,
                   recorded_at=now)
    )  # fmt: skip


def _scored(session: Session, person: Person, state: AttemptState, *, is_pass: bool) -> None:
    """The person's only attempt gets a score and a state."""
    attempt = session.scalars(select(Attempt).where(Attempt.person_id == person.id)).one()
    session.execute(update(Attempt).where(Attempt.id == attempt.id).values(state=state))
    session.add(
        Score(attempt_id=attempt.id, number=1, scored_at=clock.now(), marks=7_650,
              max_marks=10_000, is_pass=is_pass, key_digest="d", detail=[])
    )  # fmt: skip
    session.flush()


def test_the_whole_story_of_a_person(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        person = place.staff
        _attend(session, place, person)
        _scored(session, person, AttemptState.RELEASED, is_pass=True)
        filed = registry.submit_for(session, place)
        registrations.return_(session, registration_id=filed, by=place.office.id,
                              reason="联系电话少一位", now=clock.now())  # fmt: skip
        registrations.submit(session, registration_id=filed, by=place.coordinator.id,
                             now=clock.now())  # fmt: skip
        number = registrations.record_(
            session, registration_id=filed, by=place.office.id, now=clock.now()
        )
        run_periods(session, clock.now(), 3, {person: (17, 11, None)})
    page = _get(app, person, "/record")
    assert page.status_code == 200
    text = _text(page.text)
    for words in (
        "石求实的档案", "锁定中", "在册", number, "11 / 20", "未达标", "将要到来", "锁定期满",
        "证书到期", f"准予备案，{number}", "章有法 审核", "备案退回：联系电话少一位", "章有法 退回",
        "取得合格证书", "资格考试，76.5 分 合格", "参加全市轮训：主动公开目录编制", "302 会议室",
        "第 1 轮定期答题，17 分 达标", "20 题答对 17 题，达标线 12 分", "第 2 轮定期答题，11 分 未达标",
        "到市发展改革委任职，科员", "138****", "合格证书（PDF）",
    ):  # fmt: skip
        assert words in text, words
    assert person.phone not in page.text
    order = ["锁定期满", "准予备案", "备案退回", "到市发展改革委任职"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_each_tab_shows_its_topic_and_all_are_counted(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        _attend(session, place, place.staff)
        _scored(session, place.staff, AttemptState.RELEASED, is_pass=True)
    page = _get(app, place.staff, "/record?only=training")
    text = _text(page.text)
    assert "全部 5" in text  # certificate, its end, exam, training, posting
    assert "考试和证书 3" in text
    assert "主动公开目录编制" in text
    assert "取得合格证书" not in text
    assert _get(app, place.staff, "/record?only=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("state", "is_pass", "seen", "hidden"),
    [(AttemptState.RELEASED, False, "资格考试，76.5 分 不合格", "还没有公布"),
     (AttemptState.SCORED, False, "成绩还没有公布", "76.5"),
     (AttemptState.VOIDED, True, "成绩作废 已作废", "76.5"),
     (AttemptState.IN_PROGRESS, False, "取得合格证书", "已交卷")],
)  # fmt: skip
def test_a_score_is_told_once_it_is_released(
    app: Flask, state: AttemptState, is_pass: bool, seen: str, hidden: str
) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        _scored(session, place.staff, state, is_pass=is_pass)
    text = _text(_get(app, place.staff, "/record").text)
    assert seen in text
    assert hidden not in text


def test_a_correction_is_one_event_and_restates_the_round(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        periods = run_periods(session, clock.now(), 2, {place.staff: (11, None)})
        entry = session.scalars(select(PointsEntry)).one()
        facts = {"title": "第 1 轮定期答题", "right": 12, "total": 20, "reason": "第 7 题更正答案"}
        now = clock.now()
        reverse(session, entry_id=entry.id, facts=facts, now=now)
        post_first(session, person_id=place.staff.id, origin_period_id=periods[0].id,
                   stem=entry.source.partition("#")[0], amount=12,
                   rule_version_id=entry.rule_version_id, facts=facts, now=now)  # fmt: skip
    text = _text(_get(app, place.staff, "/record?only=points").text)
    assert "积分 2" in text
    assert "积分更正 +1 分：第 1 期" in text
    assert "第 7 题更正答案" in text
    assert "记入第 2 期" in text
    assert "期末是 11 分，更正后 12 分" in text


def test_what_takes_effect_later_is_still_to_come(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        certificate = registry.certify(session, place.exam, place.plain)
        later = clock.today() + timedelta(days=10)
        enter(session, event(place.plain.id, ("certificate", certificate), "revoked", later,
                             clock.now(), by=place.office.id, reason="冒名替考"))  # fmt: skip
    text = _text(_get(app, place.plain, "/record").text)
    assert text.index("将要到来") < text.index("被撤销") < text.index("取得合格证书")
    assert "冒名替考。章有法 撤销" in text


# --- who sees what ------------------------------------------------------------------


def test_only_who_is_responsible_opens_the_record_of_another(app: Flask) -> None:
    place = registry.arrange(app)
    path = f"/people/{place.staff.id}/record"
    assert _get(app, place.coordinator, path).status_code == 200
    assert _get(app, place.office, path).status_code == 200
    assert _get(app, place.auditor, path).status_code == 200
    assert _get(app, place.stranger, path).status_code == 404
    assert _get(app, place.plain, path).status_code == 403
    assert _get(app, place.office, "/people/999999/record").status_code == 404


def test_a_coordinator_sees_results_and_no_answers(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        _scored(session, place.staff, AttemptState.RELEASED, is_pass=True)
    page = _get(app, place.coordinator, f"/people/{place.staff.id}/record")
    assert "76.5 分" in page.text
    assert "/results/" not in page.text
    assert "points/mine.xlsx" not in page.text


def test_an_administrator_sees_postings_but_no_results(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        admin = make_person(session, Role.ADMIN, unit=place.root)
        _scored(session, place.staff, AttemptState.RELEASED, is_pass=True)
        registry.register(session, place)
        run_periods(session, clock.now(), 2, {place.staff: (17, None)})
    text = _text(_get(app, admin, f"/people/{place.staff.id}/record").text)
    assert "到市发展改革委任职" in text
    for words in ("76.5", "取得合格证书", "准予备案", "17 分", "锁定期"):
        assert words not in text, words


def test_links_lead_only_where_the_viewer_may_go(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        _scored(session, place.staff, AttemptState.RELEASED, is_pass=True)
        registry.register(session, place)
        session.execute(
            update(Posting)
            .where(Posting.person_id == place.staff.id)
            .values(valid_to=clock.today() - timedelta(days=1))
        )
    for viewer in (place.staff, place.coordinator, place.office, place.auditor):
        mine = viewer is place.staff
        page = _get(app, viewer, "/record" if mine else f"/people/{place.staff.id}/record")
        client = app.test_client()
        sign_in(client, viewer)
        main = page.text.partition("<main")[2].partition("</main>")[0]
        for address in set(re.findall(r'href="(/[^"#]*)"', main)):
            assert client.get(address).status_code == 200, (viewer.name, address)


# --- cost ---------------------------------------------------------------------------


def test_a_long_story_costs_as_many_statements_as_a_short_one(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        registry.register(session, place)
        long, short = place.staff, place.plain
        for _number in range(5):
            registry.certify(session, place.exam, long)
            _attend(session, place, long)
        run_periods(
            session, clock.now(), 8, {long: (17, 11, 0, 20, None, 12, 3, 9), short: (1,) * 8}
        )
    numbers = []
    for person in (long, short):
        client = app.test_client()
        sign_in(client, person)
        client.get("/record")
        with counted(app) as log:
            assert client.get("/record").status_code == 200
        numbers.append(len(log))
    assert numbers[0] <= 16, numbers
    assert abs(numbers[0] - numbers[1]) <= 1, numbers
