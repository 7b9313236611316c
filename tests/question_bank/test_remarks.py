"""Remarks on a line: who may make them, on what, and that each is dealt with once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.permissions import Role
from question_bank.comments import queries, services
from question_bank.comments.models import ReviewComment
from question_bank.comments.rules import MAX_TEXT, lines_of
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import Draft, QuestionType
from question_bank.review.services import approve, return_
from tests.factories import make_person, sign_in
from tests.question_bank.bench import Bench, bench_of
from tests.question_bank.helpers import draft


def _remark(
    bench: Bench, version: QuestionVersion, line: str = "option:1", text: str = "期限不对",
    by_id: int = 0, may_review: bool = True,
) -> ReviewComment:  # fmt: skip
    return services.remark(
        bench.session, version_id=version.id, line=line, text=text, may_review=may_review,
        by_id=by_id or bench.reviewer.id, now=clock.now(),
    )  # fmt: skip


def test_the_lines_of_a_question_are_what_it_shows() -> None:
    assert lines_of(draft()) == [
        "stem", "option:0", "option:1", "option:2", "key", "explanation", "basis", "whole",
    ]  # fmt: skip
    short = Draft(QuestionType.SHORT_ANSWER, "简述。", passage="材料", key="要点")
    assert lines_of(short) == ["passage", "stem", "key", "explanation", "basis", "whole"]


def test_reviewer_and_author_talk_about_a_line_until_it_is_approved(door: Session) -> None:
    bench = bench_of(door)
    version = bench.sent()
    _remark(bench, version)
    _remark(bench, version, text="已核对条文", by_id=bench.author.id, may_review=False)
    found = queries.remarks(door, [version.id], may_resolve=False)
    assert [(each.line, each.text) for each in found.at("option:1")] == [
        ("option:1", "期限不对"), ("option:1", "已核对条文"),
    ]  # fmt: skip
    assert found.at("stem") == []
    stranger = make_person(door, Role.EDITOR)
    with pytest.raises(Forbidden, match="起草人"):
        _remark(bench, version, by_id=stranger.id, may_review=False)
    return_(
        door,
        version_id=version.id,
        reviewer_id=bench.reviewer.id,
        now=clock.now(),
        comment="见意见",
    )
    _remark(bench, version, "whole")
    decided = bench.sent()
    approve(door, version_id=decided.id, reviewer_id=bench.reviewer.id, now=clock.now())
    for closed in (decided, bench.written()):
        with pytest.raises(Conflict):
            _remark(bench, closed)


def test_a_remark_says_something_about_a_line_that_there_is(door: Session) -> None:
    bench = bench_of(door)
    version = bench.sent()
    for line, text, field in (
        ("option:3", "没有这个选项", "line"),
        ("passage", "没有材料", "line"),
        ("stem", "  ", "text"),
        ("stem", "长" * (MAX_TEXT + 1), "text"),
    ):
        with pytest.raises(Invalid) as refused:
            _remark(bench, version, line, text)
        assert refused.value.extra["field"] == field
    with pytest.raises(NotFound):
        services.resolve(door, remark_id=10**6, by_id=bench.author.id, now=clock.now())


def test_a_remark_is_dealt_with_once(door: Session) -> None:
    bench = bench_of(door)
    version = bench.sent()
    kept = _remark(bench, version)
    services.resolve(door, remark_id=kept.id, by_id=bench.author.id, now=clock.now())
    other = make_person(door, Role.EDITOR)
    with pytest.raises(Conflict):
        services.resolve(door, remark_id=kept.id, by_id=other.id, now=clock.now())
    found = queries.remarks(door, [version.id], may_resolve=True)
    assert [each.resolved_by for each in found.items] == [bench.author.name]
    assert found.open == []


def test_a_remark_goes_from_the_review_page_to_the_editor_and_is_dealt_with(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        version = bench.sent()
    reviewer, author = app.test_client(), app.test_client()
    token, own = sign_in(reviewer, bench.reviewer), sign_in(author, bench.author)
    page = f"/questions/versions/{version.id}/remarks"
    refused = reviewer.post(
        page, data={"line": "option:0", "text": "", "event": "7", "csrf_token": token}
    )
    assert "写下意见再提交" in refused.text
    assert 'value="option:0" selected' in refused.text
    sent = reviewer.post(
        page, data={"line": "option:0", "text": "写成工作日", "event": "1", "csrf_token": token}
    )
    assert sent.location.startswith("/questions/review")
    assert "写成工作日" in reviewer.get("/questions/review").text
    reviewer.post(
        f"/questions/review/{version.id}",
        data={"decision": "return", "comment": "见意见", "csrf_token": token},
    )
    editor = author.get(f"/questions/{version.question_id}/edit").text
    assert "写成工作日" in editor
    assert 'href="#options-0"' in editor
    show = author.get(f"/questions/{version.question_id}").text
    assert "标为已处理" in show
    assert "标为已处理" not in reviewer.get(f"/questions/{version.question_id}").text
    done = author.post("/questions/remarks/1/done", data={"csrf_token": own})
    assert "已处理" in author.get(done.location).text
    assert "写成工作日" not in author.get(f"/questions/{version.question_id}/edit").text
