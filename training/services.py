"""Recording trainings and who attended them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.signin.rules import normal_staff_no
from core.audit.services import record
from core.db import rows_of, upsert
from core.errors import Conflict, Invalid, NotFound
from core.viewer import Viewer
from training.models import Attendance, TrainingKind, TrainingSession
from training.queries import AttendeeRow, SessionView, numbers_known, recordable
from training.rules import numbers_in

MAX_DAYS = 31
MAX_NUMBERS = 2_000
SHOWN_FAULTS = 20


def create_session(
    session: Session,
    *,
    kind: TrainingKind,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    place: str,
    unit_id: int | None,
    by: int,
    now: datetime,
) -> int:
    """A training held, or to be held; ``unit_id`` None: by the leading office. The id."""
    if ends_at <= starts_at:
        raise Invalid(_("结束时间要晚于开始时间。"), field="ends_at")
    if (ends_at - starts_at).days >= MAX_DAYS:
        raise Invalid(_("一次培训最长 %(n)s 天。", n=MAX_DAYS), field="ends_at")
    held = TrainingSession(
        kind=kind, title=title, starts_at=starts_at, ends_at=ends_at, place=place,
        unit_id=unit_id, recorded_by=by, recorded_at=now,
    )  # fmt: skip
    session.add(held)
    session.flush()
    record(
        session, "training.create", ("training_session", held.id),
        facts={"kind": kind.value, "title": title, "starts_at": starts_at.isoformat(),
               "unit": unit_id},
    )  # fmt: skip
    return held.id


def attend(
    session: Session,
    training: SessionView,
    person_ids: Sequence[int],
    *,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Record that people attended; how many were new. Nobody is recorded twice.

    NotFound where one of them is not the viewer's to record: then nobody is.
    """
    if not training.has_begun(now):
        raise Conflict(_("培训还没有开始，开始以后才能登记参训人员。"))
    wanted = sorted(set(person_ids))
    if not wanted:
        return 0
    if recordable(session, wanted, viewer) != wanted:
        raise NotFound(_("有人不在您负责的单位，或者已经离岗，没有登记。"))
    added = session.execute(
        upsert(session, Attendance)
        .values([
            {"session_id": training.id, "person_id": person_id, "recorded_by": viewer.person_id,
             "recorded_at": now}
            for person_id in wanted
        ])
        .on_conflict_do_nothing()
        .returning(Attendance.person_id)
    )  # fmt: skip
    new = sorted(added.scalars())
    if new:
        record(session, "training.attend", ("training_session", training.id), facts={"people": new})
    return len(new)


def people_of_list(session: Session, text: str, viewer: Viewer) -> list[int]:
    """The people whose staff numbers stand in a pasted list, one a line.

    Invalid that names every line with a number that is unknown or not the viewer's to record.
    """
    lines = [(line, normal_staff_no(word)) for line, word in numbers_in(text.replace("\0", " "))]
    if not lines:
        raise Invalid(_("请粘贴工号，每行一个。"), field="numbers")
    if len(lines) > MAX_NUMBERS:
        raise Invalid(_("一次最多 %(n)s 行，请分次登记。", n=MAX_NUMBERS), field="numbers")
    allowed, known = numbers_known(session, {number for _line, number in lines}, viewer)
    faults = []
    for line, number in lines:
        if number not in known:
            faults.append(_("第 %(line)s 行：没有工号 %(no)s", line=line, no=number[:32]))
        elif number not in allowed:
            faults.append(
                _("第 %(line)s 行：%(no)s 不在您负责的单位，或者已经离岗", line=line, no=number)
            )
    if faults:
        more = len(faults) - SHOWN_FAULTS
        if more > 0:
            faults = [*faults[:SHOWN_FAULTS], _("另有 %(n)s 行也有问题", n=more)]
        raise Invalid(_("一个人也没有登记，填写的内容还在。"), field="numbers", faults=faults)
    return sorted({allowed[number] for _line, number in lines})


def withdraw(
    session: Session, training: SessionView, row: AttendeeRow, *, reason: str, by: int,
    now: datetime,
) -> None:  # fmt: skip
    """Take back a mistaken attendance; the row stays, with who and when."""
    withdrawn = session.execute(
        update(Attendance)
        .where(Attendance.id == row.id, Attendance.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by)
    )
    if not rows_of(withdrawn):
        raise Conflict(_("这条参训记录刚刚已被撤销。"))
    record(
        session, "training.withdraw", ("training_session", training.id),
        facts={"person": row.person_id, "attendance": row.id}, reason=reason,
    )  # fmt: skip
