"""Founding, renaming and moving units: each from a civil day on, with the past kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.units.models import Unit, UnitKind, UnitVersion
from accounts.units.queries import lock_tree, versions_from
from accounts.units.rules import change_days, makes_cycle
from core import formats
from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Invalid, NotFound

EARLIEST = date(1949, 10, 1)


def create_unit(
    session: Session,
    *,
    name: str,
    kind: UnitKind,
    parent_id: int | None,
    since: date,
    by: int | None,
    now: datetime,
) -> int:
    """A new unit from a civil day on; its id. Refuses a name taken under the same parent."""
    lock_tree(session)
    versions = versions_from(session, since)
    _check_place(versions, None, name=name, parent_id=parent_id, since=since)
    unit = Unit(code=f"new-{secrets.token_hex(8)}")
    session.add(unit)
    session.flush()
    unit.code = f"DW{unit.id:05d}"
    _add_version(session, unit.id, name, kind, parent_id, since, by, now)
    record(
        session, "unit.create", ("unit", unit.id),
        facts={"name": name, "kind": kind.value, "parent": parent_id, "from": since.isoformat()},
    )  # fmt: skip
    return unit.id


def change_unit(
    session: Session,
    *,
    unit_id: int,
    name: str,
    kind: UnitKind,
    parent_id: int | None,
    since: date,
    by: int | None,
    now: datetime,
) -> None:
    """Name, kind and parent of a unit from a civil day on; until the day before all stays as it was.

    Refuses a day that a later version already covers, a circle, and a change that changes nothing.
    """
    lock_tree(session)
    versions = versions_from(session, since)
    open_version = next((v for v in versions if v.unit_id == unit_id and v.valid_to is None), None)
    if open_version is None:
        raise NotFound(_("找不到这个单位"))
    if since <= open_version.valid_from:
        raise Invalid(
            _(
                "现在的名称和隶属从 %(day)s起，新的要晚于这一天。",
                day=formats.civil_date_text(open_version.valid_from),
            ),
            field="since",
        )
    before = {
        "name": open_version.name,
        "kind": open_version.kind.value,
        "parent": open_version.parent_id,
    }
    after = {"name": name, "kind": kind.value, "parent": parent_id}
    if before == after:
        raise Invalid(_("名称、类别和上级都没有变。"), field="name")
    _check_place(versions, unit_id, name=name, parent_id=parent_id, since=since)
    closed = session.execute(
        update(UnitVersion)
        .where(UnitVersion.id == open_version.id, UnitVersion.valid_to.is_(None))
        .values(valid_to=since - timedelta(days=1))
    )
    if not rows_of(closed):
        raise Conflict(_("这个单位刚刚被别人改过，这次没有改。请重新打开后再看。"))
    _add_version(session, unit_id, name, kind, parent_id, since, by, now)
    record(
        session, "unit.change", ("unit", unit_id),
        facts={"before": before, "after": after, "from": since.isoformat()},
    )  # fmt: skip


def _add_version(
    session: Session, unit_id: int, name: str, kind: UnitKind, parent_id: int | None, since: date,
    by: int | None, now: datetime,
) -> None:  # fmt: skip
    session.add(
        UnitVersion(
            unit_id=unit_id, name=name, kind=kind, parent_id=parent_id, valid_from=since,
            valid_to=None, entered_at=now, entered_by=by,
        )
    )  # fmt: skip
    session.flush()


def _check_place(
    versions: Sequence[UnitVersion],
    unit_id: int | None,
    *,
    name: str,
    parent_id: int | None,
    since: date,
) -> None:
    """Refuse a parent that is not there, a circle on any day from then on, and a twin's name."""
    if since < EARLIEST:
        raise Invalid(_("日期太早。"), field="since")
    others = [version for version in versions if version.unit_id != unit_id]
    for day in change_days(since, (version.valid_from for version in others)):
        holding = [
            v for v in others if v.valid_from <= day and (v.valid_to is None or v.valid_to >= day)
        ]
        if parent_id is not None and parent_id not in {v.unit_id for v in holding}:
            if parent_id == unit_id:
                raise Invalid(_("单位不能隶属于自己。"), field="parent")
            raise Invalid(_("上级单位在这一天还没有设立。"), field="parent")
        parents = {version.unit_id: version.parent_id for version in holding}
        if unit_id is not None and makes_cycle(unit_id, parent_id, parents):
            raise Invalid(_("不能隶属于自己的下级单位。"), field="parent")
        if any(v.name == name and v.parent_id == parent_id for v in holding):
            raise Invalid(_("同一上级下已经有叫“%(name)s”的单位。", name=name), field="name")
