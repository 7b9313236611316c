"""Pages of staff before an exam: which there are, what to know, the start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from certification.blueprints.queries import rows_of
from certification.blueprints.rules import BY_PEOPLE, totals
from certification.entry import services
from certification.entry.queries import Entry, entries_of, entry_of, unsettled
from certification.entry.rules import Refusal
from certification.exams.forms import MULTIPLE_WORDS, RELEASE_WORDS
from certification.exams.rules import Phase
from certification.exams.views import STALE, Page, bp
from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from core.guards import requires, viewer
from core.permissions import Permission
from quiz.attempts.services import settle

# Refusals that are about the person rather than the time: said on the list as well.
PERSONAL = frozenset({Refusal.SEES_KEYS, Refusal.NO_TRAINING, Refusal.AWAITS_MARKS})


@bp.get("/my/exams")
@requires(Permission.EXAM_SIT)
def mine() -> str:
    """The viewer's exams: open, to come, past."""
    now = clock.now()
    entries = entries_of(reading(), viewer(), now)
    if _settled(entries, now):
        entries = entries_of(reading(), viewer(), now)
    ended = [e for e in entries if e.phase in (Phase.PAST, Phase.CANCELLED)]
    return render_template(
        "exams/mine.html",
        # what can be done now comes first
        open=sorted(
            (_card(e) for e in entries if e.phase is Phase.OPEN),
            key=lambda card: not card[0].verdict.may_start,
        ),
        coming=[_card(e) for e in entries if e.phase is Phase.COMING],
        past=[_card(e) for e in reversed(ended)],
    )


def _settled(entries: Sequence[Entry], now: datetime) -> bool:
    """Close what is overdue among these; True where there was something."""
    overdue = unsettled(entries, now)
    for attempt_id in overdue:
        settle(attempt_id, now)
    return bool(overdue)


def _card(entry: Entry) -> tuple[Entry, str]:
    said = entry.verdict.refusal in PERSONAL
    return entry, services.sentence(entry) if said else ""


@bp.get("/exams/<int:exam_id>/brief")
@requires(Permission.EXAM_SIT)
def brief(exam_id: int) -> Page:
    """考前说明: what to know before the start."""
    now = clock.now()
    entry = entry_of(reading(), exam_id, viewer(), now)
    if _settled([entry], now):
        entry = entry_of(reading(), exam_id, viewer(), now)
    return _brief_page(entry, 200)


@bp.post("/exams/<int:exam_id>/start")
@requires(Permission.EXAM_SIT)
def start(exam_id: int) -> Page | Response:
    """Start, or go on with, the viewer's attempt."""
    now = clock.now()
    try:
        with transaction() as session:
            attempt, _is_new = services.start(session, exam_id=exam_id, viewer=viewer(), now=now)
            attempt_id = attempt.id
    except Conflict:
        return _brief_page(entry_of(reading(), exam_id, viewer(), now), STALE)
    return redirect(url_for("sitting.page", attempt_id=attempt_id))


def _brief_page(entry: Entry, status: int) -> Page:
    exam = entry.exam
    rows = rows_of(reading(), exam.id)
    html = render_template(
        "exams/brief.html", entry=entry, exam=exam, totals=totals(rows),
        by_people=any(row.type == BY_PEOPLE for row in rows),
        refusal=services.sentence(entry), multiple=MULTIPLE_WORDS[exam.multiple_rule],
        release=RELEASE_WORDS[exam.release_rule],
        verb=_("继续作答") if entry.facts.open_attempt else _("开始考试"),
    )  # fmt: skip
    return html, status
