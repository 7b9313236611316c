"""Importing a roster: judged row by row, imported all or nothing, passwords shown once."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.people.models import Person, Posting
from accounts.roster.imports import services
from accounts.roster.imports.rules import find_heading, heading_field, missing_headings
from accounts.roster.models import RosterImport
from accounts.signin.models import Account
from accounts.signin.services import check_password
from core.db import reading, transaction
from core.permissions import Role
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in
from tests.statements import counted

HEADS = ["工号", "姓名", "单位", "职务", "联系电话", "备注"]
PASSWORD = re.compile(r"[a-z]{3}\d-[a-z]{3}\d-[a-z]{3}\d")


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("cell", "field"),
    [("工 号", "staff_no"), ("姓名*", "name"), ("职务（岗位）", "position"), ("手机号码", "phone"),
     ("单位名称：", "unit"), ("序号", None), ("", None)],
)  # fmt: skip
def test_headings_are_known_by_many_names(cell: str, field: str | None) -> None:
    assert heading_field(cell) == field


def test_the_heading_row_may_follow_titles() -> None:
    table = [
        ["政务公开工作人员名册"],
        [],
        ["序号", "姓名", "工号", "单位"],
        ["1", "张", "A1", "甲"],
    ]
    found = find_heading(table)
    assert found == (2, {"name": 1, "staff_no": 2, "unit": 3})
    assert missing_headings({"name": 1}) == ["工号", "单位"]
    assert find_heading([["随便"], ["什么"]]) is None


class Office:
    """A coordinator of 甲区 at the browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context(), transaction() as session:
            a, b = make_unit(session, "甲区"), make_unit(session, "乙区")
            below = make_unit(session, "甲区教育局", parent=a)
            self.person = make_person(session, Role.COORDINATOR, unit=a)
            self.known = make_person(session, unit=below, name="文知新", staff_no="A001")
            self.foreign = make_person(session, unit=b, name="郝学习", staff_no="B001")
        self.client = app.test_client()
        self.csrf = sign_in(self.client, self.person)

    def upload(self, data: bytes, name: str = "名册.xlsx") -> Any:
        return self.client.post(
            "/people/import",
            data={"csrf_token": self.csrf, "file": (io.BytesIO(data), name)},
            content_type="multipart/form-data",
        )

    def preview(self, data: bytes, name: str = "名册.xlsx") -> tuple[str, str]:
        answer = self.upload(data, name)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        address = answer.headers["Location"]
        return address, self.client.get(address).get_data(as_text=True)

    def confirm(self, address: str, page: str, **more: str) -> Any:
        seen = re.search(r'name="seen"[^>]*value="(\w+)"', page)
        assert seen is not None
        return self.client.post(address, data={"csrf_token": self.csrf, "seen": seen[1], **more})


@pytest.fixture
def office(app: Flask) -> Office:
    return Office(app)


def _count(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Person)) or 0


ROWS: list[list[Any]] = [
    ["政务公开工作人员名册"],
    HEADS,
    ["n001", "程有序", "甲区", "股长", 13800001234, ""],  # 3 good
    ["N002", "", "甲区", "科员", "13800001235", ""],  # 4 no name
    ["N003", "张三", "甲区", "科员", "1380000123", ""],  # 5 bad phone
    ["N004", "李四", "不存在局", "科员", "13800001236", ""],  # 6 unknown unit
    ["N005", "王五", "乙区", "科员", "13800001236", ""],  # 7 foreign unit
    ["N001", "程有序", "甲区", "股长", "13800001234", ""],  # 8 number again
    ["A001", "文知新", "甲区教育局", "主任", "13900001111", ""],  # 9 changes someone
    ["B001", "郝学习", "甲区", "科员", "13800001236", ""],  # 10 someone foreign
    ["A001x", "赵六", "甲区", "", "", ""],  # 11 gaps
    ["", "钱七", "甲区", "", "", ""],  # 12 no number
]


def test_every_row_says_what_it_comes_to_and_why(office: Office) -> None:
    _address, page = office.preview(workbook(*ROWS))
    for said in (
        "第 3 行", "第 4 行", "没有姓名", "联系电话应为 11 位，现在是 10 位", "没有叫“不存在局”的单位",
        "“乙区”不在您负责的范围", "工号与第 3 行重复", "职务“科员”改为“主任”", "不在您负责的范围，请联系系统管理员",
        "没有联系电话", "没有工号",
    ):  # fmt: skip
        assert said in page, said
    assert "13900001111" not in page
    assert "13800001234" not in page
    only = office.client.get(f"{_address}?only=doubtful").get_data(as_text=True)
    assert "第 9 行" in only
    assert "第 4 行" not in only


@both_databases
def test_good_rows_are_imported_and_the_passwords_shown_once(app: Flask) -> None:
    office = Office(app)
    address, page = office.preview(workbook(*ROWS))
    before = _count(app)
    answer = office.confirm(address, page)
    shown = answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    passwords = PASSWORD.findall(shown)
    assert len(passwords) == 1
    assert _count(app) == before + 1
    with app.app_context():
        session = reading()
        person = session.scalars(select(Person).where(Person.staff_no == "N001")).one()
        assert person.phone == "13800001234"
        account = session.get(Account, person.id)
        assert account is not None
        assert account.must_change
        assert check_password(account.password_hash, passwords[0])
        kept = session.scalars(select(RosterImport)).one()
        assert kept.imported_at is not None
        assert kept.rows == []  # no second copy of phones
        known = session.get(Person, office.known.id)
        assert known is not None
        assert known.phone != "13900001111"  # doubtful rows were not confirmed
    again = office.confirm(address, page)
    assert again.status_code == 409
    assert not PASSWORD.search(again.get_data(as_text=True))
    assert not PASSWORD.search(office.client.get(address).get_data(as_text=True))
    assert _count(app) == before + 1


def test_doubtful_rows_are_imported_when_confirmed(app: Flask, office: Office) -> None:
    address, page = office.preview(workbook(*ROWS))
    shown = office.confirm(address, page, with_doubtful="y").get_data(as_text=True)
    assert "新登记 2 人，更新 1 人" in shown
    with app.app_context():
        session = reading()
        known = session.get(Person, office.known.id)
        assert known is not None
        assert known.phone == "13900001111"
        post = session.scalars(
            select(Posting).where(Posting.person_id == known.id, Posting.valid_to.is_(None))
        ).one()
        assert post.position == "主任"


def test_the_same_file_again_changes_nothing(app: Flask, office: Office) -> None:
    data = workbook(HEADS, ["N001", "程有序", "甲区", "股长", "13800001234", "兼管"])
    office.confirm(*office.preview(data))
    before = _count(app)
    _address, page = office.preview(data)
    assert "完全相同，跳过" in page
    assert "没有可以导入的行" in page
    assert _count(app) == before


def test_what_changed_since_the_preview_is_not_imported(app: Flask, office: Office) -> None:
    address, page = office.preview(
        workbook(HEADS, ["N001", "程有序", "甲区", "股长", "13800001234", ""])
    )
    with app.app_context(), transaction() as session:
        make_person(session, staff_no="N001")
    answer = office.confirm(address, page)
    assert answer.status_code == 409
    assert "请重新核对" in answer.get_data(as_text=True)
    with app.app_context():
        assert reading().scalars(select(RosterImport)).one().imported_at is None


def test_an_upload_belongs_to_who_sent_it(app: Flask, office: Office) -> None:
    address, _page = office.preview(workbook(*ROWS))
    other = app.test_client()
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.ADMIN)
    csrf = sign_in(other, person)
    assert other.get(address).status_code == 404
    assert other.post(address, data={"csrf_token": csrf, "seen": "x"}).status_code == 404


def test_an_import_that_fails_half_way_leaves_nothing(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, page = office.preview(workbook(*ROWS))
    before = _count(app)

    def fail(*_args: Any, **_keywords: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(services, "_update", fail)
    with pytest.raises(RuntimeError):
        office.confirm(address, page, with_doubtful="y")
    assert _count(app) == before
    monkeypatch.undo()
    assert office.confirm(address, page).status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("名册.xlsx", workbook(["序号", "姓名"], ["1", "张"]), "没有找到这些列：工号、单位"),
        ("名册.xlsx", workbook(["随便"], ["什么"]), "没有找到这些列"),
        ("名册.xlsx", workbook(HEADS), "列名下面没有人员"),
        ("名册.xlsx", b"PK\x03\x04 broken", "已损坏"),
        ("名册.xlsx", b"MZ a program", "和扩展名不符"),
        ("名册.exe", b"MZ", "只能上传"),
        ("名册.csv", b"\xff\xff\xff", "文字编码"),
        ("名册.xlsx", workbook(HEADS, *([f"N{n}", "张", "甲区"] for n in range(501))), "一次最多导入 500 人"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_bad_file_is_refused_in_words(office: Office, name: str, data: bytes, said: str) -> None:
    answer = office.upload(data, name)
    assert answer.status_code == 200
    assert said in answer.get_data(as_text=True)


def test_formulas_and_text_that_looks_like_one_are_only_text(office: Office) -> None:
    data = workbook(HEADS, ["N001", "=1+1", "甲区", "@x", "13800001234", "<script>"])
    _address, page = office.preview(data)
    assert "没有姓名" in page  # a formula without a computed value is an empty cell
    csv = "工号,姓名,单位,备注\nN001,程有序,甲区,<script>alert(1)</script>\n".encode("gb18030")
    _address, page = office.preview(csv, "名册.csv")
    assert "<script>alert" not in page


def test_the_template_is_read_back(office: Office) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(office.client.get("/people/import/template.xlsx").data)
    )
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEADS
    sheet.append(["N001", "程有序", "甲区", "股长", "13800001234", ""])
    buffer = io.BytesIO()
    book.save(buffer)
    _address, page = office.preview(buffer.getvalue())
    assert "可导入" in page


def test_the_preview_costs_the_same_for_10_and_200_rows(app: Flask, office: Office) -> None:
    lengths = Counter[int]()
    for number in (10, 200):
        rows = [[f"N{n}", "张三", "甲区", "科员", "13800001234", ""] for n in range(number)]
        address, _page = office.preview(workbook(HEADS, *rows))
        with counted(app) as log:
            office.client.get(address)
        lengths[len(log)] += 1
    assert len(lengths) == 1
