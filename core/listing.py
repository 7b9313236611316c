"""Lists that sort, filter and page, with all of it in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PER_PAGE = 20
PAGE_DIGITS = 9
PAGE_MOST = 10**PAGE_DIGITS
SEARCH_LENGTH = 64
RESERVED = frozenset({"endpoint", "values"})


@dataclass(frozen=True)
class Listing:
    """One page of a list. ``page`` counts from 1; ``sort`` is a key, ``-key`` descending."""

    items: Sequence[Any]
    total: int
    page: int
    per_page: int
    sort: str
    path: str
    args: Mapping[str, str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        return (self.page - 1) * self.per_page + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * self.per_page, self.total)

    def url(self, **changes: Any) -> str:
        """The same list with changes, e.g. ``url(page=2)``; None removes."""
        args = {**self.args, **changes}
        kept = {key: value for key, value in args.items() if value not in (None, "")}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def sort_url(self, key: str) -> str:
        """The list sorted by a key; descending where it is sorted by it already."""
        return self.url(sort=f"-{key}" if self.sort == key else key, page=None)


def search_text(name: str = "q") -> str:
    """What was typed into a list's search, short and without what a database refuses."""
    return request.args.get(name, "").replace("\0", "").strip()[:SEARCH_LENGTH]


def _asked(sorts: Mapping[str, Any], default: str) -> tuple[dict[str, str], str]:
    """What the address holds, and the sort that it names, where that is known."""
    args = {
        key: value
        for key, value in request.args.items()
        # templates hand the rest on to url_for, which has words of its own
        if value and key not in RESERVED and not key.startswith("_")
    }
    sort = args.get("sort", default)
    return args, sort if sort.lstrip("-") in sorts else default


def _page(args: Mapping[str, str], total: int, per_page: int) -> int:
    text = args.get("page", "1")
    return min(
        max(int(text) if text.isdecimal() and len(text) <= PAGE_DIGITS else 1, 1),
        max(1, -(-total // per_page)),
    )


def listed(
    rows: Sequence[Any],
    *,
    sorts: Mapping[str, Callable[[Any], Any]],
    default: str,
    per_page: int = PER_PAGE,
) -> Listing:
    """Rows that are in memory already, sorted and paged for the address like ``listing``.

    ``sorts``: key → what a row is sorted by. Equal rows stay in the order given.
    """
    args, sort = _asked(sorts, default)
    ordered = sorted(rows, key=sorts[sort.lstrip("-")], reverse=sort.startswith("-"))
    page = _page(args, len(ordered), per_page)
    items = ordered[(page - 1) * per_page : page * per_page]
    return Listing(items, len(ordered), page, per_page, sort, request.path, args)


def _ordered(sorts: Mapping[str, Any], sort: str) -> Any:
    column = sorts[sort.lstrip("-")]
    return column.desc() if sort.startswith("-") else column


def listing(
    session: Session,
    query: Select[*tuple[Any, ...]],
    *,
    sorts: Mapping[str, Any] | None = None,
    default: str = "",
    per_page: int = PER_PAGE,
    scalars: bool = True,
) -> Listing:
    """Run a list query for the address of this request: one count, one page, two statements.

    ``sorts``: key → column. ``default``: the sort where the address names none. Unknown pages and
    sorts fall back rather than fail, because people edit addresses.
    """
    sorts = sorts or {}
    args, sort = _asked(sorts, default)
    total = _count(session, query)
    page = _page(args, total, per_page)
    if sort:
        # equal rows in the order of the default, so that none is lost between two pages
        query = query.order_by(None).order_by(_ordered(sorts, sort), _ordered(sorts, default))
    rows = session.execute(query.limit(per_page).offset((page - 1) * per_page))
    items = rows.scalars().all() if scalars else rows.all()
    return Listing(items, total, page, per_page, sort, request.path, args)


def _count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


@dataclass(frozen=True)
class Sort:
    """What a long list is sorted by, and the (table, condition) that has to be joined for it."""

    column: Any
    join: tuple[Any, Any] | None = None


def long_listing(
    session: Session,
    ids: Select[int],
    rows: Select[*tuple[Any, ...]],
    *,
    sorts: Mapping[str, Sort],
    default: str,
    per_page: int = PER_PAGE,
    is_costly: bool = False,
) -> Listing:
    """A list of tens of thousands for the address of this request, in two statements.

    ``ids``: of all that match, without an order, the one column of a table. ``rows``: the same
    table with all that a page shows, whatever matches. Only ids are sorted and skipped over; what
    a page shows is read for the page alone. ``is_costly``: whether a row matches is only known
    when its texts are read; then they are read once, to count and to pick alike.
    """
    (key,) = ids.selected_columns
    args, sort = _asked(sorts, default)
    by = sorts[sort.lstrip("-")]
    order = [by.column.desc() if sort.startswith("-") else by.column, key.desc()]
    picks = (ids.join(*by.join) if by.join else ids).order_by(*order)
    if is_costly:
        total, page, picked = _picked_and_counted(session, ids, picks, args, per_page)
        rows = rows.where(key.in_(picked))
    else:
        total = _count(session, ids)
        page = _page(args, total, per_page)
        narrow = picks.limit(per_page).offset((page - 1) * per_page).subquery()
        rows = rows.where(key.in_(select(narrow)))
    items = session.execute(rows.order_by(*order)).all()
    return Listing(items, total, page, per_page, sort, request.path, args)


def _picked_and_counted(
    session: Session, ids: Select[int], picks: Select[int], args: Mapping[str, str], per_page: int
) -> tuple[int, int, list[int]]:
    """(how many match, page, its ids) in one statement; in three for a page behind the last."""
    page = _page(args, PAGE_MOST * per_page, per_page)
    both = picks.add_columns(func.count().over())
    found = session.execute(both.limit(per_page).offset((page - 1) * per_page)).all()
    if not found and page > 1:
        page = _page(args, _count(session, ids), per_page)
        found = session.execute(both.limit(per_page).offset((page - 1) * per_page)).all()
    return (found[0][1] if found else 0), page, [row[0] for row in found]
