"""Pure decisions on blueprints: overlap, capacity, totals, and the grid that the page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

TYPES = ("single", "multiple", "true_false", "fill_in", "short_answer")
BY_PEOPLE = "short_answer"  # the type that people mark
LEVELS = ("easy", "medium", "hard")
MAX_COUNT = 200
MAX_MARKS = 100

# (topic id, type, difficulty) → how many approved versions an exam may draw
Stock = Mapping[tuple[int, str, str], int]


@dataclass(frozen=True)
class Row:
    """topic × type × difficulty → count questions at marks each; None stands for any."""

    topic_id: int | None
    type: str
    difficulty: str | None
    count: int
    marks: int

    @property
    def place(self) -> tuple[int | None, str, str | None]:
        return (self.topic_id, self.type, self.difficulty)


@dataclass(frozen=True)
class Shortage:
    """A row that the bank cannot fill."""

    row: Row
    available: int


@dataclass(frozen=True)
class Totals:
    """What a whole paper comes to."""

    questions: int
    marks: int


def _meet(one: object, other: object) -> bool:
    return one is None or other is None or one == other


def overlap(one: Row, other: Row) -> bool:
    """Whether a question could be drawn by both rows."""
    return (
        one.type == other.type
        and _meet(one.topic_id, other.topic_id)
        and _meet(one.difficulty, other.difficulty)
    )


def overlaps(rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """All pairs of rows that overlap, in the order of the rows."""
    return [(one, other) for one, other in combinations(rows, 2) if overlap(one, other)]


def available(row: Row, stock: Stock) -> int:
    """How many versions a row may draw from."""
    return sum(
        number
        for (topic_id, type_, difficulty), number in stock.items()
        if type_ == row.type
        and row.topic_id in (None, topic_id)
        and row.difficulty in (None, difficulty)
    )


def shortages(rows: Iterable[Row], stock: Stock) -> list[Shortage]:
    """The rows that ask for more than there is. Rows that do not overlap share nothing, so each stands alone."""
    found = ((row, available(row, stock)) for row in rows)
    return [Shortage(row, number) for row, number in found if row.count > number]


def totals(rows: Iterable[Row]) -> Totals:
    """Questions and marks of one paper."""
    listed = list(rows)
    return Totals(sum(row.count for row in listed), sum(row.count * row.marks for row in listed))


# --- the grid -------------------------------------------------------------------


def field_name(topic_id: int | None, type_: str, difficulty: str | None) -> str:
    """Name of a cell's input: ``c-3-single-easy``; ``any`` stands for None."""
    return f"c-{topic_id or 'any'}-{type_}-{difficulty or 'any'}"


def marks_name(type_: str) -> str:
    """Name of the input that holds the marks of each question of a type."""
    return f"m-{type_}"


@dataclass(frozen=True)
class Typed:
    """What a blueprint form held: texts as typed, sound rows, and what is wrong by field name."""

    texts: Mapping[str, str]
    rows: tuple[Row, ...]
    wrong: Mapping[str, str]  # field name → number | marks


def _number(text: str, most: int) -> int | None:
    if not text.strip():
        return 0
    plain = text.strip()
    return (
        int(plain)
        if plain.isdecimal() and len(plain) <= len(str(most)) and int(plain) <= most
        else None
    )


def read_form(values: Mapping[str, str], topic_ids: Sequence[int]) -> Typed:
    """Rows from the inputs of the page; cells left empty or 0 make no row."""
    wrong: dict[str, str] = {}
    rows: list[Row] = []
    topics: list[int | None] = [*topic_ids, None]
    for type_ in TYPES:
        found: list[tuple[int | None, str | None, int]] = []
        for topic_id in topics:
            for difficulty in (*LEVELS, None):
                name = field_name(topic_id, type_, difficulty)
                count = _number(values.get(name, ""), MAX_COUNT)
                if count is None:
                    wrong[name] = "number"
                elif count:
                    found.append((topic_id, difficulty, count))
        marks = _number(values.get(marks_name(type_), ""), MAX_MARKS)
        if found and not marks:
            wrong[marks_name(type_)] = "marks"
        rows += [Row(topic_id, type_, level, count, marks or 0) for topic_id, level, count in found]
    kept = {name: text for name, text in values.items() if name[:2] in {"c-", "m-"}}
    return Typed(kept, tuple(rows), wrong)


def as_texts(rows: Iterable[Row]) -> dict[str, str]:
    """The inputs of the page for stored rows."""
    texts: dict[str, str] = {}
    for row in rows:
        texts[field_name(*row.place)] = str(row.count)
        texts[marks_name(row.type)] = str(row.marks)
    return texts


@dataclass(frozen=True)
class Cell:
    """One input of the grid. ``state``: '' | short | wrong | overlap; ``group``: first of its type."""

    name: str
    text: str
    available: int
    state: str
    topic_id: int | None
    type: str
    difficulty: str | None
    group: bool


@dataclass(frozen=True)
class Column:
    """One column of the grid."""

    type: str
    difficulty: str | None
    group: bool


@dataclass(frozen=True)
class Group:
    """The columns of one type, with the marks of each of its questions and its totals."""

    type: str
    width: int
    name: str
    marks: str
    is_wrong: bool
    totals: Totals


@dataclass(frozen=True)
class Line:
    """One row of the grid: a topic, or any topic."""

    topic_id: int | None
    topic: str
    cells: tuple[Cell, ...]
    questions: int


@dataclass(frozen=True)
class Grid:
    """The whole blueprint page, decided."""

    groups: tuple[Group, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    totals: Totals


def _columns(typed: Typed, stock: Stock) -> list[Column]:
    """Columns that the bank or the blueprint has something for; every type ends with any difficulty."""
    columns: list[Column] = []
    for type_ in TYPES:
        levels = [
            level
            for level in LEVELS
            if any(key[1:] == (type_, level) and number for key, number in stock.items())
            or any(row.type == type_ and row.difficulty == level for row in typed.rows)
        ]
        if levels or any(row.type == type_ for row in typed.rows):
            names = [*levels, None]
            columns += [Column(type_, level, place == 0) for place, level in enumerate(names)]
    return columns


def grid(typed: Typed, topics: Sequence[tuple[int, str]], any_topic: str, stock: Stock) -> Grid:
    """The page for what was typed or stored; ``topics``: (id, name) in order."""
    columns = _columns(typed, stock)
    short = {item.row.place for item in shortages(typed.rows, stock)}
    crossed = {row.place for pair in overlaps(typed.rows) for row in pair}

    def cell(topic_id: int | None, column: Column) -> Cell:
        name = field_name(topic_id, column.type, column.difficulty)
        place = (topic_id, column.type, column.difficulty)
        state = "wrong" if name in typed.wrong else "overlap" if place in crossed else ""
        if not state and place in short:
            state = "short"
        stands = available(Row(*place, 0, 0), stock)
        return Cell(name, typed.texts.get(name, ""), stands, state, *place, column.group)

    lines = tuple(
        Line(
            topic_id, name, tuple(cell(topic_id, column) for column in columns),
            sum(row.count for row in typed.rows if row.topic_id == topic_id),
        )
        for topic_id, name in [*topics, (None, any_topic)]
    )  # fmt: skip
    types = [column.type for column in columns if column.group]
    groups = tuple(
        Group(
            type_, sum(column.type == type_ for column in columns), marks_name(type_),
            typed.texts.get(marks_name(type_), ""), marks_name(type_) in typed.wrong,
            totals(row for row in typed.rows if row.type == type_),
        )
        for type_ in types
    )  # fmt: skip
    return Grid(groups, tuple(columns), lines, totals(typed.rows))
