"""The pages of transfers: the list, asking, the decision, and the steps of the unit."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from certification.registrations.models import Registration
from certification.registrations.rules import EndKind, RegistrationState, held_through
from certification.registrations.services import end
from certification.transfers.models import Transfer
from certification.transfers.rules import TransferState
from core import clock
from core.db import table_of, transaction
from core.permissions import Role
from core.rulebook.queries import rule_on
from tests.certification.posts import Posts, asked, make_posts, registration_row, seen, settle
from tests.factories import LONG_AGO, make_login, make_person, sign_in, sign_in_with
from tests.statements import counted

PEOPLE = 10_000


class Browser:
    """A signed-in client that sends the CSRF token."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = sign_in(self.client, person)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        answer = self.client.post(path, data={"csrf_token": self.csrf, **data})
        assert answer.status_code == status, answer.text[:400]
        return answer.headers.get("Location", "") or answer.text


def today() -> date:
    return clock.today()


def free_from(app: Flask, posts: Posts) -> date:
    held = registration_row(app, posts.registration_id).held_through
    assert held is not None
    return held + timedelta(days=1)


def typed(posts: Posts, day: date, **changes: str) -> dict[str, Any]:
    return {
        "effective_on": day.isoformat(), "to_unit": str(posts.other.id), "to_position": "股长",
        "grounds": "组织安排", "document_no": "龙组干〔2026〕87号",
        "successor": str(posts.heir.id), "gap_until": "", "to_place": "", **changes,
    }  # fmt: skip


def new(posts: Posts) -> str:
    return f"/transfers/new?registration={posts.registration_id}"


# --- asking -----------------------------------------------------------------------


def test_outside_the_hold_the_page_reports_and_says_so(app: Flask) -> None:
    posts = settle(app)
    desk = Browser(app, posts.city.coordinator)
    day = free_from(app, posts)
    page = desk.get(new(posts))
    assert "锁定期规则第 1 版，12 个月" in page
    assert "原则上一年内不允许调岗" in page
    where = desk.post(new(posts), **typed(posts, day, grounds="", document_no="", successor=""))
    assert re.fullmatch(r"/transfers/\d+", where)
    page = desk.get(where)
    assert "锁定期外，已报备" in page
    assert "已批准" in page


def test_inside_the_hold_the_page_says_what_to_add_and_keeps_what_was_typed(app: Flask) -> None:
    posts = settle(app)
    desk = Browser(app, posts.city.coordinator)
    day = free_from(app, posts) - timedelta(days=157)
    lacking = typed(posts, day, document_no="", successor="", grounds="组织部统一安排")
    page = desk.post(new(posts), 422, **lacking)
    assert "这一天在锁定期内，需要补充 2 项" in page
    assert "比可调日早 157 天" in page
    assert "组织部统一安排" in page
    assert f'value="{day.isoformat()}"' in page
    assert re.search(rf'<option selected value="{posts.other.id}">', page)
    # the day changes to outside: nothing more is needed, and nothing that was typed is lost
    look = desk.post(
        new(posts), 200, do="look", **{**lacking, "effective_on": str(free_from(app, posts))}
    )
    assert "在锁定期外，报备即可" in look
    assert "组织部统一安排" in look
    where = desk.post(new(posts), **typed(posts, day))
    assert "等领导小组办公室决定" in desk.get(where)
    assert seen(app, int(where.rsplit("/", 1)[1])).state is TransferState.REQUESTED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"effective_on": ""}, "请填写日期"),
        ({"effective_on": "11月24日"}, "日期写成 2026-11-24 这样"),
        ({"effective_on": "2001-01-01"}, "那天才备案或到岗"),
        ({"to_unit": ""}, "请选定调入单位，或者写明去向"),
        ({"to_position": ""}, "请填写调入后的职务"),
        ({"gap_until": "早日"}, "日期写成"),
        ({"successor": "9" * 40}, "不是有效的选择"),
        ({"to_unit": "x"}, "不是有效的选择"),
        ({"grounds": "长" * 501}, "最多 500 个字"),
    ],
)
def test_bad_input_is_refused_in_chinese_and_nothing_is_lost(
    app: Flask, changes: dict[str, str], words: str
) -> None:
    posts = settle(app)
    desk = Browser(app, posts.city.coordinator)
    day = free_from(app, posts)
    page = desk.post(new(posts), 422, **{**typed(posts, day), **changes})
    assert words in page
    assert "龙组干〔2026〕87号" in page


def test_a_person_with_a_transfer_under_way_leads_to_it(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    desk = Browser(app, posts.city.coordinator)
    answer = desk.client.get(new(posts))
    assert answer.location == f"/transfers/{transfer_id}"


def test_a_coordinator_of_another_unit_finds_nothing(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        posts = make_posts(session)
        stranger = make_person(session, Role.COORDINATOR, unit=posts.other)
    transfer_id = asked(app, posts, today())
    desk = Browser(app, stranger)
    desk.get(new(posts), 404)
    desk.get(f"/transfers/{transfer_id}", 404)
    desk.get(f"/transfers/{transfer_id}/move", 404)
    assert "季分明" not in desk.get("/transfers")
    with app.app_context(), transaction() as session:
        session.execute(
            update(Transfer).where(Transfer.id == transfer_id).values(state=TransferState.APPROVED)
        )
    page = desk.get(f"/transfers/{transfer_id}")  # the unit it leads into may see what is coming
    assert "改生效日" not in page
    desk.post(f"/transfers/{transfer_id}/withdraw", 404, reason="不要", revision="1")


# --- deciding ---------------------------------------------------------------------


def test_nothing_is_chosen_when_the_decision_opens(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=30))
    page = Browser(app, posts.city.second).get(f"/transfers/{transfer_id}")
    assert 'name="decision"' in page
    assert "checked" not in page
    assert "作为例外批准" in page
    assert "名持证备案人员" in page, "one is left, fewer than two: it must be acknowledged"
    assert "无人接替" in page
    refused = Browser(app, posts.city.second).post(
        f"/transfers/{transfer_id}/decide", 422, revision="1", document_no="新文号", successor=""
    )
    assert "请选定一项" in refused
    assert "新文号" in refused


def test_the_office_approves_with_papers_and_the_page_shows_the_decision(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=30))
    office = Browser(app, posts.city.second)
    where = f"/transfers/{transfer_id}/decide"
    given: dict[str, Any] = {"decision": "approve", "revision": "1", "successor": str(posts.heir.id),
             "document_no": "龙组干〔2026〕87号"}  # fmt: skip
    assert "请确认已知道调出后只剩 1 人" in office.post(where, 422, **given)
    assert "锁定期内调岗要有批准文件号" in office.post(where, 422, **{**given, "document_no": ""})
    office.post(where, **given, acknowledged="y", reason="同意交流")
    page = office.get(f"/transfers/{transfer_id}")
    assert "已批准季分明调岗" in page
    for words in ("简明白", "同意交流", "锁定期规则第 1 版，12 个月", "1 人持证备案", "路先行"):
        assert words in page
    other = Browser(app, posts.city.office)
    late = other.post(where, 409, **given, acknowledged="y")
    assert "简明白已在" in late
    assert "已批准" in late


def test_who_asked_and_the_person_are_told_to_let_another_decide(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        posts = make_posts(session)
        session.add(RoleGrant(person_id=posts.staff.id, role=Role.OFFICE, granted_at=clock.now()))
    transfer_id = asked(app, posts, today(), by=posts.city.office)
    for person in (posts.city.office, posts.staff):
        desk = Browser(app, person)
        page = desk.get(f"/transfers/{transfer_id}")
        assert "须由办公室的另一位同事决定" in page
        assert 'name="decision"' not in page
        desk.post(f"/transfers/{transfer_id}/decide", 403, decision="refuse", reason="不",
                  revision="1", successor="")  # fmt: skip
    assert "可以决定的人：简明白" in page


def test_the_page_says_when_nobody_else_could_decide(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today(), by=posts.city.office)
    sentence = "办公室现在没有第二个人可以决定"
    desk = Browser(app, posts.city.coordinator)
    assert sentence not in desk.get(f"/transfers/{transfer_id}")
    with app.app_context(), transaction() as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == posts.city.second.id)
            .values(revoked_at=clock.now())
        )
    assert sentence in desk.get(f"/transfers/{transfer_id}")


def test_a_coordinator_cannot_decide(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    desk = Browser(app, posts.second_coordinator)
    assert 'name="decision"' not in desk.get(f"/transfers/{transfer_id}")
    desk.post(f"/transfers/{transfer_id}/decide", 403, decision="approve", revision="1")


# --- the steps of the unit ----------------------------------------------------------


def test_the_unit_moves_withdraws_and_carries_out(app: Flask) -> None:
    posts = settle(app)
    day = free_from(app, posts)
    transfer_id = asked(app, posts, day)
    desk = Browser(app, posts.city.coordinator)
    where = f"/transfers/{transfer_id}"
    assert "在锁定期内，要由办公室决定" in desk.get(f"{where}/move")
    assert "日期没有变" in desk.post(
        f"{where}/move", 422, effective_on=str(day), revision="1", reason="改"
    )
    desk.post(f"{where}/move", effective_on=str(today()), revision="1", reason="提前报到")
    assert "要由办公室重新决定" in desk.get(where)
    assert "刚刚被别人办理或改过" in desk.post(
        f"{where}/withdraw", 409, revision="1", reason="不调了"
    )
    assert "请写明原因" in desk.post(f"{where}/withdraw", 422, revision="2", reason="")
    desk.post(f"{where}/withdraw", revision="2", reason="不调了")
    assert "已撤回" in desk.get(where)


def test_on_its_day_it_can_be_carried_out_by_hand(app: Flask) -> None:
    posts = settle(app, clock.today() - timedelta(days=400))
    transfer_id = asked(app, posts, today())
    desk = Browser(app, posts.city.coordinator)
    where = f"/transfers/{transfer_id}"
    assert "现在办理" in desk.get(where)
    assert "办理季分明的调岗？" in desk.get(f"{where}/carry-out")
    desk.post(f"{where}/carry-out", revision="1")
    assert "已办理" in desk.get(where)
    assert registration_row(app, posts.registration_id).end_kind is EndKind.TRANSFER


def test_a_registration_that_ended_says_what_to_do(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with app.app_context(), transaction() as session:
        end(session, registration_id=posts.registration_id, kind=EndKind.REVOCATION,
            ended_on=today(), grounds="撤销", by=None, now=clock.now())  # fmt: skip
    page = Browser(app, posts.city.second).get(f"/transfers/{transfer_id}")
    assert "由联络员撤回即可" in page
    assert 'name="decision"' not in page
    desk = Browser(app, posts.city.coordinator)
    assert "改生效日" not in desk.get(f"/transfers/{transfer_id}")
    desk.post(f"/transfers/{transfer_id}/withdraw", revision="1", reason="证书已撤销")


# --- the list ---------------------------------------------------------------------


def test_the_list_has_tabs_filters_and_a_workbook(app: Flask) -> None:
    posts = settle(app)
    asked(app, posts, today())
    office = Browser(app, posts.city.office)
    page = office.get("/transfers")
    assert "季分明" in page
    assert re.search(r"待决 <span>1</span>", page)
    assert "季分明" not in office.get("/transfers?state=approved")
    assert "季分明" not in office.get("/transfers?hold=outside")
    assert "季分明" in office.get(f"/transfers?hold=inside&unit={posts.city.root.id}&q=季")
    assert "季分明" not in office.get(f"/transfers?unit={posts.other.id}")
    for broken in (
        "state=x",
        "unit=x",
        "sort=x",
        "page=-1",
        "hold=x",
        "q=%25",
        "endpoint=x&_scheme=y",
    ):
        office.get(f"/transfers?{broken}")
    data = office.client.get("/transfers.xlsx").data
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    assert rows[1][1] == "季分明"
    assert "锁定期内" in rows[1]


def _crowd(app: Flask, posts: Posts, number: int) -> None:
    """So many people in the unit, each registered and with a transfer in one of the states."""
    now, states = clock.now(), list(TransferState)
    with app.app_context(), transaction() as session:
        rule = rule_on(session, "hold.months", today()).id
        begin = today() - timedelta(days=100)
        session.execute(
            insert(table_of(Person)),
            [
                {
                    "id": 100_000 + n,
                    "staff_no": f"C{n:06d}",
                    "name": f"众{n}",
                    "phone": "",
                    "remark": "",
                    "created_at": now,
                }
                for n in range(number)
            ],
        )
        session.execute(
            insert(table_of(Posting)),
            [
                {
                    "person_id": 100_000 + n,
                    "unit_id": posts.unit.id,
                    "position": "科员",
                    "valid_from": LONG_AGO,
                    "entered_at": now,
                }
                for n in range(number)
            ],
        )
        session.execute(
            insert(table_of(Registration)),
            [
                {
                    "id": 100_000 + n,
                    "person_id": 100_000 + n,
                    "unit_id": posts.unit.id,
                    "position": "科员",
                    "phone": "",
                    "remark": "",
                    "revision": 1,
                    "state": RegistrationState.RECORDED,
                    "filed_by": posts.city.coordinator.id,
                    "filed_on": begin,
                    "created_at": now,
                    "number": f"众备 {n}",
                    "series": 1998,
                    "serial": n + 1,
                    "recorded_by": posts.city.office.id,
                    "recorded_on": begin,
                    "held_through": held_through(begin),
                    "rule_version_id": rule,
                }
                for n in range(number)
            ],
        )
        session.execute(insert(table_of(Transfer)), [
            {"id": 100_000 + n, "person_id": 100_000 + n, "registration_id": 100_000 + n,
             "from_unit_id": posts.unit.id, "to_place": "外地", "to_position": "",
             "effective_on": today() + timedelta(days=500), "held_through": held_through(begin),
             "grounds": "", "document_no": "", "state": states[n % len(states)], "revision": 1,
             "asked_by": posts.city.coordinator.id, "asked_at": now, "decision_reason": ""}
            for n in range(number)
        ])  # fmt: skip


def test_ten_thousand_people_cost_the_same_statements(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with app.app_context(), transaction() as session:
        token = make_login(session, posts.city.second)
    paths = ("/transfers", "/transfers?state=approved&sort=-name&page=2", "/transfers?q=众9",
             f"/transfers/{transfer_id}", "/transfers.xlsx")  # fmt: skip

    def costs() -> list[int]:
        found = []
        for path in paths:
            client = app.test_client()
            sign_in_with(client, token)
            with counted(app) as log:
                assert client.get(path).status_code == 200
            found.append(len(log))
        return found

    few = costs()
    _crowd(app, posts, PEOPLE)
    assert costs() == few
    assert few[0] <= 7, few
    assert few[3] <= 14, few
