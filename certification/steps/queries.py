"""What is due, and how its last attempt went."""

from __future__ import annotations

from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from certification.transfers.models import Transfer
from certification.transfers.queries import TransferView, in_scope, transfer_rows, transfer_view
from certification.transfers.rules import TransferState
from core.audit.models import AuditEvent
from core.permissions import Permission
from core.viewer import Viewer

FAILED = "transfer.fail"


def transfer_by_id(session: Session, transfer_id: int, day: date) -> TransferView:
    """Any transfer, for what happens by itself."""
    row = session.execute(transfer_rows(day).where(Transfer.id == transfer_id)).one()
    return transfer_view(row)


def may_handle(
    session: Session, transfer_id: int, viewer: Viewer, permission: Permission, day: date
) -> bool:
    """Whether the viewer holds a permission for the unit that a transfer leads out of."""
    if not viewer.may(permission):
        return False
    scope = viewer.scope_of(permission)
    return scope is None or bool(
        session.scalar(select(exists().where(Transfer.id == transfer_id, in_scope(scope, day))))
    )


def due(session: Session, day: date, *, after: int = 0, limit: int = 100) -> list[int]:
    """Ids of approved transfers whose day has come, beyond an id, in order of id."""
    return list(
        session.scalars(
            select(Transfer.id)
            .where(
                Transfer.state == TransferState.APPROVED,
                Transfer.effective_on <= day,
                Transfer.id > after,
            )
            .order_by(Transfer.id)
            .limit(limit)
        )
    )


def last_failure(session: Session, transfer_id: int) -> str:
    """Why it could not be carried out the last time; '' where that has not happened."""
    found = session.scalar(
        select(AuditEvent.reason)
        .where(
            AuditEvent.subject_kind == "transfer",
            AuditEvent.subject_id == str(transfer_id),
            AuditEvent.action == FAILED,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    return found or ""
