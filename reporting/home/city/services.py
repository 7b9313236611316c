"""The city at a glance, and the queue of the office."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.units.forms import KIND_LABELS
from certification.exams.models import Exam
from core import clock, formats
from core.viewer import Viewer
from points.adjustments.queries import KIND as ADJUST
from points.periods.queries import PeriodView, current, settled
from points.standing.queries import by_unit
from points.standing.rules import IN_A_ROW
from question_bank.suspensions.waiting.queries import waiting_count
from quiz.corrections.queries import AskedVoid, asked_voids
from quiz.corrections.rules import VOID
from quiz.keys.rules import CORRECT
from quiz.marking.queries import waiting as to_mark
from quiz.opening.queries import are_points_on
from quiz.rescoring.queries import unfinished
from quiz.rounds.models import QuizRound
from reporting.home import queries
from reporting.home.city.queries import filings_waiting, latest_scores, transfers_waiting
from reporting.home.rules import Part, Waiting, distribution, share
from reporting.overview.queries import overview
from reporting.overview.rules import FREED_DAYS, SORTS, KindShare, by_kind, totals

UNITS = 8  # worst covered, on the first page


def glance(session: Session, _viewer: Viewer, now: datetime) -> Part:
    """Figures, pictures and units of the whole city: for the office and those who oversee it."""
    points = are_points_on()
    found = overview(session, None, now, points=points)
    sums = totals(found.rows)
    present = current(session, now) if points else None
    scores = latest_scores(session)
    return [], {
        "now": now, "overview": found, "totals": sums, "freed_days": FREED_DAYS,
        "certified": share(sums.certified, sums.on_post),
        "registered": share(sums.registered, sums.on_post),
        "period_note": _period_note(present, now),
        "units": sorted(found.rows, key=SORTS["state"])[:UNITS], "unit_count": len(found.rows),
        "exams": queries.running_exams(session, now),
        "scores": scores,
        "distribution": distribution(
            scores.scores, full=scores.full, pass_mark=scores.pass_mark
        ) if scores else None,
        "kinds": _kinds(session, now) if points else None,
        "behind": queries.behind_counts(session, now, None, IN_A_ROW) if points else None,
    }  # fmt: skip


def _period_note(present: PeriodView | None, now: datetime) -> str:
    if present is None:
        return ""
    if present.is_settled(now):
        return _("下一轮还没有开放")
    return _("本期 %(day)s 截止", day=formats.civil_date_text(present.last_day, short=True))


def _kinds(session: Session, now: datetime) -> dict[str, Any] | None:
    """Shares on target by kind of unit in the last settled period, beside the one before."""
    periods = settled(session, now, 2)
    if not periods:
        return None
    told = [
        [
            (unit.unit_kind.value, unit.counted, unit.on_target)
            for unit in by_unit(session, one, now)
        ]
        for one in periods
    ]
    shares: list[KindShare] = by_kind(told[0], told[1] if len(told) > 1 else [])
    words = {kind.value: word for kind, word in KIND_LABELS.items()}
    return {
        "period": periods[0].label, "before": periods[1].label if len(periods) > 1 else "",
        "rows": [
            (str(words[one.kind]), _("%(n)s 人", n=one.counted), one.percent, one.before)
            for one in shares
        ],
    }  # fmt: skip


# --- the queue --------------------------------------------------------------------------


def queue(session: Session, viewer: Viewer, now: datetime) -> Part:
    """What waits for the office, most pressing first."""
    today = clock.civil_date(now)
    acts = queries.acts_waiting_for(session, viewer.person_id)
    waiting = [
        *_transfers(session, today),
        *_filings(session, today),
        *_corrections(acts, today),
        *_keys(session, acts, today),
        *(_voids(session, viewer, today) if VOID in acts else ()),
        *_marking(session, viewer),
        *_in_doubt(session),
        *(
            Waiting(_("继续起草考试"), title, "", url_for("exams.show", exam_id=exam_id))
            for exam_id, title in queries.draft_exams(session)
        ),
    ]
    return [], {"queue": waiting}


def _marking(session: Session, viewer: Viewer) -> list[Waiting]:
    found = to_mark(session, viewer.person_id)
    if not found.answers or found.since is None:
        return []
    text = _("%(papers)s 份答卷，%(answers)s 份答案", papers=found.papers, answers=found.answers)
    when = _("最早 %(day)s", day=formats.civil_date_text(clock.civil_date(found.since), short=True))
    return [Waiting(_("简答题待阅卷"), text, when, url_for("marking.index"))]


def _transfers(session: Session, today: date) -> list[Waiting]:
    found = transfers_waiting(session, today)
    if not found.requested or found.first is None:
        return []
    when = (
        _("调岗日已到 %(n)s 件", n=found.due)
        if found.due
        else _("最早 %(day)s", day=formats.civil_date_text(found.first, short=True))
    )
    text = _("%(n)s 件，%(inside)s 件在锁定期内", n=found.requested, inside=found.inside)
    url = url_for("transfers.index", state="requested")
    return [Waiting(_("调岗待决"), text, when, url, is_deadline=found.due > 0)]


def _filings(session: Session, today: date) -> list[Waiting]:
    found = filings_waiting(session)
    if not found.people or found.oldest is None:
        return []
    text = _("%(people)s 人，%(units)s 个单位", people=found.people, units=found.units)
    url = url_for("registrations.index", tab="submitted")
    return [Waiting(_("备案待审"), text, _since((today - found.oldest).days), url)]


def _in_doubt(session: Session) -> list[Waiting]:
    """Questions that left the draws: for editors and reviewers to settle, for the office to know."""
    number = waiting_count(session)
    if not number:
        return []
    text = _("%(n)s 题，暂不组卷", n=number)
    return [Waiting(_("试题待复核"), text, "", url_for("questions.suspended"))]


def _corrections(acts: dict[str, tuple[int, datetime]], today: date) -> list[Waiting]:
    if ADJUST not in acts or not are_points_on():
        return []
    number, since = acts[ADJUST]
    return [_act(_("积分更正待复核"), number, since, today, url_for("adjustments.index"))]


def _keys(session: Session, acts: dict[str, tuple[int, datetime]], today: date) -> list[Waiting]:
    """Corrected keys to be decided, and those whose attempts are to be marked anew."""
    url = url_for("errata.corrections_index")
    waiting = [_act(_("答案更正待复核"), *acts[CORRECT], today, url)] if CORRECT in acts else []
    left = unfinished(session)
    if left:
        days = (today - clock.civil_date(left[0][1])).days
        waiting.append(
            Waiting(_("答案更正后重新评分"), _("%(n)s 题", n=len(left)), _since(days),
                    url_for("errata.correction", correction_id=left[0][0]))
        )  # fmt: skip
    return waiting


def _voids(session: Session, viewer: Viewer, today: date) -> list[Waiting]:
    """Voids that the viewer could decide; each line leads to where the oldest of them waits."""
    waiting = []
    exams = _asked(session, Exam, viewer)
    if exams:
        url = url_for("exams.show", exam_id=exams[0].place_id)
        waiting.append(_act(_("成绩作废待复核"), len(exams), exams[0].asked_at, today, url))
    rounds = _asked(session, QuizRound, viewer) if are_points_on() else []
    if rounds:
        url = url_for("rounds.show", round_id=rounds[0].place_id)
        waiting.append(_act(_("答题作废待复核"), len(rounds), rounds[0].asked_at, today, url))
    return waiting


def _asked(session: Session, place: Any, viewer: Viewer) -> list[AskedVoid]:
    return [
        one
        for one in asked_voids(session, place)
        if viewer.person_id not in (one.asked_by, one.person_id)
    ]


def _act(title: str, number: int, since: datetime, today: date, url: str) -> Waiting:
    days = (today - clock.civil_date(since)).days
    return Waiting(title, _("%(n)s 件，须第二人同意", n=number), _since(days), url)


def _since(days: int) -> str:
    return _("最早 %(n)s 天前", n=days) if days else _("今天提出")
