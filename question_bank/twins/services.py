"""What is done about the rows of an upload that are like others: comparing, deciding, remembering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import record
from core.db import reading, rows_of, transaction, upsert
from core.errors import Conflict, Invalid, NotFound
from question_bank.duplicates.models import DuplicateDecision
from question_bank.duplicates.queries import bank, sides
from question_bank.duplicates.rules import Asked, Decision, Likeness
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.rules import Finding
from question_bank.twins import queries
from question_bank.twins.models import Twin, TwinCheck
from question_bank.twins.rules import RowDecision

MOST_ROWS = 20_000  # some twenty seconds against a bank of 50,000
KEPT = 5_000  # pairs kept of one upload
BATCH = 500  # rows in one INSERT


def find_for_import(session: Session, rows: Sequence[Asked]) -> list[Likeness]:
    """What rows of a file say that the bank, or an earlier row, says already; gravest first.

    ``rows``: as ``queries.staged`` gives them.
    """
    from question_bank.duplicates.likeness import find

    return find(rows, [*bank(session), *rows])


def compare_upload(import_id: int, by_id: int) -> int:
    """Compare an upload with the bank and within itself, anew; how many pairs were found.

    Opens transactions of its own: comparing takes seconds, during which nobody should wait. What
    was decided on a pair that is found again stays. NotFound for another person's upload; Invalid
    where it has very many rows.
    """
    session = reading()
    queries.own_upload(session, import_id, by_id)
    if (many := queries.going_in(session, import_id)) > MOST_ROWS:
        raise Invalid(
            _("这个文件有 %(n)s 题，一次最多比对 %(max)s 题。可以先导入，再到题库里查重。",
              n=many, max=MOST_ROWS)
        )  # fmt: skip
    now = clock.now()  # what is mended from here on has not been compared
    rows = queries.staged(session, import_id)
    found = find_for_import(session, rows)
    with transaction() as session:
        keep(session, import_id=import_id, by_id=by_id, rows=len(rows), found=found, now=now)
    return len(found)


def keep(
    session: Session, *, import_id: int, by_id: int, rows: int, found: Sequence[Likeness],
    now: datetime,
) -> None:  # fmt: skip
    """Keep what a comparison found in place of the one before. Conflict where it is too late."""
    _lock(session, import_id, by_id)
    before = {
        (each.number, each.other_number, each.other_version_id, each.kind): each
        for each in session.scalars(select(Twin).where(Twin.import_id == import_id))
        if each.decision is not None
    }
    session.execute(delete(Twin).where(Twin.import_id == import_id))
    values = []
    for each in found[:KEPT]:
        in_file = each.earlier.rank > queries.AFTER_BANK
        number, other = each.later.ref, each.earlier.ref if in_file else None
        version = None if in_file else each.earlier.ref
        old = before.get((number, other, version, each.kind))
        values.append(
            {"import_id": import_id, "number": number, "other_number": other,
             "other_version_id": version, "kind": each.kind, "likeness": each.score,
             "decision": old.decision if old else None, "decided_at": old.decided_at if old else None}
        )  # fmt: skip
    for start in range(0, len(values), BATCH):
        session.execute(insert(Twin), values[start : start + BATCH])
    check = {"at": now, "rows": rows, "left_out": max(0, len(found) - KEPT)}
    session.execute(
        upsert(session, TwinCheck)
        .values(import_id=import_id, **check)
        .on_conflict_do_update(index_elements=["import_id"], set_=check)
    )


def _lock(session: Session, import_id: int, by_id: int) -> None:
    """Nothing becomes of the upload while its pairs change; Conflict where something has."""
    held = rows_of(
        session.execute(
            update(QuestionImport)
            .where(
                QuestionImport.id == import_id, QuestionImport.by_id == by_id,
                QuestionImport.state == ImportState.READY,
            )
            .values(by_id=by_id)
        )
    )  # fmt: skip
    if held != 1:
        raise Conflict(_("这个文件已经导入或放弃了，不能再改。"))


def decide(
    session: Session,
    *,
    import_id: int,
    by_id: int,
    decisions: Mapping[int, RowDecision],
    now: datetime,
) -> int:
    """Decide on pairs of an upload, id → decision; how many. All of them or none.

    NotFound where a pair is none of this upload's; Invalid where a row is said to become a version
    of a row, or of a question that has a version in work; Conflict where it is too late.
    """
    _lock(session, import_id, by_id)
    pairs = list(
        session.scalars(
            select(Twin).where(Twin.import_id == import_id, Twin.id.in_(list(decisions)))
        )
    )
    if len(pairs) != len(decisions):
        raise NotFound(_("有一对已经不在了，请重新打开这一页。"))
    for pair in pairs:
        if decisions[pair.id] is RowDecision.NEW_VERSION and pair.other_version_id is None:
            raise Invalid(_("文件里的题还不在题库里，不能给它加新版本。"))
        pair.decision, pair.decided_at = decisions[pair.id], now
    session.flush()
    _check_versions(session, import_id)
    record(
        session, "import.twins", ("question_import", import_id),
        facts={each.value: list(decisions.values()).count(each) for each in RowDecision},
    )  # fmt: skip
    return len(pairs)


def _check_versions(session: Session, import_id: int) -> None:
    """A question gets one next version, and none while another is in work."""
    targets = [
        (number, outcome.question_id)
        for number, outcome in queries.outcomes(session, import_id).items()
        if outcome.question_id is not None
    ]
    question_ids = [question_id for _number, question_id in targets]
    if len(set(question_ids)) != len(question_ids):
        raise Invalid(_("两行不能都作为同一题的新版本。"))
    if queries.being_written(session, question_ids):
        raise Invalid(_("有一题还有没审完的版本，现在不能再加新版本。"))


def forget(session: Session, *, import_id: int, number: int) -> None:
    """Forget the pairs of a row that says something else now, or does not go in: they hold no more."""
    session.execute(
        delete(Twin).where(
            Twin.import_id == import_id, or_(Twin.number == number, Twin.other_number == number)
        )
    )


# --- importing --------------------------------------------------------------------


def settle(session: Session, import_id: int) -> None:
    """Before an import: rows that are skipped stay out, next versions get their question's code.

    Conflict where a question that a row is to become the next version of has another in work.
    """
    for number, code in queries.skipped(session, import_id).items():
        said = (
            Finding("twin_skipped", "row", {"code": code})
            if code
            else Finding("twin_in_file", "row")
        )
        _change(session, import_id, number, verdict=Verdict.SAME, digest=None,
                judged=[dict(said.__dict__)])  # fmt: skip
    becoming = {
        number: each.question_id
        for number, each in queries.outcomes(session, import_id).items()
        if each.question_id is not None
    }
    codes = queries.codes(session, becoming.values())
    busy = queries.being_written(session, becoming.values())
    for number, question_id in becoming.items():
        if question_id in busy:
            raise Conflict(
                _("有一题要作为 %(code)s 的新版本，但 %(code)s 有没审完的版本。请改这一题的决定后再导入。",
                  code=codes[question_id])
            )  # fmt: skip
        _change(session, import_id, number, code=codes[question_id])


def _change(session: Session, import_id: int, number: int, **values: Any) -> None:
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.number == number)
        .values(**values),
        execution_options={"synchronize_session": False},
    )


def remember(session: Session, *, import_id: int, by_id: int, now: datetime) -> None:
    """After an import, note which questions are both kept, so that nobody is asked again."""
    pairs = queries.kept_pairs(session, import_id)
    if not pairs:
        return
    made = queries.made(session, import_id)
    in_bank = sides(session, {each.other_version_id for each in pairs if each.other_version_id})
    known = {id_: (side.standing.question_id, id_) for id_, side in in_bank.items()}
    rows = []
    for each in pairs:
        new = made.get(each.number)
        other = (
            known.get(each.other_version_id)
            if each.other_version_id is not None
            else made.get(each.other_number or 0)
        )
        if new is None or other is None or new[0] == other[0]:
            continue
        (first, first_version), (second, second_version) = sorted([new, other])
        rows.append(
            {"first_id": first, "second_id": second, "first_version_id": first_version,
             "second_version_id": second_version, "kind": each.kind, "decision": Decision.KEEP,
             "by_id": by_id, "at": now}
        )  # fmt: skip
    for start in range(0, len(rows), BATCH):
        session.execute(insert(DuplicateDecision), rows[start : start + BATCH])
