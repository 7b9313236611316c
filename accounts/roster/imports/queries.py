"""Uploaded rosters."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.roster.models import RosterImport
from core.errors import NotFound
from core.viewer import Viewer


def import_of(session: Session, import_id: int, viewer: Viewer) -> RosterImport:
    """An upload of this viewer's own; NotFound for everyone else's."""
    found = session.scalars(
        select(RosterImport).where(
            RosterImport.id == import_id, RosterImport.by_id == viewer.person_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound(_("找不到这次上传"))
    return found
