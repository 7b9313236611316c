"""Versions of a law in order, and what became of the articles from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from core.differences import Change, Segment, former, latter, segments
from core.errors import NotFound
from question_bank.laws.browsing.queries import CitingQuestion, questions_on
from question_bank.laws.comparison import Kind
from question_bank.laws.models import Article, ArticleChange, LawSource, LawVersion


def source_of(session: Session, version_id: int) -> int:
    """The law of a version; NotFound if there is none."""
    found = session.scalar(select(LawVersion.source_id).where(LawVersion.id == version_id))
    if found is None:
        raise NotFound
    return found


def hold_source(session: Session, source_id: int) -> None:
    """Lock a law until the transaction ends: who compares, takes force or approves waits in turn."""
    session.execute(select(LawSource.id).where(LawSource.id == source_id).with_for_update())


def versions_in_order(session: Session, source_id: int) -> list[LawVersion]:
    """All versions of a law in the order in which they take force."""
    return list(
        session.scalars(
            select(LawVersion)
            .where(LawVersion.source_id == source_id)
            .order_by(LawVersion.in_force_on, LawVersion.promulgated_on, LawVersion.id)
        )
    )


def articles_of(session: Session, version_id: int) -> list[Article]:
    """The articles of a version in order."""
    return list(
        session.scalars(
            select(Article).where(Article.law_version_id == version_id).order_by(Article.ordinal)
        )
    )


def successions(session: Session, version_id: int) -> dict[int, int]:
    """New article id → the id of what it was in the version before, as far as it was there."""
    rows = session.execute(
        select(ArticleChange.new_article_id, ArticleChange.old_article_id).where(
            ArticleChange.law_version_id == version_id,
            ArticleChange.new_article_id.is_not(None),
            ArticleChange.old_article_id.is_not(None),
        )
    )
    return {after: before for after, before in rows if after is not None and before is not None}


def uncompared(session: Session) -> list[int]:
    """Ids of laws with a version that was never compared."""
    return list(
        session.scalars(
            select(LawVersion.source_id).where(LawVersion.compared_at.is_(None)).distinct()
        )
    )


def due_to_take_force(session: Session, day: date) -> list[int]:
    """Ids of versions in force on a day whose changes were not applied to the questions yet."""
    return list(
        session.scalars(
            select(LawVersion.id)
            .where(LawVersion.taken_at.is_(None), LawVersion.in_force_on <= day)
            .order_by(LawVersion.in_force_on, LawVersion.promulgated_on, LawVersion.id)
            .limit(100)
        )
    )


# --- what became of the articles --------------------------------------------------------


@dataclass(frozen=True)
class ChangeRow:
    """An article before and after, with the differing words, and the questions that rest on it.

    ``old``, ``new``: (label, pieces of its text), None where there is none.
    """

    kind: Kind
    likeness: int
    old: tuple[str, Sequence[Segment]] | None
    new: tuple[str, Sequence[Segment]] | None
    questions: Sequence[CitingQuestion]


@dataclass(frozen=True)
class Revision:
    """A version beside the one before it. ``former``: (id, promulgated), None for a first version.

    ``is_to_come``: its day is still ahead, or has come and its changes were not applied yet.
    """

    version_id: int
    title: str
    promulgated_on: date
    in_force_on: date
    former: tuple[int, date] | None
    is_to_come: bool


def revision(session: Session, version_id: int) -> Revision:
    """A version with what it was compared with; NotFound if there is none."""
    before = aliased(LawVersion)
    row = session.execute(
        select(LawSource.title, LawVersion.promulgated_on, LawVersion.in_force_on, before.id,
               before.promulgated_on, LawVersion.taken_at.is_(None))
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .outerjoin(before, before.id == LawVersion.former_id)
        .where(LawVersion.id == version_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    return Revision(
        version_id, row[0], row[1], row[2], (row[3], row[4]) if row[3] else None, row[5]
    )


def change_counts(session: Session, version_id: int) -> dict[Kind, int]:
    """How many articles of a version became what; empty where nothing was compared."""
    rows = session.execute(
        select(ArticleChange.kind, func.count())
        .where(ArticleChange.law_version_id == version_id)
        .group_by(ArticleChange.kind)
    )
    return {row[0]: row[1] for row in rows}


def changes(version_id: int, kind: Kind | None) -> Select[*tuple[Any, ...]]:
    """Rows of the changes of a version, of one kind or of all, in the order of its articles.

    (kind, likeness, label and text before, label and text after, line).
    """
    old, new = aliased(Article), aliased(Article)
    query = (
        select(
            ArticleChange.kind, ArticleChange.likeness, old.label, old.text, new.label, new.text,
            func.coalesce(new.line_id, old.line_id),
        )
        .outerjoin(old, old.id == ArticleChange.old_article_id)
        .outerjoin(new, new.id == ArticleChange.new_article_id)
        .where(ArticleChange.law_version_id == version_id)
        .order_by(ArticleChange.id)
    )  # fmt: skip
    return query.where(ArticleChange.kind == kind) if kind else query


def change_lines(
    session: Session, version_id: int
) -> list[tuple[Kind, int, str | None, str | None]]:
    """(kind, likeness, label before, label after) of all changes of a version, in order."""
    rows = session.execute(changes(version_id, None))
    return [(row[0], row[1], row[2], row[4]) for row in rows]


def change_rows(session: Session, rows: Sequence[Any]) -> list[ChangeRow]:
    """What ``changes`` found, with marked words and questions; one statement."""
    questions = questions_on(session, [row[6] for row in rows])
    found = []
    for kind, likeness, old_label, old_text, new_label, new_text, line in rows:
        pieces = segments(old_text or "", new_text or "")
        both = old_label is not None and new_label is not None
        found.append(
            ChangeRow(
                kind, likeness,
                (old_label, former(pieces) if both else _whole(old_text)) if old_label else None,
                (new_label, latter(pieces) if both else _whole(new_text)) if new_label else None,
                questions.get(line, ()),
            )
        )  # fmt: skip
    return found


def _whole(text: str) -> list[Segment]:
    return [Segment(Change.SAME, text)]
