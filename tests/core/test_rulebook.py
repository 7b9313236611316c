"""The rules: which values they may have, from when on, and who may change them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.permissions import Role
from core.rulebook.models import RuleVersion
from core.rulebook.queries import rule_on, value_on, values_on
from core.rulebook.rules import RULES, clash
from core.rulebook.services import change_rule
from tests.databases import both_databases
from tests.factories import make_person, sign_in


@pytest.mark.parametrize(
    ("rule", "value", "wrong"),
    [
        ("exam.minutes", 60, ""),
        ("exam.minutes", 4, "range"),
        ("exam.minutes", 301, "range"),
        ("exam.minutes", "60", "type"),
        ("exam.minutes", True, "type"),
        ("exam.multiple_rule", "partial", ""),
        ("exam.multiple_rule", "guess", "choice"),
        ("certificate.remind_days", [60, 14], ""),
        ("certificate.remind_days", [], "type"),
        ("certificate.remind_days", [60, 0], "range"),
        ("points.ranking", False, ""),
        ("points.ranking", 0, "type"),
    ],
)
def test_values_are_checked_by_kind(rule: str, value: Any, wrong: str) -> None:
    assert RULES[rule].problem_with(value) == wrong


@pytest.mark.parametrize(
    ("rule", "value", "clashes"),
    [
        ("exam.pass_mark", 100, False),
        ("exam.pass_mark", 101, True),
        ("exam.marks", 79, True),
        ("exam.tries", 9, False),
    ],
)
def test_the_pass_mark_is_never_above_the_marks(rule: str, value: int, clashes: bool) -> None:
    in_force = {"exam.pass_mark": 80, "exam.marks": 100, "exam.tries": 2}
    assert bool(clash(rule, value, in_force)) is clashes


@both_databases
def test_every_rule_has_its_default_from_the_first_migration(app: Flask) -> None:
    with app.app_context():
        values = values_on(reading(), date(2026, 11, 24))
        assert values.keys() == RULES.keys()
        assert all(RULES[key].problem_with(value) == "" for key, value in values.items())
        with pytest.raises(NotFound):
            rule_on(reading(), "exam.minutes", date(2018, 8, 9))


def change(app: Flask, rule: str, value: Any, day: date, *, now: Any = None) -> None:
    with app.test_request_context(), transaction() as session:
        change_rule(
            session, rule=rule, value=value, effective_from=day, why="试行", by_id=None,
            now=now or clock.now(),
        )  # fmt: skip


@both_databases
def test_a_change_holds_from_its_day_on_and_leaves_the_past_alone(app: Flask) -> None:
    today = clock.today()
    later = today + timedelta(days=10)
    change(app, "exam.minutes", 90, later)
    change(app, "exam.minutes", 75, today)
    change(app, "exam.minutes", 70, today)
    with app.app_context():
        session = reading()
        assert value_on(session, "exam.minutes", today - timedelta(days=1)) == 60
        assert value_on(session, "exam.minutes", today) == 70, "the last entered of a day"
        assert value_on(session, "exam.minutes", later - timedelta(days=1)) == 70
        assert value_on(session, "exam.minutes", later) == 90


def test_today_is_the_day_in_shanghai(app: Flask) -> None:
    with time_machine.travel("2026-11-23T16:30:00Z", tick=False):
        change(app, "exam.minutes", 75, date(2026, 11, 24))
        with pytest.raises(Invalid, match="不能早于今天"):
            change(app, "exam.minutes", 75, date(2026, 11, 23))


def test_a_later_change_is_looked_at_too(app: Flask) -> None:
    today = clock.today()
    change(app, "exam.marks", 150, today)
    change(app, "exam.pass_mark", 120, today + timedelta(days=5))
    with pytest.raises(Invalid, match="合格线会高于卷面总分"):
        change(app, "exam.marks", 110, today + timedelta(days=2))
    change(app, "exam.pass_mark", 90, today + timedelta(days=1))


def test_the_office_changes_a_rule_with_a_reason(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        office = make_person(session, Role.OFFICE, name="章有法")
    csrf = sign_in(client, office)
    page = client.get("/rules/exam.pass_mark/change").text
    assert 'value="80"' in page
    data = {
        "csrf_token": csrf, "value": "85", "effective_from": clock.today().isoformat(),
        "why": "会议纪要〔2026〕7号",
    }  # fmt: skip
    assert client.post("/rules/exam.pass_mark/change", data=data).status_code == 302
    page = client.get("/rules").text
    assert "合格线：85 分" in page
    assert "章有法" in page
    assert "会议纪要〔2026〕7号" in page
    assert "历次改动（2）" in page
    with app.app_context():
        event = (
            reading()
            .execute(select(AuditEvent).where(AuditEvent.action == "rule.change"))
            .scalar_one()
        )
        assert event.facts["before"] == 80
        assert event.facts["after"] == 85
        assert event.actor_id == office.id


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("value", "four", "新的值要填整数"),
        ("value", "", "新的值要填"),
        ("value", "1001", "合格线应在 1 到 1000 之间"),
        ("value", "101", "合格线会高于卷面总分"),
        ("effective_from", "2020-01-01", "不能早于今天"),
        ("effective_from", "明天", "日期写成 2026-11-24 这样"),
        ("effective_from", "", "从哪天起要填"),
        ("why", "", "理由要填"),
        ("why", "长" * 501, "最多 500 个字"),
    ],
)
def test_a_refused_change_keeps_what_was_typed(
    app: Flask, client: FlaskClient, field: str, value: str, why: str
) -> None:
    with app.app_context(), transaction() as session:
        office = make_person(session, Role.OFFICE)
    csrf = sign_in(client, office)
    data = {"csrf_token": csrf, "value": "85", "effective_from": clock.today().isoformat(),
            "why": "独一无二的理由", field: value}  # fmt: skip
    answer = client.post("/rules/exam.pass_mark/change", data=data)
    assert answer.status_code == 422
    assert why in answer.text
    assert field == "why" or "独一无二的理由" in answer.text
    with app.app_context():
        versions = reading().scalars(
            select(RuleVersion).where(RuleVersion.rule == "exam.pass_mark")
        )
        assert len(versions.all()) == 1


def test_a_choice_is_one_of_the_known_ways(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        office = make_person(session, Role.OFFICE)
    csrf = sign_in(client, office)
    address, today = "/rules/exam.multiple_rule/change", clock.today().isoformat()
    assert client.get(address).text.count('type="radio"') == 3
    data = {"csrf_token": csrf, "effective_from": today, "why": "试行"}
    assert client.post(address, data={**data, "value": "guess"}).status_code == 422
    assert client.post(address, data={**data, "value": "partial"}).status_code == 302
    assert "少选按比例得分" in client.get("/rules").text


def test_the_auditor_reads_the_rules_and_rules_that_nothing_uses_are_not_shown(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context(), transaction() as session:
        auditor = make_person(session, Role.AUDITOR)
        office = make_person(session, Role.OFFICE)
    sign_in(client, auditor)
    page = client.get("/rules").text
    assert "考试时长：60 分钟" in page
    assert "/change" not in page
    assert "锁定期：12 个月" in page
    assert "个人排名" not in page
    assert client.get("/rules/exam.minutes/change").status_code == 403
    other = app.test_client()
    sign_in(other, office)
    assert other.get("/rules/points.ranking/change").status_code == 404
    assert other.get("/rules/nothing/change").status_code == 404
