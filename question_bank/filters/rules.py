"""What the list of questions can be narrowed by, and the words of the address that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from question_bank.questions.rules import Difficulty, Flag, Pool, QuestionType, VersionState

MAX_WORDS = 64  # characters of what is searched for
MAX_ADDRESS = 500
MAX_NAME = 32
MAX_KEPT = 50  # filters that one person keeps
DIGITS = 18
Member = TypeVar("Member", bound=StrEnum)


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed by; '' or None is anything. ``words``: all must occur.

    ``basis``: a law and an article as people type them (政府信息公开条例第二十六条, or one of both).
    A new one is a field here, its word in ``ADDRESS`` and its condition in ``queries.matching``.
    """

    words: str = ""
    topic_id: int | None = None
    type: QuestionType | None = None
    difficulty: Difficulty | None = None
    pool: Pool | None = None
    state: VersionState | None = None
    article_id: int | None = None
    import_id: int | None = None
    author_id: int | None = None
    basis: str = ""
    flag: Flag | None = None

    @property
    def is_empty(self) -> bool:
        return self == Filters()


# field → its word in the address
ADDRESS = {
    "words": "q", "topic_id": "topic", "type": "type", "difficulty": "difficulty", "pool": "pool",
    "state": "state", "article_id": "article", "import_id": "import", "author_id": "author",
    "basis": "basis", "flag": "flag",
}  # fmt: skip


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:MAX_WORDS]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < DIGITS else None


def _member(members: type[Member], text: str) -> Member | None:
    return members(text) if text in {each.value for each in members} else None


def from_address(args: Mapping[str, str]) -> Filters:
    """The filters that an address holds; what is unknown is left out, because people edit addresses."""

    def said(field: str) -> str:
        return args.get(ADDRESS[field], "")

    return Filters(
        words=_text(said("words")),
        topic_id=_number(said("topic_id")),
        type=_member(QuestionType, said("type")),
        difficulty=_member(Difficulty, said("difficulty")),
        pool=_member(Pool, said("pool")),
        state=_member(VersionState, said("state")),
        article_id=_number(said("article_id")),
        import_id=_number(said("import_id")),
        author_id=_number(said("author_id")),
        basis=_text(said("basis")),
        flag=_member(Flag, said("flag")),
    )


def to_address(filters: Filters) -> str:
    """The query string of these filters, always in the same order; '' where there is none."""
    pairs = [
        (ADDRESS[field.name], str(getattr(filters, field.name)))
        for field in fields(filters)
        if getattr(filters, field.name) not in (None, "")
    ]
    return urlencode(pairs)


def read_address(address: str) -> Filters:
    """The filters of a query string."""
    return from_address(dict(parse_qsl(address[: 4 * MAX_ADDRESS])))


def tidied(address: str) -> str:
    """A query string with the known words only, as it is kept; '' where nothing is left."""
    return to_address(read_address(address))
