"""Lists that sort, filter and page, with all of it in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

PER_PAGE = 20
PAGE_DIGITS = 9
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
    count: Select[*tuple[Any, ...]] | None = None,
    key: InstrumentedAttribute[int] | None = None,
) -> Listing:
    """Run a list query for the address of this request: one count, one page, two statements.

    ``sorts``: key → column. ``default``: the sort where the address names none. Unknown pages and
    sorts fall back rather than fail, because people edit addresses. For long lists: ``count``, a
    query with as many rows that is cheaper to count; ``key``, the column by which the rows of a
    page are picked first, so that no wide row is sorted or skipped over.
    """
    sorts = sorts or {}
    args, sort = _asked(sorts, default)
    counted = (query if count is None else count).order_by(None)
    total = session.scalar(select(func.count()).select_from(counted.subquery())) or 0
    page = _page(args, total, per_page)
    # equal rows in the order of the default, so that none is lost between two pages
    order = (_ordered(sorts, sort), _ordered(sorts, default)) if sort else ()
    if sort:
        query = query.order_by(None).order_by(*order)
    rows = query.limit(per_page).offset((page - 1) * per_page)
    if key is not None:
        picked = select(rows.with_only_columns(key, maintain_column_froms=True).subquery())
        rows = query.where(key.in_(picked))
    found = session.execute(rows)
    items = found.scalars().all() if scalars else found.all()
    return Listing(items, total, page, per_page, sort, request.path, args)
