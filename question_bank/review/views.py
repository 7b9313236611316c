"""Pages of review: the queue and its decisions, two versions compared, taking a question out of use."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.comments import queries as comments
from question_bank.comments.rules import lines_of
from question_bank.questions import queries as questions
from question_bank.questions.forms import WORDS, DecisionForm, RetireForm
from question_bank.questions.queries import VersionView
from question_bank.questions.views import bp
from question_bank.review import queries, services
from question_bank.review.forms import BatchForm, queue_filters


@bp.get("/review")
@requires(Permission.BANK_REVIEW)
def review() -> str:
    """What has waited longest for this person's review; ``after`` skips."""
    after = request.args.get("after", "")
    skip = int(after) if after.isdecimal() and len(after) < 18 else 0  # noqa: PLR2004
    session, me = reading(), viewer().person_id
    found = queries.next_to_review(session, me, after=skip)
    form = DecisionForm(formdata=None)
    if found is not None:
        form.event.data = found[1]
    return _page(found[0] if found else None, form, skipped=bool(skip))


@bp.post("/review/<int:version_id>")
@requires(Permission.BANK_REVIEW)
def decide(version_id: int) -> str | BaseResponse:
    """Approve or return a version; then the next one."""
    form = DecisionForm()
    version = questions.version(reading(), version_id)
    if not form.ask():
        return _page(version, form)
    do = services.approve if form.decision.data == "approve" else services.return_
    try:
        with transaction() as session:
            do(
                session, version_id=version_id, reviewer_id=viewer().person_id, now=clock.now(),
                comment=form.comment.data or "",
            )  # fmt: skip
    except Invalid as error:
        form.refuse("comment", error.detail)
        return _page(version, form)
    except Conflict as error:
        flash(error.detail, "warning")
        return redirect(url_for("questions.review"))
    flash(
        _("%(code)s 第 %(n)s 版已通过。", code=version.code, n=version.number)
        if form.decision.data == "approve"
        else _("%(code)s 第 %(n)s 版已退回。", code=version.code, n=version.number),
        "success",
    )
    after = form.event.data or 0
    return redirect(url_for("questions.review", after=after or None))


def _page(version: VersionView | None, form: DecisionForm, *, skipped: bool = False) -> str:
    session, me = reading(), viewer()
    shown: dict[str, Any] = {}
    if version is not None:
        question = questions.question(session, version.question_id)
        returned = question.returned_before(version)
        former = question.replaced_by(version) or question.approved or returned
        shown = {
            "returned": returned,
            "comparison": queries.compared(former, version) if former else None,
            "lines": lines_of(version.draft),
            "remarks": comments.remarks(
                session, [version.id], may_resolve=me.may(Permission.BANK_WRITE)
            ),
        }
    return render_template(
        "questions/review.html", version=version, form=form, words=WORDS, skipped=skipped,
        waiting=queries.waiting_for_review(session, me.person_id), **shown,
    )  # fmt: skip


@bp.get("/review/queue")
@requires(Permission.BANK_REVIEW)
def queue() -> str:
    """All that waits for this person's review."""
    return _queue_page(BatchForm(formdata=None))


def _queue_page(form: BatchForm) -> str:
    session, me = reading(), viewer().person_id
    filters = queue_filters(request.args)
    return render_template(
        "questions/queue.html", listing=queries.queue_page(session, me, filters), filters=filters,
        choices=queries.queue_choices(session, me), form=form, words=WORDS,
    )  # fmt: skip


@bp.post("/review/queue")
@requires(Permission.BANK_REVIEW)
def approve_many() -> str | BaseResponse:
    """Approve all that were ticked and may be decided; the others are named."""
    form = BatchForm()
    if not form.ask():
        return _queue_page(form)
    try:
        with transaction() as session:
            done = services.approve_many(
                session, version_ids=form.version.data or [], reviewer_id=viewer().person_id,
                now=clock.now(), comment=form.comment.data or "",
            )  # fmt: skip
    except Invalid as error:
        form.form_errors.append(error.detail)
        return _queue_page(form)
    _tell(done)
    return redirect(request.full_path.rstrip("?"))


def _tell(done: services.Approved) -> None:
    if done.approved:
        flash(_("已通过 %(n)s 题。", n=len(done.approved)), "success")
    if done.own:
        flash(
            _("没有通过 %(codes)s：自己起草、修改或送审的题，要由另一位同志审核。",
              codes=_("、").join(done.own)),
            "warning",
        )  # fmt: skip
    if done.changed:
        flash(
            _(
                "没有通过 %(codes)s：刚由别人处理了，请看最新状态。",
                codes=_("、").join(done.changed),
            ),
            "warning",
        )


@bp.get("/<int:question_id>/compare")
@requires(Permission.BANK_READ)
def compare(question_id: int) -> str:
    """Two versions of a question side by side: as the address says, else the newest and what it replaces."""
    question = questions.question(reading(), question_id)
    after = question.numbered(_asked("to")) or question.newest
    older = [each for each in question.versions if each.number < after.number]
    before = (
        question.numbered(_asked("from"))
        or question.replaced_by(after)
        or (older[0] if older else question.versions[-1])
    )
    return render_template(
        "questions/compare.html", question=question, comparison=queries.compared(before, after),
        words=WORDS,
    )  # fmt: skip


def _asked(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else None  # noqa: PLR2004


@bp.post("/versions/<int:version_id>/retire")
@requires(Permission.BANK_REVIEW)
def retire(version_id: int) -> BaseResponse:
    """Take an approved question out of use."""
    form = RetireForm()
    if not form.ask():
        raise Invalid(str(form.comment.errors[0]), field="comment")
    with transaction() as session:
        version = questions.version(session, version_id)
        services.retire(
            session, version_id=version_id, by_id=viewer().person_id, now=clock.now(),
            comment=form.comment.data or "",
        )  # fmt: skip
    flash(_("%(code)s 已停用，以后的考试不再抽到。", code=version.code), "success")
    return redirect(url_for("questions.show", question_id=version.question_id))
