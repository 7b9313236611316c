"""Finding articles: by id, by citation, and as they stand in the versions in force on a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.laws.rules import parse_citation, same_title
from question_bank.questions.models import Question, QuestionVersion


@dataclass(frozen=True)
class ArticleView:
    """An article as it is quoted. ``cited_label``: what it was cited as, where that is another now."""

    id: int
    law_version_id: int
    title: str  # of the law, without 《》
    label: str
    text: str
    promulgated_on: date
    in_force_on: date
    cited_label: str = ""

    @property
    def paragraphs(self) -> list[str]:
        return self.text.split("\n")


@dataclass(frozen=True)
class Standing:
    """How an article that is cited stands on a day. ``present``: its successor in force, if any."""

    cited: ArticleView
    present: ArticleView | None

    @property
    def stands(self) -> bool:
        """Whether its text is in force, under whatever label."""
        return self.present is not None and self.present.text == self.cited.text

    @property
    def shown(self) -> ArticleView:
        """What a page quotes: the article in force where the text is the same, else as it was cited."""
        if self.present is None or not self.stands:
            return self.cited
        moved = self.present.label != self.cited.label
        return replace(self.present, cited_label=self.cited.label if moved else "")


def newest_in_force(day: date) -> Select[int]:
    """Ids of the version of each source that is in force on a day."""
    ranked = (
        select(
            LawVersion.id,
            func.row_number()
            .over(
                partition_by=LawVersion.source_id,
                order_by=(LawVersion.in_force_on.desc(), LawVersion.promulgated_on.desc()),
            )
            .label("rank"),
        )
        .where(LawVersion.in_force_on <= day)
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.rank == 1)


def titles(session: Session) -> list[str]:
    """Titles of all laws, in order."""
    return list(session.scalars(select(LawSource.title).order_by(LawSource.title)))


def articles_by_id(session: Session, ids: Collection[int | None]) -> dict[int, ArticleView]:
    """The articles of these ids, as they were written, in one statement."""
    wanted = {found for found in ids if found is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(*_quoted(Article, LawVersion))
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .where(Article.id.in_(wanted))
    )
    return {row[0]: ArticleView(*row) for row in rows}


def _quoted(article: type[Article], version: type[LawVersion]) -> list[Any]:
    return [
        article.id, article.law_version_id, LawSource.title, article.label, article.text,
        version.promulgated_on, version.in_force_on,
    ]  # fmt: skip


def standings(session: Session, ids: Collection[int | None], day: date) -> dict[int, Standing]:
    """How the articles of these ids stand on a day, through all versions since; one statement."""
    wanted = {found for found in ids if found is not None}
    if not wanted:
        return {}
    present, in_force = aliased(Article), aliased(LawVersion)
    cited = _quoted(Article, LawVersion)
    rows = session.execute(
        select(*cited, *_quoted(present, in_force))
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .outerjoin(
            present,
            and_(
                present.line_id == Article.line_id,
                present.law_version_id.in_(newest_in_force(day)),
            ),
        )
        .outerjoin(in_force, in_force.id == present.law_version_id)
        .where(Article.id.in_(wanted))
    )
    width = len(cited)
    found = [(ArticleView(*row[:width]), row[width:]) for row in rows]
    return {one.id: Standing(one, ArticleView(*now) if now[0] else None) for one, now in found}


def standing_of(session: Session, article: ArticleView | None, day: date) -> Standing | None:
    """How one article stands on a day; None where there is none."""
    return standings(session, [article.id], day).get(article.id) if article else None


def quoted_articles(
    session: Session, ids: Collection[int | None], day: date
) -> dict[int, ArticleView]:
    """Id cited → the article as pages quote it on a day, see ``Standing.shown``; one statement."""
    return {id_: one.shown for id_, one in standings(session, ids, day).items()}


def citation_index(session: Session, day: date) -> dict[tuple[str, str], int]:
    """(title as compared, label) → article id, over the versions in force on a day."""
    rows = session.execute(
        select(LawSource.title, Article.label, Article.id)
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .where(LawVersion.id.in_(newest_in_force(day)))
    )
    return {(same_title(title), label): article_id for title, label, article_id in rows}


def article_for(session: Session, basis_text: str, day: date) -> Article | None:
    """The article that a citation such as 《title》第二十六条 names, in the version in force on a day.

    The title may lack 中华人民共和国 in front. None where title or article are not known.
    """
    cited = parse_citation(basis_text)
    if cited is None or not cited.title or not cited.label:
        return None
    rows = session.execute(
        select(Article, LawSource.title)
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .where(LawVersion.id.in_(newest_in_force(day)), Article.label == cited.label)
    )
    wanted = same_title(cited.title)
    return next((article for article, title in rows if same_title(title) == wanted), None)


def source_by_title(session: Session, title: str) -> LawSource | None:
    """The source of this title, however it is written."""
    wanted = same_title(title)
    sources = session.scalars(select(LawSource))
    return next((source for source in sources if same_title(source.title) == wanted), None)


def version_of(session: Session, source_id: int, promulgated_on: date) -> LawVersion | None:
    """The version of a source that was promulgated on a day."""
    return session.scalar(
        select(LawVersion).where(
            LawVersion.source_id == source_id, LawVersion.promulgated_on == promulgated_on
        )
    )


def unlinked(session: Session) -> list[tuple[int, str, str]]:
    """(version id, question code, basis) of versions that cite something and have no article yet."""
    rows = session.execute(
        select(QuestionVersion.id, Question.code, QuestionVersion.basis)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.article_id.is_(None), QuestionVersion.basis != "")
    )
    return [(row[0], row[1], row[2]) for row in rows]


def digests(session: Session, article_ids: Collection[int]) -> dict[int, str]:
    """Digests of the texts of these articles."""
    if not article_ids:
        return {}
    rows = session.execute(select(Article.id, Article.digest).where(Article.id.in_(article_ids)))
    return {row[0]: row[1] for row in rows}
