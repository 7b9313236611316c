"""Rows of a file on their way into the bank: kept in batches, compared with the bank in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from question_bank.formats import lean, streams
from question_bank.formats.lean import encoded
from question_bank.formats.reading import Place
from question_bank.formats.rows import DOUBTS, ParsedRow
from question_bank.imports import queries
from question_bank.imports.bank import queries as holding
from question_bank.imports.models import QuestionImport
from question_bank.imports.rules import Bank, JudgedRow, Verdict, compared, judge
from question_bank.media import queries as media
from question_bank.questions.rules import (
    Difficulty,
    Draft,
    Finding,
    Pool,
    QuestionType,
    pictures_of,
)

BATCH = 2000
AT_ONCE = 40  # rows of one INSERT
_Tuples: TypeAlias = list[tuple[Any, ...]]
# whether it wants a look, what is said (JSON), the citation taken, its article
_Said: TypeAlias = tuple[bool, str, str | None, int | None]
Batch: TypeAlias = tuple[_Tuples, _Tuples, _Tuples]  # bare: nothing beside what ``lean`` reads
# the rest of a row, before the columns of ``lean``
_BARE = ("number", "verdict", "judged")
_OWN = ("basis_taken", "article_id", "sheet")
_FULL = ("findings", "place_kind", "place_id", "is_rich")
_ALONE = {"findings": "[]", "place_kind": "row", "place_id": "", "is_rich": False}
# Our own words that many batches have alike: then they stand in the statement and are not bound.
_USUAL = frozenset(map(str, ("", "[]", *Verdict, *Difficulty, *Pool, *lean.GIVENS)))
_CODE, _TOPIC, _BASIS = (lean.COLUMNS.index(name) for name in ("code", "topic", "basis"))


def findings_json(findings: Iterable[Finding]) -> str:
    """Findings as a row keeps them."""
    return encoded([finding.__dict__ for finding in findings])


class Comparer(dict[tuple[str, str], _Said]):
    """What the bank says of a (topic, citation), worked out once for each pair."""

    def __init__(self, bank: Bank) -> None:
        super().__init__()
        self.bank = bank

    def __missing__(self, pair: tuple[str, str]) -> _Said:
        topic, basis = pair
        taken, said, article_id = compared(topic, basis, self.bank)
        found = self[pair] = (
            any(each.code in DOUBTS for each in said), findings_json(said),
            taken if taken != basis else None, article_id,
        )  # fmt: skip
        return found


@dataclass
class Stager:
    """Puts the rows of a file into ``import_row``, one batch after the other; counts them."""

    import_id: int
    comparer: Comparer
    items: Iterator[streams.Item]
    number: int = 0
    is_table: bool = True
    has_codes: bool = False
    has_rich: bool = False
    sheets: set[str] = field(default_factory=set)

    def next_batch(self) -> Batch | None:
        """Read some rows more; None at the end."""
        bare: _Tuples = []
        plain: _Tuples = []
        full: _Tuples = []
        before, known = self.number, self.comparer
        number = before
        for number, (sheet, row) in enumerate(islice(self.items, BATCH), before + 1):
            if isinstance(row, tuple):
                doubtful, judged, taken, article = known[row[_TOPIC], row[_BASIS]]
                verdict = "doubtful" if doubtful else "good"
                if row[_CODE] or sheet or taken is not None or article:
                    self.has_codes = self.has_codes or row[_CODE] != ""
                    self.sheets.add(sheet)
                    plain.append((number, verdict, judged, taken, article, sheet, *row))
                else:
                    bare.append((number, verdict, judged, *row))
            else:
                full.append(self._full(number, row))
        self.number = number
        return (bare, plain, full) if number > before else None

    def put(self, session: Session, batch: Batch) -> None:
        """Keep these rows."""
        bare, plain, full = batch
        alike = {"import_id": self.import_id}
        _insert(session, (*_BARE, *lean.COLUMNS), bare, {**alike, **_ALONE, "sheet": ""})
        _insert(session, (*_BARE, *_OWN, *lean.COLUMNS), plain, {**alike, **_ALONE})
        _insert(session, (*_BARE, *_OWN, *lean.COLUMNS, *_FULL), full, alike)

    def _full(self, number: int, row: ParsedRow) -> tuple[Any, ...]:
        values = values_of(row, self.comparer)
        self.sheets.add(values["sheet"])
        self.is_table = self.is_table and values["place_kind"] == "row"
        self.has_codes = self.has_codes or row.code != ""
        self.has_rich = self.has_rich or values["is_rich"]
        values["number"] = number
        return tuple(values[name] for name in (*_BARE, *_OWN, *lean.COLUMNS, *_FULL))


def values_of(row: ParsedRow, comparer: Comparer) -> dict[str, Any]:
    """A row as ``import_row`` keeps it, not yet compared with the questions of the bank; JSON as text."""
    draft: Draft | None = row.draft or row.loose
    is_sound = row.draft is not None and not row.is_refused
    doubtful, judged, taken, article_id = False, "[]", None, None
    if is_sound:
        doubtful, judged, taken, article_id = comparer[row.topic, draft.basis if draft else ""]
        doubtful = doubtful or any(each.code in DOUBTS for each in row.findings)
    verdict = Verdict.DOUBTFUL if doubtful else Verdict.GOOD
    place = row.place
    return {
        "verdict": (verdict if is_sound else Verdict.REFUSED).value,
        "judged": judged, "basis_taken": taken, "article_id": article_id,
        "sheet": place.sheet, "place_kind": place.kind.value, "place_number": place.number,
        "place_id": place.id, "type_text": row.type_text, "stem": row.stem, "answer": row.answer,
        "code": row.code, "topic": row.topic, "basis": draft.basis if draft else "",
        "given": ",".join(sorted(row.given)), "findings": findings_json(row.findings),
        "type": row.draft.type.value if row.draft else None,
        "options": encoded(draft.options if draft else []),
        "key": encoded(draft.key if draft else None),
        "passage": draft.passage if draft else "", "is_rich": bool(draft and draft.is_rich),
        "explanation": draft.explanation if draft else "",
        "difficulty": draft.difficulty.value if draft else "medium",
        "pool": draft.pool.value if draft else "both",
        "may_shuffle": draft.may_shuffle if draft else True,
        "digest": row.draft.digest if row.draft and is_sound else None,
    }  # fmt: skip


def _insert(
    session: Session, columns: Sequence[str], rows: Sequence[tuple[Any, ...]],
    constants: Mapping[str, Any],
) -> None:  # fmt: skip
    """Insert tuples by the driver itself: texts of JSON go in as they are.

    Several rows a statement, which takes half the time of a statement each.
    """
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    usual = _usual(columns, rows)
    varying = [name for name in columns if name not in usual]
    rows = list(map(itemgetter(*map(columns.index, varying)), rows))
    fixed = {name: "false" if value is False else repr(value)
             for name, value in {**constants, **usual}.items()}  # fmt: skip
    names = ", ".join(f'"{name}"' for name in (*varying, *fixed))
    one = f"({', '.join((*[mark] * len(varying), *fixed.values()))})"
    begin = f"INSERT INTO import_row ({names}) VALUES "  # nosec B608 (names of our own columns)
    whole = len(rows) - len(rows) % AT_ONCE
    if whole:
        connection.exec_driver_sql(
            begin + ", ".join([one] * AT_ONCE),
            [tuple(chain.from_iterable(rows[start : start + AT_ONCE]))
             for start in range(0, whole, AT_ONCE)],
        )  # fmt: skip
    if rest := rows[whole:]:
        connection.exec_driver_sql(begin + one, rest)


def _usual(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """Columns that have one and the same of our own words in all of these rows, and which."""
    first, last = rows[0], rows[-1]
    return {
        name: first[at]
        for at, name in enumerate(columns)
        if first[at] in _USUAL and last[at] == first[at]
        and [row[at] for row in rows].count(first[at]) == len(rows)
    }  # fmt: skip


# --- comparing with the bank ----------------------------------------------------------


def compare(
    session: Session, import_id: int, comparer: Comparer, *, anew: bool = False,
    only: Collection[int] | None = None, has_codes: bool = True, has_rich: bool = True,
) -> None:  # fmt: skip
    """Find the rows that the bank has already, by content or by code. ``only``: of these rows.

    ``anew``: judge all rows, because the bank may have changed since they were kept. ``has_codes``,
    ``has_rich``: False where no row names a question or shows a picture, so none is looked for.
    """
    changes: dict[int, dict[str, Any]] = {}
    if anew:
        changes = _judged_anew(session, import_id, comparer)
    for number, code in holding.twins(session, import_id, only):
        said = findings_json([Finding("same", "row", {"code": code})])
        changes[number] = {"verdict": Verdict.SAME, "judged": said}
    known = known_rows(session, import_id, comparer.bank, only=only) if has_codes else ()
    for number, row in known:
        alone = row.findings[len(row.parsed.findings) :] if row.draft else row.findings
        changes[number] = {"verdict": row.verdict, "judged": findings_json(alone),
                           "basis_taken": None, "article_id": row.article_id}  # fmt: skip
    for number in _without_pictures(session, import_id, only) if has_rich else ():
        said = findings_json([Finding("picture_unknown", "stem")])
        changes[number] = {"verdict": Verdict.REFUSED, "judged": said}
    _apply(session, import_id, changes)


def _without_pictures(
    session: Session, import_id: int, only: Collection[int] | None
) -> Iterator[int]:  # fmt: skip
    """Numbers of rows that show a picture which is not in the bank."""
    shown = {
        row.number: pictures_of(draft)
        for row in queries.staged(session, import_id, holding.rich_rows(session, import_id, only))
        if (draft := parsed_of(row).draft)
    }
    there = media.known(session, {sha for shas in shown.values() for sha in shas})
    return (number for number, shas in shown.items() if not there.issuperset(shas))


def known_rows(
    session: Session, import_id: int, bank: Bank, verdicts: Collection[Verdict] = tuple(Verdict),
    only: Collection[int] | None = None,
) -> Iterator[tuple[int, JudgedRow]]:  # fmt: skip
    """Number and verdict of each sound row whose code the bank knows.

    ``verdicts``: only rows that have one of these so far. ``only``: of these rows.
    """
    numbers = holding.rows_with_known_code(session, import_id, verdicts, only)
    for start in range(0, len(numbers), BATCH):
        kept = queries.staged(session, import_id, numbers[start : start + BATCH])
        known = holding.versions_by_code(session, {row.code for row in kept})
        piece = replace(bank, by_code=known)
        for row in kept:
            yield row.number, judge(parsed_of(row), piece)


def parsed_of(row: Any) -> ParsedRow:
    """A row of ``import_row`` as it was read."""
    draft = Draft(
        row.type or QuestionType.SINGLE, row.stem, tuple(row.options), row.key, row.explanation,
        row.difficulty, row.pool, row.may_shuffle, row.basis, row.passage, row.is_rich,
    )  # fmt: skip
    place = Place(row.place_kind, row.place_number, row.place_id, row.sheet)
    return ParsedRow(
        row.sheet, row.place_number, row.type_text, row.stem, row.answer, row.code, row.topic,
        draft if row.type else None, frozenset(filter(None, row.given.split(","))),
        tuple(Finding(**each) for each in row.findings), place, None if row.type else draft,
    )  # fmt: skip


def _apply(session: Session, import_id: int, changes: Mapping[int, Mapping[str, Any]]) -> None:
    if not changes:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ("verdict", "judged", "basis_taken", "article_id")
    values = ", ".join(f"{name} = {mark}" for name in names)
    connection.exec_driver_sql(
        f"UPDATE import_row SET {values} WHERE import_id = {mark} AND number = {mark}",  # nosec B608
        [(*(row.get(name) for name in names), import_id, number)
         for number, row in changes.items()],
    )  # fmt: skip


def finish(session: Session, kept: QuestionImport, stager: Stager, comparer: Comparer) -> None:
    """All rows are kept: compare them with the bank and count them."""
    compare(session, kept.id, comparer, has_codes=stager.has_codes, has_rich=stager.has_rich)
    kept.rows_done = stager.number
    kept.is_table, kept.sheets = stager.is_table, max(len(stager.sheets), 1)
    count(session, kept)


def count(session: Session, kept: QuestionImport) -> None:
    """Count the rows of an upload by verdict."""
    counted = queries.count_verdicts(session, kept.id)
    for verdict in Verdict:
        setattr(kept, verdict.value, counted.get(verdict, 0))


def _judged_anew(
    session: Session, import_id: int, comparer: Comparer
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """What is now to be said of rows otherwise than when they were kept."""
    changes = {}
    for row in holding.rows_to_judge(session, import_id):
        doubtful, judged, taken, article_id = comparer[row.topic, row.basis]
        doubtful = doubtful or any(each["code"] in DOUBTS for each in row.findings)
        now = (Verdict.DOUBTFUL if doubtful else Verdict.GOOD, judged, taken, article_id)
        if now != (row.verdict, encoded(row.judged), row.basis_taken, row.article_id):
            changes[row.number] = dict(
                zip(("verdict", "judged", "basis_taken", "article_id"), now, strict=True)
            )
    return changes
