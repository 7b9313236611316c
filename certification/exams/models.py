"""Exams, their blueprints and who may sit them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from question_bank.questions.models import Difficulty, QuestionType
from quiz.occasions.models import MultipleRule, ReleaseRule


class ExamState(StrEnum):
    """draft → published → (cancelled); whether it is open or past follows from its window."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Exam(Base):
    """A certification exam as the office defines it."""

    __tablename__ = "exam"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    state: Mapped[ExamState]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    minutes: Mapped[int]
    pass_mark: Mapped[int]
    tries: Mapped[int]
    multiple_rule: Mapped[MultipleRule]
    release_rule: Mapped[ReleaseRule]
    needs_training: Mapped[bool]
    occasion_id: Mapped[int | None] = mapped_column(ForeignKey("occasion.id"), unique=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (read by SQLAlchemy)


class BlueprintRow(Base):
    """topic × type × difficulty → how many questions, marks each. None stands for any."""

    __tablename__ = "blueprint_row"
    __table_args__ = (UniqueConstraint("exam_id", "ordinal", name="uq_blueprint_row_ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    ordinal: Mapped[int]
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    type: Mapped[QuestionType]
    difficulty: Mapped[Difficulty | None]
    count: Mapped[int]
    marks: Mapped[int]


class ExamUnit(Base):
    """A unit (with all below it) whose staff on post may sit."""

    __tablename__ = "exam_unit"

    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class ExamPerson(Base):
    """A person admitted by name; a reason is needed for someone who can see keys."""

    __tablename__ = "exam_person"

    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    admitted_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    admitted_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
