"""Finding the questions that filters let through, and the filters that people keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, cast, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from core.db import json_text
from core.errors import NotFound
from core.permissions import Role
from question_bank.filters.models import SavedFilter
from question_bank.filters.rules import Filters
from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.laws.rules import parse_article_input, parse_citation, same_title
from question_bank.measures.queries import has_flag
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.rules import VersionState

COUNTRY = "中华人民共和国"


class place_of(FunctionElement[int]):  # noqa: N801 (an SQL function)
    """Where the second text begins in the first, from 1; 0 where it does not occur."""

    type = Integer()
    inherit_cache = True


@compiles(place_of)
def _place(element: place_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(place_of, "sqlite")
def _place_sqlite(element: place_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


class folded(FunctionElement[str]):  # noqa: N801
    """A text with its Latin letters small. Both databases alike: A–Z only, which is also quickest."""

    type = Text()
    inherit_cache = True


@compiles(folded)
def _folded(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)} COLLATE "C")'


@compiles(folded, "sqlite")
def _folded_sqlite(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


def _holds(column: Any, word: str, written: str = "") -> ColumnElement[bool]:
    """Whether a text holds a word, whatever the case of Latin letters.

    ``written``: the word as the text would have it, where that is not the word itself. Most words
    have no Latin letters, and then nothing needs to be folded: reading tens of thousands of texts
    is what a search costs.
    """
    sought = written or word
    if not any(character.isascii() and character.isalpha() for character in word):
        return place_of(column, sought) > 0
    small = "".join(each.lower() if each.isascii() else each for each in sought)
    return place_of(folded(column), small) > 0


def _holds_in_json(column: Any, word: str) -> ColumnElement[bool]:
    """The same for a list of texts, which both databases keep as JSON (core.db.json_text)."""
    return _holds(cast(column, Text), word, json_text(word)[1:-1])


def _words(words: str) -> list[ColumnElement[bool]]:
    """Every word occurs in the code, the stem, the passage, the options or the explanation."""
    return [
        or_(
            _holds(QuestionVersion.stem, word),
            _holds(QuestionVersion.explanation, word),
            _holds_in_json(QuestionVersion.options, word),
            and_(QuestionVersion.passage != "", _holds(QuestionVersion.passage, word)),
            QuestionVersion.question_id.in_(select(Question.id).where(_holds(Question.code, word))),
        )
        for word in words.split()
    ]


def _rests_on(basis: str) -> ColumnElement[bool]:
    """The version rests on the article, or on an article of the law, that somebody typed.

    Articles of every version of the law count; a citation that found no article is read as text.
    """
    cited = parse_citation(basis)
    title, label = (cited.title, cited.label) if cited else ("", "")
    if not label:  # a law alone, or a bare number of an article
        label = parse_article_input(basis)
        title, label = ("", label) if label != basis else (basis, "")
    wanted = same_title(title)
    articles = (
        select(Article.id)
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
    )
    text: list[ColumnElement[bool]] = [QuestionVersion.article_id.is_(None)]
    if wanted:
        articles = articles.where(func.replace(LawSource.title, COUNTRY, "") == wanted)
        text.append(_holds(QuestionVersion.basis, wanted))
    if label:
        articles = articles.where(Article.label == label)
        text.append(_holds(QuestionVersion.basis, label))
    return or_(QuestionVersion.article_id.in_(articles), and_(*text))


def matching(filters: Filters) -> Select[int]:
    """Ids of the versions that match, one for a question, in no order.

    A question shows with its newest version; filtered by a state, with its version in that state.
    """
    query = select(QuestionVersion.id)
    if filters.state is not None:
        query = query.where(QuestionVersion.state == filters.state)
    if filters.state in {None, VersionState.RETIRED}:
        # words are looked for row by row in order: by way of an index that would take twice as long
        newest = QuestionVersion.is_newest
        query = query.where(newest.is_not(False) if filters.words else newest)
    for column, value in (
        (QuestionVersion.topic_id, filters.topic_id),
        (QuestionVersion.type, filters.type),
        (QuestionVersion.difficulty, filters.difficulty),
        (QuestionVersion.pool, filters.pool),
        (QuestionVersion.article_id, filters.article_id),
        (QuestionVersion.import_id, filters.import_id),
        (QuestionVersion.author_id, filters.author_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.flag is not None:
        query = query.where(has_flag(filters.flag))
    if filters.basis:
        query = query.where(_rests_on(filters.basis))
    return query.where(*_words(filters.words))


def authors(session: Session) -> list[tuple[int, str]]:
    """(person id, name) of everybody who is or was an editor, by name."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.id.in_(select(RoleGrant.person_id).where(RoleGrant.role == Role.EDITOR)))
        .order_by(Person.name, Person.id)
    )
    return [(row.id, row.name) for row in rows]


@dataclass(frozen=True)
class KeptFilter:
    """A filter under its name. ``is_own``: of the person who asks, who may rename or remove it."""

    id: int
    name: str
    address: str
    is_shared: bool
    is_own: bool
    owner: str


def kept_filters(session: Session, person_id: int) -> list[KeptFilter]:
    """A person's own filters, then the shared ones of others, each by name; one statement."""
    is_own = SavedFilter.person_id == person_id
    rows = session.execute(
        select(SavedFilter, Person.name)
        .join(Person, Person.id == SavedFilter.person_id)
        .where(or_(is_own, SavedFilter.is_shared))
        .order_by(is_own.desc(), SavedFilter.name, SavedFilter.id)
    )
    return [
        KeptFilter(kept.id, kept.name, kept.address, kept.is_shared, kept.person_id == person_id, owner)
        for kept, owner in rows
    ]  # fmt: skip


def own_filter(session: Session, filter_id: int, person_id: int) -> SavedFilter:
    """A filter of this person; NotFound for everybody else's."""
    found = session.scalar(
        select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.person_id == person_id)
    )
    if found is None:
        raise NotFound
    return found


def kept_by(session: Session, person_id: int) -> int:
    """How many filters a person keeps."""
    return (
        session.scalar(
            select(func.count()).select_from(SavedFilter).where(SavedFilter.person_id == person_id)
        )
        or 0
    )
