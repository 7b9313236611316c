"""The JSON API of a sitting; see the design of attempts. Keys are sent after release only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask_babel import gettext as _
from spectree import Response as Responses

from accounts.signin.queries import token_digest
from core import clock
from core.db import reading, transaction
from core.errors import Forbidden, NotFound
from core.guards import MustChangePassword, requires, session_token, viewer
from core.openapi import PREFIX, Problem, Schema, body, spec
from core.permissions import Permission
from core.problems import problem
from core.richtext import plain, render
from question_bank.laws.queries import quoted_articles
from question_bank.questions.rules import QuestionType
from quiz.attempts import queries, services
from quiz.attempts.schemas import (
    AttemptAnswer,
    MarksAnswer,
    MarksRequest,
    OpenAnswer,
    OpenRequest,
    Operation,
    SaveAnswer,
    SaveRequest,
    SubmitAnswer,
    SubmitRequest,
)
from quiz.attempts.services import Bearer, Outcome
from quiz.papers.queries import shown, versions_of

bp = Blueprint("attempts_api", __name__, url_prefix=f"{PREFIX}/attempts")

View = TypeVar("View", bound=Callable[..., object])

TAGS = ("sitting",)
REFUSALS = {f"HTTP_{status}": Problem for status in (400, 401, 403, 404, 409, 413, 422)}


def _documented(
    answer: type[Schema], request_: type[Schema] | None = None
) -> Callable[[View], View]:
    """Describe a call; the view itself reads its document with ``body``."""
    described: Callable[[View], View] = spec.validate(
        json=request_, resp=Responses(HTTP_200=answer, **REFUSALS), tags=TAGS, skip_validation=True
    )
    return described


# --- who asks ---------------------------------------------------------------------


def _bearer(now: datetime) -> Bearer:
    settings = current_app.extensions["settings"]
    return Bearer(
        token_digest(session_token()),
        now - timedelta(hours=settings.session_idle_hours),
        request.remote_addr or "",
        g.get("request_id", ""),
    )


@contextmanager
def _door() -> Iterator[Any]:
    """A transaction; where it found nothing, say why: not signed in, not allowed, not there."""
    try:
        with transaction() as session:
            yield session
    except NotFound:
        person = viewer()
        if person.must_change_password:
            raise MustChangePassword(_("请先把初始密码改成自己的密码")) from None
        if not person.may(Permission.EXAM_SIT):
            raise Forbidden(_("您的角色没有这项权限")) from None
        raise


# --- answers ----------------------------------------------------------------------


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _pairs(acked: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"position": position, "seq": seq} for position, seq in acked]


def _refusal(
    outcome: Outcome, now: datetime, done: services.Opened | services.Saved | services.Submitted
) -> Response:
    sentences = {
        Outcome.STALE_EPOCH: _("试卷已在另一处打开，这里不能再作答。之前存上的答案都在。"),
        Outcome.CLOSED: _("作答已经结束，这次内容没有计入，已留存备查。"),
        Outcome.CONFLICT: _("同一题收到两个不同的答案，没有改动已存的答案。"),
        Outcome.MISSING: _("有答案还没有送到服务器，请把它们补上再交卷。"),
    }
    extra: dict[str, Any] = {"server_now": _instant(now), "deadline_at": _instant(done.deadline_at)}
    if isinstance(done, services.Opened):
        return problem(409, outcome.value, sentences[outcome], acked=[], **extra)
    if done.positions:
        extra["positions"] = list(done.positions)
    return problem(
        409, outcome.value, sentences[outcome], acked=_pairs(done.acked), epoch=done.epoch, **extra
    )


def _operations(ops: Sequence[Operation]) -> list[services.RawOperation]:
    return [(one.position, one.seq, one.value) for one in ops]


def _question(question: queries.PaperQuestion | queries.ResultQuestion) -> dict[str, Any]:
    is_rich = question.is_rich
    return {
        "position": question.position,
        "type": question.type.value,
        "passage": plain(question.passage, is_rich),
        "stem": plain(question.stem, is_rich),
        "is_rich": is_rich,
        "html": _html(question) if is_rich else None,
        "options": [
            {"key": letter, "text": plain(text, is_rich)} for letter, text in question.options
        ],
        "blanks": question.blanks,
        "marks": question.marks,
    }


def _html(question: queries.PaperQuestion | queries.ResultQuestion) -> dict[str, Any]:
    return {
        "passage": render(question.passage, is_rich=True),
        "stem": render(question.stem, is_rich=True),
        "options": [render(text, is_rich=True, inline=True) for _letter, text in question.options],
    }


def _score(marks: int | None, max_marks: int | None, is_pass: bool | None) -> dict[str, Any] | None:
    if marks is None or max_marks is None:
        return None
    return {"marks": marks / 100, "max_marks": max_marks / 100, "is_pass": is_pass}


# --- calls ------------------------------------------------------------------------


@bp.post("/<int:attempt_id>/open")
@requires(Permission.EXAM_SIT, in_query=True)
@_documented(OpenAnswer, OpenRequest)
def open_(attempt_id: int) -> Response:
    """Open the paper on a page; the epoch grows once for each ``open_id``."""
    sent, now = body(OpenRequest), clock.now()
    with _door() as session:
        done = services.open_paper(
            session, attempt_id=attempt_id, who=_bearer(now), open_id=sent.open_id, now=now
        )
        versions = versions_of(session, (item.version_id for item in done.items))
    if done.outcome is not Outcome.DONE:
        return _refusal(done.outcome, now, done)
    questions = [
        _question(shown(position, item, versions[item.version_id]))
        for position, item in enumerate(done.items, start=1)
    ]
    answers = {
        str(position): {"value": json.loads(held.value), "epoch": held.epoch, "seq": held.seq}
        for position, held in sorted(done.stored.items())
    }
    return jsonify(
        epoch=done.epoch, state=done.state.value, server_now=_instant(now),
        deadline_at=_instant(done.deadline_at), paper={"questions": questions}, answers=answers,
        marked=list(done.marked),
    )  # fmt: skip


@bp.post("/<int:attempt_id>/answers")
@requires(Permission.EXAM_SIT, in_query=True)
@_documented(SaveAnswer, SaveRequest)
def save(attempt_id: int) -> Response:
    """Record answers; what is acknowledged is committed."""
    sent, now = body(SaveRequest), clock.now()
    with _door() as session:
        done = services.save(
            session, attempt_id=attempt_id, who=_bearer(now), epoch=sent.epoch,
            operations=_operations(sent.ops), now=now,
        )  # fmt: skip
    if done.outcome is not Outcome.DONE:
        return _refusal(done.outcome, now, done)
    return jsonify(
        epoch=done.epoch, acked=_pairs(done.acked), server_now=_instant(now),
        deadline_at=_instant(done.deadline_at),
    )  # fmt: skip


@bp.post("/<int:attempt_id>/submit")
@requires(Permission.EXAM_SIT, in_query=True)
@_documented(SubmitAnswer, SubmitRequest)
def submit(attempt_id: int) -> Response:
    """Hand in: record the queue, close the attempt, and return the receipt."""
    sent, now = body(SubmitRequest), clock.now()
    with _door() as session:
        done = services.submit(
            session, attempt_id=attempt_id, who=_bearer(now), epoch=sent.epoch,
            operations=_operations(sent.ops),
            seqs={int(position): seq for position, seq in sent.seqs.items()}, now=now,
        )  # fmt: skip
    if done.outcome is not Outcome.DONE:
        return _refusal(done.outcome, now, done)
    return jsonify(
        receipt=done.receipt, state=done.state.value, acked=_pairs(done.acked),
        result=_score(done.marks, done.max_marks, done.is_pass),
    )  # fmt: skip


@bp.post("/<int:attempt_id>/marks")
@requires(Permission.EXAM_SIT, in_query=True)
@_documented(MarksAnswer, MarksRequest)
def mark(attempt_id: int) -> Response:
    """Keep which questions the candidate wants to come back to."""
    sent, now = body(MarksRequest), clock.now()
    with _door() as session:
        marked = services.mark_positions(
            session, attempt_id=attempt_id, who=_bearer(now), positions=sent.positions, now=now
        )
    return jsonify(marked=marked)


@bp.get("/<int:attempt_id>")
@requires(Permission.RESULT_OWN)
@_documented(AttemptAnswer)
def show(attempt_id: int) -> Response:
    """Where the attempt stands; after release with key, explanation and cited article."""
    now = clock.now()
    queries.attempt_of(reading(), attempt_id, viewer())
    services.settle(attempt_id, now)
    session = reading()
    found = queries.result_of(session, attempt_id, viewer().person_id)
    result = _score(found.marks, found.max_marks, found.is_pass)
    if result is not None:
        result["questions"] = _explained(found) if found.is_released else None
    return jsonify(
        id=found.attempt_id, number=found.number, state=found.state.value,
        server_now=_instant(now), started_at=_instant(found.started_at),
        deadline_at=_instant(found.deadline_at), submitted_at=_instant(found.submitted_at),
        receipt=found.receipt, result=result,
    )  # fmt: skip


def _explained(found: queries.ResultView) -> list[dict[str, Any]]:
    articles = quoted_articles(
        reading(), {question.article_id for question in found.questions}, clock.today()
    )
    return [
        {
            **_question(question),
            "value": question.value,
            "key": plain(question.key, question.is_rich)
            if question.type is QuestionType.SHORT_ANSWER
            else question.key,
            "earned": question.earned / 100,
            "is_right": question.is_right,
            "explanation": plain(question.explanation, question.is_rich),
            "explanation_html": render(question.explanation, is_rich=True)
            if question.is_rich
            else None,
            "comment": question.comment,
            "article": {"source": article.title, "label": article.label, "text": article.text}
            if (article := articles.get(question.article_id or 0))
            else None,
            "corrected": question.corrected,
        }
        for question in found.questions
    ]
