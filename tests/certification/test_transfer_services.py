"""Asking, deciding, moving, withdrawing, carrying out; who may not decide; what happens by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Posting
from certification.registrations.models import Registration
from certification.registrations.rules import EndKind, RegistrationState
from certification.registrations.services import end
from certification.registry.models import RegistryEvent
from certification.staffing.queries import left_after
from certification.transfers.jobs import carry_out_due
from certification.transfers.models import Transfer
from certification.transfers.queries import open_counts, transfers_of
from certification.transfers.rules import Decision
from certification.transfers.rules import TransferState as State
from certification.transfers.services import (
    Request,
    ask,
    carry_out,
    decide,
    move,
    withdraw,
)
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import AppError, Conflict, Forbidden, Invalid
from tests.certification.posts import (
    Posts,
    asked,
    certify,
    make_posts,
    node,
    register,
    registration,
    registration_row,
    seen,
    settle,
    view,
    whole,
)
from tests.databases import both_databases
from tests.factories import make_person

APPROVE = Decision(True, document_no="龙组干〔2026〕87号", is_acknowledged=True)


def today() -> date:
    return clock.today()


def held(app: Flask, posts: Posts) -> date:
    day = registration_row(app, posts.registration_id).held_through
    assert day is not None
    return day


def asks(app: Flask, posts: Posts, request: Request) -> int:
    with app.app_context(), transaction() as session:
        return ask(session, registration=registration(session, posts), request=request,
                   by=posts.city.coordinator.id, now=clock.now())  # fmt: skip


def decided(app: Flask, transfer_id: int, posts: Posts, **changes: Any) -> None:
    """The second office person's word, with the papers of the request."""
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        given: dict[str, Any] = {
            "approve": True, "document_no": found.document_no,
            "successor_id": found.successor_id, "gap_until": found.gap_until,
            "is_acknowledged": True, **changes,
        }  # fmt: skip
        decide(session, transfer=found, revision=found.revision, decision=Decision(**given),
               by=posts.city.second.id, now=clock.now())  # fmt: skip


def moved(app: Flask, transfer_id: int, posts: Posts, day: date, reason: str = "改期") -> State:
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        return move(session, transfer=found, revision=found.revision, effective_on=day,
                    reason=reason, by=posts.city.coordinator.id, now=clock.now())  # fmt: skip


def carried_out(app: Flask, transfer_id: int) -> None:
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        carry_out(session, transfer=found, revision=found.revision, by=None, now=clock.now())


def kinds(app: Flask, transfer_id: int) -> list[str]:
    with app.app_context():
        return list(
            reading().scalars(
                select(RegistryEvent.kind)
                .where(
                    RegistryEvent.subject_kind == "transfer",
                    RegistryEvent.subject_id == transfer_id,
                )
                .order_by(RegistryEvent.id)
            )
        )


def waiting_acts(app: Flask, transfer_id: int) -> int:
    with app.app_context():
        return len(
            reading().scalars(
                select(TwoPersonAct.id).where(
                    TwoPersonAct.kind == "transfer.decide",
                    TwoPersonAct.subject_id == transfer_id,
                    TwoPersonAct.decided_at.is_(None),
                )
            ).all()
        )  # fmt: skip


# --- asking -----------------------------------------------------------------------


def test_outside_the_hold_it_is_a_report(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, held(app, posts) + timedelta(days=1))
    found = seen(app, transfer_id)
    assert found.state is State.APPROVED
    assert found.decided_by is None
    assert found.decision["inside"] is False
    assert found.decision["months"] == 12
    assert found.decision["left"] == {"now": 1, "without": 0, "filled": 1}
    assert waiting_acts(app, transfer_id) == 0
    assert kinds(app, transfer_id) == ["approved"]
    with app.app_context():
        actions = set(reading().scalars(select(AuditEvent.action)))
    assert "transfer.report" in actions


def test_inside_the_hold_it_waits_for_a_second_person(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, held(app, posts))
    found = seen(app, transfer_id)
    assert found.state is State.REQUESTED
    assert found.days_early == 1
    assert waiting_acts(app, transfer_id) == 1
    assert kinds(app, transfer_id) == ["requested"]


def test_ones_own_transfer_waits_even_outside_the_hold(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, held(app, posts) + timedelta(days=9), by=posts.staff)
    assert seen(app, transfer_id).state is State.REQUESTED
    decided(app, transfer_id, posts)
    found = seen(app, transfer_id)
    assert (found.state, found.excepted_from) == (State.APPROVED, None)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"grounds": ""}, {"grounds"}),
        ({"document_no": "", "successor_id": None}, {"document_no", "successor"}),
    ],
)
def test_a_request_inside_the_hold_says_what_it_lacks(
    app: Flask, changes: dict[str, Any], fields: set[str]
) -> None:
    posts = settle(app)
    given = Request(**{**vars(whole(posts, today())), **changes})
    with pytest.raises(Invalid) as refusal:
        asks(app, posts, given)
    assert set(refusal.value.extra["fields"]) == fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_place": ""}, "to_unit"),
        ({"effective_on": date(2000, 1, 1)}, "effective_on"),
        ({"successor_id": "self"}, "successor"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    app: Flask, changes: dict[str, Any], field: str
) -> None:
    posts = settle(app)
    if changes.get("successor_id") == "self":
        changes = {"successor_id": posts.staff.id}
    given = Request(**{**vars(whole(posts, today())), **changes})
    with pytest.raises(Invalid) as refusal:
        asks(app, posts, given)
    assert refusal.value.extra["field"] == field


def test_a_move_into_the_same_unit_or_without_a_position_is_refused(app: Flask) -> None:
    posts = settle(app)
    for unit, position in ((posts.unit, "科员"), (posts.other, "")):
        with app.app_context():
            there = node(reading(), unit)
        given = Request(**{**vars(whole(posts, today(), there)), "to_position": position})
        with pytest.raises(Invalid):
            asks(app, posts, given)


def test_a_second_transfer_for_the_same_person_is_refused(app: Flask) -> None:
    posts = settle(app)
    asked(app, posts, today())
    with pytest.raises(Conflict):
        asked(app, posts, today() + timedelta(days=500))
    with app.app_context():
        assert len(transfers_of(reading(), posts.staff.id)) == 1


# --- deciding ---------------------------------------------------------------------


def test_a_decision_states_all_that_was_in_sight(app: Flask) -> None:
    posts = settle(app)
    day = today() + timedelta(days=20)
    transfer_id = asked(app, posts, day)
    decided(app, transfer_id, posts, reason="组织决定交流")
    found = seen(app, transfer_id)
    assert (found.state, found.excepted_from) == (State.APPROVED, day)
    assert found.decided_by == posts.city.second.id
    facts = found.decision
    assert facts["inside"] is True
    assert facts["rule"] == "hold.months"
    assert facts["rule_version"] == found.rule_version_id
    assert facts["free_from"] == found.free_from.isoformat()
    assert facts["days_early"] == found.days_early > 0
    assert facts["left"] == {"now": 1, "without": 0, "filled": 1}
    assert facts["successor"] == posts.heir.id
    assert kinds(app, transfer_id) == ["requested", "approved"]
    assert waiting_acts(app, transfer_id) == 0


def test_a_refusal_needs_a_reason_and_changes_nothing_else(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with pytest.raises(Invalid):
        decided(app, transfer_id, posts, approve=False)
    decided(app, transfer_id, posts, approve=False, reason="接替人没有交接")
    found = seen(app, transfer_id)
    assert (found.state, found.excepted_from) == (State.REFUSED, None)
    assert registration_row(app, posts.registration_id).state is RegistrationState.RECORDED
    asked(app, posts, today())  # can be asked for again


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document_no": ""}, "document_no"),
        ({"successor_id": None}, "successor"),
        ({"is_acknowledged": False}, "acknowledged"),
    ],
)
def test_an_approval_inside_the_hold_needs_its_papers(
    app: Flask, changes: dict[str, Any], field: str
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with pytest.raises(Invalid) as refusal:
        decided(app, transfer_id, posts, **changes)
    assert field in refusal.value.extra["fields"]
    assert seen(app, transfer_id).state is State.REQUESTED
    assert waiting_acts(app, transfer_id) == 1


def test_a_successor_whose_certificate_ends_before_the_day_is_none(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        posts = make_posts(session)
        late = make_person(session, unit=posts.unit)
        certify(session, posts.exam, late, through=clock.today() + timedelta(days=5))
    transfer_id = asked(app, posts, today() + timedelta(days=10))
    with pytest.raises(Invalid) as refusal:
        decided(app, transfer_id, posts, successor_id=late.id)
    assert "successor" in refusal.value.extra["fields"]
    decided(app, transfer_id, posts, successor_id=late.id, gap_until=today() + timedelta(days=60))
    assert seen(app, transfer_id).decision["left"] == {"now": 1, "without": 0, "filled": 0}


@pytest.mark.parametrize("who", ["asker", "person"])
def test_nobody_decides_their_own_case(app: Flask, who: str) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today(), by=posts.city.office)
    by = posts.city.office.id if who == "asker" else posts.staff.id
    found = seen(app, transfer_id)
    with app.app_context(), transaction() as session, pytest.raises(Forbidden):
        decide(session, transfer=found, revision=found.revision, decision=APPROVE, by=by,
               now=clock.now())  # fmt: skip


def test_who_moved_the_day_does_not_decide_on_it(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=9))
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        move(session, transfer=found, revision=found.revision, effective_on=today(),
             reason="提前", by=posts.city.office.id, now=clock.now())  # fmt: skip
    found = seen(app, transfer_id)
    with app.app_context(), transaction() as session, pytest.raises(Forbidden):
        decide(session, transfer=found, revision=found.revision,
               decision=Decision(True, "", "文号", posts.heir.id, is_acknowledged=True),
               by=posts.city.office.id, now=clock.now())  # fmt: skip


@both_databases
def test_the_database_refuses_a_decider_who_asked(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with pytest.raises(IntegrityError), app.app_context(), transaction() as session:
        session.execute(
            update(Transfer)
            .where(Transfer.id == transfer_id)
            .values(decided_by=posts.city.coordinator.id)
        )


def test_a_decision_on_what_has_changed_meanwhile_is_refused(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=30))
    old = seen(app, transfer_id)
    moved(app, transfer_id, posts, today())
    with app.app_context(), transaction() as session, pytest.raises(Conflict):
        decide(session, transfer=old, revision=old.revision, by=posts.city.second.id,
               now=clock.now(),
               decision=Decision(True, "", "文号", posts.heir.id, is_acknowledged=True))  # fmt: skip
    assert seen(app, transfer_id).state is State.REQUESTED
    assert waiting_acts(app, transfer_id) == 1


# --- moving the day ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        # days from today; the hold ends in 200 days, the exception is for day 30
        (30, 31, State.APPROVED),  # later
        (30, 200, State.APPROVED),
        (30, 201, State.APPROVED),  # out of the hold
        (30, 29, State.REQUESTED),  # earlier
        (201, 300, State.APPROVED),  # recorded outside
        (201, 200, State.REQUESTED),  # into the hold
        (201, 30, State.REQUESTED),
    ],
)
def test_a_day_moved_after_approval(app: Flask, first: int, then: int, state: State) -> None:
    with time_machine.travel("2026-11-24T09:00:00+08:00", tick=False):
        posts = settle(app, date(2026, 6, 12))  # held through 2027-06-12, 200 days on
        assert (held(app, posts) - today()).days == 200
        transfer_id = asked(app, posts, today() + timedelta(days=first))
        if seen(app, transfer_id).state is State.REQUESTED:
            decided(app, transfer_id, posts)
        assert moved(app, transfer_id, posts, today() + timedelta(days=then)) is state
        assert seen(app, transfer_id).state is state
        assert waiting_acts(app, transfer_id) == (1 if state is State.REQUESTED else 0)
        assert kinds(app, transfer_id)[-1] == "moved"


def test_moved_back_to_a_day_that_the_exception_covers_it_is_approved_again(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=30))
    decided(app, transfer_id, posts, reason="同意")
    moved(app, transfer_id, posts, today() + timedelta(days=3))
    assert moved(app, transfer_id, posts, today() + timedelta(days=40)) is State.APPROVED
    assert waiting_acts(app, transfer_id) == 0
    found = seen(app, transfer_id)
    assert found.excepted_from == today() + timedelta(days=30)
    assert found.decision["inside"] is True


def test_a_waiting_request_moved_out_of_the_hold_needs_no_decision_any_more(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    day = held(app, posts) + timedelta(days=1)
    assert moved(app, transfer_id, posts, day) is State.APPROVED
    found = seen(app, transfer_id)
    assert (found.decided_by, found.excepted_from) == (None, None)
    assert found.decision["inside"] is False
    assert waiting_acts(app, transfer_id) == 0


def test_a_report_moved_into_the_hold_is_decided_with_papers_of_the_office(app: Flask) -> None:
    posts = settle(app)
    day = held(app, posts) + timedelta(days=1)
    with app.app_context(), transaction() as session:
        transfer_id = ask(
            session, registration=registration(session, posts),
            request=Request(day, to_place="外地"), by=posts.city.coordinator.id, now=clock.now(),
        )  # fmt: skip
    with pytest.raises(Invalid):
        moved(app, transfer_id, posts, day - timedelta(days=1), reason="")
    moved(app, transfer_id, posts, day - timedelta(days=1), reason="提前一天报到")
    with pytest.raises(Invalid) as refusal:
        decided(app, transfer_id, posts)
    assert set(refusal.value.extra["fields"]) == {"document_no", "successor"}
    decided(app, transfer_id, posts, document_no="龙组干〔2026〕9号", gap_until=day)
    found = seen(app, transfer_id)
    assert (found.grounds, found.document_no) == ("提前一天报到", "龙组干〔2026〕9号")


# --- withdrawing ------------------------------------------------------------------


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_transfer_is_taken_back_before_it_is_carried_out(app: Flask, is_decided: bool) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    if is_decided:
        decided(app, transfer_id, posts)
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        withdraw(session, transfer=found, revision=found.revision, reason="计划取消",
                 by=posts.city.coordinator.id, now=clock.now())  # fmt: skip
    assert seen(app, transfer_id).state is State.WITHDRAWN
    assert waiting_acts(app, transfer_id) == 0
    with pytest.raises(Conflict):
        carried_out(app, transfer_id)
    asked(app, posts, today())


def test_what_was_decided_since_it_was_seen_is_not_taken_back(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    old = seen(app, transfer_id)
    decided(app, transfer_id, posts)
    with app.app_context(), transaction() as session, pytest.raises(Conflict):
        withdraw(session, transfer=old, revision=old.revision, reason="不调了",
                 by=posts.city.coordinator.id, now=clock.now())  # fmt: skip
    assert seen(app, transfer_id).state is State.APPROVED


# --- carrying out -----------------------------------------------------------------


def postings(app: Flask, posts: Posts) -> list[tuple[int, date | None]]:
    with app.app_context():
        rows = reading().execute(
            select(Posting.unit_id, Posting.valid_to)
            .where(Posting.person_id == posts.staff.id)
            .order_by(Posting.id)
        )
        return [(row.unit_id, row.valid_to) for row in rows]


@both_databases
def test_carried_out_it_ends_the_registration_and_moves_the_posting(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    decided(app, transfer_id, posts)
    carried_out(app, transfer_id)
    found = seen(app, transfer_id)
    assert found.state is State.CARRIED_OUT
    row = registration_row(app, posts.registration_id)
    assert (row.state, row.end_kind, row.ended_on) == (
        RegistrationState.ENDED, EndKind.TRANSFER, today(),
    )  # fmt: skip
    assert postings(app, posts) == [
        (posts.unit.id, today() - timedelta(days=1)), (posts.other.id, None),
    ]  # fmt: skip
    assert kinds(app, transfer_id) == ["requested", "approved", "carried_out"]
    with pytest.raises(Conflict):
        carried_out(app, transfer_id)


def test_to_a_place_outside_the_posting_ends_the_day_before(app: Flask) -> None:
    posts = settle(app)
    with app.app_context(), transaction() as session:
        transfer_id = ask(
            session, registration=registration(session, posts),
            request=whole(posts, today()), by=posts.city.coordinator.id, now=clock.now(),
        )  # fmt: skip
    decided(app, transfer_id, posts)
    carried_out(app, transfer_id)
    assert postings(app, posts) == [(posts.unit.id, today() - timedelta(days=1))]


def test_before_its_day_nothing_is_carried_out(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today() + timedelta(days=1))
    decided(app, transfer_id, posts)
    with pytest.raises(Conflict):
        carried_out(app, transfer_id)
    assert seen(app, transfer_id).state is State.APPROVED


@both_databases
@pytest.mark.parametrize("excepted", [None, 1])
def test_the_database_itself_refuses_a_move_inside_the_hold(
    app: Flask, excepted: int | None
) -> None:
    """The last net: whatever the code believes, an uncovered day is not carried out."""
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    day = None if excepted is None else today() + timedelta(days=excepted)
    with pytest.raises(IntegrityError), app.app_context(), transaction() as session:
        session.execute(
            update(Transfer)
            .where(Transfer.id == transfer_id)
            .values(state=State.CARRIED_OUT, excepted_from=day)
        )


def test_a_registration_that_ended_meanwhile_leaves_nothing_to_decide_or_carry_out(
    app: Flask,
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with app.app_context(), transaction() as session:
        end(session, registration_id=posts.registration_id, kind=EndKind.REVOCATION,
            ended_on=today(), grounds="证书撤销", by=None, now=clock.now())  # fmt: skip
    with pytest.raises(Conflict, match="撤回"):
        decided(app, transfer_id, posts)
    with app.app_context(), transaction() as session:
        session.execute(
            update(Transfer).where(Transfer.id == transfer_id).values(state=State.APPROVED)
        )
    with pytest.raises(Conflict, match="撤回"):
        carried_out(app, transfer_id)
    with app.app_context(), transaction() as session:
        found = view(session, transfer_id)
        withdraw(session, transfer=found, revision=found.revision, reason="已终止",
                 by=posts.city.coordinator.id, now=clock.now())  # fmt: skip


def test_the_job_carries_out_what_is_due_and_one_failure_stops_no_other(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        posts = make_posts(session, clock.today() - timedelta(days=500))
        people = [make_person(session, unit=posts.unit) for _number in range(3)]
        for person in people:
            register(session, person, posts.unit, clock.today() - timedelta(days=500),
                     by=posts.city.coordinator, to=posts.city.office)  # fmt: skip
    ids = []
    for person, day in zip(people, (0, 0, 1), strict=True):
        with app.app_context(), transaction() as session:
            ids.append(
                ask(session, registration=registration(session, posts, person),
                    request=whole(posts, today() + timedelta(days=day)),
                    by=posts.city.coordinator.id, now=clock.now())
            )  # fmt: skip
    with app.app_context(), transaction() as session:  # ends otherwise: the first one fails
        end(session, registration_id=registration(session, posts, people[0]).id,
            kind=EndKind.RETIREMENT, ended_on=today(), grounds="退休", by=None,
            now=clock.now())  # fmt: skip
        assert open_counts(session, None, today()).due == 2
    with app.app_context():
        for _run in range(2):  # the failure is noted once, not every ten minutes
            said = carry_out_due(clock.now())
        failures = reading().scalars(
            select(AuditEvent.subject_id).where(AuditEvent.action == "transfer.fail")
        ).all()  # fmt: skip
    assert said == "carried out 0, failed 1"
    assert [seen(app, one).state for one in ids] == [
        State.APPROVED, State.CARRIED_OUT, State.APPROVED,
    ]  # fmt: skip
    assert list(failures) == [str(ids[0])]


def test_the_rule_of_the_recording_holds_whatever_becomes_of_it(app: Flask) -> None:
    posts = settle(app)
    with app.app_context(), transaction() as session:
        row = session.get_one(Registration, posts.registration_id)
        version, last = row.rule_version_id, row.held_through
    transfer_id = asked(app, posts, today())
    decided(app, transfer_id, posts)
    facts = seen(app, transfer_id).decision
    assert (facts["rule_version"], facts["held_through"]) == (version, str(last))


def test_what_a_unit_is_left_with_counts_who_is_there_on_that_day(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        posts = make_posts(session)
        others = [make_person(session, unit=posts.unit) for _number in range(3)]
        for number, person in enumerate(others):
            through = clock.today() + timedelta(days=10) if number == 0 else None
            certify(session, posts.exam, person, through=through)
            register(session, person, posts.unit, clock.today() - timedelta(days=400),
                     by=posts.city.coordinator, to=posts.city.office)  # fmt: skip
        # one expires before the day, one is moved away by then, one stays
        ask(session, registration=registration(session, posts, others[1]),
            request=whole(posts, clock.today() + timedelta(days=15)),
            by=posts.city.coordinator.id, now=clock.now())  # fmt: skip
        left = left_after(
            session, unit_id=posts.unit.id, person_id=posts.staff.id,
            successor_id=others[2].id, effective_on=clock.today() + timedelta(days=20),
            today=clock.today(),
        )  # fmt: skip
    assert (left.now, left.without) == (4, 1)
    assert left.filled == 1, "who is counted already is not counted twice"


def test_app_errors_are_sentences(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, today())
    with pytest.raises(AppError) as refusal:
        carried_out(app, transfer_id)
    assert refusal.value.detail.endswith("。")
