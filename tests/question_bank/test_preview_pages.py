"""The preview in the browser: mend, leave out, map, say once, find, and take the refused rows home."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.formats import parsed
from question_bank.formats.intake import Upload
from question_bank.imports import queries, services
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.models import QuestionVersion
from tests.factories import make_person, make_topic, sign_in
from tests.question_bank.desk import PAPER, Desk
from tests.question_bank.helpers import HEAD, row, workbook
from tests.statements import counted


@pytest.fixture
def editor(app: Flask) -> Person:
    with app.app_context(), transaction() as session:
        make_topic(session, "依申请公开")
        return make_person(session, Role.EDITOR)


@pytest.fixture
def desk(app: Flask, editor: Person) -> Desk:
    return Desk(app, editor)


def _form(page: str) -> dict[str, str]:
    """What the form of a row holds, as a browser would send it."""
    found = {}
    for tag in re.findall(
        r"<(?:input|textarea)[^>]*name=\"[^\"]+\"[^>]*>(?:[^<]*</textarea>)?", page
    ):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag) or re.search(r">\s*([^<]*)</textarea>", tag)
        found[name[1] if name else ""] = html.unescape(value[1] if value else "")
    return found


def _post(desk: Desk, address: str, **data: Any) -> Any:
    return desk.client.post(address, data={"csrf_token": desk.token, **data})


def test_a_row_is_mended_on_its_page_and_the_list_is_where_it_was(desk: Desk) -> None:
    rows = [row(number, 答案="E" if number % 2 else "B") for number in range(1, 61)]
    address, _page = desk.preview("题.xlsx", workbook(HEAD, *rows))
    listed = html.unescape(desk.client.get(f"{address}?show=refused&page=2").text)
    link = re.search(rf'href="({re.escape(address)}/rows/41\?[^"]*)"', listed)
    assert link is not None
    page = html.unescape(desk.client.get(link[1]).text)
    assert "改第 42 行" in page
    assert "答案是 E，但只有 A–D 四个选项。" in page
    form = _form(page)
    assert (form["type"], form["answer"], form["options-0"]) == ("单选", "E", "甲41")
    sent = _post(desk, link[1], **{**form, "answer": "C", "csrf_token": desk.token})
    assert sent.location == f"{address}?show=refused&page=2#row-41"
    after = html.unescape(desk.client.get(sent.location).text)
    assert "第 42 行已改好，可以导入。" in after
    assert "题干" in after
    assert 'id="row-41"' not in after  # it is no refused row any more
    assert 'id="row-41"' in desk.client.get(f"{address}?page=3").text


def test_what_was_typed_stays_when_it_cannot_be_kept(app: Flask, desk: Desk) -> None:
    address, _page = desk.preview("题.xlsx", workbook(HEAD, row(1, 答案="E")))
    blank = _post(desk, f"{address}/rows/1", stem=" ", answer="")
    assert blank.status_code == 200
    assert "这一行全空了" in blank.text
    import_id = int(address.rsplit("/", 1)[1])
    with app.app_context(), transaction() as session:
        session.execute(
            update(QuestionImport)
            .where(QuestionImport.id == import_id)
            .values(state=ImportState.IMPORTED)
        )
    late = _post(desk, f"{address}/rows/1", stem="我写的新题干（　）。", answer="C")
    assert "已经导入或放弃" in late.text
    assert "我写的新题干（　）。" in late.text
    assert _post(desk, f"{address}/topics").status_code == 302
    assert _post(desk, f"{address}/bases").status_code == 302
    assert _post(desk, f"{address}/whole").status_code == 302
    assert _post(desk, f"{address}/rows/1/drop").status_code == 302
    assert _post(desk, f"{address}/rows/1/take-back").status_code == 302
    assert desk.client.get(f"{address}/rows/1").status_code == 302


def test_a_row_is_left_out_and_taken_back(desk: Desk) -> None:
    address, page = desk.preview("题.xlsx", workbook(HEAD, row(1), row(2)))
    assert "导入 2 题" in page
    sent = _post(desk, f"{address}/rows/2/drop?show=good&page=1")
    assert sent.location == f"{address}?show=good&page=1#row-2"
    page = html.unescape(desk.client.get(address).text)
    assert "导入 1 题" in page
    assert "恢复第 3 行" in page
    assert _post(desk, f"{address}/rows/2/take-back").status_code == 302
    assert "导入 2 题" in desk.client.get(address).text


def test_topics_and_citations_are_mapped_and_a_wrong_article_is_named(
    app: Flask, desk: Desk
) -> None:
    with app.app_context(), transaction() as session:
        topic_id = make_topic(session, "主动公开").id
    cells = row(1, 知识点="主动", 法规依据="按规定"), row(2, 知识点="主动")
    address, page = desk.preview("题.xlsx", workbook(HEAD, *cells))
    assert "文件里有 1 个知识点题库还没有" in page
    assert "有 1 种依据没有找到条文" in page
    wrong = _post(desk, f"{address}/bases", **{
        "bases-0-text": "按规定", "bases-0-law": "没有的法", "bases-0-article": "第九条"})  # fmt: skip
    assert wrong.status_code == 200
    assert "《没有的法》里没有“第九条”。" in wrong.text
    assert 'value="第九条"' in wrong.text
    gone = _post(desk, f"{address}/topics", **{"topics-0-text": "主动", "topics-0-to": "999999"})
    assert "这个知识点已经没有了。" in gone.text
    done = _post(desk, f"{address}/topics", **{
        "topics-0-text": "主动", "topics-0-to": str(topic_id), "topics-x-to": "1"})  # fmt: skip
    page = desk.client.get(done.location).text
    assert "已对应，改了 2 行的知识点。" in page
    assert "知识点对应" not in page


def test_what_is_said_once_is_kept_and_shown(app: Flask, desk: Desk) -> None:
    with app.app_context(), transaction() as session:
        topic_id = make_topic(session, "主动公开").id
    address, _page = desk.preview("题.xlsx", workbook(HEAD, row(1, 知识点="")))
    long = _post(desk, f"{address}/whole", source="长" * 101, pool="exam")
    assert "最多 100 个字" in long.text
    assert "长" * 101 in long.text
    sent = _post(desk, f"{address}/whole", source="司法局", pool="exam", topic=str(topic_id))
    page = desk.client.get(sent.location).text
    assert "来源：司法局；用途：考试（没写的行）；没写知识点的归入主动公开" in page
    assert "归入“主动公开”" in html.unescape(page)
    _post(desk, f"{address}/whole", source="司法局", pool="nonsense", topic="x")
    summary = desk.client.get(address).text.split('id="whole"')[1].split("</summary>")[0]
    assert "来源：司法局" in summary
    assert "用途：" not in summary
    assert "来源：司法局" in desk.confirm(address)


def test_rows_are_found_by_words_and_by_place(desk: Desk) -> None:
    rows = [row(number) for number in range(1, 51)]
    address, _page = desk.preview("题.xlsx", workbook(HEAD, *rows))
    found = html.unescape(desk.client.get(f"{address}?q=第33道&show=good").text)
    assert "显示第 1–1 行，共 1 行" in found
    assert 'id="row-33"' in found
    nothing = desk.client.get(f"{address}?q=%25").text
    assert "没有这样的题。" in nothing
    sent = desk.client.get(f"{address}?place=34")
    assert sent.location == f"{address}?page=2#row-33"
    behind = desk.client.get(f"{address}?place=999999")
    assert "没有第 999999 行。" in html.unescape(behind.text)
    assert desk.client.get(f"{address}?place=%C2%B2&page=-1&show=x&q=%00").status_code == 200


def test_refused_rows_are_mended_at_home_and_come_back(app: Flask, desk: Desk) -> None:
    """The workbook is read as it is; with its answers mended, its rows go in."""
    cells = [
        row(1), row(2, 答案="E", 难度="较难"), row(3, 题型="抢答", 法规依据="按规定"),
        row(4, 题型="判断", 答案="也许", 选项A="", 选项B="", 选项C="", 选项D=""),
    ]  # fmt: skip
    address, page = desk.preview("题.xlsx", workbook(HEAD, *cells))
    assert "下载有误的 3 行" in page
    sent = desk.client.get(f"{address}/refused.xlsx")
    assert sent.status_code == 200
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    sheet = book["试题"]
    head = [cell.value for cell in sheet[1]]
    assert head[-2:] == ["位置", "错误"]
    assert [line[-2].value for line in sheet.iter_rows(2)] == ["第 3 行", "第 4 行", "第 5 行"]
    said = [str(line[-1].value) for line in sheet.iter_rows(2)]
    assert "答案是 E，但只有 A–D 四个选项。" in said[0]
    assert said[1:] == ["不认识题型“抢答”。", "看不懂答案“也许”。"]
    assert len(parsed.read(Upload("xlsx", sent.data)).rows) == 3  # nothing else is a question
    sheet.cell(2, head.index("答案") + 1).value = "C"
    sheet.cell(3, head.index("题型") + 1).value = "单选"
    sheet.cell(4, head.index("答案") + 1).value = "错"
    mended = io.BytesIO()
    book.save(mended)
    book.close()
    again, page = desk.preview("改好.xlsx", mended.getvalue())
    assert "导入 1 题" in page
    desk.confirm(again)
    with app.app_context():
        keys = list(reading().scalars(select(QuestionVersion.key).order_by(QuestionVersion.id)))
    assert keys == [[2], [1], False]


def test_rows_of_a_paper_are_mended_too(desk: Desk) -> None:
    address, page = desk.preview("卷.txt", PAPER.encode())
    number = re.search(r'id="row-(\d+)" class="is-bad"', page)
    assert number is not None
    form = _form(desk.client.get(f"{address}/rows/{number[1]}").text)
    assert (form["stem"], form["options-1"], form["answer"]) == ("由谁负责（　）？", "乙局", "E")
    sent = _post(
        desk, f"{address}/rows/{number[1]}", **{**form, "answer": "A", "csrf_token": desk.token}
    )
    assert "已改好" in desk.client.get(sent.location).text
    workbook_ = desk.client.get(f"{address}/refused.xlsx")
    assert len(parsed.read(Upload("xlsx", workbook_.data)).rows) == 1


def test_others_do_not_see_the_rows(app: Flask, desk: Desk) -> None:
    address, _page = desk.preview("题.xlsx", workbook(HEAD, row(1)))
    with app.app_context(), transaction() as session:
        other = make_person(session, Role.EDITOR)
    client = app.test_client()
    token = sign_in(client, other)
    for path in (address, f"{address}/rows/1", f"{address}/refused.xlsx"):
        assert client.get(path).status_code == 404
    for path in ("rows/1", "rows/1/drop", "rows/1/take-back", "topics", "bases", "whole"):
        sent = client.post(f"{address}/{path}", data={"csrf_token": token})
        assert sent.status_code == 404, path


def test_the_preview_takes_the_same_few_statements_whatever_its_size(
    app: Flask, editor: Person, desk: Desk
) -> None:
    counts = []
    for size in (100, 10_000):
        with app.app_context(), transaction() as session:
            kept = services.upload(
                session, filename="题.xlsx", by_id=editor.id, now=clock.now(),
                data=workbook(HEAD, *(row(n, 知识点=f"新{n % 300}") for n in range(size))),
            )  # fmt: skip
            import_id = kept.id
        desk.client.get(f"/questions/imports/{import_id}")
        for query in ("", "?show=good&q=第&page=3"):
            with counted(app) as log:
                page = desk.client.get(f"/questions/imports/{import_id}{query}")
            assert page.status_code == 200
            counts.append(len(log))
        with counted(app) as log:
            form = _form(desk.client.get(f"/questions/imports/{import_id}/rows/7").text)
            _post(desk, f"/questions/imports/{import_id}/rows/7", **{**form, "answer": "A"})
        counts.append(len(log))
    assert counts[:3] == counts[3:]
    assert counts[1] <= 14
    with app.app_context():
        verdicts = reading().scalars(
            select(ImportRow.verdict).where(ImportRow.import_id == import_id).distinct()
        )
        assert set(verdicts) == {Verdict.GOOD}
        assert queries.own_import(reading(), import_id, editor.id).total == 10_000
