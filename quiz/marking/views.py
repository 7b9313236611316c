"""Pages of marking: what waits by question, the answers to one question, one answer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.formats import marks_text
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from quiz.marking import queries, services
from quiz.marking.forms import MarkForm
from quiz.marking.queries import AnswerView, QuestionToMark
from quiz.marking.rules import in_order_of

bp = Blueprint("marking", __name__)

Page = str | Response | tuple[str, int]
STALE = 409
REFUSED = 422


@bp.get("/marking")
@requires(Permission.ANSWER_MARK)
def index() -> str:
    """Questions whose answers wait, the longest waiting first."""
    session, me = reading(), viewer().person_id
    return render_template(
        "marking/index.html", rows=queries.questions_to_mark(session, me),
        waiting=queries.waiting(session, me), now=clock.now(),
    )  # fmt: skip


@bp.get("/marking/<int:occasion_id>/<int:version_id>")
@requires(Permission.ANSWER_MARK)
def question(occasion_id: int, version_id: int) -> str:
    """One question with its answers, marked and unmarked."""
    session, me = reading(), viewer().person_id
    found = queries.question_to_mark(session, occasion_id, version_id, me)
    rows = listing(
        session, queries.answers_to(occasion_id, version_id, me), sorts={}, scalars=False
    )
    return render_template(
        "marking/question.html", question=found, listing=rows, answers=queries.as_views(rows.items),
        first=_next(found, me),
    )  # fmt: skip


@bp.route("/marking/answers/<int:answer_id>", methods=["GET", "POST"])
@requires(Permission.ANSWER_MARK)
def answer(answer_id: int) -> Page:
    """Mark one answer, then on to the next of the same question."""
    me = viewer().person_id
    found = queries.answer_of(reading(), answer_id, me)
    form = MarkForm()
    if not form.ask():
        if not form.errors:
            form.show(found, marks_text(found.marks) if found.marks is not None else "")
        return _page(found, form, REFUSED if form.errors else 200)
    marks = form.given(found)
    if form.errors:
        return _page(found, form, REFUSED)
    try:
        with transaction() as session:
            services.give(
                session, answer_id=answer_id, marks=marks, comment=form.comment.data or "",
                reason=form.reason.data or "", known=form.seen, by=me, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra["field"], error.detail)
        return _page(found, form, REFUSED)
    except Conflict as error:
        if error.code != "marked_meanwhile":
            raise
        newest = queries.answer_of(reading(), answer_id, me)
        form.known.data = str(newest.number)
        return _page(newest, form, STALE, trouble=error.detail)
    return _on(found, me)


def _page(found: AnswerView, form: MarkForm, status: int, *, trouble: str = "") -> tuple[str, int]:
    """``trouble``: what somebody else did meanwhile; what was typed stays."""
    html = render_template(
        "marking/answer.html", answer=found, form=form, trouble=trouble,
        question=queries.question_to_mark(
            reading(), found.occasion_id, found.version_id, viewer().person_id
        ),
    )  # fmt: skip
    return html, status


def _next(found: QuestionToMark, marker_id: int) -> int | None:
    """The answer that this marker is to meet next; None where all are marked."""
    return next(iter(in_order_of(marker_id, found.waiting)), None)


def _on(marked: AnswerView, marker_id: int) -> Response:
    """To the next answer of this question, or to the other questions."""
    try:
        found = queries.question_to_mark(
            reading(), marked.occasion_id, marked.version_id, marker_id
        )
    except NotFound:  # that was the last answer of the last paper
        flash(_("这道题的答卷都评完了。"), "success")
        return redirect(url_for("marking.index"))
    after = _next(found, marker_id)
    if after is None:
        flash(_("这道题的答卷都评完了。"), "success")
        return redirect(url_for("marking.index"))
    return redirect(url_for("marking.answer", answer_id=after))
