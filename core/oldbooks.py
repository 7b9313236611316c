"""Looks into old .xls workbooks before anything reads them: what they are, a password, their spread.

Sources: Microsoft [MS-CFB] (the container: sectors of a file chained by a table) and [MS-XLS] (the
stream of records inside). Only as much is read as tells how large a rectangle the cells span.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

HEADER = 512
END = 0xFFFFFFFC  # this and above mark no sector
DIRECTORY_ENTRY = 128
STREAM, ROOT = 2, 5
NAMES = ("Workbook", "Book")
LOCKED_NAMES = ("EncryptedPackage",)
# records of cells begin with row and column; several cells in one name the last column at their end
CELLS = frozenset({0x06, 0x7E, 0xD6, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E})
MANY_CELLS = frozenset({0xBD, 0xBE})
BEGIN, PASSWORD = 0x809, 0x2F


class NoWorkbook(Exception):
    """A container without a workbook, or none at all."""


class Locked(Exception):
    """A workbook with a password."""


class _Container:
    """The streams of a compound file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        (shift, mini_shift) = struct.unpack_from("<2H", data, 30)
        if shift not in {9, 12} or mini_shift != 6:  # noqa: PLR2004
            raise NoWorkbook
        self.size, self.mini_size = 1 << shift, 1 << mini_shift
        (directory,) = struct.unpack_from("<I", data, 48)
        (self.cutoff, mini_table) = struct.unpack_from("<2I", data, 56)
        self.table = self._table()
        self.entries = list(self._entries(b"".join(self._chain(directory))))
        self.mini_table = _numbers(b"".join(self._chain(mini_table)))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        return self.data[start : start + self.size]

    def _table(self) -> Sequence[int]:
        """Which sector follows which."""
        places = list(struct.unpack_from("<109I", self.data, 76))
        (following,) = struct.unpack_from("<I", self.data, 68)
        for _step in range(len(self.data) // self.size):
            if following >= END:
                break
            more = _numbers(self._sector(following))
            if not more:
                raise NoWorkbook
            places += more[:-1]
            following = more[-1]
        return _numbers(b"".join(self._sector(place) for place in places if place < END))

    def _chain(self, number: int) -> Iterator[bytes]:
        for _step in range(len(self.table)):
            if number >= END:
                return
            if number >= len(self.table):
                raise NoWorkbook
            yield self._sector(number)
            number = self.table[number]
        raise NoWorkbook  # it goes round

    @staticmethod
    def _entries(directory: bytes) -> Iterator[tuple[str, int, int, int]]:
        """Name, kind, first sector and size of each entry."""
        for start in range(0, len(directory) - DIRECTORY_ENTRY + 1, DIRECTORY_ENTRY):
            (length,) = struct.unpack_from("<H", directory, start + 64)
            name = directory[start : start + min(length, 64)].decode("utf-16-le", "replace")
            first, size = struct.unpack_from("<2I", directory, start + 116)
            yield name.rstrip("\0"), directory[start + 66], first, size

    def stream(self, first: int, size: int) -> bytes:
        """The bytes of a stream; small ones are kept in a stream of their own."""
        if size >= self.cutoff:
            return b"".join(self._chain(first))[:size]
        root = next((entry for entry in self.entries if entry[1] == ROOT), None)
        if root is None:
            raise NoWorkbook
        whole = b"".join(self._chain(root[2]))
        pieces = []
        for _step in range(len(self.mini_table)):
            if first >= len(self.mini_table):
                break
            pieces.append(whole[first * self.mini_size : (first + 1) * self.mini_size])
            first = self.mini_table[first]
        return b"".join(pieces)[:size]


def _numbers(data: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def largest_spread(data: bytes) -> int:
    """Cells of the largest rectangle that a sheet of a workbook spans; NoWorkbook, Locked."""
    try:
        container = _Container(data)
        names = {name: (kind, first, size) for name, kind, first, size in container.entries}
        if names.keys() & set(LOCKED_NAMES):
            raise Locked
        found = next((names[name] for name in NAMES if name in names), None)
        if found is None or found[0] != STREAM:
            raise NoWorkbook
        return _spread(container.stream(found[1], found[2]))
    except (struct.error, IndexError):
        raise NoWorkbook from None


def _spread(stream: bytes) -> int:
    largest = at = 0
    top = left = 1 << 30
    bottom = right = -1
    if len(stream) < 4 or struct.unpack_from("<H", stream)[0] & 0xFF != BEGIN & 0xFF:  # noqa: PLR2004
        raise NoWorkbook
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        if kind == PASSWORD:
            raise Locked
        if kind == BEGIN:
            top = left = 1 << 30
            bottom = right = -1
        elif (kind in CELLS or kind in MANY_CELLS) and length >= 4:  # noqa: PLR2004
            row, column = struct.unpack_from("<2H", stream, at + 4)
            last = column
            if kind in MANY_CELLS:
                (last,) = struct.unpack_from("<H", stream, at + 2 + length)
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, last)
            largest = max(largest, (bottom - top + 1) * (right - left + 1))
        at += 4 + length
    return largest
