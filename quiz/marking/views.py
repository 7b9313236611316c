"""Pages of marking: what waits by question, the answers to one question, one answer."""

from __future__ import annotations

from collections.abc import Callable

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

    def look() -> AnswerView:
        return queries.answer_of(reading(), answer_id, me)

    def keep(form: MarkForm, marks: int) -> None:
        with transaction() as session:
            services.give(
                session, answer_id=answer_id, marks=marks, comment=form.comment.data or "",
                reason=form.reason.data or "", known=form.seen, by=me, now=clock.now(),
            )  # fmt: skip

    found = look()
    page = _asked(found, look, keep)
    return page if page is not None else _on(found, me)


@bp.route("/marking/attempts/<int:attempt_id>/<int:position>", methods=["GET", "POST"])
@requires(Permission.ANSWER_MARK)
def correct(attempt_id: int, position: int) -> Page:
    """Correct a mark that has counted, with a reason; the attempt is marked anew."""
    me = viewer().person_id

    def look() -> AnswerView:
        return queries.scored_answer(reading(), attempt_id, position, me)

    def keep(form: MarkForm, marks: int) -> None:
        with transaction() as session:
            services.correct(
                session, attempt_id=attempt_id, position=position, marks=marks,
                comment=form.comment.data or "", reason=form.reason.data or "", known=form.seen,
                by=me, now=clock.now(),
            )  # fmt: skip

    page = _asked(look(), look, keep, is_scored=True)
    if page is not None:
        return page
    flash(_("分已改正，成绩按新的分重新算过。"), "success")
    return redirect(url_for("marking.correct", attempt_id=attempt_id, position=position))


def _asked(
    found: AnswerView,
    look: Callable[[], AnswerView],
    keep: Callable[[MarkForm, int], None],
    *,
    is_scored: bool = False,
) -> Page | None:
    """The page of one answer; None where its mark was sent and is kept now."""
    form = MarkForm()
    if not form.ask():
        if not form.errors:
            form.show(found, marks_text(found.marks) if found.marks is not None else "")
        return _page(found, form, REFUSED if form.errors else 200, is_scored=is_scored)
    marks = form.given(found)
    if form.errors:
        return _page(found, form, REFUSED, is_scored=is_scored)
    try:
        keep(form, marks)
    except Invalid as error:
        form.refuse(error.extra["field"], error.detail)
        return _page(found, form, REFUSED, is_scored=is_scored)
    except Conflict as error:
        if error.code != "marked_meanwhile":
            raise
        newest = look()
        form.known.data = str(newest.number)
        return _page(newest, form, STALE, trouble=error.detail, is_scored=is_scored)
    return None


def _page(
    found: AnswerView, form: MarkForm, status: int, *, trouble: str = "", is_scored: bool
) -> tuple[str, int]:
    """``trouble``: what somebody else did meanwhile; what was typed stays."""
    session, me = reading(), viewer().person_id
    question = (
        queries.question_of(session, found)
        if is_scored
        else queries.question_to_mark(session, found.occasion_id, found.version_id, me)
    )
    html = render_template(
        "marking/answer.html", answer=found, form=form, trouble=trouble, question=question,
        is_scored=is_scored, is_own=is_scored and found.marker_id == me,
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
