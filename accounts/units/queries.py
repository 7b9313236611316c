"""The unit tree on a day: who belongs under whom, and what units are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts.units.models import Unit, UnitKind, UnitVersion
from accounts.units.rules import Placed, flattened
from core import clock
from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer


@dataclass(frozen=True)
class UnitNode:
    """One unit in the tree of a day; ``depth`` 0 is the top of what is shown."""

    id: int
    name: str
    kind: UnitKind
    depth: int
    parent_id: int | None


@dataclass(frozen=True)
class VersionRow:
    """One version of a unit, with what its parent was called when it began."""

    id: int
    name: str
    kind: UnitKind
    parent_id: int | None
    parent_name: str
    valid_from: date
    valid_to: date | None
    entered_at: datetime
    entered_by: int | None


def is_valid_on(
    day: date | ColumnElement[date] | InstrumentedAttribute[date], version: Any = UnitVersion
) -> ColumnElement[bool]:
    """Condition: the unit version holds on a civil day (``valid_to`` is the last day)."""
    return and_(version.valid_from <= day, or_(version.valid_to.is_(None), version.valid_to >= day))


def subtree(unit_ids: Collection[int], day: date) -> Select[int]:
    """Ids of these units and of all units below them on a civil day, as a selectable."""
    tree = select(Unit.id).where(Unit.id.in_(unit_ids)).cte(recursive=True)
    # UNION, not UNION ALL: even a cycle, should one ever be entered, ends the recursion
    tree = tree.union(
        select(UnitVersion.unit_id).join(tree, UnitVersion.parent_id == tree.c.id).where(
            is_valid_on(day)
        )
    )  # fmt: skip
    return select(tree.c.id)


def unit_names(session: Session, ids: Iterable[int], day: date) -> dict[int, str]:
    """What units are called on a civil day; units without a name on that day are missing."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(
        select(UnitVersion.unit_id, UnitVersion.name).where(
            UnitVersion.unit_id.in_(wanted), is_valid_on(day)
        )
    )
    return {row.unit_id: row.name for row in rows}


def tree(session: Session, day: date, scope: frozenset[int] | None = None) -> list[UnitNode]:
    """The units of a civil day, depth first; ``scope``: only these with all below them."""
    query = (
        select(
            UnitVersion.unit_id, UnitVersion.name, UnitVersion.kind, UnitVersion.parent_id, Unit.code
        )
        .join(Unit, Unit.id == UnitVersion.unit_id)
        .where(is_valid_on(day))
    )  # fmt: skip
    if scope is not None:
        query = query.where(UnitVersion.unit_id.in_(subtree(scope, day)))
    kinds = list(UnitKind)
    rows = sorted(session.execute(query).all(), key=lambda row: (kinds.index(row.kind), row.code))
    found = {row.unit_id: row for row in rows}
    return [
        UnitNode(unit_id, found[unit_id].name, found[unit_id].kind, depth, found[unit_id].parent_id)
        for unit_id, depth in flattened([Placed(row.unit_id, row.parent_id) for row in rows])
    ]


def unit_in_scope(
    session: Session, unit_id: int, viewer: Viewer, permission: Permission
) -> UnitNode:
    """A unit of today that the viewer may handle under this permission; NotFound for all others."""
    today = clock.today()
    query = select(
        UnitVersion.unit_id, UnitVersion.name, UnitVersion.kind, UnitVersion.parent_id
    ).where(UnitVersion.unit_id == unit_id, is_valid_on(today))
    scope = viewer.scope_of(permission)
    if scope is not None:
        query = query.where(UnitVersion.unit_id.in_(subtree(scope, today)))
    row = session.execute(query).first()
    if row is None:
        raise NotFound(_("找不到这个单位，或者不在您负责的范围"))
    return UnitNode(row.unit_id, row.name, row.kind, 0, row.parent_id)


def history(session: Session, unit_id: int) -> list[VersionRow]:
    """All versions of a unit, the newest first."""
    above = aliased(UnitVersion)
    rows = session.execute(
        select(
            UnitVersion.id, UnitVersion.name, UnitVersion.kind, UnitVersion.parent_id,
            above.name.label("parent_name"), UnitVersion.valid_from, UnitVersion.valid_to,
            UnitVersion.entered_at, UnitVersion.entered_by,
        )
        .outerjoin(
            above,
            and_(above.unit_id == UnitVersion.parent_id, is_valid_on(UnitVersion.valid_from, above)),
        )
        .where(UnitVersion.unit_id == unit_id)
        .order_by(UnitVersion.valid_from.desc())
    )  # fmt: skip
    return [VersionRow(**{**row._mapping, "parent_name": row.parent_name or ""}) for row in rows]


def versions_from(session: Session, day: date) -> list[UnitVersion]:
    """All versions that hold on a civil day or begin later."""
    return list(
        session.scalars(
            select(UnitVersion).where(
                or_(UnitVersion.valid_to.is_(None), UnitVersion.valid_to >= day)
            )
        )
    )


def lock_tree(session: Session) -> None:
    """Let one change of the tree wait for the other: two moves together could make a circle."""
    session.execute(
        select(Unit.id).order_by(Unit.id).with_for_update(key_share=True)
    ).scalars().all()  # fmt: skip
