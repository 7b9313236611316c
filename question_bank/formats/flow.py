"""Collects the lines and tables of a document as they follow one another. Pure."""

from __future__ import annotations

from question_bank.formats import words
from question_bank.formats.lines import Line
from question_bank.formats.tables import MAX_COLUMNS, Sheet
from question_bank.questions.rules import tidy

HEADING_WITHIN = 5


class Flow:
    """Takes words, ends of lines, and the edges of tables. ``number`` counts paragraphs.

    A table with headings for questions is kept as a sheet; the words of any other table become
    lines: a row whose cells hold a line each is one line with tabs, else line by line.
    """

    def __init__(self) -> None:
        self.number = 0
        self.lines: list[Line] = []
        self.sheets: list[Sheet] = []
        self._words: list[str] = []
        self._tables: list[list[list[list[Line]]]] = []  # open tables → rows → cells → lines

    def write(self, text: str) -> None:
        """Further words of the line; line breaks in them end it."""
        self._words.append(text)

    def end_line(self, *, keep_blank: bool = True) -> None:
        """The line is at its end."""
        text, self._words = "".join(self._words), []
        if not text.strip() and not keep_blank:
            return
        for piece in text.split("\n"):
            self._target().append(Line(self.number, tidy(piece)))

    def _target(self) -> list[Line]:
        if self._tables and self._tables[-1] and self._tables[-1][-1]:
            return self._tables[-1][-1][-1]
        return self.lines

    def open_table(self) -> None:
        """A table begins."""
        self.end_line(keep_blank=False)
        self._tables.append([])

    def open_row(self) -> None:
        """A row begins; ignored outside a table."""
        self.end_line(keep_blank=False)
        if self._tables:
            self._tables[-1].append([])

    def open_cell(self) -> None:
        """A cell begins; ignored outside a row."""
        self.end_line(keep_blank=False)
        if self._tables and self._tables[-1]:
            self._tables[-1][-1].append([])

    def close_table(self) -> None:
        """The table is at its end."""
        self.end_line(keep_blank=False)
        if not self._tables:
            return
        rows = self._tables.pop()
        sheet = self._sheet(rows)
        if sheet is not None:
            self.sheets.append(sheet)
            return
        lines = self._target()
        lines.append(Line(self.number, ""))
        for cells in rows:
            filled = [[line for line in cell if line.text] for cell in cells]
            if all(len(cell) <= 1 for cell in filled):
                text = "\t".join(cell[0].text if cell else "" for cell in filled)
                number = next((cell[0].number for cell in filled if cell), self.number)
                lines.append(Line(number, text.rstrip()))
            else:
                lines += [line for cell in filled for line in cell]
        lines.append(Line(self.number, ""))

    def _sheet(self, rows: list[list[list[Line]]]) -> Sheet | None:
        texts = [
            ["\n".join(line.text for line in cell).strip() for cell in cells[:MAX_COLUMNS]]
            for cells in rows
        ]
        for cells in texts[:HEADING_WITHIN]:
            columns = {words.column(cell) for cell in cells}
            if {"stem", "answer"} <= columns or {"serial", "stem"} <= columns:
                return Sheet(f"表{len(self.sheets) + 1}", list(enumerate(texts, start=1)))
        return None

    def finish(self) -> Flow:
        """No more comes."""
        while self._tables:
            self.close_table()
        self.end_line(keep_blank=False)
        return self
