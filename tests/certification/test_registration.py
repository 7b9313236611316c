"""Filing, recording, returning, withdrawing and ending registrations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person, Posting
from accounts.roster import services as roster
from certification.certificates.services import revoke
from certification.registrations import services
from certification.registrations.models import Registration, RegistrationSeries
from certification.registrations.queries import course_of, current_of, registered_on
from certification.registrations.rules import EndKind, Fact, RegistrationState, held_through, replay
from certification.registry.models import RegistryEvent
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from core.rulebook.models import RuleVersion
from core.rulebook.queries import rule_on
from tests.certification.registry import (
    Town,
    arrange,
    certify,
    file_for,
    newest,
    node_of,
    register,
    submit_for,
    view_of,
)
from tests.databases import both_databases
from tests.factories import make_person

TODAY = clock.today


def do(act: Callable[[Session], Any]) -> Any:
    """One act in one committed transaction."""
    with transaction() as session:
        return act(session)


def record(filed: int, by: Person) -> str:
    """Recording by someone of the office."""
    return str(do(lambda s: services.record_(s, registration_id=filed, by=by.id, now=clock.now())))


def depart(town: Town, by: Person | None = None, **said: Any) -> None:
    """A retirement as of today, unless said otherwise."""

    def act(session: Session) -> None:
        services.depart(
            session, registration=newest(session, town.staff),
            person=view_of(session, town.staff),
            **{"kind": EndKind.RETIREMENT, "last_day": TODAY(), "grounds": "龙人社退〔2026〕8 号",
               "by": (by or town.coordinator).id, "now": clock.now(), **said},
        )  # fmt: skip

    do(act)


def kinds(registration_id: int) -> list[str]:
    """What the ledger says of a registration, in the order of entry."""
    return [row.kind for row in reversed(course_of(reading(), registration_id))]


@both_databases
def test_a_filing_is_recorded_by_the_office_and_starts_the_hold(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: file_for(s, town))
        assert newest(reading(), town.staff).state is RegistrationState.DRAFT
        do(lambda s: services.submit(s, registration_id=filed, by=town.coordinator.id,
                                     now=clock.now()))  # fmt: skip
        number = record(filed, town.office)
        one = newest(reading(), town.staff)
        rule = rule_on(reading(), "hold.months", TODAY())
        assert (one.number, number) == (f"政公备 {TODAY().year}-001", one.number)
        assert (one.recorded_on, one.held_through) == (TODAY(), held_through(TODAY()))
        assert (one.rule_version_id, one.rule_months, one.certificate_id) == (
            rule.id, 12, one.standing_id
        )  # fmt: skip
        assert (one.filed_by_name, one.recorded_by_name) == ("顾全局", "章有法")
        assert one.is_held_on(TODAY())
        assert one.days_held_left(TODAY()) == (held_through(TODAY()) - TODAY()).days
        assert list(reading().scalars(registered_on(TODAY()))) == [town.staff.id]
        assert list(reading().scalars(registered_on(TODAY() - timedelta(days=1)))) == []
        assert kinds(filed) == ["submitted", "recorded"]
        actions = set(reading().scalars(select(AuditEvent.action)))
        assert {"registration.file", "registration.submit", "registration.record.ask",
                "registration.record.approve", "registration.record"} <= actions  # fmt: skip
        trail = str(list(reading().scalars(select(AuditEvent.facts))))
        assert "13600000830" not in trail


@both_databases
def test_the_day_of_recording_is_the_day_in_shanghai(app: Flask) -> None:
    town = arrange(app)
    late = datetime.fromisoformat("2026-11-23T16:30:00+00:00")  # 24 November, 0:30 in China
    with app.app_context():
        do(lambda s: certify(s, town.exam, town.plain, issued_on=date(2026, 1, 1),
                             valid_through=date(2026, 11, 24)))  # fmt: skip
        filed = do(lambda s: file_for(s, town, town.plain, now=late))
        do(lambda s: services.submit(s, registration_id=filed, by=town.coordinator.id, now=late))
        do(lambda s: services.record_(s, registration_id=filed, by=town.office.id, now=late))
        one = newest(reading(), town.plain)
        assert (one.recorded_on, one.held_through) == (date(2026, 11, 24), date(2027, 11, 24))
        assert one.filed_on == date(2026, 11, 24)


@both_databases
def test_numbers_have_no_gaps_whatever_is_refused_between(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        first = do(lambda s: submit_for(s, town))
        do(lambda s: certify(s, town.exam, town.plain))
        second = do(lambda s: submit_for(s, town, town.plain))
        assert record(first, town.office).endswith("-001")
        for by in (town.coordinator, town.office):
            with pytest.raises(AppError):
                record(first, by)
        do(lambda s: s.execute(
            update(Posting).where(Posting.person_id == town.plain.id)
            .values(unit_id=town.other.id)))  # fmt: skip
        with pytest.raises(Conflict, match="不在市发展改革委任职"):
            record(second, town.office)
        do(lambda s: s.execute(
            update(Posting).where(Posting.person_id == town.plain.id)
            .values(unit_id=town.unit.id)))  # fmt: skip
        assert record(second, town.office).endswith("-002")
        assert reading().scalar(select(RegistrationSeries.last)) == 2


@both_databases
def test_what_is_refused_leaves_nothing_behind(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: submit_for(s, town))
        do(lambda s: s.execute(
            update(Posting).where(Posting.person_id == town.staff.id)
            .values(valid_to=TODAY())))  # fmt: skip
        with pytest.raises(Conflict):
            record(filed, town.office)
        assert newest(reading(), town.staff).state is RegistrationState.SUBMITTED
        assert kinds(filed) == ["submitted"]
        assert reading().scalar(select(TwoPersonAct.decided_at)) is None
        assert reading().scalar(select(func.count()).select_from(RegistrationSeries)) == 0


@both_databases
def test_a_returned_filing_is_corrected_and_sent_again(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: submit_for(s, town))
        do(lambda s: services.return_(s, registration_id=filed, reason="“职务”请写全称",
                                      by=town.office.id, now=clock.now()))  # fmt: skip
        one = newest(reading(), town.staff)
        assert one.state is RegistrationState.RETURNED

        def correct(session: Session, seen: int = one.revision) -> None:
            services.change(
                session, registration=one, seen=seen, person=view_of(session, town.staff),
                unit=node_of(session, town.unit), position="政策法规科科长", phone="13600000831",
                remark="兼管网站",
            )  # fmt: skip

        do(correct)
        with pytest.raises(Conflict):
            do(correct)  # someone else changed it since this was seen
        do(lambda s: services.submit(s, registration_id=filed, by=town.colleague.id,
                                     now=clock.now()))  # fmt: skip
        with pytest.raises(Conflict):
            do(lambda s: correct(s, newest(s, town.staff).revision))  # not while it waits
        record(filed, town.office)
        one = newest(reading(), town.staff)
        assert (one.position, one.remark, one.filed_by) == (
            "政策法规科科长", "兼管网站", town.colleague.id
        )  # fmt: skip
        assert kinds(filed) == ["submitted", "returned", "submitted", "recorded"]


@both_databases
def test_who_filed_does_not_record_and_nobody_decides_their_own(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: file_for(s, town, by=town.office.id))
        do(lambda s: services.submit(s, registration_id=filed, by=town.office.id, now=clock.now()))
        with pytest.raises(Forbidden, match="自己提出"):
            record(filed, town.office)
        own = do(lambda s: make_person(s, unit=town.unit, name="安守岗"))
        do(lambda s: certify(s, town.exam, own))
        mine = do(lambda s: submit_for(s, town, own))
        with pytest.raises(Forbidden, match="自己的备案"):
            record(mine, own)
        with pytest.raises(Forbidden, match="自己的备案"):
            do(lambda s: services.return_(s, registration_id=mine, reason="x", by=own.id,
                                          now=clock.now()))  # fmt: skip
        assert record(filed, town.second)


@both_databases
def test_the_office_decides_on_what_it_saw(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: submit_for(s, town))
        seen = newest(reading(), town.staff).revision
        do(lambda s: services.return_(s, registration_id=filed, reason="改", by=town.second.id,
                                      now=clock.now()))  # fmt: skip
        do(lambda s: services.submit(s, registration_id=filed, by=town.coordinator.id,
                                     now=clock.now()))  # fmt: skip
        with pytest.raises(Conflict):
            do(lambda s: services.record_(s, registration_id=filed, by=town.office.id,
                                          now=clock.now(), revision=seen))  # fmt: skip


@both_databases
def test_a_filing_is_withdrawn_and_filed_anew(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: submit_for(s, town))
        do(lambda s: services.withdraw(s, registration_id=filed, by=town.coordinator.id,
                                       now=clock.now()))  # fmt: skip
        with pytest.raises(Conflict):
            record(filed, town.office)
        with pytest.raises(Conflict):
            do(lambda s: services.withdraw(s, registration_id=filed, by=town.coordinator.id,
                                           now=clock.now()))  # fmt: skip
        again = do(lambda s: submit_for(s, town))
        assert record(again, town.office)
        with pytest.raises(Conflict):  # recorded is not withdrawn any more
            do(lambda s: services.withdraw(s, registration_id=again, by=town.coordinator.id,
                                           now=clock.now()))  # fmt: skip


@both_databases
def test_a_person_is_filed_once_and_never_while_registered(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: file_for(s, town))
        with pytest.raises(Conflict, match="已有一份备案在办理") as refused:
            do(lambda s: file_for(s, town))
        assert refused.value.extra["registration"] == filed
        do(lambda s: services.submit(s, registration_id=filed, by=town.coordinator.id,
                                     now=clock.now()))  # fmt: skip
        record(filed, town.office)
        with pytest.raises(Conflict, match="已经在册，备案号 政公备") as refused:
            do(lambda s: file_for(s, town))
        assert refused.value.extra["registration"] == filed


def test_only_certified_people_on_post_in_that_unit_are_filed(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        with pytest.raises(Invalid, match="没有有效的证书"):
            do(lambda s: file_for(s, town, town.plain))
        with pytest.raises(Invalid, match="不在市民政局任职"):
            do(lambda s: file_for(s, town, unit=town.other))


@both_databases
def test_recording_needs_a_certificate_valid_on_that_day(app: Flask) -> None:
    """The certificate holds through its last day, and the day after it does not."""
    town = arrange(app)
    with app.app_context():
        last = TODAY()
        do(lambda s: certify(s, town.exam, town.plain, valid_through=last))
        filed = do(lambda s: submit_for(s, town, town.plain))
        tomorrow = clock.now() + timedelta(days=1)
        words = f"有效期到 {last.year}年{last.month}月{last.day}日为止，已经过期，没有准予备案。取得新证书"
        with pytest.raises(Conflict, match=words):
            do(lambda s: services.record_(s, registration_id=filed, by=town.office.id,
                                          now=tomorrow))  # fmt: skip
        assert newest(reading(), town.plain).state is RegistrationState.SUBMITTED
        assert record(filed, town.office)


@both_databases
def test_a_renewed_certificate_serves_and_changes_nothing_later(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: certify(s, town.exam, town.plain, valid_through=TODAY()))
        filed = do(lambda s: submit_for(s, town, town.plain))
        renewed = do(lambda s: certify(s, town.exam, town.plain))
        record(filed, town.office)
        before = newest(reading(), town.plain)
        assert before.certificate_id == renewed
        do(lambda s: certify(s, town.exam, town.plain,
                             valid_through=TODAY() + timedelta(days=900)))  # fmt: skip
        after = newest(reading(), town.plain)
        assert (after.recorded_on, after.held_through, after.certificate_id, after.state) == (
            before.recorded_on, before.held_through, renewed, RegistrationState.RECORDED
        )  # fmt: skip
        assert after.standing_id != renewed


@both_databases
def test_a_revoked_certificate_is_no_ground_even_from_a_later_day(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: submit_for(s, town))
        held = newest(reading(), town.staff).standing_id or 0
        do(lambda s: revoke(s, certificate_id=held, reason="代考",
                            effective_on=TODAY() + timedelta(days=3), by_id=town.office.id,
                            now=clock.now()))  # fmt: skip
        with pytest.raises(Conflict, match="已撤销"):
            record(filed, town.office)


@both_databases
def test_a_later_change_of_the_rule_does_not_touch_the_hold(app: Flask) -> None:
    town = arrange(app)

    def rule(months: int, why: str) -> None:
        do(lambda s: s.add(RuleVersion(rule="hold.months", value=months, effective_from=TODAY(),
                                       by_id=None, why=why, entered_at=clock.now())))  # fmt: skip

    with app.app_context():
        filed = do(lambda s: register(s, town))
        before = newest(reading(), town.staff)
        rule(24, "延长")
        after = newest(reading(), town.staff)
        assert (after.held_through, after.rule_version_id, after.rule_months) == (
            before.held_through, before.rule_version_id, 12
        )  # fmt: skip
        do(lambda s: certify(s, town.exam, town.plain))
        do(lambda s: register(s, town, town.plain))
        other = newest(reading(), town.plain)
        assert other.held_through == held_through(TODAY(), months=24)
        assert other.rule_months == 24
        assert kinds(filed) == ["submitted", "recorded"]


# --- the end ------------------------------------------------------------------------


@both_databases
@pytest.mark.parametrize("kind", [EndKind.RETIREMENT, EndKind.DEATH])
def test_a_departure_ends_registration_and_post_together(app: Flask, kind: EndKind) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: register(s, town))
        depart(town, kind=kind)
        one = newest(reading(), town.staff)
        assert (one.state, one.end_kind) == (RegistrationState.ENDED, kind)
        assert one.ended_on == TODAY() + timedelta(days=1)
        assert one.is_in_force(TODAY())
        assert not one.is_in_force(TODAY() + timedelta(days=1))
        person = view_of(reading(), town.staff)
        assert person.posted_to == TODAY()
        assert kinds(filed)[-1] == "ended"
        assert course_of(reading(), filed)[0].reason == "龙人社退〔2026〕8 号"
        with pytest.raises(Conflict, match="没有再次终止"):
            depart(town)


@both_databases
def test_a_departure_learnt_of_late_ends_on_the_day_it_was_recorded(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: register(s, town))
        depart(town, kind=EndKind.DEATH, last_day=TODAY() - timedelta(days=9))
        one = newest(reading(), town.staff)
        assert one.ended_on == one.recorded_on
        assert not one.is_in_force(TODAY())
        assert view_of(reading(), town.staff).posted_to == TODAY() - timedelta(days=9)


def test_a_departure_needs_a_kind_of_departure_and_no_future_day(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: register(s, town))
        for kind in (EndKind.TRANSFER, EndKind.REVOCATION):
            with pytest.raises(Invalid):
                depart(town, kind=kind)
        with pytest.raises(Invalid, match="将来的日期"):
            depart(town, last_day=TODAY() + timedelta(days=1))
        with pytest.raises(Forbidden, match="自己的备案"):
            depart(town, by=town.staff)
        assert newest(reading(), town.staff).state is RegistrationState.RECORDED
        assert view_of(reading(), town.staff).is_on_post


def test_a_registration_does_not_end_before_it_began(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: register(s, town))
        for registration_id, error in ((filed, Invalid), (999, NotFound)):
            with pytest.raises(error), transaction() as session:
                services.end(
                    session, registration_id=registration_id, kind=EndKind.TRANSFER,
                    ended_on=TODAY() - timedelta(days=1), grounds="", by=None, now=clock.now(),
                )  # fmt: skip


@both_databases
def test_revoking_the_certificate_ends_the_registration_and_keeps_the_post(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        filed = do(lambda s: register(s, town))
        held = newest(reading(), town.staff).certificate_id or 0
        do(lambda s: revoke(s, certificate_id=held, reason="代考",
                            effective_on=TODAY() - timedelta(days=10), by_id=town.office.id,
                            now=clock.now()))  # fmt: skip
        one = newest(reading(), town.staff)
        assert (one.state, one.end_kind) == (RegistrationState.ENDED, EndKind.REVOCATION)
        assert one.ended_on == one.recorded_on  # not before it began
        assert "证书被撤销" in course_of(reading(), filed)[0].reason
        assert view_of(reading(), town.staff).is_on_post
        assert current_of(reading(), town.staff.id, TODAY()) is None


@both_databases
def test_revoking_one_of_two_valid_certificates_ends_nothing(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: register(s, town))
        held = newest(reading(), town.staff).certificate_id or 0
        do(lambda s: certify(s, town.exam, town.staff))
        do(lambda s: revoke(s, certificate_id=held, reason="代考", effective_on=TODAY(),
                            by_id=town.office.id, now=clock.now()))  # fmt: skip
        assert newest(reading(), town.staff).state is RegistrationState.RECORDED


@both_databases
def test_a_revocation_to_come_ends_the_registration_on_its_day(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: register(s, town))
        held, day = newest(reading(), town.staff).certificate_id or 0, TODAY() + timedelta(days=5)
        do(lambda s: revoke(s, certificate_id=held, reason="代考", effective_on=day,
                            by_id=town.office.id, now=clock.now()))  # fmt: skip
        one = newest(reading(), town.staff)
        assert one.ended_on == day
        assert one.is_in_force(TODAY())
        assert one.is_held_on(day - timedelta(days=1))
        assert not one.is_held_on(day)


# --- nobody registered simply leaves ------------------------------------------------


@both_databases
def test_a_registered_person_is_not_moved_nor_taken_off_the_roster(app: Flask) -> None:
    town = arrange(app)

    def move(session: Session) -> None:
        roster.post(session, view_of(session, town.staff), unit=node_of(session, town.other),
                    position="科员", since=TODAY(), by=town.coordinator.id, now=clock.now())  # fmt: skip

    def leave(session: Session) -> None:
        roster.leave(session, view_of(session, town.staff), last_day=TODAY(), reason="调离",
                     now=clock.now())  # fmt: skip

    with app.app_context():
        do(lambda s: register(s, town))
        for act in (move, leave):
            with pytest.raises(Conflict, match=r"石求实在册，锁定至.*请走调岗申请.*终止备案"):
                do(act)
        assert view_of(reading(), town.staff).is_on_post
        do(lambda s: roster.post(  # another post in the same unit is none of it
            s, view_of(s, town.staff), unit=node_of(s, town.unit), position="科长", since=TODAY(),
            by=town.coordinator.id, now=clock.now()))  # fmt: skip
        held = newest(reading(), town.staff).certificate_id or 0
        do(lambda s: revoke(s, certificate_id=held, reason="代考", effective_on=TODAY(),
                            by_id=town.office.id, now=clock.now()))  # fmt: skip
        do(move)  # nobody holds them any more


@both_databases
def test_replaying_the_ledger_gives_the_rows(app: Flask) -> None:
    town = arrange(app)
    with app.app_context():
        do(lambda s: certify(s, town.exam, town.plain))
        do(lambda s: submit_for(s, town, town.plain))
        do(lambda s: register(s, town))
        depart(town)
        rows = reading().scalars(select(Registration)).all()
        assert len(rows) == 2
        for row in rows:
            events = reading().scalars(
                select(RegistryEvent)
                .where(RegistryEvent.subject_kind == "registration",
                       RegistryEvent.subject_id == row.id)
                .order_by(RegistryEvent.id)
            )  # fmt: skip
            course = replay(Fact(one.kind, one.effective_on, one.facts) for one in events)
            for name, value in vars(course).items():
                assert getattr(row, name) == value, name
