"""Which keys are right now: read every time, because no process may remember what changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from core.db import table_of
from core.errors import NotFound
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.rules import LIVE_STATES, OPEN_STATES
from quiz.keys.models import KeyCorrection
from quiz.keys.rules import Verdict, marking_key, right_key, strict_key
from quiz.papers.queries import Version

Corrections = list[tuple[Verdict, Any]]

_correction, _act = table_of(KeyCorrection).c, table_of(TwoPersonAct).c
_ALL_IN_FORCE = (
    select(_correction.version_id, _correction.verdict, _correction.key)
    .join(table_of(TwoPersonAct), _act.id == _correction.act_id)
    .where(_act.approved.is_(True))
    .order_by(_correction.id)
)
_IN_FORCE = _ALL_IN_FORCE.where(_correction.version_id.in_(bindparam("ids", expanding=True)))


def in_force(session: Session, version_ids: Collection[int]) -> dict[int, Corrections]:
    """Version id → its corrections in force, oldest first; versions without one are missing."""
    if not version_ids:
        return {}
    return _by_version(session.connection().execute(_IN_FORCE, {"ids": list(version_ids)}))


def all_in_force(session: Session) -> dict[int, Corrections]:
    """As ``in_force``, of every version that was ever corrected; one statement."""
    return _by_version(session.connection().execute(_ALL_IN_FORCE))


def _by_version(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, Corrections]:
    found: dict[int, Corrections] = {}
    for row in rows:
        found.setdefault(row[0], []).append((row[1], row[2]))
    return found


def keys_of(
    session: Session, versions: Mapping[int, Version], *, is_practice: bool
) -> dict[int, Any]:
    """Version id → the key that marks it; one statement. Practice is marked by what is right now."""
    corrections = in_force(session, versions)
    key = strict_key if is_practice else marking_key
    return {
        version_id: key(version.key, corrections.get(version_id, []))
        for version_id, version in versions.items()
    }


def as_corrected(
    session: Session, versions: Mapping[int, Version]
) -> tuple[dict[int, Version], dict[int, Verdict]]:
    """Versions with the keys that are right now, and which were corrected, how; one statement."""
    corrections = in_force(session, versions)
    shown = {
        version_id: replace(version, key=right_key(version.key, corrections[version_id]))
        if version_id in corrections
        else version
        for version_id, version in versions.items()
    }
    return shown, {version_id: found[-1][0] for version_id, found in corrections.items()}


def held_corrections(session: Session, version_ids: Collection[int]) -> list[tuple[str, bool]]:
    """(code, whether it is in force) of each correction of these that was not refused.

    Whoever decides one of them waits until the transaction ends.
    """
    rows = session.execute(
        select(Question.code, TwoPersonAct.approved.is_(True))
        .select_from(KeyCorrection)
        .join(TwoPersonAct, TwoPersonAct.id == KeyCorrection.act_id)
        .join(QuestionVersion, QuestionVersion.id == KeyCorrection.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(KeyCorrection.version_id.in_(version_ids), TwoPersonAct.approved.is_not(False))
        .order_by(Question.code, KeyCorrection.id)
        .with_for_update(read=True, of=TwoPersonAct)
    )
    return [(row[0], row[1]) for row in rows]


# --- corrections as pages show them ---------------------------------------------------

Asker, Decider = aliased(Person), aliased(Person)


@dataclass(frozen=True)
class CorrectionView:
    """A correction with what became of it; ``approved`` None: nobody has decided yet."""

    id: int
    act_id: int
    version_id: int
    question_id: int
    code: str
    number: int
    stem: str
    verdict: Verdict
    key: Any
    reason: str
    asked_by: int
    asked_by_name: str
    asked_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    approved: bool | None
    decision_reason: str


def corrections() -> Select[*tuple[Any, ...]]:
    """Rows for CorrectionView."""
    return (
        select(
            KeyCorrection.id, TwoPersonAct.id.label("act_id"), KeyCorrection.version_id,
            QuestionVersion.question_id, Question.code, QuestionVersion.number,
            QuestionVersion.stem, KeyCorrection.verdict, KeyCorrection.key, KeyCorrection.reason,
            KeyCorrection.asked_by, Asker.name.label("asked_by_name"), KeyCorrection.asked_at,
            Decider.name.label("decided_by_name"), TwoPersonAct.decided_at, TwoPersonAct.approved,
            TwoPersonAct.decision_reason,
        )
        .join(TwoPersonAct, TwoPersonAct.id == KeyCorrection.act_id)
        .join(QuestionVersion, QuestionVersion.id == KeyCorrection.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Asker, Asker.id == KeyCorrection.asked_by)
        .outerjoin(Decider, Decider.id == TwoPersonAct.decided_by)
    )  # fmt: skip


def correction_view(row: Any) -> CorrectionView:
    """A row of ``corrections`` as a value."""
    return CorrectionView(**row._mapping)


def correction_of(session: Session, correction_id: int) -> CorrectionView:
    """One correction; NotFound where there is none."""
    row = session.execute(corrections().where(KeyCorrection.id == correction_id)).first()
    if row is None:
        raise NotFound(_("找不到这份答案更正"))
    return correction_view(row)


def corrections_of(session: Session, version_id: int) -> list[CorrectionView]:
    """All corrections of a version, newest first."""
    query = corrections().where(KeyCorrection.version_id == version_id)
    return [
        correction_view(row) for row in session.execute(query.order_by(KeyCorrection.id.desc()))
    ]


@dataclass(frozen=True)
class Repeat:
    """A version whose key is still the one that was corrected in another of the same question."""

    version_id: int
    number: int
    is_used: bool  # to be corrected as well; otherwise it is simply edited


def repeats_of(session: Session, correction: CorrectionView) -> list[Repeat]:
    """Other versions of the question with the same options and key, in use or on their way.

    Whoever corrects one version may overlook them. Corrected ones are left out. Two statements.
    """
    versions = session.execute(
        select(
            QuestionVersion.id, QuestionVersion.number, QuestionVersion.state,
            QuestionVersion.type, QuestionVersion.options, QuestionVersion.key,
        )
        .where(QuestionVersion.question_id == correction.question_id)
        .order_by(QuestionVersion.number)
    ).all()  # fmt: skip
    own = next(row for row in versions if row.id == correction.version_id)
    alike = [
        row for row in versions
        if row.id != own.id and row.state in LIVE_STATES | OPEN_STATES
        and (row.type, row.options, row.key) == (own.type, own.options, own.key)
    ]  # fmt: skip
    corrected = in_force(session, [row.id for row in alike])
    return [
        Repeat(row.id, row.number, row.state in LIVE_STATES)
        for row in alike
        if row.id not in corrected
    ]


def up_to(session: Session, correction: CorrectionView) -> Corrections:
    """The corrections of its version in force before it, and itself, oldest first."""
    rows = session.execute(
        select(KeyCorrection.verdict, KeyCorrection.key)
        .join(TwoPersonAct, TwoPersonAct.id == KeyCorrection.act_id)
        .where(
            KeyCorrection.version_id == correction.version_id,
            KeyCorrection.id < correction.id,
            TwoPersonAct.approved.is_(True),
        )
        .order_by(KeyCorrection.id)
    )
    return [*((row[0], row[1]) for row in rows), (correction.verdict, correction.key)]
