"""Reporting a question, answering all reports of it at once, and reading the answers."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import rows_of, upsert
from core.errors import Conflict, Forbidden, Invalid
from question_bank.questions.rules import VersionState
from question_bank.review.services import fresh
from question_bank.suspensions.rules import Reason
from question_bank.suspensions.services import suspend
from quiz.errata.models import Erratum
from quiz.errata.queries import Reportable, is_unread, open_count, open_of
from quiz.errata.rules import MAX_TEXT, MIN_TEXT, MOST_OPEN, OUTCOMES, ErratumKind, ErratumState


def report(
    session: Session, question: Reportable, *, person_id: int, kind: ErratumKind, text: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Report a question that was fetched for this person; False where their report of it waits.

    Raises Invalid (text) and Conflict (too_many).
    """
    said = text.strip()
    if not MIN_TEXT <= len(said) <= MAX_TEXT:
        raise Invalid(
            _("写 %(least)s 到 %(most)s 个字。", least=MIN_TEXT, most=MAX_TEXT), field="text"
        )
    if open_count(session, person_id) >= MOST_OPEN and not open_of(
        session, person_id, question.version_id
    ):
        raise Conflict(
            _("您有 %(n)s 条纠错还在等答复，等有了答复再提新的。", n=MOST_OPEN), code="too_many"
        )
    erratum_id = session.execute(
        upsert(session, Erratum)
        .values(
            version_id=question.version_id, attempt_id=question.attempt_id,
            position=question.position, person_id=person_id, kind=kind, text=said, at=now,
            state=ErratumState.OPEN, answer="",
        )
        .on_conflict_do_nothing()
        .returning(Erratum.id)
    ).scalar_one_or_none()  # fmt: skip
    if erratum_id is None:
        return False
    record(
        session, "erratum.report", ("erratum", erratum_id),
        facts={"version": question.version_id, "kind": kind.value},
    )  # fmt: skip
    return True


def decide(
    session: Session,
    *,
    version_id: int,
    seen: int,
    outcome: ErratumState,
    answer: str,
    by_id: int,
    now: datetime,
) -> int:
    """Answer the open reports of a version, up to the report ``seen`` last; how many.

    Where the key was wrong the version leaves every draw. Raises NotFound, Invalid (decision,
    answer), Forbidden (one's own report) and Conflict (nothing is open any more).
    """
    version = fresh(session, version_id)
    if outcome not in OUTCOMES:
        raise Invalid(_("请选处理结果"), field="decision")
    if not answer.strip():
        raise Invalid(_("写明答复，提出的人会看到。"), field="answer")
    own = open_of(session, by_id, version_id)
    if own is not None and own.id <= seen:
        raise Forbidden(_("这里有您自己提的纠错，请另一位同志答复。"))
    done = session.execute(
        update(Erratum)
        .where(
            Erratum.version_id == version_id, Erratum.state == ErratumState.OPEN,
            Erratum.id <= seen,
        )
        .values(state=outcome, answer=answer.strip(), handled_by=by_id, handled_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    number = rows_of(done)
    if not number:
        raise Conflict(_("这道题的纠错已经由别人答复了。没有改动，请看最新状态。"))
    record(
        session, "erratum.decide", ("question", version.question_id),
        facts={"version": version.number, "outcome": outcome.value, "reports": number},
        reason=answer.strip(),
    )  # fmt: skip
    if outcome is ErratumState.KEY_WRONG:
        _take_out(session, version_id, answer.strip(), by_id, now)
    return number


def _take_out(session: Session, version_id: int, why: str, by_id: int, now: datetime) -> None:
    """Let a version whose key is wrong leave every draw, where it is still drawn."""
    if fresh(session, version_id).state is VersionState.APPROVED:
        suspend(
            session, version_id=version_id, reason=Reason.REPORTED, by_id=by_id, now=now,
            comment=why,
        )  # fmt: skip


def note_read(session: Session, *, person_id: int, seen: int, now: datetime) -> int:
    """The person has read the answers up to the report ``seen``; how many were unread."""
    ids = select(Erratum.id).where(is_unread(person_id), Erratum.id <= seen)
    done = session.execute(
        update(Erratum)
        .where(Erratum.id.in_(ids), Erratum.seen_at.is_(None))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    return rows_of(done)
