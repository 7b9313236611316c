"""Topics, questions, immutable versions and the events of their review."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, enum_type
from question_bank.questions.rules import Difficulty, Flag, Pool, QuestionType, VersionState

__all__ = [
    "Difficulty",
    "Flag",
    "Pool",
    "Question",
    "QuestionType",
    "QuestionVersion",
    "ReviewEvent",
    "Topic",
    "VersionFlag",
    "VersionState",
]


class Topic(Base):
    """A field of knowledge (知识点)."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    ordinal: Mapped[int] = mapped_column(default=0)


class Question(Base):
    """A question for ever; what it says is in its versions."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)  # 编号, e.g. Q-000123
    created_at: Mapped[datetime]


class QuestionVersion(Base):
    """What a question says. Content never changes once it has left draft; only the state moves.

    ``options``: texts in the author's order (empty for true/false and fill-in).
    ``key``: single and multiple: sorted indexes into options; true/false: a boolean;
    fill-in: for each blank the list of accepted texts; short answer: the text of the model answer.
    ``replaces_id``: the version that was in use when this one was begun; ``key_changed``: whether
    its key is another than that one's, None where it replaces nothing. ``is_newest``: no version of
    the question has a higher number; triggers keep it, so that it is right whoever inserts.
    Triggers also refuse a change of content outside a draft; ``article_id`` may be found later.
    """

    __tablename__ = "question_version"
    __table_args__ = (
        UniqueConstraint("question_id", "number", name="uq_question_version_number"),
        Index(
            "uq_question_version_live",
            "question_id",
            unique=True,
            sqlite_where=text("state IN ('approved', 'needs_review')"),
            postgresql_where=text("state IN ('approved', 'needs_review')"),
        ),
        Index(
            "uq_question_version_open",
            "question_id",
            unique=True,
            sqlite_where=text("state IN ('draft', 'in_review', 'returned')"),
            postgresql_where=text("state IN ('draft', 'in_review', 'returned')"),
        ),
        Index("ix_question_version_draw", "state", "topic_id", "type", "difficulty"),
        Index("ix_question_version_digest", "digest"),
        Index("ix_question_version_article", "article_id"),
        Index("ix_question_version_import", "import_id"),
        # the list of questions: found and counted without reading what they say
        Index(
            "ix_question_version_newest",
            "is_newest",
            "topic_id",
            "type",
            "difficulty",
            "pool",
            "state",
            "author_id",
            "import_id",
            "id",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    number: Mapped[int]  # 1, 2, …
    state: Mapped[VersionState]
    type: Mapped[QuestionType]
    stem: Mapped[str] = mapped_column(Text)
    options: Mapped[list[Any]]
    key: Mapped[Any] = mapped_column(JSON)
    passage: Mapped[str] = mapped_column(Text, default="")  # shared by several questions
    is_rich: Mapped[bool] = mapped_column(default=False)  # texts are in the markup of core.richtext
    explanation: Mapped[str] = mapped_column(Text, default="")
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    difficulty: Mapped[Difficulty]
    pool: Mapped[Pool]
    may_shuffle: Mapped[bool] = mapped_column(default=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    basis: Mapped[str] = mapped_column(String(200), default="")  # the citation as written
    digest: Mapped[str] = mapped_column(String(64))  # of type, stem, options and key
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("question_import.id"))
    revision: Mapped[int] = mapped_column(default=1)  # counts the changes of a draft
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("question_version.id"))
    key_changed: Mapped[bool | None]
    is_newest: Mapped[bool] = mapped_column(default=True, server_default=true())
    # where the answers put it; assembly uses it before the label. Not content: it moves by night.
    measured_difficulty: Mapped[Difficulty | None] = mapped_column(
        enum_type(Difficulty, "measured_difficulty")
    )


class VersionFlag(Base):
    """Something that the answers to a version ask somebody to look at; raised and taken down by night."""

    __tablename__ = "version_flag"
    __table_args__ = (Index("ix_version_flag_flag", "flag"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    flag: Mapped[Flag] = mapped_column(primary_key=True)
    raised_at: Mapped[datetime]


class ReviewEvent(Base):
    """One step of a version through review. ``by_id`` None: it followed by itself. Append-only."""

    __tablename__ = "review_event"
    __table_args__ = (Index("ix_review_event_version", "version_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    from_state: Mapped[VersionState | None] = mapped_column(enum_type(VersionState, "from_state"))
    to_state: Mapped[VersionState]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(String(500), default="")
