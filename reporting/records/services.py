"""The story of one person out of all rooms, a constant number of statements however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy.orm import Session

from accounts.people.queries import PersonView
from accounts.roster.queries import postings_of
from certification.certificates.queries import CertificateView, certificates_of
from certification.registrations.queries import RegistrationView, registrations_of
from certification.registrations.rules import free_from
from certification.transfers.queries import TransferView, transfers_of
from certification.transfers.rules import TransferState
from core import clock, formats
from core.permissions import Permission
from core.viewer import Viewer
from points.ledger.queries import entries_of, entry_views
from points.standing.queries import PersonPeriod, person_periods
from points.standing.rules import Standing
from reporting.records import ledger, queries
from reporting.records.rules import Event, Mark, Posted, Topic, changes
from reporting.records.words import CERTIFICATE_WORDS, FILING_WORDS, STANDING_WORDS, Words
from training.forms import KIND_LABELS
from training.queries import attended_by

PERIODS = 60  # ten years of rounds every two months


@dataclass
class Record:
    """What the viewer may see of one person. ``period``: the last settled one."""

    person: PersonView
    is_own: bool
    events: list[Event] = field(default_factory=list)
    certificate: CertificateView | None = None
    registration: RegistrationView | None = None  # in force
    filing: RegistrationView | None = None  # under way
    period: PersonPeriod | None = None
    sees: frozenset[str] = frozenset()  # certificate, registration, points
    may_download: bool = False  # the certificate
    moved_on: frozenset[date] = frozenset()  # by transfers


def record_of(
    session: Session, person: PersonView, viewer: Viewer, now: datetime, *, points: bool
) -> Record:
    """Everything about a person that the viewer may see; one's own record is seen whole.

    ``points``: whether the module is on.
    """
    found = Record(person, person.id == viewer.person_id)

    def sees(permission: Permission) -> bool:
        return found.is_own or viewer.may(permission)

    if sees(Permission.REGISTRATION_READ):
        _registry(session, found, _pages(found, viewer), now)
    found.events += _postings(session, person, found.moved_on, now)
    if sees(Permission.RESULT_READ):
        found.events += _exams(session, found)
    if sees(Permission.TRAINING_READ):
        found.events += _trainings(session, person.id)
    if points and sees(Permission.POINTS_READ):
        _points(session, found, now)
    return found


@dataclass(frozen=True)
class Figure:
    """One of the figures on top: what it is of, the figure, and where that stands (chip, word)."""

    label: str
    value: str
    chip: tuple[str, str]


def figures(found: Record, today: date) -> list[Figure]:
    """Certificate, registration, hold and points of the last settled period, as far as seen."""
    shown = []
    if "certificate" in found.sees:
        shown.append(_certificate_figure(found.certificate))
    if "registration" in found.sees:
        shown += [_registration_figure(found), _hold_figure(found.registration, today)]
    if "points" in found.sees:
        one = found.period
        if one is None or (one.standing is Standing.NOT_COUNTED and not one.has_entries):
            shown.append(Figure(_("上期积分"), "—", ("off", str(STANDING_WORDS[Standing.NOT_COUNTED][1]))))  # fmt: skip
        else:
            kind, word = STANDING_WORDS[one.standing]
            shown.append(Figure(_("上期积分"), f"{one.earned} / {one.period.max_points}", (kind, str(word))))  # fmt: skip
    return shown


def _certificate_figure(one: CertificateView | None) -> Figure:
    if one is None:
        return Figure(pgettext("一张", "证书"), "—", ("off", _("还没有证书")))
    kind, word = CERTIFICATE_WORDS[one.state]
    value = _("还剩 %(n)s 天", n=one.days_left) if one.days_left >= 0 else _("已到期")
    return Figure(pgettext("一张", "证书"), value, (kind, str(word)))


def _registration_figure(found: Record) -> Figure:
    if found.registration is not None:
        return Figure(_("备案"), found.registration.number or "—", ("good", _("在册")))
    if found.filing is not None:
        kind, word = FILING_WORDS[found.filing.state]
        return Figure(_("备案"), "—", (kind, str(word)))
    return Figure(_("备案"), "—", ("off", _("未备案")))


def _hold_figure(one: RegistrationView | None, today: date) -> Figure:
    if one is None:
        return Figure(_("锁定期"), "—", ("off", _("没有锁定")))
    if one.is_held_on(today):
        return Figure(_("锁定期"), _("还剩 %(n)s 天", n=one.days_held_left(today)), ("hold", _("锁定中")))  # fmt: skip
    return Figure(_("锁定期"), _("已期满"), ("good", _("可以调岗")))


# --- postings ---------------------------------------------------------------------


def _postings(
    session: Session, person: PersonView, told: frozenset[date], now: datetime
) -> Iterator[Event]:
    """Begins, moves and departures. ``told``: days of moves that a transfer tells of."""
    rows = postings_of(session, person.id, clock.civil_date(now))[::-1]
    story = changes(Posted(row.unit_id, row.valid_from, row.valid_to) for row in rows)
    for word, place in story:
        row = rows[place]
        if word == "move" and row.valid_from in told:
            continue
        named = {"unit": row.unit_name or "—", "position": row.position}
        if word == "leave" and row.valid_to is not None:
            title = _("离岗，在%(unit)s任职到这一天", **named)
            yield Event(row.valid_to, clock.end_of(row.valid_to), Topic.POSTS, title)
            continue
        title = {
            "begin": _("到%(unit)s任职，%(position)s", **named)
            if row.position
            else _("到%(unit)s任职", **named),
            "move": _("转到%(unit)s任职，%(position)s", **named)
            if row.position
            else _("转到%(unit)s任职", **named),
            "post": _("改任%(position)s", **named) if row.position else _("职务变动"),
        }[word]
        yield Event(row.valid_from, clock.start_of(row.valid_from), Topic.POSTS, title)


# --- certificates, registrations, transfers ------------------------------------------


def _pages(found: Record, viewer: Viewer) -> frozenset[str]:
    """Whose pages the viewer may open, wherever the person was when it happened."""
    asked = {
        "certificate": Permission.CERTIFICATE_READ,
        "registration": Permission.REGISTRATION_READ,
        "transfer": Permission.TRANSFER_READ,
    }
    pages = {word for word, needed in asked.items() if viewer.scope_of(needed) is None}
    if found.is_own or (found.person.is_on_post and viewer.may(Permission.CERTIFICATE_READ)):
        pages.add("certificate")
    return frozenset(pages)


def _registry(session: Session, found: Record, pages: frozenset[str], now: datetime) -> None:
    today, person_id = clock.civil_date(now), found.person.id
    certificates = certificates_of(session, person_id, today)
    registrations = registrations_of(session, person_id)
    transfers = transfers_of(session, person_id)
    standing = [one for one in certificates if not (one.revoked_on or one.superseded_on)]
    found.certificate = standing[0] if standing else None
    found.registration = next((one for one in registrations if one.is_in_force(today)), None)
    found.filing = next((one for one in registrations if one.is_open), None)
    found.sees |= {"certificate", "registration"}
    found.may_download = found.certificate is not None and "certificate" in pages
    carried_out = (one for one in transfers if one.state is TransferState.CARRIED_OUT)
    found.moved_on = frozenset(one.effective_on for one in carried_out)
    words = Words(
        {one.id: one for one in certificates}, {one.id: one for one in registrations},
        {one.id: one for one in transfers}, pages,
    )  # fmt: skip
    rows = queries.registry_events(session, person_id)
    found.events += [event for row in rows if (event := words.event(row)) is not None]
    found.events += _coming(found, transfers, today)


def _coming(found: Record, transfers: list[TransferView], today: date) -> Iterator[Event]:
    """What will end or begin by itself."""
    registration, certificate = found.registration, found.certificate
    if registration is not None and registration.is_held_on(today) and registration.held_through:
        end = registration.held_through
        free = formats.civil_date_text(free_from(end))
        title = _("锁定期满，%(day)s起可以调岗", day=free)
        yield Event(end, clock.end_of(end), Topic.POSTS, title)
    if certificate is not None and certificate.valid_through >= today:
        end = certificate.valid_through
        yield Event(end, clock.end_of(end), Topic.EXAMS, _("证书到期，%(number)s", number=certificate.number))  # fmt: skip
    for transfer in transfers:
        if transfer.state is TransferState.APPROVED and transfer.effective_on > today:
            title = _("调岗，到%(place)s", place=transfer.destination)
            day = transfer.effective_on
            yield Event(day, clock.start_of(day), Topic.POSTS, title)


# --- exams and training -------------------------------------------------------------


def _exams(session: Session, found: Record) -> Iterator[Event]:
    for sat in queries.exam_tries(session, found.person.id):
        day, text, mark, chip = clock.civil_date(sat.ended_at), "", Mark.PLAIN, None
        named = {"title": sat.title, "marks": formats.marks_text(sat.marks)}
        if sat.is_voided:
            title, chip = _("%(title)s，成绩作废", **named), ("off", _("已作废"))
        elif sat.is_pass is None:
            title, text = _("%(title)s，已交卷", **named), _("成绩还没有公布。")
        else:
            title = _("%(title)s，%(marks)s 分", **named)
            chip = ("good", _("合格")) if sat.is_pass else ("bad", _("不合格"))
            text = "" if sat.is_pass else _("合格线 %(pass)s 分", **{"pass": sat.pass_mark})
            mark = Mark.PLAIN if sat.is_pass else Mark.BAD
        link = None
        if found.is_own:
            link = (_("看成绩"), url_for("exams.result", attempt_id=sat.attempt_id))
        yield Event(day, sat.ended_at, Topic.EXAMS, title, text, mark, chip, link)


def _trainings(session: Session, person_id: int) -> Iterator[Event]:
    for one in attended_by(session, person_id):
        span = {
            "start": formats.civil_time_text(one.starts_at),
            "end": formats.civil_time_text(one.ends_at),
        }
        text = _("%(start)s–%(end)s", **span) + (
            _("，%(place)s", place=one.place) if one.place else ""
        )
        title = _("参加%(kind)s：%(title)s", kind=KIND_LABELS[one.kind], title=one.title)
        yield Event(clock.civil_date(one.starts_at), one.starts_at, Topic.TRAINING, title, text)


# --- points -------------------------------------------------------------------------


def _points(session: Session, found: Record, now: datetime) -> None:
    periods = person_periods(session, found.person.id, now, limit=PERIODS)
    entries = entry_views(session, session.scalars(entries_of(found.person.id)))
    over = [one for one in periods if one.period.is_settled(now)]
    found.period = over[-1] if over else None
    found.sees |= {"points"}
    found.events += ledger.events(periods, entries, now)
