"""Reads the people out of an uploaded roster."""

from __future__ import annotations

from flask_babel import gettext as _

from accounts.roster.imports.rules import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEET_ROWS,
    Row,
    find_heading,
    missing_headings,
    rows_of_people,
)
from core.errors import Invalid
from core.uploads import check_upload
from core.workbooks import read_table

ALLOWED = frozenset({"xlsx", "csv"})


def read_upload(filename: str, data: bytes) -> list[Row]:
    """The people in an uploaded .xlsx or .csv; Invalid with a sentence where there are none."""
    extension = check_upload(filename, data, allowed=ALLOWED)
    table = read_table(data, extension, max_rows=MAX_SHEET_ROWS, max_columns=MAX_COLUMNS)
    found = find_heading(table)
    missing = missing_headings(found[1] if found else {})
    if found is None or missing:
        raise Invalid(
            _(
                "没有找到这些列：%(columns)s。前 10 行里要有一行写着列名，可以下载模板对照。",
                columns=_("、").join(missing),
            ),
            field="file",
        )
    rows = rows_of_people(table, *found)
    if not rows:
        raise Invalid(_("列名下面没有人员。"), field="file")
    if len(rows) > MAX_ROWS:
        raise Invalid(
            _("一次最多导入 %(limit)s 人，文件里有 %(got)s 人。请拆成几个文件，分次上传。",
              limit=MAX_ROWS, got=len(rows)),
            field="file",
        )  # fmt: skip
    return rows
