"""The form of the notice as files: opened by other libraries than those that wrote them.

Title, line and columns are facts of the notice's annex (政务公开政府信息公开工作人员报备表; its body
calls it 备案表 and numbers the annexes otherwise).
"""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import mammoth
import openpyxl
import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from certification.registrations.formats import docx, xlsx
from certification.registrations.rules import FormRow, form_cells
from core.audit.models import AuditEvent
from core.db import reading, transaction
from tests.certification.registry import Town, arrange, certify, register, submit_for
from tests.factories import make_person, sign_in

TITLE = "政务公开政府信息公开工作人员报备表"
UNIT = "单位："
COLUMNS = ["序号", "姓名", "单位", "职务", "联系电话", "备注"]
PHONE = "13600000830"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

ROWS = [
    FormRow("石求实", "市发展改革委", "政策法规科副科长", PHONE, ""),
    FormRow("欧阳守岗", "鱼峰区人民政府办公室", "=1+1", "0772-2630183", "<b>兼管</b> & 网站"),
]


class Texts(HTMLParser):
    """The paragraphs and table rows of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1][-1] += data
        else:
            self.lines.append(data)


def read_docx(data: bytes) -> Texts:
    """What a Word file says, read by a library that never writes one."""
    return Texts(mammoth.convert_to_html(io.BytesIO(data)).value)


def read_xlsx(data: bytes) -> list[list[Any]]:
    """The rows of the first sheet."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return list(book.get_sheet_by_index(0).to_python())


def part(data: bytes, name: str = "word/document.xml") -> str:
    """One part of a file as its XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return packed.read(name).decode()


def test_the_word_form_has_title_line_and_columns_of_the_notice() -> None:
    found = read_docx(docx.write_form("市发展改革委", ROWS))
    assert found.lines == [TITLE, UNIT + "市发展改革委"]
    assert found.rows[0] == COLUMNS
    assert found.rows[1] == ["1", "石求实", "市发展改革委", "政策法规科副科长", PHONE, ""]
    assert found.rows[2] == ["2", *vars(ROWS[1]).values()]
    assert found.rows[3:] == [[""] * 6] * 3  # as printed: five rows at least


def test_the_word_form_is_a4_with_the_margins_of_official_papers() -> None:
    data = docx.write_form("", ROWS)
    xml = part(data)

    def mm(name: str, tag: str) -> int:
        found = re.search(rf"<w:{tag}[^>]* w:{name}=\"(\d+)\"", xml)
        assert found
        return round(int(found[1]) / 1440 * 25.4)

    assert (mm("w", "pgSz"), mm("h", "pgSz")) == (210, 297)
    assert [mm(side, "pgMar") for side in ("top", "left", "bottom", "right")] == [37, 28, 35, 26]
    for name in ("方正小标宋简体", "仿宋_GB2312", "黑体"):
        assert f'w:eastAsia="{name}"' in xml
    assert 'w:sz w:val="44"' in xml  # 22 points
    assert 'w:sz w:val="32"' in xml  # 16 points
    assert xml.count("<w:tblHeader/>") == 1
    assert xml.count("<w:cantSplit/>") == 6
    widths = [int(width) for width in re.findall(r"<w:gridCol w:w=\"(\d+)\"", xml)]
    assert len(widths) == 6
    assert round(sum(widths) / 1440 * 25.4) == 210 - 28 - 26


def test_the_sheet_has_title_line_and_columns_of_the_notice() -> None:
    data = xlsx.write_form("市发展改革委", ROWS)
    rows = read_xlsx(data)
    assert rows[0] == [TITLE, "", "", "", "", ""]
    assert rows[1][0] == UNIT + "市发展改革委"
    assert rows[2] == COLUMNS
    assert rows[3] == ["1", "石求实", "市发展改革委", "政策法规科副科长", PHONE, ""]
    assert rows[4] == ["2", *vars(ROWS[1]).values()]

    sheet: Any = openpyxl.load_workbook(io.BytesIO(data)).active
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:F1", "A2:F2"}
    assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
    assert sheet.print_title_rows == "$3:$3"
    assert [round(getattr(sheet.page_margins, side) * 25.4) for side in
            ("top", "left", "bottom", "right")] == [37, 28, 35, 26]  # fmt: skip
    assert sheet["D5"].data_type == "s"  # never a formula
    assert sheet["E4"].data_type == "s"  # a telephone number is no number
    assert sheet["F8"].border.bottom.style == "thin"  # the empty rows are ruled


@pytest.mark.parametrize(("count", "rows"), [(0, 5), (1, 5), (4, 5), (5, 5), (6, 6), (300, 300)])
def test_a_short_list_is_filled_up_to_five_rows(count: int, rows: int) -> None:
    cells = form_cells([ROWS[0]] * count)
    assert len(cells) == rows
    assert [cell[0] for cell in cells[:count]] == [str(n) for n in range(1, count + 1)]
    assert len(read_docx(docx.write_form("", [ROWS[0]] * count)).rows) == rows + 1


def test_odd_text_stays_text() -> None:
    odd = FormRow(
        "张\u2028三\u3000", "单位<>&\"'", "\U0001f600职务\ufffe\x0b\x00", "+86", "=cmd|'/c calc'!A1"
    )
    assert read_docx(docx.write_form("", [odd])).rows[1][2:4] == [odd.unit, "\U0001f600职务"]
    assert read_xlsx(xlsx.write_form("", [odd]))[3][5] == odd.remark


# --- the downloads ------------------------------------------------------------------


def arranged(app: Flask) -> Town:
    """One in force in each of two units, one that waits."""
    town = arrange(app)
    with app.app_context(), transaction() as session:
        register(session, town)
        certify(session, town.exam, town.plain)
        submit_for(session, town, town.plain)
        elsewhere = make_person(session, unit=town.other, name="常在岗")
        certify(session, town.exam, elsewhere)
        from certification.registrations import services
        from core import clock
        from tests.certification.registry import file_for

        filed = file_for(session, town, elsewhere, unit=town.other, by=town.stranger.id)
        services.submit(session, registration_id=filed, by=town.stranger.id, now=clock.now())
        services.record_(session, registration_id=filed, by=town.office.id, now=clock.now())
    return town


def names_in(client: FlaskClient, query: str = "") -> list[str]:
    """The names on the Word form of a list; the sheet says the same."""
    word = read_docx(client.get(f"/registrations/form.docx{query}").data).rows[1:]
    sheet = read_xlsx(client.get(f"/registrations/form.xlsx{query}").data)[3:]
    assert [row[1] for row in sheet if row[1]] == [row[1] for row in word if row[1]]
    return [row[1] for row in word if row[1]]


def test_the_form_obeys_scope_filter_and_sort(app: Flask, client: FlaskClient) -> None:
    town = arranged(app)
    sign_in(client, town.office)
    assert set(names_in(client)) == {"石求实", "常在岗"}
    assert names_in(client, "?q=常") == ["常在岗"]
    assert names_in(client, f"?unit={town.unit.id}") == ["石求实"]
    assert names_in(client, "?tab=submitted") == ["时准点"]
    assert names_in(client, "?hold=free") == []
    assert names_in(client, "?sort=number") == list(reversed(names_in(client, "?sort=-number")))
    line = read_docx(client.get("/registrations/form.docx").data).lines[1]
    assert line == UNIT  # several units: to be filled in by hand
    line = read_docx(client.get(f"/registrations/form.docx?unit={town.unit.id}").data).lines[1]
    assert line == UNIT + "市发展改革委"
    sign_in(client, town.coordinator)
    assert names_in(client) == ["石求实"]
    assert names_in(client, f"?unit={town.other.id}") == []


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_whole_numbers_are_on_the_form_of_who_may_see_them_and_are_noted(
    app: Flask, client: FlaskClient, kind: str
) -> None:
    town = arranged(app)
    sign_in(client, town.office)
    answer = client.get(f"/registrations/form.{kind}?unit={town.unit.id}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"registrations.{kind}" in answer.headers["Content-Disposition"]
    rows = read_docx(answer.data).rows if kind == "docx" else read_xlsx(answer.data)
    assert any(PHONE in row for row in rows)
    with app.app_context():
        (noted,) = reading().scalars(
            select(AuditEvent).where(AuditEvent.action == "registration.export")
        )
        assert (noted.facts["count"], noted.facts["unit"]) == (1, town.unit.id)
        assert noted.facts["file"] == kind
        assert noted.actor_id == town.office.id


def test_the_auditor_gets_masked_numbers(app: Flask, client: FlaskClient) -> None:
    town = arranged(app)
    sign_in(client, town.auditor)
    for data in (client.get("/registrations/form.docx").data,
                 client.get("/registrations/form.xlsx").data):  # fmt: skip
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            everything = b"".join(packed.read(name) for name in packed.namelist()).decode("utf-8", "replace")  # fmt: skip
        assert PHONE not in everything
        assert "136****0830" in everything
    with app.app_context():
        noted = reading().scalars(
            select(AuditEvent).where(AuditEvent.action == "registration.export")
        )
        assert list(noted) == []


def test_who_may_not_read_gets_no_form(app: Flask, client: FlaskClient) -> None:
    town = arrange(app)
    sign_in(client, town.staff)
    assert client.get("/registrations/form.docx").status_code == 403
    assert client.get("/registrations/form.xlsx").status_code == 403
