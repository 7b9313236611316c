"""Finding what of an upload is compared, its pairs, and what was decided on its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from question_bank.duplicates.beside import Beside, beside
from question_bank.duplicates.queries import Side, sides
from question_bank.duplicates.rules import Asked, Kind
from question_bank.formats.reading import Place
from question_bank.imports import queries as imports
from question_bank.imports.models import ImportRow
from question_bank.imports.rules import ImportState, Verdict
from question_bank.imports.staging import parsed_of
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.rules import OPEN_STATES, Draft, VersionState
from question_bank.twins.models import Twin, TwinCheck
from question_bank.twins.rules import Outcome, RowDecision, outcome

AFTER_BANK = 1 << 40  # rows come after every question of the bank
GOING_IN = (Verdict.GOOD, Verdict.DOUBTFUL)
PIECE = 500  # values in one IN (…)


@dataclass(frozen=True)
class Upload:
    """An upload, as far as its page of twins needs it. ``mended``: rows changed since comparing."""

    id: int
    filename: str
    is_open: bool
    check: TwinCheck | None
    mended: int


def own_upload(session: Session, import_id: int, person_id: int) -> Upload:
    """An upload of this person; NotFound for everybody else's. Three statements."""
    found = imports.own_upload(session, import_id, person_id)
    check = session.get(TwinCheck, import_id)
    mended = 0
    if check is not None:
        changed = select(func.count()).where(
            ImportRow.import_id == import_id, ImportRow.mended_at > check.at
        )
        mended = session.scalar(changed) or 0
    is_open = found.state is ImportState.READY
    return Upload(found.id, found.filename, is_open, check, mended)


# --- what is compared -------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of an upload. ``number`` counts the rows of the file from 1."""

    number: int
    place: Place
    draft: Draft


def going_in(session: Session, import_id: int) -> int:
    """How many rows of an upload can go in."""
    counted = imports.count_verdicts(session, import_id)
    return sum(counted.get(verdict, 0) for verdict in GOING_IN)


def staged(session: Session, import_id: int) -> list[Asked]:
    """The rows of an upload that can go in, in order; one statement.

    ``ref`` is the row's number, ``group`` the question that its code names.
    """
    found = session.execute(
        select(
            ImportRow.number, ImportRow.type, ImportRow.stem, ImportRow.options, ImportRow.key,
            ImportRow.passage, ImportRow.is_rich, Question.id,
        )
        .outerjoin(Question, (Question.code == ImportRow.code) & (ImportRow.code != ""))
        .where(
            ImportRow.import_id == import_id, ImportRow.verdict.in_(GOING_IN),
            ImportRow.digest.is_not(None),
        )
        .order_by(ImportRow.number)
    )  # fmt: skip
    return [
        Asked(
            AFTER_BANK + number,
            Draft(type_, stem, tuple(options), key, passage=passage, is_rich=is_rich),
            question_id,
            number,
        )
        for number, type_, stem, options, key, passage, is_rich, question_id in found
    ]


def rows(session: Session, import_id: int, numbers: Collection[int]) -> dict[int, Row]:
    """Number → a row as the page shows it; one statement for every 500."""
    found = {}
    for row in imports.staged(session, import_id, sorted(numbers)):
        parsed = parsed_of(row)
        if parsed.draft is not None:
            found[row.number] = Row(row.number, parsed.place, parsed.draft)
    return found


# --- pairs ------------------------------------------------------------------------


def twins(import_id: int) -> Select[*tuple[Any, ...]]:
    """The pairs of an upload, contradictions first, then the most alike."""
    query: Select[*tuple[Any, ...]] = select(Twin).where(Twin.import_id == import_id)
    grave = case((Twin.kind == Kind.CONTRADICTION, 0), else_=1)
    return query.order_by(grave, Twin.likeness.desc(), Twin.number, Twin.id)


@dataclass(frozen=True)
class Counts:
    """How many pairs of an upload there are; ``waiting``: without a decision.

    ``contradictions``: of those that wait. ``skipped``: rows that stay out; ``skipped_good`` and
    ``skipped_doubtful`` of these verdicts.
    """

    total: int
    waiting: int
    contradictions: int
    skipped: int
    skipped_good: int
    skipped_doubtful: int


def counts(session: Session, import_id: int) -> Counts:
    """In one statement; all zero where nothing was compared."""
    rows_out = func.count(Twin.number.distinct())
    is_out = Twin.decision == RowDecision.SKIP
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Twin.decision.is_(None)),
            func.count().filter(Twin.kind == Kind.CONTRADICTION, Twin.decision.is_(None)),
            rows_out.filter(is_out),
            rows_out.filter(is_out, ImportRow.verdict == Verdict.GOOD),
            rows_out.filter(is_out, ImportRow.verdict == Verdict.DOUBTFUL),
        )
        .outerjoin(
            ImportRow,
            (ImportRow.import_id == Twin.import_id) & (ImportRow.number == Twin.number),
        )
        .where(Twin.import_id == import_id)
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
    """Pairs as the page shows them; in three statements."""
    numbers = {each.number for each in pairs}
    numbers.update(each.other_number for each in pairs if each.other_number is not None)
    known_rows = rows(session, import_id, numbers)
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


def made(session: Session, import_id: int) -> dict[int, tuple[int, int]]:
    """Row number → (question id, version id) that it became; one statement."""
    found = session.execute(
        select(ImportRow.number, QuestionVersion.question_id, QuestionVersion.id)
        .join(
            QuestionVersion,
            (QuestionVersion.import_id == ImportRow.import_id)
            & (QuestionVersion.digest == ImportRow.digest),
        )
        .where(ImportRow.import_id == import_id)
    )
    return {number: (question_id, version_id) for number, question_id, version_id in found}


def codes(session: Session, question_ids: Collection[int]) -> dict[int, str]:
    """Question id → code."""
    return {
        row[0]: row[1]
        for row in session.execute(
            select(Question.id, Question.code).where(Question.id.in_(question_ids))
        )
    }


def skipped(session: Session, import_id: int) -> dict[int, str]:
    """Row number → code of the question for which it is skipped; '' for another row of the file."""
    found = session.execute(
        select(Twin.number, Question.code)
        .outerjoin(QuestionVersion, QuestionVersion.id == Twin.other_version_id)
        .outerjoin(Question, Question.id == QuestionVersion.question_id)
        .where(Twin.import_id == import_id, Twin.decision == RowDecision.SKIP)
        .order_by(Twin.number, Twin.id)
    )
    return {number: code or "" for number, code in found}
