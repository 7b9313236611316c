"""Finding pictures: served to who may see them, and what a text shows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer
from question_bank.media.models import Media, MediaUse

# (person id, column of version ids) → the condition under which that person may see the version
Sight = Callable[[int, InstrumentedAttribute[int]], ColumnElement[bool]]
_sights: list[Sight] = []


def add_sight(sight: Sight) -> None:
    """Another way in which people come to see questions; rooms above know them."""
    if sight not in _sights:
        _sights.append(sight)


@dataclass(frozen=True)
class Served:
    """A picture as it goes over the wire."""

    content: bytes
    mime: str


def picture_for(session: Session, sha: str, viewer: Viewer) -> Served:
    """A picture, in one statement with the right to see it; NotFound for everybody else.

    Who may read the bank sees all; others what stands in a question that was put before them.
    """
    query = select(Media.content, Media.mime).where(Media.sha256 == sha)
    if not viewer.may(Permission.BANK_READ):
        shown = [sight(viewer.person_id, MediaUse.version_id) for sight in _sights]
        query = query.where(exists().where(MediaUse.sha256 == Media.sha256, or_(*shown)))
    row = session.execute(query).first()
    if row is None:
        raise NotFound
    return Served(row.content, row.mime)


def known(session: Session, shas: Collection[str]) -> set[str]:
    """Which of these pictures there are."""
    return (
        set(session.scalars(select(Media.sha256).where(Media.sha256.in_(shas)))) if shas else set()
    )
