"""Writing answers and evidence: Core statements, built once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from core.audit.rules import canonical
from core.db import table_of
from quiz.attempts.models import Answer, Evidence
from quiz.attempts.rules import Operation

_answer, _evidence = table_of(Answer), table_of(Evidence)


def _newer_wins(statement: Any) -> Insert:
    """Insert answers, or replace them by newer ones: an older or equal pair changes no row."""
    new = statement.excluded
    changed: Insert = statement.on_conflict_do_update(
        index_elements=["attempt_id", "position"],
        set_={"value": new.value, "epoch": new.epoch, "seq": new.seq, "saved_at": new.saved_at},
        where=tuple_(new.epoch, new.seq) > tuple_(_answer.c.epoch, _answer.c.seq),
    )
    return changed.execution_options(preserve_rowcount=True)


_INSERT = {"sqlite": sqlite_insert(_answer), "postgresql": postgresql_insert(_answer)}
_UPSERT = {dialect: _newer_wins(statement) for dialect, statement in _INSERT.items()}
_EVIDENCE = insert(_evidence)


def store(
    session: Session, attempt_id: int, epoch: int, operations: Sequence[Operation], now: datetime
) -> bool:
    """Store operations that beat what is there; False where one of them did not."""
    if not operations:
        return True
    rows = [
        {"attempt_id": attempt_id, "position": one.position, "value": canonical(one.value),
         "epoch": epoch, "seq": one.seq, "saved_at": now}
        for one in operations
    ]  # fmt: skip
    connection = session.connection()
    dialect = connection.dialect.name
    if len(rows) == 1:
        done = connection.execute(_UPSERT[dialect], rows[0])
    else:  # one statement of many rows: drivers disagree on the row count of a batch
        done = connection.execute(_newer_wins(_INSERT[dialect].values(rows)))
    return bool(done.rowcount == len(rows))


def keep_evidence(
    session: Session,
    attempt_id: int,
    code: str,
    epoch: int,
    operations: Sequence[Operation],
    now: datetime,
) -> None:
    """Keep what was refused as it came; the same refusal repeated is kept once."""
    ops = [{"position": one.position, "seq": one.seq, "value": one.value} for one in operations]
    if not ops:
        return
    connection = session.connection()
    last = connection.execute(
        select(_evidence.c.code, _evidence.c.epoch, _evidence.c.ops)
        .where(_evidence.c.attempt_id == attempt_id)
        .order_by(_evidence.c.id.desc())
        .limit(1)
    ).first()
    if last is None or tuple(last) != (code, epoch, ops):
        connection.execute(
            _EVIDENCE,
            {"attempt_id": attempt_id, "at": now, "code": code, "epoch": epoch, "ops": ops},
        )
