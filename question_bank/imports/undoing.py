"""Takes a whole import back, as long as nothing has used any of its questions."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict
from question_bank.imports import queries
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.rules import ImportState
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import OPEN_STATES, VersionState


def undo(session: Session, *, import_id: int, by_id: int, now: datetime) -> int:
    """Retire all versions that an import made and hide them; how many there were.

    Conflict, and nothing is changed, where it is not imported, was undone already, or one of its
    versions was ever approved or has a later version. The claim comes first, then the change, then
    the question whether anybody was faster: a decision made meanwhile undoes the undoing.
    """
    claimed = session.execute(
        update(QuestionImport)
        .where(
            QuestionImport.id == import_id,
            QuestionImport.by_id == by_id,
            QuestionImport.state == ImportState.IMPORTED,
        )
        .values(state=ImportState.UNDONE, undone_at=now, undone_by=by_id)
    )
    if rows_of(claimed) != 1:
        raise Conflict(_("这次导入已经撤销了，或者还没有导入。没有改动。"))
    retired = _retire(session, import_id, by_id, now)
    if queries.used_of(session, import_id):
        raise Conflict(_("这次导入的题已经有审核通过或改出新版的，不能整次撤销。没有改动。"))
    session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
    record(session, "import.undo", ("question_import", import_id), facts={"versions": retired})
    return retired


def _retire(session: Session, import_id: int, by_id: int, now: datetime) -> int:
    """Take open versions out of review and all out of the lists, in sets."""
    own = QuestionVersion.import_id == import_id
    session.execute(
        insert(ReviewEvent).from_select(
            ["version_id", "from_state", "to_state", "by_id", "at", "comment"],
            select(
                QuestionVersion.id, QuestionVersion.state,
                literal(VersionState.RETIRED, QuestionVersion.state.type), literal(by_id),
                literal(now), literal(_("撤销整次导入")),
            )
            .where(own, QuestionVersion.state.in_(OPEN_STATES))
            .order_by(QuestionVersion.id),
            include_defaults=False,
        )
    )  # fmt: skip
    session.execute(
        update(QuestionVersion)
        .where(own, QuestionVersion.state.in_(OPEN_STATES))
        .values(state=VersionState.RETIRED)
        .execution_options(synchronize_session=False)
    )
    hidden = session.execute(
        update(QuestionVersion)
        .where(own)
        .values(is_newest=False)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(QuestionVersion)
        .where(_is_left_on_top(import_id))
        .values(is_newest=True)
        .execution_options(synchronize_session=False)
    )
    return rows_of(hidden)


def _is_left_on_top(import_id: int) -> ColumnElement[bool]:
    """Condition: the newest version, but for undone ones, of a question that the import changed."""
    changed = aliased(QuestionVersion)
    other = aliased(QuestionVersion)
    undone = select(QuestionImport.id).where(QuestionImport.state == ImportState.UNDONE)
    counts = other.import_id.is_(None) | other.import_id.not_in(undone)
    return exists().where(
        changed.import_id == import_id, changed.number > 1,
        changed.question_id == QuestionVersion.question_id,
    ) & (
        QuestionVersion.number
        == select(func.max(other.number))
        .where(other.question_id == QuestionVersion.question_id, counts)
        .scalar_subquery()
    )  # fmt: skip
