"""Keeping what the answers say of versions: measured difficulty and flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from core.db import table_of
from question_bank.questions.models import QuestionVersion, VersionFlag
from question_bank.questions.rules import Difficulty, Flag

_version, _flag = table_of(QuestionVersion), table_of(VersionFlag)
_MOVE = (
    update(_version)
    .where(_version.c.id == bindparam("of"))
    .values(measured_difficulty=bindparam("to"))
)
_TAKE_DOWN = delete(_flag).where(
    _flag.c.version_id == bindparam("of"), _flag.c.flag == bindparam("which")
)


@dataclass(frozen=True)
class Measured:
    """What the answers say of one version. ``difficulty`` None: back to the label."""

    difficulty: Difficulty | None
    flags: Collection[Flag] = ()


@dataclass(frozen=True)
class Noted:
    """What changed: versions whose difficulty moved, flags raised, flags taken down."""

    moved: int = 0
    raised: int = 0
    taken_down: int = 0

    def __add__(self, other: Noted) -> Noted:
        return Noted(
            self.moved + other.moved, self.raised + other.raised,
            self.taken_down + other.taken_down,
        )  # fmt: skip


def note_measured(session: Session, found: Mapping[int, Measured], now: datetime) -> Noted:
    """Bring measured difficulty and flags of these versions up to date; only changes are written.

    ``found``: by version id, some hundred at a time. Two reads, and at most three writes.
    """
    connection = session.connection()
    known = dict(
        connection.execute(
            select(_version.c.id, _version.c.measured_difficulty).where(_version.c.id.in_(found))
        ).all()
    )
    moves = [
        {"of": id_, "to": found[id_].difficulty}
        for id_, before in known.items()
        if before != found[id_].difficulty
    ]
    standing = set(
        connection.execute(
            select(_flag.c.version_id, _flag.c.flag).where(_flag.c.version_id.in_(found))
        )
    )
    wanted = {(id_, flag) for id_ in known for flag in found[id_].flags}
    raised, gone = sorted(wanted - standing), sorted(standing - wanted)
    if moves:
        connection.execute(_MOVE, moves)
    if gone:
        connection.execute(_TAKE_DOWN, [{"of": id_, "which": flag} for id_, flag in gone])
    if raised:
        connection.execute(
            insert(_flag),
            [{"version_id": id_, "flag": flag, "raised_at": now} for id_, flag in raised],
        )
    return Noted(len(moves), len(raised), len(gone))
