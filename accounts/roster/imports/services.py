"""Judging the rows of an uploaded roster, and importing them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.people.queries import PersonView
from accounts.people.services import checked_name, checked_phone, checked_staff_no
from accounts.roster import services as roster
from accounts.roster.imports.rules import Outcome, Row
from accounts.roster.models import RosterImport
from accounts.roster.queries import Held, by_staff_no, held
from accounts.signin.rules import normal_staff_no
from accounts.signin.services import hash_password
from accounts.units.queries import UnitNode, tree
from core import clock, formats
from core.audit.rules import canonical
from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Invalid
from core.permissions import Permission
from core.viewer import Viewer

LIMITS = {"name": 64, "position": 64, "remark": 200}


@dataclass
class Judged:
    """A row and what it comes to. ``reasons``: why, in sentences; the other fields as stored."""

    row: Row
    outcome: Outcome = Outcome.GOOD
    reasons: list[str] = field(default_factory=list)
    staff_no: str = ""
    name: str = ""
    phone: str = ""
    unit: UnitNode | None = None
    person: PersonView | None = None

    def refuse(self, reason: str) -> None:
        self.outcome = Outcome.REFUSED
        self.reasons.append(reason)

    def doubt(self, reason: str) -> None:
        if self.outcome is Outcome.GOOD:
            self.outcome = Outcome.DOUBTFUL
        self.reasons.append(reason)

    @property
    def is_new(self) -> bool:
        return self.person is None


def keep_upload(
    session: Session, *, filename: str, data: bytes, rows: Sequence[Row], by: int, now: datetime
) -> int:
    """Keep the rows until the preview is confirmed; the id."""
    kept = RosterImport(
        by_id=by, at=now, filename=filename.replace("\\", "/").rpartition("/")[2][-200:],
        sha256=hashlib.sha256(data).hexdigest(), rows=[row.as_json() for row in rows],
    )  # fmt: skip
    session.add(kept)
    session.flush()
    record(
        session, "roster.upload", ("roster_import", kept.id),
        facts={"file": kept.filename, "sha256": kept.sha256, "rows": len(rows)},
    )  # fmt: skip
    return kept.id


def judge(session: Session, rows: Sequence[Row], viewer: Viewer) -> list[Judged]:
    """What each row comes to now; at most five statements, however many rows."""
    today = clock.today()
    every_unit = tree(session, today)
    scope = viewer.scope_of(Permission.PEOPLE_MANAGE)
    own = every_unit if scope is None else tree(session, today, scope)
    units: dict[str, list[UnitNode]] = {}
    for node in own:
        units.setdefault(node.name, []).append(node)
    known = by_staff_no(session, {normal_staff_no(row.staff_no) for row in rows}, today)
    own_ids = {node.id for node in own} if scope is not None else None
    elsewhere = {node.name for node in every_unit}
    kept = held(session, [person.id for person in known.values()], today)
    first_line: dict[str, int] = {}
    judged = []
    for row in rows:
        found = Judged(row)
        _judge_cells(found)
        _judge_unit(found, units, elsewhere)
        _judge_number(found, first_line)
        person = known.get(found.staff_no)
        if person is not None:
            _judge_known(found, person, own_ids, kept.get(person.id))
        elif found.outcome is Outcome.GOOD:
            _judge_gaps(found)
        judged.append(found)
    return judged


def _judge_cells(found: Judged) -> None:
    checks: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("staff_no", checked_staff_no), ("name", checked_name), ("phone", checked_phone),
    )  # fmt: skip
    for name, check in checks:
        try:
            setattr(found, name, check(getattr(found.row, name)))
        except Invalid as refusal:
            found.refuse(refusal.detail)
    for name in ("position", "remark"):
        if len(getattr(found.row, name)) > LIMITS[name]:
            word = _("职务") if name == "position" else _("备注")
            found.refuse(_("%(column)s最多 %(n)s 个字", column=word, n=LIMITS[name]))


def _judge_unit(found: Judged, units: Mapping[str, list[UnitNode]], elsewhere: set[str]) -> None:
    name = found.row.unit
    matches = units.get(name, [])
    if len(matches) == 1:
        found.unit = matches[0]
    elif not name:
        found.refuse(_("没有单位"))
    elif matches:
        found.refuse(
            _("有 %(n)s 个单位都叫“%(name)s”，请在人员页面登记", n=len(matches), name=name)
        )
    elif name in elsewhere:
        found.refuse(_("“%(name)s”不在您负责的范围", name=name))
    else:
        found.refuse(_("没有叫“%(name)s”的单位，要写现在的全称", name=name[:100]))


def _judge_number(found: Judged, first_line: dict[str, int]) -> None:
    if not found.staff_no:
        return
    first = first_line.setdefault(found.staff_no, found.row.line)
    if first != found.row.line:
        found.refuse(_("工号与第 %(line)s 行重复", line=first))


def _judge_known(
    found: Judged, person: PersonView, own_ids: set[int] | None, kept: Held | None
) -> None:
    """The staff number is entered already: the same, an update, or a reason why not."""
    if own_ids is not None and person.unit_id not in own_ids:
        found.refuse(_("这个工号已经登记，不在您负责的范围，请联系系统管理员"))
        return
    if found.outcome is Outcome.REFUSED:
        return
    if found.name != person.name:
        found.refuse(_("这个工号已经登记为“%(name)s”，姓名不一致", name=person.name))
    elif not person.is_on_post:
        found.refuse(_("已经离岗或没有任职，重新上岗请在人员页面登记"))
    elif found.unit is not None and found.unit.id != person.unit_id and kept is not None:
        found.refuse(kept.sentence)
    elif found.unit is not None and found.unit.id != person.unit_id:
        found.refuse(_("现在的单位是“%(unit)s”，调动请在人员页面登记", unit=person.unit_name))
    else:
        found.person = person
        for reason in _differences(found, person):
            found.doubt(reason)
        if found.outcome is Outcome.GOOD:
            found.outcome = Outcome.SAME


def _differences(found: Judged, person: PersonView) -> list[str]:
    """What the row would change; an empty cell changes nothing."""
    row, reasons = found.row, []
    if row.position and row.position != person.position:
        reasons.append(
            _("职务“%(old)s”改为“%(new)s”，从今天起", old=person.position, new=row.position)
        )
    if found.phone and found.phone != person.phone:
        reasons.append(
            _("联系电话 %(old)s 改为 %(new)s", old=formats.masked_phone(person.phone) or "—",
              new=formats.masked_phone(found.phone))
        )  # fmt: skip
    if row.remark and row.remark != person.remark:
        reasons.append(_("备注“%(old)s”改为“%(new)s”", old=person.remark or "—", new=row.remark))
    return reasons


def _judge_gaps(found: Judged) -> None:
    if not found.row.position:
        found.doubt(_("没有职务"))
    if not found.phone:
        found.doubt(_("没有联系电话"))


def chosen(judged: Sequence[Judged], *, with_doubtful: bool) -> list[Judged]:
    """The rows that are imported."""
    wanted = {Outcome.GOOD, Outcome.DOUBTFUL} if with_doubtful else {Outcome.GOOD}
    return [one for one in judged if one.outcome in wanted]


def digest(judged: Sequence[Judged]) -> str:
    """Fingerprint of a preview: what is imported is what was looked at."""
    content: list[Any] = [[one.row.line, one.outcome.value, one.reasons] for one in judged]
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:32]


def hash_all(passwords: Mapping[str, str]) -> dict[str, str]:
    """Hashes of many first passwords, several at a time: one takes some 50 ms by intention."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return dict(zip(passwords, pool.map(hash_password, passwords.values()), strict=True))


def import_rows(
    session: Session,
    upload: RosterImport,
    *,
    seen: str,
    hashes: Mapping[str, str],
    with_doubtful: bool,
    viewer: Viewer,
    now: datetime,
) -> list[Judged]:
    """Import the rows of an upload, all or nothing, once; the rows that were imported.

    ``seen``: the digest of the preview that was confirmed. ``hashes``: staff number → hash of a
    first password, for the new people. Conflict where the upload was imported before, or where
    the rows would come to something else by now.
    """
    claimed = session.execute(
        update(RosterImport)
        .where(RosterImport.id == upload.id, RosterImport.imported_at.is_(None))
        .values(imported_at=now)
    )
    if not rows_of(claimed):
        raise Conflict(_("这次上传已经导入过。初始密码只显示一次，需要时请在人员页面重新发。"))
    judged = judge(session, [Row(**row) for row in upload.rows], viewer)
    taken = chosen(judged, with_doubtful=with_doubtful)
    new = [one for one in taken if one.is_new]
    if digest(judged) != seen or any(one.staff_no not in hashes for one in new):
        raise Conflict(_("核对之后名册又有变化，没有导入。请重新核对。"))
    day = clock.civil_date(now)
    roster.add_people(
        session,
        [
            (roster.NewPerson(one.staff_no, one.name, one.phone, one.row.remark, one.unit.id,
                              one.row.position, day), hashes[one.staff_no])
            for one in new if one.unit is not None
        ],
        by=viewer.person_id, now=now,
    )  # fmt: skip
    for one in taken:
        if one.person is not None and one.unit is not None:
            _update(session, one, one.person, one.unit, viewer, now)
    record(
        session, "roster.import", ("roster_import", upload.id),
        facts={"new": len(new), "changed": len(taken) - len(new), "rows": len(judged)},
    )  # fmt: skip
    # what was read is in the roster now; a second copy of phones is kept nowhere
    session.execute(update(RosterImport).where(RosterImport.id == upload.id).values(rows=[]))
    return taken


def _update(
    session: Session, found: Judged, person: PersonView, unit: UnitNode, viewer: Viewer,
    now: datetime,
) -> None:  # fmt: skip
    roster.change_facts(
        session, person, name=person.name, phone=found.phone or None,
        remark=found.row.remark or person.remark,
    )  # fmt: skip
    if found.row.position and found.row.position != person.position:
        roster.post(
            session, person, unit=unit, position=found.row.position,
            since=clock.civil_date(now), by=viewer.person_id, now=now,
        )  # fmt: skip
