"""Uploaded question files, and their rows between upload and import."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from question_bank.formats.reading import PlaceKind
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.rules import Difficulty, Pool, QuestionType

__all__ = ["NOT_GOOD", "ImportFile", "ImportRow", "ImportState", "QuestionImport", "Verdict"]

_NOT_GOOD = text("verdict <> 'good'")


class QuestionImport(Base):
    """One uploaded file: how far it is read, what its rows are worth, and when they went in.

    ``kind``: its extension. ``rows_total``: about how many rows it has, None where nobody can tell
    before it is read. ``beat_at``: when its reader last gave a sign of life. ``trouble``: why it
    could not be read. ``notes``: findings about the file as a whole. ``good`` … ``dropped``: rows by
    verdict. Said once for the whole file: ``source``: where the questions come from; ``pool``: what
    the rows are for that do not say so themselves, or with ``pool_is_for_all`` all of them; None
    where nothing was said; ``topic``: where rows without a topic go, '' for the usual one.
    """

    __tablename__ = "question_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    filename: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(8), default="")
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING)
    rows_total: Mapped[int | None]
    rows_done: Mapped[int] = mapped_column(default=0)
    beat_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(300), default="")
    notes: Mapped[list[Any]] = mapped_column(default=list)
    is_table: Mapped[bool] = mapped_column(default=True)  # its places are rows of sheets
    sheets: Mapped[int] = mapped_column(default=1)
    good: Mapped[int] = mapped_column(default=0)
    doubtful: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(100), default="")
    pool: Mapped[Pool | None]
    pool_is_for_all: Mapped[bool] = mapped_column(default=False)
    topic: Mapped[str] = mapped_column(String(64), default="")
    imported_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def _listed(members: type[StrEnum]) -> Enum:
    """A closed list without a check: four of them take a quarter of the time of keeping a row.

    The bank's own columns have the check, and no row goes in past it.
    """
    return Enum(
        members, values_callable=lambda each: [one.value for one in each], native_enum=False,
        length=32, create_constraint=False,
    )  # fmt: skip


class ImportRow(Base):
    """One question of a file between upload and import, in the order of the file from 1.

    ``type_text``, ``stem``, ``answer``: as the file has them. ``type`` None: nobody can tell which
    question it is; then ``options`` … are what could be read all the same. ``digest``: of what can
    go in, None where reading refuses the row. ``given``: the optional columns that are filled in,
    split by commas. ``findings``: what reading says; ``judged``: what comparing with the bank adds,
    or says alone where the verdict is same. ``basis_taken``: the citation as it will be kept, None
    where that is ``basis``. ``mended_at``: when somebody changed the row after reading.
    """

    __tablename__ = "import_row"
    # Most rows are good and are read in order; an index of them would cost a tenth of storing them.
    __table_args__ = (
        Index(
            "ix_import_row_noted", "import_id", "verdict", "number",
            sqlite_where=_NOT_GOOD, postgresql_where=_NOT_GOOD,
        ),
    )  # fmt: skip

    import_id: Mapped[int] = mapped_column(
        ForeignKey("question_import.id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verdict: Mapped[Verdict]
    place_kind: Mapped[PlaceKind] = mapped_column(_listed(PlaceKind), default=PlaceKind.ROW)
    place_number: Mapped[int]
    place_id: Mapped[str] = mapped_column(Text, default="")
    sheet: Mapped[str] = mapped_column(Text, default="")
    type_text: Mapped[str] = mapped_column(Text)
    stem: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, default="")
    topic: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    given: Mapped[str] = mapped_column(String(64), default="")
    findings: Mapped[list[Any]] = mapped_column(default=list)
    type: Mapped[QuestionType | None] = mapped_column(_listed(QuestionType))
    options: Mapped[list[Any]] = mapped_column(default=list)
    key: Mapped[Any] = mapped_column(JSON)
    passage: Mapped[str] = mapped_column(Text, default="")
    is_rich: Mapped[bool] = mapped_column(default=False)
    explanation: Mapped[str] = mapped_column(Text, default="")
    difficulty: Mapped[Difficulty] = mapped_column(_listed(Difficulty))
    pool: Mapped[Pool] = mapped_column(_listed(Pool))
    may_shuffle: Mapped[bool] = mapped_column(default=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    judged: Mapped[list[Any]] = mapped_column(default=list)
    basis_taken: Mapped[str | None] = mapped_column(Text)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    mended_at: Mapped[datetime | None]


# Written out and not bound: with a value to come the database would not see that its index fits.
NOT_GOOD = ImportRow.verdict != literal_column("'good'")


class ImportFile(Base):
    """The bytes of an upload that is being read, and of the file with its answers; then deleted."""

    __tablename__ = "import_file"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("question_import.id"), primary_key=True, autoincrement=False
    )
    data: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(200), default="")
    key_data: Mapped[bytes | None] = mapped_column(LargeBinary)
