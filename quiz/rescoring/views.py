"""Pages of corrected keys: asking, deciding, the attempts they touch, and marking those anew."""

from __future__ import annotations

import time
from collections import Counter

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.approvals.queries import deciders
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.guards import requires, viewer
from core.listing import listed, listing
from core.permissions import Permission
from question_bank.questions import forms as bank
from question_bank.questions import queries as questions
from question_bank.questions.queries import VersionView
from question_bank.questions.rules import QuestionType
from quiz.errata.views import bp
from quiz.keys import queries as keys
from quiz.keys import services as corrections
from quiz.keys.models import KeyCorrection
from quiz.keys.queries import CorrectionView
from quiz.keys.rules import Verdict, key_of
from quiz.rescoring import queries, services
from quiz.rescoring.forms import CHANGES, VERDICTS, CorrectForm, DecideForm, wanted_change
from quiz.rescoring.rules import Change

Page = str | Response | tuple[str, int]
REFUSED, STALE = 422, 409
SECONDS = 8  # of one act of rescoring; what is left takes another

_ORDER = list(Change)
SORTS = {
    "change": lambda one: (_ORDER.index(one.change), one.was - one.marks),
    "person": lambda one: (one.person, one.staff_no, one.attempt_id),
    "title": lambda one: (one.title, one.attempt_id),
    "was": lambda one: (one.was, one.attempt_id),
    "gain": lambda one: (one.marks - one.was, one.attempt_id),
}


@bp.get("/corrections")
@requires(Permission.BANK_READ)
def corrections_index() -> str:
    """All corrections of keys, the newest first."""
    session = reading()
    query = keys.corrections().order_by(KeyCorrection.id.desc())
    found = listing(session, query, scalars=False)
    return render_template(
        "errata/corrections.html", listing=found, verdicts=VERDICTS,
        rows=[keys.correction_view(row) for row in found.items],
        unfinished={correction_id for correction_id, _since in queries.unfinished(session)},
    )  # fmt: skip


# --- asking ---------------------------------------------------------------------------


@bp.route("/versions/<int:version_id>/correct", methods=["GET", "POST"])
@requires(Permission.BANK_REVIEW)
def correct(version_id: int) -> Page:
    """更正答案: say what is right instead; a second person decides."""
    version, form = questions.version(reading(), version_id), CorrectForm()
    if not form.ask():
        return _correct_page(version, form, REFUSED if form.errors else 200)
    verdict, draft = Verdict(form.verdict.data), version.draft
    blanks = len(draft.key) if draft.type is QuestionType.FILL_IN else 0
    key = None
    if verdict is Verdict.KEY:
        key = key_of(draft.type, form.chosen, options=len(draft.options), blanks=blanks)
    try:
        with transaction() as session:
            correction_id = corrections.ask(
                session, version_id=version_id, verdict=verdict, key=key,
                reason=form.reason.data or "", by=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        field = error.extra.get("field", "verdict")
        form.refuse("verdict" if field == "key" else field, error.detail)
        return _correct_page(version, form, REFUSED)
    except Conflict as error:
        form.refuse("verdict", error.detail)
        return _correct_page(version, form, STALE)
    flash(_("已提出更正，等另一位同事决定。"), "success")
    return redirect(url_for("errata.correction", correction_id=correction_id))


def _correct_page(version: VersionView, form: CorrectForm, status: int) -> tuple[str, int]:
    session = reading()
    html = render_template(
        "errata/correct.html", version=version, form=form, words=bank.WORDS, chosen=form.chosen,
        touched=queries.touched_count(session, version.id),
        colleagues=deciders(
            session, Permission.ATTEMPT_VOID, besides={viewer().person_id}, now=clock.now()
        ),
    )  # fmt: skip
    return html, status


# --- deciding, and what follows ---------------------------------------------------------


@bp.get("/corrections/<int:correction_id>")
@requires(Permission.BANK_READ)
def correction(correction_id: int) -> Page:
    """One correction: what it says, what was decided, how far rescoring has come."""
    return _correction_page(keys.correction_of(reading(), correction_id), DecideForm(formdata=None))


@bp.post("/corrections/<int:correction_id>/decide")
@requires(Permission.ATTEMPT_VOID)
def decide_correction(correction_id: int) -> Page:
    """The second person's decision; agreed, the correction is in force at once."""
    asked, form, by = keys.correction_of(reading(), correction_id), DecideForm(), viewer().person_id
    if not form.ask():
        return _correction_page(asked, form, REFUSED)
    agreed = form.decision.data == "agree"
    try:
        with transaction() as session:
            if queries.has_sat(session, asked.version_id, by):
                raise Forbidden(_("这道题在您自己的答卷里，请另一位同事决定。"))
            corrections.decide(
                session, correction_id=correction_id, approve=agreed,
                reason=form.reason.data or "", by=by, now=clock.now(),
            )  # fmt: skip
    except (Forbidden, Conflict) as error:
        form.refuse("decision", error.detail)
        return _correction_page(asked, form, error.status)
    flash(
        _("已同意更正，从现在起按新答案评分。") if agreed else _("没有更正，答案不变。"), "success"
    )
    return redirect(url_for("errata.correction", correction_id=correction_id))


def _correction_page(found: CorrectionView, form: DecideForm, status: int = 200) -> tuple[str, int]:
    session, person = reading(), viewer()
    may_decide = person.may(Permission.ATTEMPT_VOID)
    html = render_template(
        "errata/correction.html", correction=found, form=form, verdicts=VERDICTS,
        version=questions.version(session, found.version_id), words=bank.WORDS,
        progress=queries.progress(session, found), repeats=keys.repeats_of(session, found),
        may_decide=may_decide,
        is_asker=found.asked_by == person.person_id,
        may_rescore=may_decide, may_write=person.may(Permission.BANK_WRITE),
    )  # fmt: skip
    return html, status


@bp.get("/corrections/<int:correction_id>/attempts")
@requires(Permission.ATTEMPT_VOID)
def attempts(correction_id: int) -> str:
    """Every attempt that a correction touches, with its marks as they are and as they become."""
    session = reading()
    found = keys.correction_of(session, correction_id)
    everyone, wanted = queries.touched(session, found), wanted_change()
    shown = [one for one in everyone if wanted is None or one.change is wanted]
    return render_template(
        "errata/attempts.html", correction=found, changes=CHANGES, wanted=wanted,
        listing=listed(shown, sorts=SORTS, default="change"),
        counts=Counter(one.change for one in everyone), total=len(everyone),
    )  # fmt: skip


@bp.post("/corrections/<int:correction_id>/rescore")
@requires(Permission.ATTEMPT_VOID)
def rescore(correction_id: int) -> Response:
    """Mark anew what is left, a hundred a transaction; after some seconds the rest waits."""
    until = time.monotonic() + SECONDS
    done = 0
    while True:
        with transaction() as session:
            number = services.rescore_batch(session, correction_id=correction_id, now=clock.now())
        done += number
        if number < services.BATCH or time.monotonic() > until:
            break
    left = queries.progress(reading(), keys.correction_of(reading(), correction_id)).left
    if left:
        flash(_("重新评分了 %(n)s 份，还剩 %(left)s 份，请接着做。", n=done, left=left), "warning")
    else:
        flash(_("全部重新评过分了，这次评了 %(n)s 份。", n=done), "success")
    return redirect(url_for("errata.correction", correction_id=correction_id))
