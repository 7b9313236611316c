"""How one row of the audit trail is bound to the row before it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
_MOBILE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")


def canonical(value: Any) -> str:
    """JSON with one spelling: sorted keys, no blanks, real Chinese."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chain_hash(prev_hash: str, content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the hash of the row before and this row's content."""
    return hashlib.sha256((prev_hash + canonical(content)).encode()).hexdigest()


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a row that its hash covers, as JSON values."""
    at: datetime = row["at"]
    return {**row, "at": at.astimezone(UTC).isoformat(timespec="microseconds")}


def first_broken(rows: Iterable[tuple[int, str, str, Mapping[str, Any]]]) -> int | None:
    """Id of the first row (id, prev_hash, hash, content) that does not follow from the one before."""
    prev = GENESIS
    for row_id, prev_hash, row_hash, content in rows:
        if prev_hash != prev or chain_hash(prev_hash, content) != row_hash:
            return row_id
        prev = row_hash
    return None


def masked(value: Any) -> Any:
    """A JSON value with every mobile number in it shortened to 138****1234."""
    if isinstance(value, str):
        return _MOBILE.sub(r"\1****\2", value)
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


def facts_text(facts: Mapping[str, Any], separator: str = "；") -> str:
    """Facts as one line for people: ``before 80；after 85``, masked."""
    return separator.join(
        f"{key} {item if isinstance(item, str) else canonical(item)}"
        for key, item in masked(facts).items()
    )
