"""What staff can do now, and where they stand: round, exams, points, certificate, hold, notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import npgettext
from sqlalchemy.orm import Session

from certification.certificates.queries import CertificateView, certificates_of
from certification.certificates.rules import CertificateState
from certification.entry.queries import Entry, entries_of
from certification.entry.rules import Refusal
from certification.exams.rules import Phase
from certification.registrations.queries import RegistrationView, registrations_of
from core import clock, formats
from core.viewer import Viewer
from points.standing.queries import PersonPeriod, person_periods, year_points
from quiz.errata.queries import unread
from quiz.notebook.queries import due
from quiz.opening.queries import active_plan, are_points_on, coming
from quiz.practice.forms import MOST
from quiz.rounds.queries import RoundEntry, round_entries
from reporting.home.rules import Part, Todo, urgency

INSTANT = timedelta(microseconds=1)
# A refusal that time or a training will lift is shown; a final one is not something to do.
SHOWN = frozenset({None, Refusal.NOT_OPEN, Refusal.NO_TRAINING})


@dataclass(frozen=True)
class PointsCard:
    """Points of the year, and the last periods, oldest first."""

    year: int
    points: int
    periods: list[PersonPeriod]

    @property
    def last(self) -> PersonPeriod | None:
        return self.periods[-1] if self.periods else None


@dataclass(frozen=True)
class SpanCard:
    """A certificate or a hold with its days: how many are over, of how many. ``note``: what to do."""

    title: str
    text: str
    days_over: int
    days: int
    days_left: int
    note: str


def part(session: Session, viewer: Viewer, now: datetime) -> Part:
    """Things to do, most urgent first, and the cards beside them."""
    today = clock.civil_date(now)
    entries = entries_of(session, viewer, now)
    rounds = round_entries(session, viewer, now)
    todos = [_exam_todo(entry, now) for entry in entries if entry.facts.open_attempt is not None]
    todos += [_round_todo(one, today) for one in rounds if _can_be_sat(one, now)]
    todos += [_exam_todo(entry, now) for entry in entries if _can_be_done(entry)]
    todos += _answers_todo(unread(session, viewer.person_id))
    certificates = certificates_of(session, viewer.person_id, today)
    registrations = registrations_of(session, viewer.person_id)
    notebook = due(session, viewer.person_id, now)
    certificate = _newest(certificates)
    return todos, {
        "certificate": certificate,
        "certificate_span": _certificate_span(certificate, entries),
        "hold": _hold_span(registrations, today),
        "filing": next((one for one in registrations if one.is_open), None),
        "points": _points(session, viewer.person_id, now) if are_points_on() else None,
        "notebook": notebook if notebook.all else None,
        "review": min(notebook.due, MOST),
        "next": "" if todos else _next(session, now),
    }  # fmt: skip


def _answers_todo(answers: int) -> list[Todo]:
    """That reports of questions were answered, until the person has read it."""
    if not answers:
        return []
    return [
        Todo(_("您的纠错有答复"), ("", str(answers), npgettext("数量", "条", "条", answers)),
             (_("看答复"), url_for("errata.mine")), _("看过以后点“知道了”，就不再提醒。"), "now")
    ]  # fmt: skip


# --- rounds -------------------------------------------------------------------------


def _can_be_sat(one: RoundEntry, now: datetime) -> bool:
    """Whether the try that counts is still to be made, or to be ended."""
    if one.under_way is not None:
        return True
    return one.may_start and one.counted is None and now < one.closes_at


def _plate(days: int) -> tuple[str, str, str]:
    if days <= 0:
        return _("今天"), "24:00", _("截止")
    return _("还剩"), str(days), npgettext("数量", "天", "天", days)


def _round_todo(one: RoundEntry, today: date) -> Todo:
    days = (clock.civil_date(one.closes_at - INSTANT) - today).days
    if one.under_way is not None:
        action = _("继续作答"), url_for("sitting.page", attempt_id=one.under_way)
    else:
        action = _("开始答题"), url_for("rounds.brief", round_id=one.id)
    return Todo(
        one.title, _plate(days), action,
        _("%(n)s 题。答对 %(needed)s 题即本期达标，可分几次答完。", n=one.questions, needed=one.round.needed),
        urgency(days),
        [("clock", _("%(when)s 截止", when=formats.deadline_text(one.closes_at))),
         (None, _("首次作答计分"))],
    )  # fmt: skip


def _next(session: Session, now: datetime) -> str:
    """When the next round opens, where there is nothing to do; '' where nobody knows."""
    plan = active_plan(session) if are_points_on() else None
    slots = coming(session, plan, now, 1) if plan else []
    if not slots:
        return ""
    return _("下一轮定期答题 %(day)s 开放。", day=formats.civil_date_text(slots[0].opens_on))


# --- exams --------------------------------------------------------------------------


def _can_be_done(entry: Entry) -> bool:
    return (
        entry.facts.open_attempt is None
        and entry.phase in (Phase.OPEN, Phase.COMING)
        and entry.verdict.refusal in SHOWN
    )


def _exam_todo(entry: Entry, now: datetime) -> Todo:
    exam = entry.exam
    if entry.facts.open_attempt is not None and entry.open_until is not None:
        minutes = max(0, int((entry.open_until - now).total_seconds() // 60))
        page = url_for("sitting.page", attempt_id=entry.facts.open_attempt)
        return Todo(
            exam.title, (_("还剩"), str(minutes), npgettext("时长", "分", "分", minutes)), (_("继续作答"), page),
            _("试卷已经打开，计时照常进行，到时自动交卷。"), "soon",
            [("clock", _("%(when)s 自动交卷", when=formats.civil_time_text(entry.open_until)))],
        )  # fmt: skip
    brief = url_for("exams.brief", exam_id=exam.id)
    facts: list[tuple[str | None, str]] = [
        ("calendar", _("%(start)s 至 %(end)s", start=formats.civil_moment_text(exam.opens_at),
                       end=formats.deadline_text(exam.closes_at))),
        (None, _("%(minutes)s 分钟，%(mark)s 分合格", minutes=exam.minutes, mark=exam.pass_mark)),
    ]  # fmt: skip
    needs_training = entry.verdict.refusal is Refusal.NO_TRAINING
    text = (
        _("先参加培训：最近 %(n)s 个月内没有培训记录。", n=entry.training_months)
        if needs_training
        else _("共可考 %(tries)s 次，还剩 %(left)s 次。", tries=exam.tries, left=entry.tries_left)
    )
    if entry.phase is Phase.COMING:
        days = formats.days_until(exam.opens_at)
        plate = (_("还有"), str(days), npgettext("数量", "天", "天", days))
        return Todo(exam.title, plate, (_("考前说明"), brief), text, "", facts)
    days = formats.days_until(exam.closes_at - INSTANT)
    action = (_("看培训"), url_for("training.mine")) if needs_training else (_("去考试"), brief)
    return Todo(exam.title, _plate(days), action, text, urgency(days), facts)


# --- points -------------------------------------------------------------------------


def _points(session: Session, person_id: int, now: datetime) -> PointsCard:
    year = clock.civil_date(now).year
    periods = person_periods(session, person_id, now)
    return PointsCard(year, year_points(session, person_id, year), periods)


# --- certificate and hold --------------------------------------------------------------


def _newest(certificates: Sequence[CertificateView]) -> CertificateView | None:
    """The certificate that stands, else the newest of those that do not."""
    gone = (CertificateState.SUPERSEDED, CertificateState.REVOKED)
    standing = [one for one in certificates if one.state not in gone]
    return next(iter(standing or certificates), None)


def _certificate_span(one: CertificateView | None, entries: Sequence[Entry]) -> SpanCard | None:
    if one is None or one.state not in (CertificateState.VALID, CertificateState.EXPIRING):
        return None
    days = (one.valid_through - one.issued_on).days
    renewal = next((e for e in entries if _can_be_done(e)), None)
    note = ""
    if one.state is CertificateState.EXPIRING:
        note = _("参加新的资格考试并合格，即可换证。")
        if renewal is not None:
            note = _("参加“%(title)s”并合格，即可换证。", title=renewal.exam.title)
    through = formats.civil_date_text(one.valid_through)
    text = _("%(number)s，有效至 %(date)s", number=one.number, date=through)
    return SpanCard(_("合格证书"), text, days - one.days_left, days, one.days_left, note)


def _hold_span(registrations: Sequence[RegistrationView], today: date) -> SpanCard | None:
    """The hold of the registration in force; ``days_left`` below 0 once it is over."""
    one = next((one for one in registrations if one.is_in_force(today)), None)
    if one is None or one.recorded_on is None or one.held_through is None:
        return None
    days, left = (one.held_through - one.recorded_on).days, (one.held_through - today).days
    text = _("%(on)s 备案，锁定至 %(through)s", on=formats.civil_date_text(one.recorded_on),
             through=formats.civil_date_text(one.held_through))  # fmt: skip
    note = _("锁定期内原则上不调岗。") if left >= 0 else _("已经期满，可以调岗。")
    return SpanCard(_("在岗锁定期"), text, min(days - left, days), days, left, note)
