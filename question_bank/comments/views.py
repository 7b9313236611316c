"""Pages of remarks: write one on a version, mark one as done."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.comments import queries, services
from question_bank.comments.forms import RemarkForm
from question_bank.comments.rules import WHOLE, lines_of
from question_bank.questions import queries as questions
from question_bank.questions.forms import WORDS
from question_bank.questions.views import bp


@bp.route("/versions/<int:version_id>/remarks", methods=["GET", "POST"])
@requires(Permission.BANK_READ)
def remark(version_id: int) -> str | BaseResponse:
    """Say something about one line of a version; a reviewer goes on where they were."""
    form = RemarkForm()
    version = questions.version(reading(), version_id)
    if request.method == "GET":
        form.line.data = request.args.get("line", WHOLE)
    if form.ask():
        try:
            with transaction() as session:
                services.remark(
                    session, version_id=version_id, line=form.line.data or "",
                    text=form.text.data or "", by_id=viewer().person_id, now=clock.now(),
                    may_review=viewer().may(Permission.BANK_REVIEW),
                )  # fmt: skip
        except Invalid as error:
            form.refuse(error.extra.get("field", "text"), error.detail)
        else:
            flash(_("意见已记下。"), "success")
            return redirect(_back(form.event.data or "", version.question_id))
    found = queries.remarks(reading(), [version_id], may_resolve=False)
    return render_template(
        "questions/remark.html", version=version, form=form, lines=lines_of(version.draft),
        remarks=found, words=WORDS,
    )  # fmt: skip


def _back(event: str, question_id: int) -> str:
    """The place in the queue where a reviewer was, else the question."""
    if event.isdecimal() and int(event) and viewer().may(Permission.BANK_REVIEW):
        return url_for("questions.review", after=int(event) - 1)
    return url_for("questions.show", question_id=question_id)


@bp.post("/remarks/<int:remark_id>/done")
@requires(Permission.BANK_WRITE)
def resolve_remark(remark_id: int) -> BaseResponse:
    """Mark a remark as done."""
    with transaction() as session:
        question_id = services.resolve(
            session, remark_id=remark_id, by_id=viewer().person_id, now=clock.now()
        )
    flash(_("已标为处理过。"), "success")
    return redirect(url_for("questions.show", question_id=question_id))
