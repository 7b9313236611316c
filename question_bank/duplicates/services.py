"""What is done about questions that are alike: comparing the bank, piece by piece, and deciding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import record
from core.db import reading, rows_of, transaction
from core.errors import Conflict, Invalid, NotFound
from question_bank.duplicates import queries
from question_bank.duplicates.models import (
    DuplicateDecision,
    DuplicatePair,
    DuplicateRun,
    RunState,
)
from question_bank.duplicates.queries import Side
from question_bank.duplicates.rules import Asked, Decision, Likeness, dropped, offered
from question_bank.questions.rules import VersionState
from question_bank.questions.services import start_version
from question_bank.review.services import fresh, move, note, record_step, retire, took_part

PIECE = 5_000  # questions compared at a time: a few seconds against a bank of 50,000
KEPT = 2_000  # pairs kept of each piece
BATCH = 500  # rows in one INSERT


# --- comparing --------------------------------------------------------------------


def compare_next(by_id: int | None = None) -> DuplicateRun:
    """Compare the next piece of the bank; begins a comparison where none goes on.

    Opens transactions of its own, because comparing takes seconds and nobody should wait for it:
    what was read is compared outside, and kept where nobody else kept that piece meanwhile.
    """
    from question_bank.duplicates.likeness import find

    with transaction() as session:
        run = queries.running(session) or begin(session, by_id=by_id, now=clock.now())
        run_id, through = run.id, run.through
    questions = queries.bank(reading())
    waiting = [each for each in questions if each.rank > through]
    piece = waiting[:PIECE]
    found = find(piece, questions)
    with transaction() as session:
        return keep_piece(
            session, run_id=run_id, through=through, piece=piece, found=found,
            rest=len(waiting) - len(piece), now=clock.now(),
        )  # fmt: skip


def compare_all(by_id: int | None = None) -> DuplicateRun:
    """Compare the whole bank, going on where somebody left off."""
    run = compare_next(by_id)
    while run.state is RunState.RUNNING:
        run = compare_next(by_id)
    return run


def begin(session: Session, *, by_id: int | None, now: datetime) -> DuplicateRun:
    """Begin a comparison; Conflict where one goes on."""
    run = DuplicateRun(state=RunState.RUNNING, by_id=by_id, begun_at=now)
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:
        raise Conflict(_("查重正在进行，请稍后再看。")) from None
    return run


def keep_piece(
    session: Session,
    *,
    run_id: int,
    through: int,
    piece: Sequence[Asked],
    found: Sequence[Likeness],
    rest: int,
    now: datetime,
) -> DuplicateRun:
    """Keep what the comparison of a piece found; where nothing is left to compare, the run is done.

    ``through``: where the run stood when the piece was read; Conflict where it stands elsewhere now.
    ``rest``: how many questions are left after this piece.
    """
    run = session.get(DuplicateRun, run_id, populate_existing=True)
    if run is None:
        raise NotFound
    last = piece[-1].rank if piece else through
    compared = run.compared + len(piece)
    is_done = not rest
    taken = rows_of(
        session.execute(
            update(DuplicateRun)
            .where(
                DuplicateRun.id == run_id,
                DuplicateRun.state == RunState.RUNNING,
                DuplicateRun.through == through,
            )
            .values(
                through=last, compared=compared, total=compared + rest,
                left_out=run.left_out + max(0, len(found) - KEPT),
                state=RunState.DONE if is_done else RunState.RUNNING,
                finished_at=now if is_done else None,
            ),
            execution_options={"synchronize_session": False},
        )
    )  # fmt: skip
    if taken != 1:
        raise Conflict(_("另一个人正在查重，这一段已经比过。"))
    _insert_pairs(session, run_id, found[:KEPT])
    session.refresh(run)
    if is_done:
        session.execute(delete(DuplicatePair).where(DuplicatePair.run_id != run_id))
        record(session, "duplicates.compare", ("duplicate_run", run_id),
               facts={"questions": run.compared})  # fmt: skip
    return run


def _insert_pairs(session: Session, run_id: int, found: Sequence[Likeness]) -> None:
    rows = [
        {"run_id": run_id, "first_id": each.earlier.rank, "second_id": each.later.rank,
         "first_version_id": each.earlier.ref, "second_version_id": each.later.ref,
         "kind": each.kind, "likeness": each.score}
        for each in found
    ]  # fmt: skip
    for start in range(0, len(rows), BATCH):
        session.execute(insert(DuplicatePair), rows[start : start + BATCH])


# --- deciding ---------------------------------------------------------------------


def decide(
    session: Session, *, pair_id: int, seen: str, decision: Decision, by_id: int, now: datetime
) -> tuple[Side, Side]:
    """Decide on two questions that are alike; (the earlier, the later) as they were.

    Same: the newer one that nobody uses yet retires. New version: its words become the next version
    of the other. Keep: both stay, and the pair is not shown again. ``seen``: what the page showed
    (``Shown.seen``). Invalid where the states of the two do not allow it; Conflict where somebody
    else has decided or changed one meanwhile.
    """
    first, second = _claim(session, pair_id, seen, decision, by_id, now)
    if decision not in offered(first.standing, second.standing):
        raise Invalid(_("这两题现在的状态不允许这样处理。"))
    if decision is not Decision.KEEP:
        gone = dropped(first.standing, second.standing)
        loser, stays = (first, second) if gone == first.standing else (second, first)
        _drop(session, loser, stays, by_id, now)
        if decision is Decision.NEW_VERSION:
            _as_version_of(session, stays, loser, by_id, now)
    return first, second


def retire_one(
    session: Session, *, pair_id: int, seen: str, version_id: int, by_id: int, now: datetime
) -> Side:
    """Retire one of two questions in use that are the same; the other stays. Errors as above."""
    first, second = _claim(session, pair_id, seen, Decision.SAME, by_id, now)
    chosen = next(
        (each for each in (first, second) if each.standing.version_id == version_id), None
    )
    if chosen is None:
        raise NotFound
    stays = second if chosen is first else first
    retire(session, version_id=version_id, by_id=by_id, now=now,
           comment=_("与 %(code)s 重复", code=stays.code))  # fmt: skip
    return chosen


def _claim(
    session: Session, pair_id: int, seen: str, decision: Decision, by_id: int, now: datetime
) -> tuple[Side, Side]:
    """Note the decision; the unique row decides between two people."""
    pair = queries.pair(session, pair_id)
    if pair is None:
        raise _decided()
    shown = queries.sides(session, [pair.first_version_id, pair.second_version_id])
    first, second = shown[pair.first_version_id], shown[pair.second_version_id]
    if seen != queries.seen_of(first, second):
        raise Conflict(_("有一题刚被修改过。没有改动，请对照现在的内容再决定。"))
    try:
        with session.begin_nested():
            session.add(
                DuplicateDecision(
                    first_id=pair.first_id, second_id=pair.second_id,
                    first_version_id=pair.first_version_id,
                    second_version_id=pair.second_version_id, kind=pair.kind, decision=decision,
                    by_id=by_id, at=now,
                )
            )  # fmt: skip
            session.flush()
    except IntegrityError:
        raise _decided() from None
    record(
        session, f"duplicates.{decision.value}", ("question", pair.second_id),
        facts={"first": first.code, "second": second.code, "kind": pair.kind.value,
               "likeness": pair.likeness},
    )  # fmt: skip
    return first, second


def _decided() -> Conflict:
    return Conflict(_("这一对题已经处理过了。没有改动。"))


def _drop(session: Session, loser: Side, stays: Side, by_id: int, now: datetime) -> None:
    version = fresh(session, loser.standing.version_id)
    said = _("与 %(code)s 重复", code=stays.code)
    move(session, version, loser.standing.state, VersionState.RETIRED, by_id, now, said)
    record_step(session, "question.drop", version, reason=said)


def _as_version_of(session: Session, stays: Side, loser: Side, by_id: int, now: datetime) -> None:
    """The words of one question as the next version of another; both who wrote them took part."""
    version = start_version(
        session, base_id=stays.standing.version_id, draft=loser.draft, topic_id=loser.topic_id,
        article_id=loser.article_id, author_id=loser.author_id, now=now,
    )  # fmt: skip
    if not took_part(session, version.id, by_id):
        note(session, version.id, VersionState.DRAFT, VersionState.DRAFT, by_id, now)
