"""Finding remarks, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from question_bank.comments.models import ReviewComment
from question_bank.questions.models import QuestionVersion


@dataclass(frozen=True)
class Remark:
    """A remark as a page shows it. ``resolved_by``: name, None while it is open."""

    id: int
    version_id: int
    number: int  # of the version
    line: str
    by_name: str
    at: datetime
    text: str
    resolved_at: datetime | None
    resolved_by: str | None

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


@dataclass(frozen=True)
class Remarks:
    """Remarks on a version or on all of a question. ``may_resolve``: the reader may mark them."""

    items: Sequence[Remark] = ()
    may_resolve: bool = False

    def at(self, line: str) -> list[Remark]:
        """The remarks on one line."""
        return [each for each in self.items if each.line == line]

    def on(self, version_id: int) -> Remarks:
        """The remarks on one version."""
        kept = [each for each in self.items if each.version_id == version_id]
        return Remarks(kept, self.may_resolve)

    @property
    def open(self) -> list[Remark]:
        """Those that wait for the author."""
        return [each for each in self.items if each.is_open]


def remarks(session: Session, version_ids: Collection[int], *, may_resolve: bool) -> Remarks:
    """All remarks on these versions, oldest first; one statement."""
    resolver = aliased(Person)
    rows = session.execute(
        select(ReviewComment, QuestionVersion.number, Person.name, resolver.name)
        .join(QuestionVersion, QuestionVersion.id == ReviewComment.version_id)
        .join(Person, Person.id == ReviewComment.by_id)
        .outerjoin(resolver, resolver.id == ReviewComment.resolved_by)
        .where(ReviewComment.version_id.in_(version_ids))
        .order_by(ReviewComment.id)
    )
    return Remarks(
        [
            Remark(kept.id, kept.version_id, number, kept.line, name, kept.at, kept.text,
                   kept.resolved_at, resolved_by)
            for kept, number, name, resolved_by in rows
        ],
        may_resolve,
    )  # fmt: skip
