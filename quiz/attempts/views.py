"""The page of a sitting: one template that script takes over and that works by forms without it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import public, requires, viewer
from core.permissions import Permission
from question_bank.questions.rules import QuestionType
from quiz.attempts import queries, services
from quiz.attempts.forms import AnswerForm, OpenForm, SubmitForm
from quiz.attempts.kinds import kind_of
from quiz.attempts.queries import AttemptView, PaperQuestion
from quiz.attempts.rules import AttemptState, tidy_lines
from quiz.occasions.queries import occasion_by_id
from quiz.practice import services as practice
from quiz.practice.queries import Checked, as_checked, checks_of
from quiz.sitting.rules import Outcome

bp = Blueprint("sitting", __name__)

REFUSED = 409


# --- reading ------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A run of questions of one type on the answer sheet."""

    type: QuestionType
    questions: tuple[PaperQuestion, ...]


def _sections(questions: Sequence[PaperQuestion]) -> list[Section]:
    runs = groupby(questions, key=lambda question: question.type)
    return [Section(type_, tuple(members)) for type_, members in runs]


def _attempt(attempt_id: int, now: datetime) -> AttemptView:
    """The viewer's own attempt, closed before where its time has passed; NotFound for strangers."""
    attempt = queries.attempt_of(reading(), attempt_id, viewer())
    if services.settle(attempt_id, now):
        attempt = queries.attempt_of(reading(), attempt_id, viewer())
    return attempt


def _result_url(attempt: AttemptView) -> str:
    endpoint = kind_of(attempt.kind).result_endpoint
    if endpoint in current_app.view_functions:
        return url_for(endpoint, attempt_id=attempt.id)
    return url_for("sitting.page", attempt_id=attempt.id)


def _page(
    attempt: AttemptView,
    questions: tuple[PaperQuestion, ...] = (),
    *,
    position: int = 1,
    epoch: int = 0,
    trouble: str = "",
    remark: str = "",
    status: int = 200,
) -> tuple[str, int]:
    """The page of a running attempt; with ``questions`` it shows one of them as a form.

    ``trouble``: stale or conflict, above everything else. ``remark``: a sentence at the answer.
    """
    checks = _checks(attempt) if questions else {}
    questions = as_checked(questions, checks)
    occasion = occasion_by_id(reading(), attempt.occasion_id)
    html = render_template(
        "sitting/page.html", attempt=attempt, questions=questions, sections=_sections(questions),
        question=questions[position - 1] if questions else None, position=position, epoch=epoch,
        asked="q" in request.args, trouble=trouble, open_id=secrets.token_hex(16), result_url=_result_url(attempt),
        multiple_rule=occasion.multiple_rule.value, checks=checks, remark=remark,
    )  # fmt: skip
    return html, status


def _checks(attempt: AttemptView) -> dict[int, Checked]:
    """What was explained so far, by position; nothing but in practice."""
    return checks_of(reading(), attempt.id, viewer().person_id) if attempt.is_practice else {}


def _ended(attempt: AttemptView, *, late: int = 0, status: int = 200) -> tuple[str, int]:
    """What is left of a sitting that is over. ``late``: a question whose answer came too late."""
    questions = queries.paper_view(reading(), attempt)
    html = render_template(
        "sitting/ended.html", attempt=attempt, late=late, result_url=_result_url(attempt),
        answered=sum(question.value is not None for question in questions),
        is_void=attempt.state is AttemptState.VOIDED,
        has_result=bool(kind_of(attempt.kind).result_endpoint),
    )  # fmt: skip
    return html, status


def _clamp(position: int, attempt: AttemptView) -> int:
    return max(1, min(position, attempt.questions))


@bp.get("/attempts/<int:attempt_id>")
@requires(Permission.EXAM_SIT)
def page(attempt_id: int) -> tuple[str, int]:
    """The sitting, or its receipt. Looking opens nothing: a GET never raises the epoch."""
    attempt = _attempt(attempt_id, clock.now())
    if not attempt.is_open:
        return _ended(attempt)
    epoch = request.args.get("epoch", 0, int)
    position = _clamp(request.args.get("q", 1, int), attempt)
    if epoch != attempt.epoch or not epoch:
        return _page(attempt, position=position, trouble="stale" if epoch else "")
    questions = queries.paper_view(reading(), attempt)
    return _page(attempt, questions, position=position, epoch=epoch)


@bp.get("/attempts/<int:attempt_id>/submit")
@requires(Permission.EXAM_SIT)
def summary(attempt_id: int) -> tuple[str, int] | Response:
    """What is unanswered and marked, before anything is final."""
    now = clock.now()
    attempt = _attempt(attempt_id, now)
    epoch = request.args.get("epoch", 0, int)
    if not attempt.is_open or not epoch:
        return redirect(url_for("sitting.page", attempt_id=attempt_id))
    if epoch != attempt.epoch:
        return _page(attempt, trouble="stale")
    questions = queries.paper_view(reading(), attempt)
    html = render_template(
        "sitting/summary.html", attempt=attempt, epoch=epoch, count=len(questions),
        open_=[question.position for question in questions if question.value is None],
        seconds_left=int((attempt.deadline_at - now).total_seconds()),
    )  # fmt: skip
    return html, 200


# --- writing ------------------------------------------------------------------------


def _sound(form: OpenForm | AnswerForm | SubmitForm) -> None:
    if not form.ask():
        raise Invalid(_("这份表单不完整，请返回试卷再试"))


def _goto(attempt_id: int, position: int, epoch: int) -> Response:
    return redirect(url_for("sitting.page", attempt_id=attempt_id, q=position, epoch=epoch))


@bp.post("/attempts/<int:attempt_id>/open")
@requires(Permission.EXAM_SIT)
def open_(attempt_id: int) -> Response:
    """打开试卷 and 在此继续, where no script runs."""
    form = OpenForm()
    _sound(form)
    with transaction() as session:
        opened = services.open_paper(
            session, attempt_id=attempt_id, who=viewer().person_id,
            open_id=form.open_id.data or "", now=clock.now(),
        )  # fmt: skip
    if opened.outcome is Outcome.CLOSED:
        return redirect(url_for("sitting.page", attempt_id=attempt_id))
    return _goto(attempt_id, form.position.data or 1, opened.epoch)


def _value(question: PaperQuestion, form: AnswerForm) -> Any:
    """The answer of a form as operations carry it; None where nothing was chosen or typed."""
    texts = form.texts
    if form.step == "clear" or not any(text.strip() for text in texts):
        return None
    if question.type is QuestionType.FILL_IN:
        return [text.strip() for text in texts]
    if question.type is QuestionType.SHORT_ANSWER:
        return tidy_lines(texts[0])
    if question.type is QuestionType.MULTIPLE:
        return sorted(texts)
    return texts[0] == "A" if question.type is QuestionType.TRUE_FALSE else texts[0]


@bp.post("/attempts/<int:attempt_id>/answer")
@requires(Permission.EXAM_SIT)
def answer(attempt_id: int) -> tuple[str, int] | Response:
    """One question, sent by its form: saved, then on to where the button leads."""
    form, now = AnswerForm(), clock.now()
    _sound(form)
    attempt = _attempt(attempt_id, now)
    position, epoch = _clamp(form.position.data or 1, attempt), form.epoch.data or 0
    question = queries.paper_view(reading(), attempt)[position - 1]
    value = _value(question, form)
    is_checked = position in _checks(attempt)  # its inputs are disabled, and nothing is sent
    outcome = Outcome.DONE if is_checked else _save(attempt, question, value, form, now)
    if outcome is Outcome.CLOSED:
        return _ended(_attempt(attempt_id, now), late=position, status=REFUSED)
    if outcome is not Outcome.DONE:
        return _refuse(_attempt(attempt_id, now), outcome, position)
    if form.step == "flag":
        _toggle_mark(attempt, position, now)
    if form.step == "check":
        return _check(attempt, position, epoch, now)
    if form.step == "summary":
        return redirect(url_for("sitting.summary", attempt_id=attempt_id, epoch=epoch))
    step = {"prev": -1, "next": 1}.get(form.step, 0)
    return _goto(attempt_id, _clamp(position + step, attempt), epoch)


def _save(
    attempt: AttemptView, question: PaperQuestion, value: Any, form: AnswerForm, now: datetime
) -> Outcome:
    """Record one answer; CONFLICT also where this form is older than what it would change."""
    epoch, seq = form.epoch.data or 0, form.seq.data or 0
    is_same = value == question.value
    if epoch == attempt.epoch and attempt.is_open and is_same:
        return Outcome.DONE  # nothing to change, and an unanswered question leaves no row
    with transaction() as session:
        saved = services.save(
            session, attempt_id=attempt.id, who=viewer().person_id, epoch=epoch,
            operations=[(question.position, seq, value)], now=now,
        )  # fmt: skip
    is_older = (question.epoch, question.seq) >= (epoch, seq)
    if saved.outcome is Outcome.DONE and is_older and not is_same:
        return Outcome.CONFLICT
    return saved.outcome


def _check(
    attempt: AttemptView, position: int, epoch: int, now: datetime
) -> tuple[str, int] | Response:
    """看答案: the same question, with what there is to say about its answer."""
    try:
        with transaction() as session:
            practice.check(
                session, attempt_id=attempt.id, who=viewer().person_id, position=position,
                epoch=epoch, now=now,
            )  # fmt: skip
    except Conflict as error:
        if error.code != "not_answered":
            raise
        questions = queries.paper_view(reading(), attempt)
        return _page(
            attempt, questions, position=position, epoch=epoch, remark=error.detail, status=REFUSED
        )
    return _goto(attempt.id, position, epoch)


def _refuse(attempt: AttemptView, outcome: Outcome, position: int) -> tuple[str, int]:
    if not attempt.is_open:
        return _ended(attempt, status=REFUSED)
    trouble = "stale" if outcome is Outcome.STALE_EPOCH else "conflict"
    return _page(attempt, position=position, status=REFUSED, trouble=trouble)


def _toggle_mark(attempt: AttemptView, position: int, now: datetime) -> None:
    with transaction() as session:
        services.mark_positions(
            session, attempt_id=attempt.id, who=viewer().person_id,
            positions=sorted(set(attempt.marked) ^ {position}), now=now,
        )  # fmt: skip


@bp.post("/attempts/<int:attempt_id>/submit")
@requires(Permission.EXAM_SIT)
def submit(attempt_id: int) -> tuple[str, int] | Response:
    """确认交卷: repeated, it leads to the same receipt."""
    form, now = SubmitForm(), clock.now()
    _sound(form)
    with transaction() as session:
        done = services.submit(
            session, attempt_id=attempt_id, who=viewer().person_id, epoch=form.epoch.data or 0,
            operations=(), seqs={}, now=now,
        )  # fmt: skip
    if done.outcome is Outcome.STALE_EPOCH:
        return _refuse(_attempt(attempt_id, now), done.outcome, 1)
    attempt = _attempt(attempt_id, now)
    if attempt.is_practice and not attempt.is_open:
        return redirect(_result_url(attempt))
    return redirect(url_for("sitting.page", attempt_id=attempt_id))


# --- without network ----------------------------------------------------------------


@bp.get("/sw.js")
@public
def service_worker() -> Response:
    """The service worker, at the root: it must see where people sign in and out."""
    response = current_app.send_static_file("js/sw.js")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response
