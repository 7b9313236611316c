"""Pages of reports: making one and reading the answers; for the bank the queue and each matter."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from question_bank.questions import forms as bank
from question_bank.questions import queries as questions
from quiz.attempts.kinds import kind_of
from quiz.errata import queries, services
from quiz.errata.forms import KINDS, STATES, WORDS, AnswerForm, ReportForm, SeenForm, filters
from quiz.errata.queries import OwnReport, Reportable
from quiz.errata.rules import ErratumKind, ErratumState
from quiz.keys.queries import corrections_of
from quiz.rescoring.queries import touched_count

bp = Blueprint("errata", __name__, url_prefix="/errata")

Page = str | Response | tuple[str, int]
REFUSED, STALE = 422, 409


# --- who answered the question -------------------------------------------------------


def _back(one: Reportable) -> str:
    """Where the person came from: the result, or the practice that goes on."""
    endpoint = kind_of(one.kind).result_endpoint
    if one.is_released and endpoint in current_app.view_functions:
        return url_for(endpoint, attempt_id=one.attempt_id, show="all", _anchor=f"q{one.position}")
    return url_for("sitting.page", attempt_id=one.attempt_id, q=one.position, epoch=one.epoch)


@bp.route("/report/<int:attempt_id>/<int:position>", methods=["GET", "POST"])
@requires(Permission.RESULT_OWN)
def report(attempt_id: int, position: int) -> Page:
    """题目纠错: of one's own attempt, and only once the key of the question may be seen."""
    person_id = viewer().person_id
    one = queries.reportable(reading(), attempt_id, position, person_id)
    form, status = ReportForm(), 200
    if form.ask():
        try:
            with transaction() as session:
                is_new = services.report(
                    session, queries.reportable(session, attempt_id, position, person_id),
                    person_id=person_id, kind=ErratumKind(form.kind.data),
                    text=form.text.data or "", now=clock.now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse("text", error.detail)
        except Conflict as error:
            form.refuse("text", error.detail)
            status = STALE
        else:
            flash(
                _("已收到您的纠错，答复后首页会提醒您。") if is_new
                else _("这道题您已经提过纠错，正在等答复，没有再提一次。"),
                "success" if is_new else "warning",
            )  # fmt: skip
            return redirect(url_for("errata.mine"))
    if form.errors and status != STALE:
        status = REFUSED
    html = render_template(
        "errata/report.html", form=form, one=one, back=_back(one),
        waiting=queries.open_of(reading(), person_id, one.version_id),
    )  # fmt: skip
    return html, status


@bp.get("/mine")
@requires(Permission.RESULT_OWN)
def mine() -> str:
    """One's own reports with the answers, newest first."""
    session, person_id = reading(), viewer().person_id
    found = listing(session, queries.reports_of(person_id), scalars=False)
    rows = [OwnReport(*row) for row in found.items]
    form = SeenForm(formdata=None)
    form.seen.data = max((one.id for one in rows), default=0)
    return render_template(
        "errata/mine.html", listing=found, rows=rows, words=WORDS, form=form,
        unread=queries.unread(session, person_id),
        endpoints={
            one.occasion_kind: kind_of(one.occasion_kind).result_endpoint for one in rows
        },
    )  # fmt: skip


@bp.post("/mine/seen")
@requires(Permission.RESULT_OWN)
def seen() -> Response:
    """知道了: the answers on the page were read."""
    form = SeenForm()
    if not form.ask():
        raise Invalid(_("这份表单不完整，请刷新后再试。"))
    with transaction() as session:
        services.note_read(
            session, person_id=viewer().person_id, seen=form.seen.data or 0, now=clock.now()
        )
    return redirect(url_for("errata.mine"))


# --- the bank --------------------------------------------------------------------------


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """The queue: each version with its reports is one matter."""
    session, wanted = reading(), filters()
    found = listing(
        session, queries.matters(wanted), sorts=queries.SORTS, default="-last", scalars=False
    )
    return render_template(
        "errata/index.html", listing=found, filters=wanted, kinds=KINDS, states=STATES,
        rows=[queries.matter_of(row) for row in found.items], words=bank.WORDS,
        topics=questions.topics(session),
    )  # fmt: skip


@bp.get("/versions/<int:version_id>")
@requires(Permission.BANK_READ)
def matter(version_id: int) -> Page:
    """Everything that was said of a version, and what came of it."""
    return _matter_page(version_id, AnswerForm(formdata=None))


@bp.post("/versions/<int:version_id>/decide")
@requires(Permission.BANK_REVIEW)
def decide(version_id: int) -> Page:
    """Answer all open reports of a version at once."""
    form = AnswerForm()
    if not form.ask():
        return _matter_page(version_id, form, REFUSED)
    outcome = ErratumState(form.decision.data)
    try:
        with transaction() as session:
            number = services.decide(
                session, version_id=version_id, seen=form.seen.data or 0, outcome=outcome,
                answer=form.answer.data or "", by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse("answer", error.detail)
        return _matter_page(version_id, form, REFUSED)
    except Forbidden as error:
        form.refuse("answer", error.detail)
        return _matter_page(version_id, form, Forbidden.status)
    except Conflict as error:
        form.refuse("answer", error.detail)
        return _matter_page(version_id, form, STALE)
    flash(_("已答复 %(n)s 条纠错，提出的人会看到。", n=number), "success")
    return redirect(url_for("errata.matter", version_id=version_id))


def _matter_page(version_id: int, form: AnswerForm, status: int = 200) -> tuple[str, int]:
    session = reading()
    version = questions.version(session, version_id)
    reports = queries.reports_about(session, version_id, clock.today())
    waiting = [one for one in reports if one.state is ErratumState.OPEN]
    if request.method == "GET":
        form.seen.data = max((one.id for one in waiting), default=0)
    html = render_template(
        "errata/matter.html", version=version, reports=reports, form=form, waiting=waiting,
        words=bank.WORDS, kinds=KINDS, states=STATES,
        is_own=any(one.person_id == viewer().person_id for one in waiting),
        is_key_wrong=any(one.state is ErratumState.KEY_WRONG for one in reports),
        corrections=corrections_of(session, version_id),
        touched=touched_count(session, version_id),
    )  # fmt: skip
    return html, status
