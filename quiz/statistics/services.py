"""Computing figures from first tries, and keeping them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import Base, table_of, upsert
from question_bank.measures.services import Measured, Noted, note_measured
from quiz.statistics.gathering.queries import lines, opened_at, tried
from quiz.statistics.models import OccasionStatistic, QuestionStatistic, QuestionWindow
from quiz.statistics.rules import MIN_FIT
from quiz.statistics.tally import OfOccasion, OfQuestion, Tally

MOST_SITTINGS = 10_000  # of the newest that a fit looks at
LEAST_QUESTIONS = 5  # on a paper and in a fit; fewer tell little of a person
BATCH = 200  # questions written in one transaction


@dataclass(frozen=True)
class Parameters:
    """The fitted model of one question; ``location`` None where the slope is too flat to tell."""

    slope: float
    location: float | None
    answers: int


@dataclass(frozen=True)
class Findings:
    """Everything that the first tries say."""

    questions: Sequence[OfQuestion]
    occasions: Sequence[OfOccasion]
    parameters: Mapping[int, Parameters]  # by version id
    sittings: int


def compute(session: Session, now: datetime) -> Findings:
    """Read all attempts at exams and rounds once, and work out the figures. Writes nothing."""
    tally = Tally(lines(session), now)
    for one in tried(session):
        tally.add(one)
    when = opened_at(session)
    return Findings(
        list(tally.questions(when)), list(tally.occasions()), parameters(tally), tally.sittings
    )


def parameters(tally: Tally) -> dict[int, Parameters]:
    """The two-parameter model of every question with enough answers; empty where they are too few."""
    columns = list(tally.to_fit(MIN_FIT))
    if len(columns) < LEAST_QUESTIONS:
        return {}
    from quiz.statistics import fit  # brings numpy

    ids, answers = fit.table_of_answers(
        columns, tally.sittings, least=MIN_FIT, most_rows=MOST_SITTINGS,
        least_in_row=LEAST_QUESTIONS,
    )  # fmt: skip
    if len(ids) < LEAST_QUESTIONS:
        return {}
    found = fit.fit(answers)
    if not found.converged:
        return {}
    return {
        id_: Parameters(float(a), None if math.isnan(b) else float(b), int(n))
        for id_, a, b, n in zip(ids, found.a, found.b, found.asked, strict=True)
    }


# --- keeping ---------------------------------------------------------------------------


def keep_questions(
    session: Session, found: Sequence[OfQuestion], fitted: Mapping[int, Parameters], now: datetime
) -> Noted:
    """Keep the figures of some questions, and tell the bank what they measure."""
    _put(session, QuestionStatistic, [_row(one, fitted.get(one.line.version_id), now)
                                      for one in found])  # fmt: skip
    _put(session, QuestionWindow, [
        {"version_id": one.line.version_id, "occasion_id": window.occasion_id,
         "answers": window.answers, "facility": window.facility,
         "discrimination": window.discrimination, "computed_at": now}
        for one in found for window in one.figures.windows
    ])  # fmt: skip
    ours = _kept_at(session, [one.line.version_id for one in found], now)
    measured = {
        version_id: Measured(one.level, one.flags if _bears_flags(one, version_id) else ())
        for one in found
        if one.line.version_id in ours
        for version_id in one.line.version_ids
    }
    return note_measured(session, measured, now)


def _kept_at(session: Session, version_ids: Sequence[int], now: datetime) -> set[int]:
    """Those whose figures are of this run: a newer run that was quicker has the last word."""
    table = table_of(QuestionStatistic)
    return set(
        session.scalars(
            select(table.c.version_id).where(
                table.c.version_id.in_(version_ids), table.c.computed_at == now
            )
        )
    )


def _bears_flags(one: OfQuestion, version_id: int) -> bool:
    return one.line.is_live and version_id == one.line.version_id


def _row(one: OfQuestion, fitted: Parameters | None, now: datetime) -> dict[str, Any]:
    figures = one.figures
    return {
        "version_id": one.line.version_id, "question_id": one.line.question_id,
        "answers": figures.answers, "facility": figures.facility,
        "discrimination": figures.discrimination, "shrunken": one.shrunken,
        "options": [[share.overall, share.upper, share.lower] for share in figures.options],
        "unanswered": figures.unanswered, "upper": figures.upper, "lower": figures.lower,
        "slope": fitted.slope if fitted else None,
        "location": fitted.location if fitted else None,
        "fitted": fitted.answers if fitted else 0,
        "seconds": one.seconds, "timed": one.timed, "papers": one.papers,
        "papers_year": one.papers_year, "candidates": one.candidates,
        "last_seen_at": one.last_seen_at, "computed_at": now,
    }  # fmt: skip


def finish(session: Session, findings: Findings, noted: Noted, now: datetime) -> None:
    """Keep the figures of occasions, drop rows that no longer stand for anything, note the run."""
    _put(session, OccasionStatistic, [
        {"occasion_id": one.occasion_id, "candidates": one.candidates, "passed": one.passed,
         "questions": one.questions, "forms": one.forms, "max_marks": one.max_marks,
         "mean": one.mean, "spread": one.spread,
         "method": one.reliability.method if one.reliability else None,
         "reliability": one.reliability.value if one.reliability else None,
         "sem": one.reliability.sem if one.reliability else None,
         "bins": one.bins, "computed_at": now}
        for one in findings.occasions
    ])  # fmt: skip
    for model in (QuestionStatistic, QuestionWindow, OccasionStatistic):
        table = table_of(model)
        session.connection().execute(delete(table).where(table.c.computed_at < now))
    record(
        session, "statistics.refresh", ("statistics", now.date().isoformat()),
        facts={"questions": len(findings.questions), "sittings": findings.sittings,
               "fitted": len(findings.parameters), "moved": noted.moved, "raised": noted.raised,
               "taken_down": noted.taken_down},
    )  # fmt: skip


def _put(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows or replace those with their key; never by figures older than what is there."""
    if not rows:
        return
    table = table_of(model)
    insert = upsert(session, model)
    keys = [column.name for column in table.primary_key]
    session.connection().execute(
        insert.on_conflict_do_update(
            index_elements=keys,
            set_={name: insert.excluded[name] for name in rows[0] if name not in keys},
            where=table.c.computed_at <= insert.excluded.computed_at,
        ),
        rows,
    )
