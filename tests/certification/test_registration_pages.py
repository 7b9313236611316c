"""The pages of registrations: who sees what, what is kept, how many statements a list takes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from certification.certificates.services import revoke
from certification.registrations.models import Registration
from certification.registrations.rules import RegistrationState
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, table_of, transaction
from core.formats import civil_date_text
from tests.certification.registry import (
    Town,
    arrange,
    certify,
    file_for,
    newest,
    register,
    submit_for,
    view_of,
)
from tests.factories import make_person, sign_in
from tests.statements import counted

PHONE = "13600000830"


def made(app: Flask, act: Any) -> tuple[Town, int]:
    """The town, and what an act of ``tests.certification.registry`` made in it."""
    town = arrange(app)
    with app.app_context(), transaction() as session:
        return town, act(session, town)


def present(app: Flask, person: Person) -> Any:
    """The person's newest registration."""
    with app.app_context():
        return newest(reading(), person)


def test_a_coordinator_files_and_the_office_records(app: Flask, client: FlaskClient) -> None:
    town = arrange(app)
    csrf = sign_in(client, town.coordinator)
    page = client.get("/registrations/new").text
    assert "石求实" in page
    assert "时准点" not in page  # not certified
    form = client.get(f"/registrations/new?person={town.staff.id}").text
    assert 'value="科员"' in form
    assert town.staff.phone not in form
    answer = client.post(
        f"/registrations/new?person={town.staff.id}",
        data={"csrf_token": csrf, "position": "政策法规科副科长", "phone": PHONE, "remark": "",
              "act": "send"},
        follow_redirects=True,
    )  # fmt: skip
    assert "已提交石求实的备案，等办公室审核" in answer.text
    assert "136****0830" in answer.text
    assert PHONE not in answer.text
    filed = present(app, town.staff)

    csrf = sign_in(client, town.office)
    assert "审核 1 份申请" in client.get("/registrations").text
    shown = client.get(f"/registrations/{filed.id}").text
    assert "准予备案" in shown
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', shown)
    assert revision
    answer = client.post(
        f"/registrations/{filed.id}/record",
        data={"csrf_token": csrf, "revision": revision[1]}, follow_redirects=True,
    )  # fmt: skip
    assert f"已准予备案，编号 政公备 {clock.today().year}-001" in answer.text
    assert f"锁定至 {civil_date_text(present(app, town.staff).held_through)}" in answer.text
    assert "锁定中" in answer.text
    assert "石求实" in client.get("/registrations").text


def test_without_a_number_the_known_one_is_filed(app: Flask, client: FlaskClient) -> None:
    town = arrange(app)
    csrf = sign_in(client, town.coordinator)
    client.post(f"/registrations/new?person={town.staff.id}",
                data={"csrf_token": csrf, "position": "科长", "act": "keep"})  # fmt: skip
    one = present(app, town.staff)
    assert (one.phone, one.state) == (town.staff.phone, RegistrationState.DRAFT)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"position": ""}, "请填写职务全称"),
        ({"phone": "1360000083"}, "联系电话应为 11 位，现在是 10 位"),
        ({"remark": "备" * 201}, "最多 200 个字"),
    ],
)
def test_a_refused_filing_keeps_what_was_typed(
    app: Flask, client: FlaskClient, typed: dict[str, str], said: str
) -> None:
    town = arrange(app)
    csrf = sign_in(client, town.coordinator)
    data = {"position": "政策法规科副科长", "phone": PHONE, "remark": "兼管网站", **typed}
    answer = client.post(f"/registrations/new?person={town.staff.id}",
                         data={"csrf_token": csrf, "act": "send", **data})  # fmt: skip
    assert answer.status_code == 422
    assert said in answer.text
    assert "还差 1 处，没有提交" in answer.text
    for value in data.values():
        assert f'value="{value}"' in answer.text


def test_a_second_filing_is_refused_with_a_link_to_the_first(
    app: Flask, client: FlaskClient
) -> None:
    town, filed = made(app, submit_for)
    csrf = sign_in(client, town.colleague)
    answer = client.post(
        f"/registrations/new?person={town.staff.id}",
        data={"csrf_token": csrf, "position": "科长", "remark": "兼管网站", "act": "send"},
    )
    assert answer.status_code == 409
    assert "已有一份备案在办理" in answer.text
    assert f'href="/registrations/{filed}"' in answer.text
    assert 'value="兼管网站"' in answer.text


def test_the_office_returns_with_a_reason_and_the_unit_corrects(
    app: Flask, client: FlaskClient
) -> None:
    town, filed = made(app, submit_for)
    csrf = sign_in(client, town.office)
    page = client.get(f"/registrations/{filed}/return").text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)
    assert revision
    data = {"csrf_token": csrf, "revision": revision[1]}
    assert client.post(f"/registrations/{filed}/return", data=data).status_code == 422
    client.post(f"/registrations/{filed}/return", data={**data, "reason": "“职务”请写全称"})
    late = client.post(f"/registrations/{filed}/return", data={**data, "reason": "再退一次"})
    assert late.status_code == 409
    assert "再退一次" in late.text

    csrf = sign_in(client, town.coordinator)
    assert "办公室退回：“职务”请写全称" in client.get(f"/registrations/{filed}").text
    page = client.get(f"/registrations/{filed}/edit").text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)
    assert revision
    data = {"csrf_token": csrf, "revision": revision[1], "position": "政策法规科科长",
            "act": "send"}  # fmt: skip
    answer = client.post(f"/registrations/{filed}/edit", data=data, follow_redirects=True)
    assert "补正后再次提交" in answer.text
    late = client.post(f"/registrations/{filed}/edit", data=data, follow_redirects=True)
    assert "不能再改" in late.text
    assert present(app, town.staff).phone == PHONE


def test_two_who_correct_at_once_do_not_overwrite_each_other(
    app: Flask, client: FlaskClient
) -> None:
    town, filed = made(app, file_for)
    csrf = sign_in(client, town.coordinator)
    data = {"csrf_token": csrf, "revision": "1", "act": "keep", "remark": "甲"}
    client.post(f"/registrations/{filed}/edit", data={**data, "position": "科长"})
    answer = client.post(f"/registrations/{filed}/edit", data={**data, "position": "副科长"})
    assert answer.status_code == 409
    assert 'value="副科长"' in answer.text
    assert present(app, town.staff).position == "科长"


def test_an_expired_certificate_leaves_only_the_way_back(app: Flask, client: FlaskClient) -> None:
    town = arrange(app)
    with app.app_context(), transaction() as session:
        certify(session, town.exam, town.plain, valid_through=clock.today())
        filed = submit_for(session, town, town.plain)
        held = newest(session, town.plain).standing_id or 0
        revoke(session, certificate_id=held, reason="代考", effective_on=clock.today(),
               by_id=town.second.id, now=clock.now())  # fmt: skip
    csrf = sign_in(client, town.office)
    page = client.get(f"/registrations/{filed}").text
    assert "现在不能准予备案" in page
    assert f'action="/registrations/{filed}/record"' not in page
    answer = client.post(f"/registrations/{filed}/record",
                         data={"csrf_token": csrf, "revision": "2"}, follow_redirects=True)  # fmt: skip
    assert "已撤销，没有准予备案" in answer.text


def test_nobody_is_offered_their_own_case(app: Flask, client: FlaskClient) -> None:
    town, filed = made(app, submit_for)
    with app.app_context(), transaction() as session:
        session.execute(update(Registration).values(filed_by=town.office.id))
    sign_in(client, town.office)
    page = client.get(f"/registrations/{filed}").text
    assert "这份备案是您提交的" in page
    assert "准予备案</button>" not in page


def test_withdrawing_asks_first(app: Flask, client: FlaskClient) -> None:
    town, filed = made(app, submit_for)
    csrf = sign_in(client, town.coordinator)
    assert "撤回石求实的备案？" in client.get(f"/registrations/{filed}/withdraw").text
    answer = client.post(f"/registrations/{filed}/withdraw", data={"csrf_token": csrf},
                         follow_redirects=True)  # fmt: skip
    assert "已撤回石求实的备案" in answer.text
    assert "待审 <span>0</span>" in client.get("/registrations").text


def test_a_departure_is_entered_with_grounds(app: Flask, client: FlaskClient) -> None:
    town, filed = made(app, register)
    csrf = sign_in(client, town.coordinator)
    page = client.get(f"/registrations/{filed}/end").text
    assert "终止石求实的备案？" in page
    assert f"/transfers/new?registration={filed}" in page
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    data = {"csrf_token": csrf, "kind": "retirement", "last_day": tomorrow, "grounds": "文号 8"}
    for wrong, said in (
        ({}, "不能填将来的日期"), ({"kind": "transfer"}, "不是有效的选择"),
        ({"grounds": ""}, "请写明依据"),
    ):  # fmt: skip
        answer = client.post(f"/registrations/{filed}/end", data={**data, **wrong})
        assert answer.status_code == 422
        assert said in answer.text
        assert data["last_day"] in answer.text
    data["last_day"] = clock.today().isoformat()
    answer = client.post(f"/registrations/{filed}/end", data=data, follow_redirects=True)
    assert "已终止石求实的备案" in answer.text
    assert "退休" in answer.text
    with app.app_context():
        assert view_of(reading(), town.staff).posted_to == clock.today()


def test_a_stranger_finds_nothing_and_the_auditor_only_reads(
    app: Flask, client: FlaskClient
) -> None:
    town, filed = made(app, register)
    sign_in(client, town.stranger)
    for path in ("", "/edit", "/end", "/withdraw"):
        assert client.get(f"/registrations/{filed}{path}").status_code == 404
    assert client.get(f"/registrations/new?person={town.staff.id}").status_code == 404
    assert "石求实" not in client.get("/registrations").text
    csrf = sign_in(client, town.auditor)
    page = client.get(f"/registrations/{filed}").text
    assert "显示全号" not in page
    assert "终止备案" not in page
    assert "办理调岗" not in page
    assert client.post(f"/registrations/{filed}/phone",
                       data={"csrf_token": csrf}).status_code == 403  # fmt: skip


def test_a_whole_number_is_shown_once_and_noted(app: Flask, client: FlaskClient) -> None:
    town, filed = made(app, register)
    csrf = sign_in(client, town.office)
    assert PHONE not in client.get(f"/registrations/{filed}").text
    assert PHONE in client.post(f"/registrations/{filed}/phone", data={"csrf_token": csrf}).text
    with app.app_context():
        noted = reading().scalars(select(AuditEvent).where(AuditEvent.action == "phone.reveal"))
        assert [(row.subject_kind, row.subject_id) for row in noted] == [
            ("registration", str(filed))
        ]


# --- the roster's pages ----------------------------------------------------------------


def test_the_roster_says_why_a_registered_person_stays(app: Flask, client: FlaskClient) -> None:
    town, filed = made(app, register)
    csrf = sign_in(client, town.coordinator)
    last = civil_date_text(present(app, town.staff).held_through)
    for path in ("", "/leave", "/posting"):
        page = client.get(f"/people/{town.staff.id}{path}").text
        assert f"石求实在册，锁定至 {last}" in page
        assert f'href="/registrations/{filed}/end"' in page
        assert f'href="/transfers/new?registration={filed}"' in page
    answer = client.post(
        f"/people/{town.staff.id}/leave",
        data={"csrf_token": csrf, "last_day": clock.today().isoformat(), "reason": "调离"},
    )
    assert f"锁定至 {last}" in answer.text
    assert "在册" not in client.get(f"/people/{town.plain.id}/leave").text


def test_the_roster_import_says_so_row_by_row(app: Flask, client: FlaskClient) -> None:
    """Rows that would move a registered person are refused; the others go on."""
    from accounts.roster.imports.rules import Outcome, Row
    from accounts.roster.imports.services import judge
    from core.permissions import Role
    from core.viewer import Viewer

    town, _filed = made(app, register)
    admin = Viewer(town.office.id, "A", "管理", None, "", "t", {Role.ADMIN: None})
    rows = [
        Row(2, staff_no=town.staff.staff_no, name="石求实", unit="市民政局"),
        Row(3, staff_no=town.plain.staff_no, name="时准点", unit="市民政局"),
        Row(
            4, staff_no="NEW1", name="新来人", unit="市民政局", position="科员", phone="13600000831"
        ),
        Row(
            5, staff_no=town.colleague.staff_no, name="温存真", unit="市发展改革委", position="科长"
        ),
    ]
    with app.app_context():
        held, moved, new, changed = judge(reading(), rows, admin)
    assert held.outcome is Outcome.REFUSED
    assert "石求实在册，锁定至" in held.reasons[0]
    assert "请走调岗申请" in held.reasons[0]
    assert "调动请在人员页面登记" in moved.reasons[0]
    assert (new.outcome, changed.outcome) == (Outcome.GOOD, Outcome.DOUBTFUL)


# --- lists -----------------------------------------------------------------------------


def _several(session: Session, town: Town) -> dict[str, Person]:
    """One in force and soon free, one free, one expiring, one expired, one ended, one returned."""
    day, found = clock.today(), {}
    plan = (("满期中", -340, 400), ("已满了", -400, 400), ("快到期", -10, 20), ("已过期", -10, 0))
    for number, (name, since, days) in enumerate(plan):
        person = found[name] = make_person(session, unit=town.unit, name=name)
        certify(session, town.exam, person, valid_through=day + timedelta(days=days),
                issued_on=day - timedelta(days=500))  # fmt: skip
        began = day + timedelta(days=since)
        session.execute(insert(table_of(Registration)).values(
            person_id=person.id, unit_id=town.unit.id, position="科员", phone=PHONE, remark="",
            state="recorded", revision=1, filed_by=town.coordinator.id, created_at=clock.now(),
            number=f"政公备 2025-{number:03d}", recorded_by=town.office.id, recorded_on=began,
            held_through=began + timedelta(days=365)))  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"满期中", "已满了", "快到期", "已过期"}),
        ("?hold=soon", {"满期中"}),
        ("?hold=held", {"满期中", "快到期", "已过期"}),
        ("?hold=free", {"已满了"}),
        ("?certificate=expiring", {"快到期", "已过期"}),
        ("?q=2025-001", {"已满了"}),
        ("?q=过期", {"已过期"}),
        ("?tab=submitted", {"石求实"}),
        ("?tab=ended", set()),
        ("?tab=draft", set()),
        ("?tab=nonsense&hold=x&unit=9999999999999&sort=y&page=0", None),
        ("?unit=999999", set()),
    ],
)
def test_filters_say_what_they_find(
    app: Flask, client: FlaskClient, query: str, names: set[str] | None
) -> None:
    town = arrange(app)
    with app.app_context(), transaction() as session:
        _several(session, town)
        submit_for(session, town)
    sign_in(client, town.coordinator)
    page = client.get(f"/registrations{query}")
    assert page.status_code == 200
    everyone = {"满期中", "已满了", "快到期", "已过期", "石求实"}
    shown = set(re.findall(r'<a href="/registrations/\d+">([^<]+)</a>', page.text))
    assert shown == (names if names is not None else everyone - {"石求实"})
    assert "在册 <span>4</span>" in page.text
    assert "待审 <span>1</span>" in page.text
    assert PHONE not in page.text


def test_sorting_goes_both_ways(app: Flask, client: FlaskClient) -> None:
    town = arrange(app)
    with app.app_context(), transaction() as session:
        _several(session, town)
    sign_in(client, town.office)

    def order(sort: str) -> list[str]:
        page = client.get(f"/registrations?sort={sort}").text
        return re.findall(r'<a href="/registrations/\d+">([^<]+)</a>', page)

    assert order("held")[0] == "已满了"
    assert order("-held")[-1] == "已满了"
    for key in ("name", "unit", "number", "valid", "filed", "ended"):
        assert len(order(key)) == 4


def _add(app: Flask, town: Town, count: int) -> None:
    """That many registered people more, written past the services."""
    day, now = clock.today(), clock.now()
    with app.app_context(), transaction() as session:
        first = (session.scalar(select(Person.id).order_by(Person.id.desc())) or 0) + 1
        session.execute(insert(table_of(Person)), [
            {"id": first + n, "staff_no": f"N{first + n:06d}", "name": f"人员{n}", "phone": PHONE,
             "remark": "", "created_at": now} for n in range(count)
        ])  # fmt: skip
        session.execute(insert(table_of(Registration)), [
            {"person_id": first + n, "unit_id": town.unit.id, "position": "科员", "phone": PHONE,
             "remark": "", "state": "recorded", "revision": 1, "filed_by": town.coordinator.id,
             "created_at": now, "number": f"N {first + n:06d}", "recorded_by": town.office.id,
             "recorded_on": day, "held_through": day} for n in range(count)
        ])  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_people_take_as_many_statements_as_ten(app: Flask) -> None:
    town = arrange(app)
    with app.app_context(), transaction() as session:
        filed = register(session, town)
    numbers = []
    for count in (30, 9_960):
        _add(app, town, count)
        office, coordinator = app.test_client(), app.test_client()
        sign_in(office, town.office)
        sign_in(coordinator, town.coordinator)
        logs = []
        for client, path in (
            (office, "/registrations?page=2"), (office, f"/registrations/{filed}"),
            (office, "/registrations/form.xlsx"), (coordinator, "/registrations/new"),
        ):  # fmt: skip
            client.get(path)
            with counted(app) as log:
                assert client.get(path).status_code == 200
            logs.append(len(log))
        numbers.append(logs)
    assert numbers[0] == numbers[1]
    assert max(numbers[0]) <= 12
