"""Comparing the versions of a law, and leading lines of articles through them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import table_of
from question_bank.laws.comparison import Kind, Text, compare
from question_bank.laws.models import Article, ArticleChange, LawVersion
from question_bank.laws.revisions import queries


def compare_versions(
    session: Session, *, source_id: int, now: datetime
) -> dict[int, Counter[Kind]]:
    """Compare every version of a law with the one in force before it, and lead lines through them.

    Only pairs of versions that are neighbours anew are compared: all where none was, two where a
    version came in between. Version id → what became of its articles, of those compared now.
    """
    queries.hold_source(session, source_id)
    done: dict[int, Counter[Kind]] = {}
    former: LawVersion | None = None
    articles: Sequence[Article] = ()
    lines: dict[int, int] = {}  # article id → line, of the former version
    for version in queries.versions_in_order(session, source_id):
        old, articles = articles, queries.articles_of(session, version.id)
        former_id = former.id if former else None
        if version.compared_at is None or version.former_id != former_id:
            done[version.id] = _compare(session, version, old, articles)
            version.former_id, version.compared_at = former_id, now
            session.flush()
        before = queries.successions(session, version.id)
        lines = {one.id: lines.get(before.get(one.id, 0), one.id) for one in articles}
        _draw_lines(session, {one.id: lines[one.id] for one in articles
                              if one.line_id != lines[one.id]})  # fmt: skip
        former = version
    return done


def _compare(
    session: Session, version: LawVersion, old: Sequence[Article], new: Sequence[Article]
) -> Counter[Kind]:
    """Keep what became of each article; nothing for a law's first version."""
    session.execute(delete(ArticleChange).where(ArticleChange.law_version_id == version.id))
    if not old:
        return Counter()
    pairs = compare(*([Text(one.label, one.text, one.digest) for one in side]
                      for side in (old, new)))  # fmt: skip
    session.execute(
        insert(ArticleChange),
        [{"law_version_id": version.id, "kind": pair.kind, "likeness": pair.likeness,
          "old_article_id": None if pair.old is None else old[pair.old].id,
          "new_article_id": None if pair.new is None else new[pair.new].id} for pair in pairs],
    )  # fmt: skip
    counted = Counter(pair.kind for pair in pairs)
    record(
        session, "law.compare", ("law_version", version.id),
        facts={kind.value: number for kind, number in counted.items()},
    )  # fmt: skip
    return counted


def _draw_lines(session: Session, lines: Mapping[int, int]) -> None:
    if lines:
        table = table_of(Article)
        session.connection().execute(
            update(table).where(table.c.id == bindparam("b_id")).values(line_id=bindparam("line")),
            [{"b_id": article_id, "line": line} for article_id, line in lines.items()],
        )
