"""Looks at the parts of a zip as they unpack: how much a reader of them would have to hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from core import unusable

MAX_MARKS = 2_000_000  # "<" in one document; a reader keeps some 130 bytes for each element
LONGEST_TAG = 64 * 1024
# A reader keeps a sheet as a full rectangle: two far corners of a tiny file would fill the memory.
MAX_CELLS = 4_000_000
CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
PLAIN_START = re.compile(
    rb"(?:\xef\xbb\xbf)?<(?:\?xml(?:(?! encoding)[^<>\0])*(?: encoding=[\"'](?i:utf-8)[\"'][^<>\0]*)?\?>|[a-zA-Z])"
)
# a cell that does not name its place at once, or is far away; no names but "c" are cells
ODD_CELL = re.compile(
    rb'<c(?! r="[A-Z][0-9]{1,5}"| r="[A-Z]1[0-4][0-9]{4}"|[A-Za-z:])'  # the usual first
)
PREFIXED_CELL = re.compile(rb":c[\s/>]")


class Marks:
    """Counts what may be elements, because a small zip can hold millions that say nothing."""

    def __init__(self) -> None:
        self.found = 0

    def feed(self, piece: bytes, _is_last: bool) -> None:
        """The next piece; Invalid where there are too many."""
        self.found += piece.count(b"<")
        if self.found > MAX_MARKS:
            raise unusable.too_many_marks()

    def before(self, look: Callable[[bytes, bool], None]) -> Callable[[bytes, bool], None]:
        """The same look, after the piece was counted."""

        def both(piece: bytes, is_last: bool) -> None:
            self.feed(piece, is_last)
            look(piece, is_last)

        return both


class NoSheet:
    """Sees that a part under the name of a picture is no sheet, which would go unlooked at."""

    SIGN = b"sheetData"

    def __init__(self) -> None:
        self.rest = b""  # a sign that goes on in the next piece

    def feed(self, piece: bytes, _is_last: bool) -> None:
        """The next piece; Invalid where it is a sheet."""
        if self.SIGN in self.rest + piece:
            raise unusable.broken()
        self.rest = (self.rest + piece)[1 - len(self.SIGN) :]


class Unsure(Exception):
    """A part has to be parsed, because a glance does not tell what it holds."""


class Glance:
    """Looks at the bytes of a part without parsing it, which takes a fiftieth of the time.

    Sure are parts in UTF-8 without declarations and comments whose cells all name their place, in
    the form that spreadsheets write, within columns A to Z and rows 1 to 149,999: such a rectangle
    is never larger than MAX_CELLS. Everything else is Unsure.
    """

    def __init__(self) -> None:
        self.rest = b""  # a tag that goes on in the next piece
        self.is_begun = False

    def feed(self, piece: bytes, is_last: bool) -> None:
        """The next piece; Unsure where it holds anything out of the ordinary."""
        if not self.is_begun and piece:
            self.is_begun = True
            if not PLAIN_START.match(piece):
                raise Unsure
        piece = self.rest + piece
        end = len(piece) if is_last else max(piece.rfind(b"<"), 0)
        if (
            (b"!" in piece and piece.find(b"<!", 0, end) >= 0)  # the first takes a twentieth
            or ODD_CELL.search(piece, 0, end)
            or PREFIXED_CELL.search(piece, 0, end)
        ):
            raise Unsure
        self.rest = piece[end:] if piece.startswith(b"<", end) else b""
        if len(self.rest) > LONGEST_TAG:  # no tag is that long
            raise Unsure


class Sheet:
    """Reads the XML of a part just enough to know how large a rectangle its cells span."""

    def __init__(self) -> None:
        self.top = self.left = 1 << 30
        self.bottom = self.right = 0
        self.row = self.column = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, piece: bytes, is_last: bool) -> None:
        """The next piece of the part; Invalid where it is no XML, or spans too much."""
        try:
            self.parser.Parse(piece, is_last)
        except expat.ExpatError:
            raise unusable.broken() from None
        height, width = self.bottom - self.top + 1, self.right - self.left + 1
        if self.bottom and height * width > MAX_CELLS:
            raise unusable.too_far_apart()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "row":
            given = attributes.get("r", "")
            self.row = int(given) if given.isdecimal() else self.row + 1
            self.column = 0
        elif local == "c":
            found = CELL.fullmatch(attributes.get("r", ""))
            if found:
                self.column, self.row = _column_number(found[1]), int(found[2])
            else:
                self.column += 1
            self.top, self.bottom = min(self.top, self.row), max(self.bottom, self.row)
            self.left, self.right = min(self.left, self.column), max(self.right, self.column)

    @staticmethod
    def _refuse(*_declaration: Any) -> None:
        """Office files declare no document type; entities could grow without end."""
        raise unusable.broken()


def _column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
