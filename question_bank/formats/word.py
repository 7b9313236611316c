"""Reads question papers that are Word documents (.docx), also where the body is embedded HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from question_bank.formats import layouts, text
from question_bank.formats.archives import (
    Archive,
    Element,
    attribute,
    local,
    parse_xml,
    sound_or_unusable,
    target,
)
from question_bank.formats.flow import Flow
from question_bank.formats.html import decode_html, flow_html, html_of_archive
from question_bank.formats.lines import MAX_LINES, Line, sound
from question_bank.formats.numbering import Numbering, number_of, read_numbering
from question_bank.formats.reading import PICTURE, PlaceKind, Reading
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Finding

BODY = "word/document.xml"
MARK_OPEN, MARK_CLOSE = (
    "\ue000",
    "\ue001",
)  # around underlined words: perhaps an answer in its blank
MAX_UNDERLINED = 30
MAX_DEPTH = 3
_PARAGRAPH = re.compile(rb"<(?:\w+:)?p[\s/>]")  # counted before a tree of them is built

_DESCEND = frozenset(
    {"r", "hyperlink", "smartTag", "ins", "moveTo", "sdt", "sdtContent", "fldSimple", "customXml",
     "dir", "bdo", "ruby", "rubyBase", "oMath", "oMathPara", "f", "num", "den", "e", "sup", "sub",
     "sSup", "sSub", "rad", "d"}
)  # fmt: skip
_SIGNS = {
    "Wingdings": {"F0FC": "√", "F0FB": "×", "F0FE": "√", "F0FD": "×", "ü": "√", "û": "×"},
    "Wingdings 2": {"F050": "√", "F04F": "×", "F052": "√", "F051": "×", "P": "√", "R": "√", "O": "×", "Q": "×"},
}  # fmt: skip


def read(data: bytes, key_lines: list[Line] | None = None) -> Reading:
    """The questions of a document; ``key_lines``: the answers, where they are in a second file."""
    with sound_or_unusable():
        flow, notes = flow_of(data)
    found: list[Reading] = []
    failed: UnusableFile | None = None
    try:
        lines = sound(flow.lines)
        found.append(text.read_lines(lines, key_lines or (), PlaceKind.PARAGRAPH, notes))
    except UnusableFile as error:
        failed = error
    if flow.sheets:
        found.append(layouts.read(flow.sheets))
    if not found:
        raise failed or UnusableFile("no_questions")
    questions = tuple(question for reading in found for question in reading.questions)
    said = tuple(note for reading in found for note in reading.notes)
    return Reading(questions, said if failed is None else (*notes, *said))


def lines_of_document(data: bytes) -> list[Line]:
    """The lines of a document, for a second file with the answers."""
    with sound_or_unusable():
        flow, _notes = flow_of(data)
    lines = list(flow.lines)
    for sheet in flow.sheets:
        lines += [Line(number, "\t".join(cells)) for number, cells in sheet.rows]
    return sound(lines)


def flow_of(data: bytes, depth: int = 0) -> tuple[Flow, list[Finding]]:
    """Lines and tables of a document, and what was left behind in it."""
    archive = Archive(data)
    if BODY not in archive:
        raise UnusableFile("broken")
    parts = [
        parse_xml(archive.read(name)) if name in archive else None
        for name in ("word/numbering.xml", "word/styles.xml")
    ]
    content = archive.read(BODY)
    if len(_PARAGRAPH.findall(content)) > MAX_LINES:
        raise UnusableFile("too_many_lines", max=MAX_LINES)
    reader = _Document(archive, read_numbering(*parts), depth)
    root = parse_xml(content)
    for body in root:
        if local(body) == "body":
            reader.blocks(body)
    return reader.flow.finish(), reader.notes


class _Document:
    """Walks through the body of a document."""

    def __init__(self, archive: Archive, numbering: Numbering, depth: int) -> None:
        self.archive = archive
        self.numbering = numbering
        self.depth = depth
        self.flow = Flow()
        self.notes: list[Finding] = []
        self.boxes: list[Element] = []

    def blocks(self, parent: Element) -> None:
        """Paragraphs, tables and embedded parts, in order."""
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name == "altChunk":
                self._chunk(attribute(element, "id"))
            elif name in {"sdt", "sdtContent", "ins", "customXml", "smartTag"}:
                self.blocks(element)
            elif name == "AlternateContent":
                self.blocks(_alternative(element))

    def _paragraph(self, element: Element) -> None:
        self.flow.number += 1
        label, words = "", []
        for child in element:
            if local(child) == "pPr":
                label = self._label(child)
            else:
                words += list(self._words(child))
        said = "".join(words).replace(MARK_CLOSE + MARK_OPEN, "")
        if said.strip() or not label:
            self.flow.write(label + _kept_marks(said))
        self.flow.end_line()
        boxes, self.boxes = self.boxes, []
        for box in boxes:
            self.blocks(box)

    def _label(self, properties: Element) -> str:
        named = number_of(properties)
        if named is None:
            style = next((attribute(c, "val") for c in properties if local(c) == "pStyle"), "")
            named = self.numbering.styles.get(style)
        return self.numbering.label(*named) if named is not None else ""

    def _table(self, element: Element) -> None:
        self.flow.open_table()
        for row in element:
            if local(row) == "tr":
                self.flow.open_row()
                for cell in row:
                    if local(cell) == "tc":
                        self.flow.open_cell()
                        self.blocks(cell)
                    elif local(cell) == "sdt":
                        self._cells_of(cell)
        self.flow.close_table()

    def _cells_of(self, element: Element) -> None:
        for cell in element.iter():
            if local(cell) == "tc":
                self.flow.open_cell()
                self.blocks(cell)

    # --- words ---------------------------------------------------------------------

    def _words(self, element: Element, font: str = "") -> Iterator[str]:
        name = local(element)
        if name == "t":
            words = element.text or ""
            yield (
                "".join(_SIGNS[font].get(sign, sign) for sign in words) if font in _SIGNS else words
            )
        elif name == "r":
            yield from self._run(element)
        elif name in _DESCEND:
            for child in element:
                yield from self._words(child, font)
        elif name in {"tab", "ptab"}:
            yield "\t"
        elif name in {"br", "cr"}:
            yield "\n" if attribute(element, "type") in {"", "textWrapping"} else " "
        elif name == "sym":
            code = attribute(element, "char").upper()
            yield _SIGNS.get(attribute(element, "font"), {}).get(code, "")
        elif name == "noBreakHyphen":
            yield "-"
        elif name == "AlternateContent":
            for child in _alternative(element):
                yield from self._words(child, font)
        elif name in {"drawing", "pict", "object"}:
            yield from self._drawing(element)

    def _run(self, element: Element) -> Iterator[str]:
        is_underlined, font = False, ""
        words: list[str] = []
        for child in element:
            if local(child) == "rPr":
                for each in child:
                    name = local(each)
                    if name == "u":
                        is_underlined = attribute(each, "val") != "none"
                    elif name == "rFonts":
                        font = attribute(each, "ascii")
            else:
                words += list(self._words(child, font))
        said = "".join(words)
        if is_underlined and said and not said.strip():
            yield "____"
        elif is_underlined and said:
            yield f"{MARK_OPEN}{said}{MARK_CLOSE}"
        else:
            yield said

    def _drawing(self, element: Element) -> Iterator[str]:
        boxes = [each for each in element.iter() if local(each) == "txbxContent"]
        self.boxes += boxes
        if not boxes and any(
            local(each) in {"blip", "imagedata", "OLEObject"} for each in element.iter()
        ):
            yield PICTURE

    # --- embedded parts ------------------------------------------------------------

    def _chunk(self, id_: str) -> None:
        name = self._part(id_)
        self.flow.number += 1
        try:
            if not name or name not in self.archive:
                raise UnusableFile("broken")
            self._embedded(name.lower(), self.archive.read(name))
        except UnusableFile:
            self.notes.append(Finding("part_left", "row", {"name": name or id_}))

    def _part(self, id_: str) -> str:
        name = "word/_rels/document.xml.rels"
        if name not in self.archive:
            return ""
        for relation in parse_xml(self.archive.read(name)):
            if relation.get("Id") == id_ and relation.get("TargetMode") != "External":
                return target(BODY, relation.get("Target", ""))
        return ""

    def _embedded(self, name: str, data: bytes) -> None:
        if name.endswith((".docx", ".dotx")) and self.depth < MAX_DEPTH:
            flow, notes = flow_of(data, self.depth + 1)
            self.flow.lines += [replace(line, number=self.flow.number) for line in flow.lines]
            self.flow.sheets += flow.sheets
            self.notes += notes
        elif name.endswith((".mht", ".mhtml")) or data[:300].lstrip().lower().startswith(
            (b"mime-version", b"from:", b"content-type: multipart")
        ):
            flow_html(html_of_archive(data), self.flow)
        elif name.endswith((".html", ".htm", ".xhtml")):
            flow_html(decode_html(data), self.flow)
        elif name.endswith(".txt"):
            for line in decode_html(data).splitlines():
                self.flow.write(line)
                self.flow.end_line()
        else:
            raise UnusableFile("broken")


def _alternative(element: Element) -> Element:
    """What a document says in two ways is read once."""
    return next(
        (each for each in element if local(each) == "Choice"),
        element[0] if len(element) else element,
    )


def _kept_marks(said: str) -> str:
    """Marks stay around short underlined words inside a paragraph only."""
    if MARK_OPEN not in said:
        return said
    pieces = said.split(MARK_OPEN)
    kept = [pieces[0]]
    for piece in pieces[1:]:
        inside, _close, after = piece.partition(MARK_CLOSE)
        is_blank = "".join(kept).strip() and len(inside) <= MAX_UNDERLINED
        kept.append(f"{MARK_OPEN}{inside}{MARK_CLOSE}" if is_blank else inside)
        kept.append(after)
    return "".join(kept)
