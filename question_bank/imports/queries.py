"""Finding uploads, and what the bank holds of a file's questions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.roles.queries import live_roles
from core.errors import Forbidden, NotFound
from core.permissions import Permission, permissions_of
from question_bank.formats.reading import Place, PlaceKind
from question_bank.formats.rows import ParsedRow
from question_bank.formats.xlsx import ExportedQuestion
from question_bank.imports.models import QuestionImport
from question_bank.imports.rules import Bank, KnownVersion, Verdict
from question_bank.laws.queries import citation_index
from question_bank.questions.models import Question, QuestionVersion, Topic, VersionState
from question_bank.questions.queries import Filters, draft_of, question_list, topic_ids
from question_bank.questions.rules import Finding
from question_bank.starter import cited_digests

PIECE = 500  # values in one IN (…)
T = TypeVar("T")


@dataclass(frozen=True)
class PreviewRow:
    """One row as the preview shows it."""

    place: Place
    type_text: str
    stem: str
    answer: str
    verdict: Verdict
    findings: Sequence[Finding]


@dataclass(frozen=True)
class ImportView:
    """An upload with its rows as judged when it was uploaded."""

    id: int
    filename: str
    at: datetime
    imported_at: datetime | None
    discarded_at: datetime | None
    rows: Sequence[PreviewRow]
    raw: Sequence[Any]
    notes: Sequence[Finding] = ()

    @property
    def counts(self) -> dict[Verdict, int]:
        counted = dict.fromkeys(Verdict, 0)
        for row in self.rows:
            counted[row.verdict] += 1
        return counted

    @property
    def sheets(self) -> int:
        return len({row.place.sheet for row in self.rows})

    @property
    def is_table(self) -> bool:
        """Whether its questions are rows of sheets, and not parts of a text."""
        return all(row.place.kind is PlaceKind.ROW for row in self.rows)

    @property
    def is_open(self) -> bool:
        return self.imported_at is None and self.discarded_at is None

    def parsed(self) -> list[ParsedRow]:
        """The rows as read, to be judged anew."""
        return [ParsedRow.from_json(row["parsed"]) for row in self.raw]


@dataclass(frozen=True)
class ImportRow:
    """One upload in the list of a person's own."""

    id: int
    filename: str
    at: datetime
    imported_at: datetime | None
    discarded_at: datetime | None
    questions: int
    drafts: int


def own_import(session: Session, import_id: int, person_id: int) -> ImportView:
    """An upload of this person; NotFound for everybody else's."""
    found = session.scalar(
        select(QuestionImport).where(
            QuestionImport.id == import_id, QuestionImport.by_id == person_id
        )
    )
    if found is None:
        raise NotFound
    rows = [kept for kept in found.rows if "parsed" in kept]
    return ImportView(
        found.id, found.filename, found.at, found.imported_at, found.discarded_at,
        [_preview(row) for row in rows], rows,
        [Finding(**kept["note"]) for kept in found.rows if "note" in kept],
    )  # fmt: skip


def _preview(kept: dict[str, Any]) -> PreviewRow:
    parsed = kept["parsed"]
    at = parsed.get("at")  # of tables, and of uploads from before there were places, the row is it
    place = (
        Place.from_json(at) if at else Place(PlaceKind.ROW, parsed["row"], sheet=parsed["sheet"])
    )
    return PreviewRow(
        place, parsed["type_text"], parsed["stem"], parsed["answer"],
        Verdict(kept["verdict"]), [Finding(**finding) for finding in kept["findings"]],
    )  # fmt: skip


def own_imports(session: Session, person_id: int, limit: int = 10) -> list[ImportRow]:
    """The last uploads of a person, newest first, with what became of them; in one statement."""
    counted = (
        select(
            QuestionVersion.import_id,
            func.count().label("questions"),
            func.count().filter(QuestionVersion.state == VersionState.DRAFT).label("drafts"),
        )
        .where(QuestionVersion.import_id.is_not(None))
        .group_by(QuestionVersion.import_id)
        .subquery()
    )
    rows = session.execute(
        select(
            QuestionImport.id, QuestionImport.filename, QuestionImport.at,
            QuestionImport.imported_at, QuestionImport.discarded_at,
            func.coalesce(counted.c.questions, 0), func.coalesce(counted.c.drafts, 0),
        )
        .outerjoin(counted, counted.c.import_id == QuestionImport.id)
        .where(QuestionImport.by_id == person_id)
        .order_by(QuestionImport.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [ImportRow(*row) for row in rows]


def import_counts(session: Session, import_id: int) -> tuple[int, int]:
    """(versions that an import made, those of them that are drafts still)."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(QuestionVersion.state == VersionState.DRAFT),
        ).where(QuestionVersion.import_id == import_id)
    ).one()
    return row[0], row[1]


def bank_for(session: Session, rows: Sequence[ParsedRow], day: date) -> Bank:
    """What the bank holds of the questions of a file; some statements for every 500 rows."""
    drafts = [row.draft for row in rows if row.draft is not None]
    return Bank(
        by_code=_by_code(session, {row.code for row in rows if row.code}),
        by_digest=_by_digest(session, {draft.digest for draft in drafts}),
        topics=frozenset(topic_ids(session)),
        articles=citation_index(session, day),
        to_come=frozenset(cited_digests()),
    )


def _pieces(values: Collection[T]) -> Iterator[list[T]]:
    ordered = list(values)
    for start in range(0, len(ordered), PIECE):
        yield ordered[start : start + PIECE]


def _by_code(session: Session, codes: Collection[str]) -> dict[str, list[KnownVersion]]:
    found: dict[str, list[KnownVersion]] = {}
    for piece in _pieces(codes):
        for version, code, topic in session.execute(
            select(QuestionVersion, Question.code, Topic.name)
            .join(Question, Question.id == QuestionVersion.question_id)
            .join(Topic, Topic.id == QuestionVersion.topic_id)
            .where(Question.code.in_(piece))
            .order_by(QuestionVersion.question_id, QuestionVersion.number.desc())
        ):
            found.setdefault(code, []).append(
                KnownVersion(version.id, version.question_id, code, version.number,
                             version.state, topic, draft_of(version))
            )  # fmt: skip
    return found


def _by_digest(session: Session, digests: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in _pieces(digests):
        rows = session.execute(
            select(QuestionVersion.digest, Question.code)
            .join(Question, Question.id == QuestionVersion.question_id)
            .where(QuestionVersion.digest.in_(piece))
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def question_ids(session: Session, codes: Sequence[str]) -> list[int]:
    """Ids of the questions of these codes, in the same order."""
    found: dict[str, int] = {}
    for piece in _pieces(codes):
        rows = session.execute(select(Question.code, Question.id).where(Question.code.in_(piece)))
        found.update((row[0], row[1]) for row in rows)
    return [found[code] for code in codes]


def version_ids(session: Session, numbers: Sequence[tuple[int, int]]) -> list[int]:
    """Ids of the versions of these (question id, number), in the same order."""
    found: dict[tuple[int, int], int] = {}
    for piece in _pieces([question_id for question_id, _number in numbers]):
        rows = session.execute(
            select(QuestionVersion.question_id, QuestionVersion.number, QuestionVersion.id).where(
                QuestionVersion.question_id.in_(piece)
            )
        )
        found.update(((row[0], row[1]), row[2]) for row in rows)
    return [found[number] for number in numbers]


def exported(session: Session, filters: Filters) -> list[ExportedQuestion]:
    """The questions that match, each with the version that the list shows; in two statements.

    Retired questions are left out unless the filter asks for them.
    """
    listed = question_list(filters)
    if filters.state is None:
        listed = listed.where(QuestionVersion.state != VersionState.RETIRED)
    ids = listed.with_only_columns(QuestionVersion.id).order_by(None)
    rows = session.execute(
        select(QuestionVersion, Question.code, Topic.name)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionVersion.id.in_(ids))
        .order_by(Question.code)
    )
    return [ExportedQuestion(code, topic, draft_of(version)) for version, code, topic in rows]


def writer_by_staff_no(
    session: Session, staff_no: str, permission: Permission, now: datetime
) -> int:
    """Id of a person who holds a permission; NotFound or Forbidden with a sentence otherwise."""
    found = session.scalar(select(Person.id).where(Person.staff_no == staff_no.strip().upper()))
    if found is None:
        raise NotFound(_("没有工号为 %(no)s 的人", no=staff_no))
    roles = frozenset(role for role, _unit in live_roles(session, found, now))
    if permission not in permissions_of(roles):
        raise Forbidden(_("工号 %(no)s 没有这项权限", no=staff_no))
    return found
