"""The queue, two versions compared, and the list, as the pages show them."""

from __future__ import annotations

import re

from flask import Flask

from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionVersion, VersionState
from tests.databases import both_databases
from tests.factories import make_person, sign_in
from tests.question_bank.bench import bench_of
from tests.statements import counted


def test_the_queue_shows_what_waits_narrows_and_approves_many(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        base = bench.approved()
        later = bench.next_of(base, key=[2])
        bench.submit(later, "复议法修订")
        new = bench.sent(stem="新写的一题（　）。")
        both = make_person(session, Role.EDITOR, Role.REVIEWER)
    client = app.test_client()
    token = sign_in(client, both)
    page = client.get("/questions/review/queue").text
    assert page.index(base.stem) < page.index("新写的一题")  # oldest first
    assert page.count("答案改了") == 1
    assert "复议法修订" in page
    assert "新写的一题" not in client.get("/questions/review/queue?type=multiple").text
    narrowed = client.get(f"/questions/review/queue?author={bench.author.id}&type=single").text
    assert "找到 2 题" in narrowed
    one = re.findall(r'href="(/questions/review\?after=\d+)"', page)
    assert "新写的一题" in client.get(one[1].replace("&amp;", "&")).text
    nothing = client.post("/questions/review/queue?type=single", data={"csrf_token": token})
    assert "先勾选要通过的题" in nothing.text
    done = client.post(
        "/questions/review/queue?type=single",
        data={"version": [later.id, new.id], "comment": "同意", "csrf_token": token},
    )
    assert done.location == "/questions/review/queue?type=single"
    assert "已通过 2 题" in client.get(done.location).text
    with app.app_context():
        states = [reading().get_one(QuestionVersion, each.id).state for each in (base, later, new)]
    assert states == [VersionState.RETIRED, VersionState.APPROVED, VersionState.APPROVED]
    again = client.post(
        "/questions/review/queue", data={"version": [new.id], "csrf_token": token}
    )  # fmt: skip
    assert "刚由别人处理了" in client.get(again.location).text


def test_the_queue_takes_the_same_statements_whatever_waits(app: Flask) -> None:
    taken = []
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
    for _size in range(2):
        with app.app_context(), transaction() as session:
            bench.session = session
            for _number in range(4):
                bench.sent()
        client = app.test_client()
        sign_in(client, bench.reviewer)
        with counted(app) as log:
            assert client.get("/questions/review/queue").status_code == 200
        taken.append(len(log))
    assert taken[0] == taken[1] <= 3 + 4  # who is there; count, page, choices


def test_a_reviewer_sees_what_changed_and_a_reader_compares_any_two(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        base = bench.approved(options=("10个工作日", "20个工作日", "30日"))
        later = bench.next_of(base, options=("15个工作日", "20个工作日", "30日"), key=[2])
        bench.submit(later)
        reader = make_person(session, Role.AUDITOR)
    reviewer, auditor = app.test_client(), app.test_client()
    sign_in(reviewer, bench.reviewer)
    sign_in(auditor, reader)
    review = reviewer.get("/questions/review").text
    address = f"/questions/{base.question_id}/compare"
    for page in (review, auditor.get(address).text, auditor.get(f"{address}?from=1&to=2").text):
        assert "答案由 B 改为 C" in page
        assert "<del>10</del>" in page
        assert "<ins>15</ins>" in page
    backwards = auditor.get(f"{address}?from=2&to=1").text
    assert "答案由 C 改为 B" in backwards
    assert "两版的内容相同" in auditor.get(f"{address}?from=1&to=1").text
    for odd in ("from=99&to=x", "from=²", "to=" + "9" * 40):
        assert auditor.get(f"{address}?{odd}").status_code == 200
    shown = auditor.get(f"/questions/{base.question_id}").text
    assert "接替第 1 版" in shown
    assert "答案改了" in shown
    assert f"{address}?from=1&amp;to=2" in shown
    assert auditor.get("/questions/999/compare").status_code == 404


@both_databases
def test_a_page_behind_the_last_is_the_last_whatever_is_asked(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        for _number in range(22):
            bench.written()
        reader = make_person(session, Role.AUDITOR)
    client = app.test_client()
    sign_in(client, reader)
    for address in (
        "page=9",
        "page=9&q=答复期限",
        "page=2&q=答复期限&sort=topic",
        "page=2&sort=-type",
    ):
        page = client.get(f"/questions?{address}").text
        assert "显示第 21–22 行，共 22 行" in page, address
    seen = set[str]()
    for number in (1, 2):
        text = client.get(f"/questions?q=答复期限&sort=topic&page={number}").text
        seen |= set(re.findall(r"Q-\d{6}", text))
    assert len(seen) == 22


def test_who_only_reads_ticks_nothing(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        bench.written()
        reader = make_person(session, Role.AUDITOR)
    client = app.test_client()
    token = sign_in(client, reader)
    page = client.get("/questions").text
    assert "批量修改" not in page
    assert 'type="checkbox" name="question"' not in page
    assert client.post("/questions/batch", data={"csrf_token": token}).status_code == 403
