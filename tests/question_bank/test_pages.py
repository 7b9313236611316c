"""The pages of the bank, as editor, reviewer, auditor and stranger use them."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.people.models import Person
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionVersion, VersionState
from tests.factories import make_person, make_question, make_topic, make_unit, sign_in
from tests.question_bank.helpers import HEAD, row, workbook
from tests.statements import counted


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """One person of each role that meets the bank."""
    with app.app_context(), transaction() as session:
        unit = make_unit(session, "测试局")
        return {
            role.value: make_person(session, role, unit=unit)
            for role in (Role.EDITOR, Role.REVIEWER, Role.AUDITOR, Role.STAFF)
        }


def _as(app: Flask, person: Person) -> tuple[FlaskClient, str]:
    client = app.test_client()
    return client, sign_in(client, person)


FORM = {
    "type": "single", "difficulty": "easy", "pool": "both", "stem": "公开的期限是（　）。",
    "options-0": "十日", "options-1": "二十日", "key": "1", "explanation": "条文写明。",
    "law": "", "article": "", "may_shuffle": "y", "comment": "首次起草",
}  # fmt: skip


def _topic(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        return make_topic(session, "主动公开").id


def test_a_question_goes_from_the_form_through_review_into_use(
    app: Flask, people: dict[str, Person]
) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    sent = editor.post(
        "/questions/new", data={**FORM, "topic": topic, "do": "submit", "csrf_token": token}
    )
    assert sent.status_code == 302
    page = editor.get(sent.location)
    assert "待审核" in page.text
    assert "首次起草" in page.text
    assert editor.get("/questions/review").status_code == 403
    reviewer, token = _as(app, people["reviewer"])
    queue = reviewer.get("/questions/review")
    assert "公开的期限是" in queue.text
    version = int(re.findall(r"/questions/review/(\d+)", queue.text)[0])
    refused = reviewer.post(
        f"/questions/review/{version}",
        data={"decision": "return", "comment": "", "csrf_token": token},
    )
    assert "写明退回的原因" in refused.text
    done = reviewer.post(
        f"/questions/review/{version}",
        data={"decision": "approve", "comment": "", "event": "1", "csrf_token": token},
    )
    assert done.status_code == 302
    assert (
        "后面没有了" in reviewer.get(done.location).text
        or "没有待审核的题" in reviewer.get(done.location).text
    )
    with app.app_context():
        kept = reading().get(QuestionVersion, version)
        assert kept is not None
        assert kept.state is VersionState.APPROVED


def test_the_buttons_of_the_form_rearrange_options_without_script(
    app: Flask, people: dict[str, Person]
) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    data = {**FORM, "topic": topic, "csrf_token": token}
    more = editor.post("/questions/new", data={**data, "do": "add"}).text
    assert 'name="options-2"' in more
    moved = editor.post("/questions/new", data={**data, "do": "up-1"}).text
    assert moved.index('value="二十日"') < moved.index('value="十日"')
    assert re.search(r'name="key" value="0" checked', moved)
    less = editor.post(
        "/questions/new", data={**data, "options-2": "三十日", "do": "remove-0"}
    ).text
    assert 'value="十日"' not in less
    with app.app_context():
        assert reading().query(QuestionVersion).count() == 0


def test_a_refused_form_keeps_what_was_typed(app: Flask, people: dict[str, Person]) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    page = editor.post(
        "/questions/new",
        data={**FORM, "topic": topic, "options-1": "十日", "stem": "留下的题干", "do": "save",
              "csrf_token": token},
    )  # fmt: skip
    assert "选项 A 和 B 相同" in page.text
    assert "留下的题干" in page.text


def test_nonsense_from_a_browser_is_answered_not_obeyed(
    app: Flask, people: dict[str, Person]
) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    data = {**FORM, "topic": topic, "do": "save", "csrf_token": token}
    many = {f"options-{number}": f"选项{number}" for number in range(12)}
    for nonsense in (
        {"key": ["99", "-1", "x"]}, {"type": "essay"}, {"difficulty": "?", "pool": "?"},
        {"topic": "999"}, {"topic": "x"}, {"do": "remove-99"}, {"do": "up-x"}, {"do": "up-0"},
        {**many, "key": "7"}, {"law": "法" * 300, "article": "1"}, {"stem": ""},
    ):  # fmt: skip
        answer = editor.post("/questions/new", data={**data, **nonsense})
        assert answer.status_code in {200, 302}, nonsense
    gone = editor.post("/questions/new", data={**data, "base": "x", "revision": "y"})
    assert gone.status_code == 200


@pytest.mark.parametrize(
    ("type_", "extra", "key"),
    [
        ("multiple", {"key": ["0", "1"]}, [0, 1]),
        ("true_false", {"truth": "false"}, False),
        ("fill_in", {"stem": "自收到之日起（　）个（　）内。", "blanks": "20=二十|工作日"},
         [["20", "二十"], ["工作日"]]),
    ],
)  # fmt: skip
def test_each_type_is_kept_with_its_own_kind_of_key(
    app: Flask, people: dict[str, Person], type_: str, extra: dict[str, object], key: object
) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    data = {**FORM, "topic": topic, "type": type_, "do": "save", "csrf_token": token, **extra}
    answer = editor.post("/questions/new", data=data)
    assert answer.status_code == 302, answer.text
    edit = editor.get(answer.location + "/edit")
    assert edit.status_code == 200
    with app.app_context():
        kept = reading().query(QuestionVersion).one()
        assert kept.key == key
        assert bool(kept.options) is (type_ == "multiple")


def test_two_editors_see_that_the_other_was_there(app: Flask, people: dict[str, Person]) -> None:
    topic = _topic(app)
    editor, token = _as(app, people["editor"])
    data = {**FORM, "topic": topic, "csrf_token": token, "do": "save"}
    where = editor.post("/questions/new", data=data).location
    version = re.findall(r'name="base"[^>]*value="(\d+)"', editor.get(where + "/edit").text)[0]
    seen = {**data, "base": version, "revision": "1"}
    assert editor.post(where + "/edit", data={**seen, "stem": "先存的题干。"}).status_code == 302
    late = editor.post(where + "/edit", data={**seen, "stem": "后存的题干。"})
    assert "刚被别人改过" in late.text
    assert "先存的题干" in late.text
    assert "后存的题干" in late.text
    again = {**seen, "stem": "后存的题干。", "revision": "2"}
    assert editor.post(where + "/edit", data=again).status_code == 302


def test_a_file_is_previewed_imported_and_sent_to_review(
    app: Flask, people: dict[str, Person]
) -> None:
    editor, token = _as(app, people["editor"])
    data = workbook(HEAD, row(1), row(2, 答案="E"), row(3, 解析="所以选B项。"))
    sent = editor.post(
        "/questions/imports",
        data={"file": (io.BytesIO(data), "题库.xlsx"), "csrf_token": token},
    )
    assert sent.status_code == 302
    page = editor.get(sent.location).text
    assert "答案是 E，但只有 A–D 四个选项" in page
    assert "第 3 行" in page
    assert "存疑 1 行一并导入" in page
    assert "第 2 行" not in editor.get(sent.location + "?show=refused").text.split("<tbody>")[1]
    stranger, _ = _as(app, people["auditor"])
    assert stranger.get(sent.location).status_code == 403
    with app.app_context(), transaction() as session:
        other = make_person(session, Role.EDITOR)
    foreign, foreign_token = _as(app, other)
    assert foreign.get(sent.location).status_code == 404
    assert foreign.post(sent.location, data={"csrf_token": foreign_token}).status_code in {302, 404}
    done = editor.post(sent.location, data={"with_doubtful": "1", "csrf_token": token})
    assert "已导入 2 题" in editor.get(done.location).text
    editor.post(sent.location, data={"csrf_token": token})
    editor.post(sent.location + "/submit", data={"csrf_token": token})
    with app.app_context():
        versions = reading().query(QuestionVersion).order_by(QuestionVersion.id).all()
        assert [version.state for version in versions] == [VersionState.IN_REVIEW] * 2
        assert [version.may_shuffle for version in versions] == [True, False]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("题库.xlsx", b"PK\x03\x04 broken", "损坏"),
        ("题库.exe", b"MZ", "只能上传"),
        ("题库.csv", "甲,乙\n1,2\n".encode(), "没有找到表头"),
        ("题库.csv", "题干,答案\n".encode("gbk"), "没有试题"),
    ],
)
def test_an_unusable_file_is_answered_in_chinese(
    app: Flask, people: dict[str, Person], name: str, data: bytes, said: str
) -> None:
    editor, token = _as(app, people["editor"])
    page = editor.post(
        "/questions/imports", data={"file": (io.BytesIO(data), name), "csrf_token": token}
    )
    assert said in page.text


def test_the_list_takes_the_same_few_statements_whatever_its_size(
    app: Flask, people: dict[str, Person]
) -> None:
    auditor, _ = _as(app, people["auditor"])
    counts = []
    for size in (1, 40):
        with app.app_context(), transaction() as session:
            topic = make_topic(session)
            for _number in range(size):
                make_question(session, people["editor"], topic)
        with counted(app) as seen:
            assert auditor.get("/questions?q=测试题&sort=-code").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    # three say who is there; then count, page, topics, authors, kept filters, what is in doubt
    assert counts[0] <= 3 + 6


def test_filters_are_in_the_address_and_can_be_taken_off(
    app: Flask, people: dict[str, Person]
) -> None:
    with app.app_context(), transaction() as session:
        topic = make_topic(session, "监督和保障")
        make_question(session, people["editor"], topic, stem="独一无二的题干。")
        make_question(session, people["editor"], topic, state=VersionState.DRAFT)
    auditor, _ = _as(app, people["auditor"])
    page = auditor.get(
        f"/questions?q=独一&topic={topic.id}&state=approved&type=single&page=99"
    ).text
    assert "独一无二的题干" in page
    assert "找到 1 题" in page
    assert "去掉条件：监督和保障" in page
    assert "写新题" not in page
    assert "没有这样的题" in auditor.get("/questions?q=没有的词").text
    assert auditor.get("/questions?topic=x&type=nonsense&state=1").status_code == 200


def test_who_only_reads_may_not_write(app: Flask, people: dict[str, Person]) -> None:
    with app.app_context(), transaction() as session:
        version = make_question(session, people["editor"], make_topic(session))
    auditor, token = _as(app, people["auditor"])
    where = f"/questions/{version.question_id}"
    assert auditor.get(where).status_code == 200
    assert auditor.get("/questions/999999").status_code == 404
    for address in ("/questions/new", where + "/edit", "/questions/topics", "/questions/imports",
                    "/laws/import", "/questions/review"):  # fmt: skip
        assert auditor.get(address).status_code == 403
    retired = auditor.post(f"/questions/versions/{version.id}/retire", data={"csrf_token": token})
    assert retired.status_code == 403
    staff, _ = _as(app, people["staff"])
    assert staff.get("/questions").status_code == 403
    assert staff.get("/questions/imports/export.xlsx").status_code == 403


def test_a_reviewer_takes_a_question_out_of_use(app: Flask, people: dict[str, Person]) -> None:
    with app.app_context(), transaction() as session:
        version = make_question(session, people["editor"], make_topic(session))
    reviewer, token = _as(app, people["reviewer"])
    reviewer.post(
        f"/questions/versions/{version.id}/retire", data={"csrf_token": token, "comment": "过时"}
    )
    page = reviewer.get(f"/questions/{version.question_id}").text
    assert "已停用" in page
    assert "过时" in page
