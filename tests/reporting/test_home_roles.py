"""What staff, coordinators and the office find to do, as the loop goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from accounts.people.models import Person
from certification.registrations import services as registrations
from core import clock
from core.db import transaction
from tests.certification import posts as held
from tests.certification import registry
from tests.factories import make_person
from tests.points.town import make_town, run_periods
from tests.quiz import rounds
from tests.reporting.test_home import home, words_of

# --- staff ------------------------------------------------------------------------


def _at(app: Flask, person: Person, moment: Any) -> str:
    with rounds.at(moment):
        return words_of(home(app, person))


def test_an_open_round_is_the_first_thing_with_the_days_left(app: Flask) -> None:
    world, _one = rounds.arrange(app)
    text = _at(app, world.staff, rounds.moment(11, 24))
    assert "有 1 件事现在可以做" in text
    assert "还剩 11 天" in text
    assert "开始答题" in text
    assert "首次作答计分" in text
    assert "2026年12月5日 24:00 截止" in text
    assert "今天 24:00 截止" in _at(app, world.staff, rounds.moment(12, 5, 23))
    closed = _at(app, world.staff, rounds.moment(12, 6, 0))
    assert "现在没有要做的事" in closed
    assert "下一轮定期答题 2027年1月1日 开放" in closed


def test_a_begun_round_is_gone_on_with_and_an_ended_one_is_done(app: Flask) -> None:
    world, one = rounds.arrange(app)
    attempt = rounds.begin(app, one, world.staff)
    text = _at(app, world.staff, rounds.moment(11, 12))
    assert "继续作答" in text
    assert "开始答题" not in text
    rounds.hand_in(app, attempt, world.staff, right=20, now=rounds.moment(11, 12))
    done = _at(app, world.staff, rounds.moment(11, 13))
    assert "现在没有要做的事" in done
    assert "已达标" in done


def test_who_may_not_sit_rounds_is_not_asked_to(app: Flask) -> None:
    world, _one = rounds.arrange(app)
    with app.app_context(), transaction() as session:
        idle = make_person(session)  # holds no post
    for person in (idle, world.office):
        assert "开始答题" not in _at(app, person, rounds.moment(11, 24))


def test_with_points_off_nothing_of_rounds_is_shown(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _one = rounds.arrange(app)
    settings = replace(app.extensions["settings"], points=False)
    monkeypatch.setitem(app.extensions, "settings", settings)
    for person in (world.staff, world.office):
        text = _at(app, person, rounds.moment(11, 24))
        assert "定期答题" not in text
        assert "积分" not in text


def test_certificate_and_hold_are_shown_with_their_days(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        soon = registry.certify(
            session, place.exam, place.plain, valid_through=clock.today() + timedelta(days=55)
        )
        assert soon
        filed = registry.submit_for(session, place, place.plain)
        registry.register(session, place)
    text = words_of(home(app, place.staff))
    assert "锁定中" in text
    assert "锁定期内原则上不调岗" in text
    waiting = words_of(home(app, place.plain))
    assert "还剩 55 天" in waiting
    assert "即将到期" in waiting
    assert "待审" in waiting
    with app.app_context(), transaction() as session:
        registrations.return_(session, registration_id=filed, by=place.office.id,
                              reason="电话少一位", now=clock.now())  # fmt: skip
    assert "已退回" in words_of(home(app, place.plain))


# --- coordinators -----------------------------------------------------------------


def test_a_coordinator_is_told_whom_to_file_and_what_came_back(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
        registry.certify(session, place.exam, place.plain)
        filed = registry.submit_for(session, place)
    text = words_of(home(app, place.coordinator))
    assert "1 人 给持证人员备案" in text
    assert "备案被退回" not in text
    with app.app_context(), transaction() as session:
        registrations.return_(session, registration_id=filed, by=place.office.id,
                              reason="联系电话少一位", now=clock.now())  # fmt: skip
    text = words_of(home(app, place.coordinator))
    assert "备案被退回：石求实" in text
    assert "退回的原因：联系电话少一位" in text
    assert "备案被退回" not in words_of(home(app, place.stranger))
    with app.app_context(), transaction() as session:
        registrations.submit(session, registration_id=filed, by=place.coordinator.id,
                             now=clock.now())  # fmt: skip
    assert "备案被退回" not in words_of(home(app, place.coordinator))


def test_a_coordinator_sees_who_fell_behind_in_two_periods(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = make_town(session)
        run_periods(session, place.now, 3,
                    {place.staff: (3, 2, None), place.colleague: (3, 20, None)})  # fmt: skip
    text = words_of(home(app, place.coordinator))
    assert "1 人 提醒积分落后的人" in text
    assert "连续 2 期没有达标" in text


def test_a_transfer_shows_where_it_stands(app: Flask) -> None:
    posts = held.settle(app)
    assert "等办公室决定的调岗" not in words_of(home(app, posts.city.coordinator))
    held.asked(app, posts, clock.today() + timedelta(days=5))
    assert "等办公室决定的调岗" in words_of(home(app, posts.city.coordinator))
    text = words_of(home(app, posts.city.office))
    assert "调岗待决" in text
    assert "1 件，1 件在锁定期内" in text


# --- the office --------------------------------------------------------------------


def test_the_queue_names_what_waits_and_for_how_long(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = registry.make_town(session)
    assert "没有待办" in words_of(home(app, place.office))
    with app.app_context(), transaction() as session:
        registry.submit_for(session, place)
    text = words_of(home(app, place.office))
    assert "备案待审 1 人，1 个单位 今天提出" in text
    assert "1 项" in text
    assert "备案待审" not in words_of(home(app, place.auditor))


def test_the_city_is_summed_from_its_units(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        place = make_town(session)
        run_periods(session, place.now, 4,
                    {place.staff: (20, 3, 2, None), place.colleague: (1, 3, 3, None),
                     place.stranger: (1, 20, 20, None)})  # fmt: skip
    text = words_of(home(app, place.office))
    assert "在岗人员 3" in text
    assert "上期积分达标 33 %" in text
    assert "连续 2 期未达标 2 人" in text
    assert "连续 3 期未达标 1 人" in text
    assert "县区 1 人" in text
