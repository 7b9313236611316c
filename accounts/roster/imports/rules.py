"""Finding the rows of people in a sheet, and what a row may come to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

MAX_ROWS = 500
MAX_SHEET_ROWS = 2_000  # empty rows and titles included
MAX_COLUMNS = 40
HEADING_WITHIN = 10  # titles and notes may stand above the headings

# what offices call the columns; the first is what the template says
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "staff_no": ("工号", "职工号", "职工编号", "人员编号", "员工编号", "员工号"),
    "name": ("姓名", "名字", "人员姓名", "职工姓名"),
    "unit": ("单位", "单位名称", "工作单位", "所在单位", "所属单位"),
    "position": ("职务", "职位", "岗位", "职务岗位", "职务职级"),
    "phone": ("联系电话", "电话", "电话号码", "手机", "手机号", "手机号码", "联系方式", "移动电话"),
    "remark": ("备注", "说明"),
}
NEEDED = ("staff_no", "name", "unit")
_NOISE = re.compile(r"[\s*:：()（）\[\]【】/、_-]+")
_ALIASES = {alias: field for field, aliases in HEADINGS.items() for alias in aliases}


class Outcome(StrEnum):
    """What a row comes to."""

    GOOD = "good"  # a new person
    DOUBTFUL = "doubtful"  # changes someone, or lacks something: imported when confirmed
    REFUSED = "refused"
    SAME = "same"  # already so


@dataclass(frozen=True)
class Row:
    """One row as it stands in the file; ``line`` counts from 1 as a spreadsheet does."""

    line: int
    staff_no: str = ""
    name: str = ""
    unit: str = ""
    position: str = ""
    phone: str = ""
    remark: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def heading_field(cell: str) -> str | None:
    """Which column a heading names; None for one that we do not know."""
    return _ALIASES.get(_NOISE.sub("", unicodedata.normalize("NFKC", cell)))


def find_heading(table: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]] | None:
    """Index of the heading row and the column of each field; None where there is none.

    Of the first rows the one that names most columns; of two columns of one name the first counts.
    """
    best: tuple[int, dict[str, int]] | None = None
    for index, cells in enumerate(table[:HEADING_WITHIN]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(cells):
            field = heading_field(cell)
            if field is not None:
                columns.setdefault(field, column)
        if columns and (best is None or len(columns) > len(best[1])):
            best = index, columns
    return best


def missing_headings(columns: Mapping[str, int]) -> list[str]:
    """What the template calls the columns without which nobody can be imported."""
    return [HEADINGS[field][0] for field in NEEDED if field not in columns]


def rows_of_people(
    table: Sequence[Sequence[str]], heading: int, columns: Mapping[str, int]
) -> list[Row]:
    """The rows under the headings in which any known column is filled."""
    rows = []
    for index in range(heading + 1, len(table)):
        cells = table[index]
        values = {
            field: cells[column] if column < len(cells) else "" for field, column in columns.items()
        }
        if any(values.values()):
            rows.append(Row(line=index + 1, **values))
    return rows
