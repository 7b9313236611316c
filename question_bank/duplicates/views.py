"""Pages of questions that are alike: pairs side by side, a new comparison, decisions."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from question_bank.duplicates import queries, services
from question_bank.duplicates.forms import KINDS, DecideForm, RetireOneForm
from question_bank.duplicates.models import RunState
from question_bank.duplicates.rules import Decision, Kind
from question_bank.questions.forms import WORDS

bp = Blueprint("duplicates", __name__, url_prefix="/questions/duplicates")
PER_PAGE = 10
# what the page's tabs narrow to
TABS = {
    "contradiction": (Kind.CONTRADICTION,),
    "same": (Kind.SAME, Kind.REORDERED),
    "near": (Kind.NEAR,),
}


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """Pairs that wait for a decision, as the last comparison found them."""
    session = reading()
    runs = queries.runs(session)
    run_id = runs.done.id if runs.done else 0
    kind = request.args.get("kind", "")
    found = listing(session, queries.waiting(run_id, TABS.get(kind, ())), per_page=PER_PAGE)
    counts = queries.counts(session, run_id)
    return render_template(
        "duplicates/index.html", runs=runs, listing=found, kind=kind if kind in TABS else "",
        pairs=queries.shown(session, found.items), kinds=KINDS, words=WORDS,
        tabs={name: sum(counts[each] for each in kinds) for name, kinds in TABS.items()},
        total=sum(counts.values()),
    )  # fmt: skip


@bp.post("/compare")
@requires(Permission.BANK_WRITE)
def compare() -> BaseResponse:
    """Compare the next piece of the bank; small banks are one piece."""
    try:
        run = services.compare_next(viewer().person_id)
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        if run.state is RunState.DONE:
            flash(_("查重已完成，比对了 %(n)s 题。", n=run.compared), "success")
    return redirect(url_for("duplicates.index"))


@bp.post("/<int:pair_id>")
@requires(Permission.BANK_WRITE)
def decide(pair_id: int) -> BaseResponse:
    """Decide on one pair, then go on where the viewer was."""
    form = DecideForm()
    if not form.ask():
        raise Invalid(_("选一种处理办法。"), field="decision")
    decision = Decision(form.decision.data)
    try:
        with transaction() as session:
            first, second = services.decide(
                session, pair_id=pair_id, seen=form.seen.data or "", decision=decision,
                by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        flash(error.detail, "warning")
    else:
        flash(_done(decision, first.code, second.code), "success")
    return _back()


def _done(decision: Decision, first: str, second: str) -> str:
    if decision is Decision.KEEP:
        return _("%(first)s 和 %(second)s 都保留，不再提示。", first=first, second=second)
    if decision is Decision.NEW_VERSION:
        return _("已合并 %(first)s 和 %(second)s，新版本是草稿。", first=first, second=second)
    return _("%(first)s 和 %(second)s 只留一题，重复的草稿已停用。", first=first, second=second)


@bp.post("/<int:pair_id>/retire")
@requires(Permission.BANK_REVIEW)
def retire(pair_id: int) -> BaseResponse:
    """Retire one of two questions in use that are the same."""
    form = RetireOneForm()
    if not form.ask():
        raise Invalid(_("选要停用的一题。"), field="version")
    try:
        with transaction() as session:
            gone = services.retire_one(
                session, pair_id=pair_id, seen=form.seen.data or "",
                version_id=form.version.data or 0, by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        flash(_("%(code)s 已停用，以后的考试不再抽到。", code=gone.code), "success")
    return _back()


def _back() -> BaseResponse:
    return redirect(
        url_for("duplicates.index", kind=request.args.get("kind"), page=request.args.get("page"))
    )
