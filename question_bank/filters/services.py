"""What people do with filters: keep one, change its name or who sees it, drop it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.services import record
from core.errors import Invalid
from question_bank.filters import queries
from question_bank.filters.models import SavedFilter
from question_bank.filters.rules import MAX_ADDRESS, MAX_KEPT, MAX_NAME, tidied


def keep_filter(
    session: Session, *, person_id: int, name: str, address: str, is_shared: bool, now: datetime
) -> SavedFilter:
    """Keep the filters of an address under a name; unknown words of the address are left out.

    Invalid where the address narrows nothing, the name is taken, or the person keeps too many.
    """
    kept = tidied(address)
    if not kept or len(kept) > MAX_ADDRESS:
        raise Invalid(_("先设好筛选条件，再存起来。"), field="address")
    if queries.kept_by(session, person_id) >= MAX_KEPT:
        raise Invalid(_("一个人最多存 %(max)s 个筛选，先删去不用的。", max=MAX_KEPT), field="name")
    saved = SavedFilter(
        person_id=person_id, name=_sound(name), address=kept, is_shared=is_shared, created_at=now
    )
    with _free(session, saved.name):
        session.add(saved)
    record(session, "filter.keep", ("saved_filter", saved.id),
           facts={"name": saved.name, "shared": is_shared})  # fmt: skip
    return saved


def change_filter(
    session: Session, *, filter_id: int, person_id: int, name: str, is_shared: bool
) -> None:
    """Give one's own filter another name, share it or stop sharing it. Invalid as for keeping."""
    saved = queries.own_filter(session, filter_id, person_id)
    with _free(session, wanted := _sound(name)):
        saved.name, saved.is_shared = wanted, is_shared
    record(session, "filter.change", ("saved_filter", filter_id),
           facts={"name": saved.name, "shared": is_shared})  # fmt: skip


def drop_filter(session: Session, *, filter_id: int, person_id: int) -> None:
    """Drop one's own filter."""
    saved = queries.own_filter(session, filter_id, person_id)
    record(session, "filter.drop", ("saved_filter", filter_id), facts={"name": saved.name})
    session.delete(saved)
    session.flush()


def _sound(name: str) -> str:
    plain = name.strip()
    if not plain:
        raise Invalid(_("给这个筛选起个名字。"), field="name")
    if len(plain) > MAX_NAME:
        raise Invalid(
            _("名字最多 %(max)s 字，现在是 %(n)s 字。", max=MAX_NAME, n=len(plain)), field="name"
        )
    return plain


@contextmanager
def _free(session: Session, name: str) -> Iterator[None]:
    """Write what is done inside; the unique constraint decides whether the name is free."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError:
        raise Invalid(
            _("已经有名为“%(name)s”的筛选，换一个名字。", name=name), field="name"
        ) from None
