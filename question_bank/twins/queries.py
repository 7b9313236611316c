"""Finding what of an upload is compared, its pairs, and what was decided on its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from question_bank.duplicates.beside import Beside, beside
from question_bank.duplicates.queries import Side, sides
from question_bank.duplicates.rules import Asked, Kind
from question_bank.formats.reading import Place
from question_bank.formats.rows import ParsedRow
from question_bank.imports.models import QuestionImport
from question_bank.imports.rules import KnownVersion, Verdict
from question_bank.questions.models import Question, QuestionVersion, Topic
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import OPEN_STATES, Draft, VersionState
from question_bank.twins.models import Twin, TwinCheck
from question_bank.twins.rules import Outcome, RowDecision, outcome

AFTER_BANK = 1 << 40  # rows come after every question of the bank
GOING_IN = (Verdict.GOOD, Verdict.DOUBTFUL)
PIECE = 500  # values in one IN (…)


@dataclass(frozen=True)
class Upload:
    """An upload, as far as its page of twins needs it."""

    id: int
    filename: str
    is_open: bool
    check: TwinCheck | None


def own_upload(session: Session, import_id: int, person_id: int) -> Upload:
    """An upload of this person; NotFound for everybody else's. Two statements."""
    found = session.scalar(
        select(QuestionImport).where(
            QuestionImport.id == import_id, QuestionImport.by_id == person_id
        )
    )
    if found is None:
        raise NotFound
    is_open = found.imported_at is None and found.discarded_at is None
    return Upload(found.id, found.filename, is_open, session.get(TwinCheck, import_id))


# --- what is compared -------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of an upload that can go in. ``number`` counts the rows of the file from 1."""

    number: int
    place: Place
    draft: Draft
    code: str = ""


def rows(session: Session, import_id: int) -> list[Row]:
    """The rows of an upload that can go in, in order; one statement."""
    kept = session.scalar(select(QuestionImport.rows).where(QuestionImport.id == import_id)) or []
    found = []
    for number, each in enumerate((row for row in kept if "parsed" in row), 1):
        if Verdict(each["verdict"]) in GOING_IN:
            parsed = ParsedRow.from_json(each["parsed"])
            if parsed.draft is not None:
                found.append(Row(number, parsed.place, parsed.draft, parsed.code))
    return found


def staged(session: Session, import_id: int) -> list[Asked]:
    """The rows of an upload as they are compared.

    ``ref`` is the row's number, ``group`` the question that its code names.
    """
    found = rows(session, import_id)
    named = _by_code(session, [row.code for row in found if row.code])
    return [
        Asked(AFTER_BANK + row.number, row.draft, named.get(row.code), row.number) for row in found
    ]


def _by_code(session: Session, codes: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for start in range(0, len(codes), PIECE):
        piece = codes[start : start + PIECE]
        for code, id_ in session.execute(
            select(Question.code, Question.id).where(Question.code.in_(piece))
        ):
            known[code] = id_
    return known


# --- pairs ------------------------------------------------------------------------


def twins(import_id: int) -> Select[*tuple[Any, ...]]:
    """The pairs of an upload, contradictions first, then the most alike."""
    query: Select[*tuple[Any, ...]] = select(Twin).where(Twin.import_id == import_id)
    grave = case((Twin.kind == Kind.CONTRADICTION, 0), else_=1)
    return query.order_by(grave, Twin.likeness.desc(), Twin.number, Twin.id)


@dataclass(frozen=True)
class Counts:
    """How many pairs of an upload there are; ``waiting``: without a decision.

    ``contradictions``: of those that wait. ``skipped``: rows that stay out.
    """

    total: int
    waiting: int
    contradictions: int
    skipped: int


def counts(session: Session, import_id: int) -> Counts:
    """In one statement; all zero where nothing was compared."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Twin.decision.is_(None)),
            func.count().filter(Twin.kind == Kind.CONTRADICTION, Twin.decision.is_(None)),
            func.count(Twin.number.distinct()).filter(Twin.decision == RowDecision.SKIP),
        ).where(Twin.import_id == import_id)
    ).one()
    return Counts(*row)


@dataclass(frozen=True)
class ShownTwin:
    """A pair side by side: a row, and an earlier ``other`` row or a question ``side`` of the bank.

    ``may_become``: the row can be the next version of that question.
    """

    id: int
    kind: Kind
    score: int
    decision: RowDecision | None
    row: Row
    other: Row | None
    side: Side | None
    beside: Beside
    may_become: bool


def shown(session: Session, import_id: int, pairs: Sequence[Twin]) -> list[ShownTwin]:
    """Pairs as the page shows them; in three statements. A row that cannot go in any more is left out."""
    known_rows = {row.number: row for row in rows(session, import_id)}
    known = sides(session, {each.other_version_id for each in pairs if each.other_version_id})
    busy = being_written(session, {side.standing.question_id for side in known.values()})
    return [
        _shown(each, known_rows, known, busy)
        for each in pairs
        if each.number in known_rows
        and (each.other_number is None or each.other_number in known_rows)
    ]


def _shown(
    twin: Twin, in_file: dict[int, Row], known: dict[int, Side], busy: Collection[int]
) -> ShownTwin:
    row = in_file[twin.number]
    other = in_file[twin.other_number] if twin.other_number is not None else None
    side = known[twin.other_version_id] if twin.other_version_id is not None else None
    theirs = other.draft if other else side.draft if side else row.draft
    return ShownTwin(
        twin.id, twin.kind, twin.likeness, twin.decision, row, other, side,
        beside(row.draft, theirs),
        may_become=side is not None and side.standing.question_id not in busy,
    )  # fmt: skip


def being_written(session: Session, question_ids: Collection[int]) -> set[int]:
    """Which of these questions have a version in work; a returned one makes room for another."""
    return set(
        session.scalars(
            select(QuestionVersion.question_id).where(
                QuestionVersion.question_id.in_(question_ids),
                QuestionVersion.state.in_(OPEN_STATES - {VersionState.RETURNED}),
            )
        )
    )


# --- for the import ---------------------------------------------------------------


def outcomes(session: Session, import_id: int) -> dict[int, Outcome]:
    """Row number → what becomes of it, for the rows that somebody decided on; one statement."""
    said: dict[int, list[tuple[RowDecision, int | None]]] = defaultdict(list)
    for number, decision, question_id in session.execute(
        select(Twin.number, Twin.decision, QuestionVersion.question_id)
        .outerjoin(QuestionVersion, QuestionVersion.id == Twin.other_version_id)
        .where(Twin.import_id == import_id, Twin.decision.is_not(None))
        .order_by(Twin.number, Twin.id)
    ):
        if decision is not None:
            said[number].append((decision, question_id))
    return {number: outcome(decided) for number, decided in said.items()}


def kept_pairs(session: Session, import_id: int) -> list[Twin]:
    """The pairs of which both are kept."""
    return list(
        session.scalars(
            select(Twin)
            .where(Twin.import_id == import_id, Twin.decision == RowDecision.KEEP)
            .order_by(Twin.id)
        )
    )


def newest_of(session: Session, question_ids: Collection[int]) -> dict[int, KnownVersion]:
    """Question id → its newest version, which a row becomes the next of; one statement."""
    found = session.execute(
        select(QuestionVersion, Question.code, Topic.name)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionVersion.question_id.in_(question_ids))
        .order_by(QuestionVersion.question_id, QuestionVersion.number)
    )
    return {
        version.question_id: KnownVersion(
            version.id, version.question_id, code, version.number, version.state, topic,
            draft_of(version),
        )
        for version, code, topic in found
    }  # fmt: skip
