"""Pages about the people of a round, and what the office decides about their tries."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from points.participation.queries import Scope
from points.periods.queries import period_of
from points.standing.rules import Standing
from points.standing.views import workbook
from points.standing.words import STANDING_WORDS
from quiz.attempts.services import settle
from quiz.corrections.forms import DecideForm
from quiz.corrections.queries import AttemptHead, asked_void, asked_voids, attempt_head
from quiz.corrections.services import decide_void as decide
from quiz.corrections.views import void_page
from quiz.progress.queries import composition, progress, round_by_id
from quiz.rounds.models import QuizRound
from quiz.rounds.views import REFUSED, Page, bp
from quiz.sitters import queries
from quiz.sitters.queries import Sitter
from quiz.sitters.rules import Progress

PROGRESS_WORDS = {
    Progress.NOT_STARTED: _l("未开始"),
    Progress.IN_PROGRESS: _l("作答中"),
    Progress.SUBMITTED: _l("已交卷"),
}


def _scope(permission: Permission = Permission.POINTS_READ) -> Scope:
    return viewer().scope_of(permission)


def _chosen() -> Progress | None:
    wanted = request.args.get("state", "")
    return Progress(wanted) if wanted in list(Progress) else None


@bp.get("/rounds/<int:round_id>")
@requires(Permission.POINTS_READ)
def show(round_id: int) -> str:
    """One round: its window, what it is made of, and how far each person has come."""
    now, session, scope = clock.now(), reading(), _scope()
    one = round_by_id(session, round_id)
    period = period_of(session, one.period_id)
    found = listing(
        session,
        queries.sitters(one, period, now, scope, text=search_text(), progress=_chosen()),
        sorts=queries.SORTS, default="staff_no", scalars=False,
    )  # fmt: skip
    rights = queries.rights_of(session, one, [row.id for row in found.items])
    return render_template(
        "rounds/show.html", round=one, phase=one.phase(now), in_city=scope is None,
        progress=progress(session, [one], now=now, scope=scope)[one.id],
        rows=composition(session, one.occasion_id), listing=found, chosen=_chosen(),
        sitters=[queries.sitter_of(row, rights, period, now) for row in found.items],
        counts=queries.progress_counts(session, one, period, now, scope), words=PROGRESS_WORDS,
        asked=asked_voids(session, QuizRound, place_id=one.id) if scope is None else [],
        may_read=viewer().may(Permission.RESULT_READ),
        may_void=viewer().may(Permission.ATTEMPT_VOID),
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/people.xlsx")
@requires(Permission.POINTS_READ)
def export(round_id: int) -> Response:
    """The people that the page lists, all of them, as a workbook."""
    now, session = clock.now(), reading()
    one = round_by_id(session, round_id)
    period = period_of(session, one.period_id)
    query = queries.sitters(
        one, period, now, _scope(), text=search_text(), progress=_chosen()
    ).order_by(queries.SORTS["staff_no"])
    rights = queries.rights_of(session, one)
    return workbook(
        f"round-{round_id}.xlsx", _("名单"),
        [_("轮次"), _("工号"), _("姓名"), _("单位"), _("状态"), _("已答次数"), _("作废次数"),
         _("答对题数"), _("结果"), _("更正后结果")],
        [
            _exported(queries.sitter_of(row, rights, period, now), one.title)
            for row in session.execute(query)
        ],
        widths=(18, 14, 12, 28, 10, 10, 10, 10, 10, 12),
    )  # fmt: skip


def _exported(one: Sitter, title: str) -> tuple[object, ...]:
    person = one.person
    shown: Standing = person.closed_standing or person.standing
    return (
        title, person.staff_no, person.name, one.unit_name, str(PROGRESS_WORDS[one.progress]),
        one.tries, one.voided, one.right, str(STANDING_WORDS[shown]),
        str(STANDING_WORDS[person.standing]) if person.is_restated else "",
    )  # fmt: skip


# --- one person -------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/people/<int:person_id>")
@requires(Permission.RESULT_READ)
def attempts(round_id: int, person_id: int) -> str:
    """One person in one round: the tries, and what they posted."""
    now, session = clock.now(), reading()
    one = round_by_id(session, round_id)
    period = period_of(session, one.period_id)
    found = queries.sitter_at(session, one, period, person_id, now, _scope(Permission.RESULT_READ))
    may_void = viewer().may(Permission.ATTEMPT_VOID)
    asked = asked_voids(session, QuizRound, place_id=round_id, person_id=person_id)
    return render_template(
        "rounds/attempts.html", round=one, period=period, found=found, may_void=may_void,
        asked={each.attempt_id: each for each in asked} if _scope() is None else {},
        is_own=viewer().person_id == person_id,
    )  # fmt: skip


# --- voiding ----------------------------------------------------------------------


def _head(attempt_id: int) -> AttemptHead:
    """An attempt at a round. One whose time is over is closed before: its score takes two people."""
    head = attempt_head(reading(), attempt_id, QuizRound)
    settled = settle(attempt_id, clock.now())
    return attempt_head(reading(), attempt_id, QuizRound) if settled else head


@bp.route("/rounds/attempts/<int:attempt_id>/void", methods=["GET", "POST"])
@requires(Permission.ATTEMPT_VOID)
def void(attempt_id: int) -> Page:
    """Ask why, then void a try, or ask a colleague to."""
    head = _head(attempt_id)
    back = url_for("rounds.attempts", round_id=head.place_id, person_id=head.person_id)
    return void_page(head, "rounds/void.html", back)


@bp.route("/rounds/voids/<int:act_id>", methods=["GET", "POST"])
@requires(Permission.ATTEMPT_VOID)
def decide_void(act_id: int) -> Page:
    """The second person's decision on a void."""
    asked = asked_void(reading(), QuizRound, act_id)
    form = DecideForm()
    if not form.ask():
        html = render_template("rounds/decide_void.html", form=form, asked=asked)
        return html, REFUSED if form.errors else 200
    agreed = form.decision.data == "agree"
    with transaction() as session:
        decide(
            session, act_id, approve=agreed, reason=str(form.reason.data or ""),
            by=viewer().person_id, now=clock.now(),
        )  # fmt: skip
    flash(_("这次作答已作废。") if agreed else _("没有作废，申请已退回。"), "success")
    return _to_person(asked.place_id, asked.person_id)


def _to_person(round_id: int, person_id: int) -> Response:
    return redirect(url_for("rounds.attempts", round_id=round_id, person_id=person_id))
