"""Pages of review: the queue and its decisions, and taking a question out of use."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.questions import queries as questions
from question_bank.questions.forms import WORDS, DecisionForm, RetireForm
from question_bank.questions.queries import VersionView
from question_bank.questions.views import bp
from question_bank.review import queries, services


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
    session = reading()
    former = None
    if version is not None and version.number > 1:
        former = questions.question(session, version.question_id).approved
    return render_template(
        "questions/review.html", version=version, former=former, form=form, words=WORDS,
        skipped=skipped, waiting=queries.waiting_for_review(session, viewer().person_id),
    )  # fmt: skip


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
