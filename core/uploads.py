"""Uploaded files are checked before anything reads them: size, kind by content, unpacked size."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from flask import current_app, has_app_context
from flask_babel import gettext as _

from core import oldbooks
from core.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 120 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_PACKAGE_MEMBERS = 25_000  # a package of questions has one for each
MAX_MARKS = 2_000_000  # "<" in one document; a reader keeps some 130 bytes for each element
CHUNK = 1024 * 1024
STEP = 64 * 1024  # of what is packed, at a time

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and every workbook with a password
# A member that proves what a zip is; a renamed program or picture has none of them.
PROOFS = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
PACKAGES = frozenset({"zip"})  # of anything; whoever reads it checks each member that it takes
TEXTS = frozenset({"csv", "gift", "json", "md", "txt", "xml"})
PROGRAMS = (
    b"MZ",
    b"%PDF",
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
)
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
ENCRYPTED = 1

# A reader keeps a sheet as a full rectangle: two far corners of a tiny file would fill the memory.
MAX_CELLS = 4_000_000
XML_NAMES = (".xml", ".rels", ".vml")
CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
PLAIN_START = re.compile(
    rb"(?:\xef\xbb\xbf)?<(?:\?xml(?:(?! encoding)[^<>\0])*(?: encoding=[\"'](?i:utf-8)[\"'][^<>\0]*)?\?>|[a-zA-Z])"
)
# a cell that does not name its place at once, or is far away; no names but "c" are cells
ODD_CELL = re.compile(rb'<c(?![A-Za-z:]| r="[A-Z](?:\d{1,5}|1[0-4]\d{4})")')
PREFIXED_CELL = re.compile(rb":c[\s/>]")


def max_megabytes() -> int:
    """How large a file may be here; outside an application the default."""
    if has_app_context():
        return int(current_app.extensions["settings"].upload_mb)
    return MAX_BYTES // (1024 * 1024)


def check_upload(
    filename: str, data: bytes, *, allowed: frozenset[str], max_bytes: int | None = None
) -> str:
    """The kind of an uploaded file as its extension without dot, e.g. ``xlsx``.

    ``allowed``: extensions, lower case. Raises Invalid with a sentence for the person when the
    file is too large, of another kind than its name says, protected, broken, or unpacks to more
    than a server should hold.
    """
    max_bytes = max_bytes or max_megabytes() * 1024 * 1024
    extension = PurePosixPath(filename.replace("\\", "/")).suffix.lower().lstrip(".")
    if not data:
        raise Invalid(_("文件是空的。请选择有内容的文件再上传。"), field="file")
    if len(data) > max_bytes:
        raise Invalid(
            _(
                "文件有 %(size)s MB，超过 %(limit)s MB。请拆分后再上传。",
                size=-(-len(data) // (1024 * 1024)),
                limit=max_bytes // (1024 * 1024),
            ),
            field="file",
        )
    if extension == "xls" and "xls" in allowed:
        _check_old_workbook(data)
        return extension
    if data.startswith(OLE_MAGIC) and extension in {"xls", "xlsx", "doc", "docx"}:
        raise Invalid(
            _("文件是旧版格式，或者加了密码。请去掉密码，另存为 .docx 后再上传。")
            if extension.startswith("doc")
            else _("文件是旧版格式，或者加了密码。请去掉密码，另存为 .xlsx 后再上传。"),
            field="file",
        )
    if extension not in allowed:
        raise Invalid(
            _(
                "只能上传 %(kinds)s 文件，这个文件是 %(got)s。",
                kinds=_("、").join(f".{kind}" for kind in sorted(allowed)),
                got=f".{extension}" if extension else _("没有扩展名的"),
            ),
            field="file",
        )
    if extension in PROOFS or extension in PACKAGES:
        _check_zip(data, extension)
    elif extension in TEXTS:
        _check_text(data)
        _Marks().feed(data, True)
    return extension


def decoded(data: bytes) -> str:
    """The text of a text file: UTF-8 (with or without mark), UTF-16 with mark, or GB 18030."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(_("文件的文字编码读不懂。请另存为 UTF-8 编码后再上传。"), field="file")


def _check_text(data: bytes) -> None:
    if data.startswith((ZIP_MAGIC, OLE_MAGIC, *PROGRAMS)) or "\0" in decoded(data):
        raise _not_what_it_says()


def _not_what_it_says() -> Invalid:
    return Invalid(
        _("文件内容和扩展名不符，没有读取。请用原来的软件重新保存后再上传。"), field="file"
    )


def _broken() -> Invalid:
    return Invalid(_("文件已损坏，打不开。请用原来的软件打开并重新保存后再上传。"), field="file")


def _check_old_workbook(data: bytes) -> None:
    if not data.startswith(OLE_MAGIC):
        raise _not_what_it_says()
    try:
        spread = oldbooks.largest_spread(data)
    except oldbooks.Locked:
        raise _protected() from None
    except oldbooks.NoWorkbook:
        raise _not_what_it_says() from None
    if spread > MAX_CELLS:
        raise _too_far_apart()


def _protected() -> Invalid:
    return Invalid(_("文件加了密码。请去掉密码后再上传。"), field="file")


def _too_far_apart() -> Invalid:
    return Invalid(
        _("表格里有内容的单元格相隔太远，没有读取。请删去表格外的内容后再上传。"), field="file"
    )


def _check_zip(data: bytes, extension: str) -> None:
    """Unpack piece by piece without keeping anything: what a directory says of sizes may be a lie."""
    if not data.startswith(ZIP_MAGIC):
        raise _not_what_it_says()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    # NotImplementedError: what zipfile says of a compression or a version that it does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise _broken() from None
    is_package = extension in PACKAGES
    if len(members) > (MAX_PACKAGE_MEMBERS if is_package else MAX_MEMBERS):
        raise Invalid(_("文件里的部件太多，没有读取。"), field="file")
    if not is_package and PROOFS[extension] not in {member.filename for member in members}:
        raise _not_what_it_says()
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise _protected()
    left = MAX_UNPACKED
    marks = _Marks()
    for member in members:
        if member.file_size > left:
            raise _too_large_inside()
        if is_package:  # its members are read one by one
            left -= _unpacked_size(data, member, left, _Marks().feed)
        elif not member.filename.lower().endswith(XML_NAMES):
            left -= _unpacked_size(data, member, left, _no_sheet)
        else:
            counting = marks.before if extension == "docx" else _alone
            try:
                left -= _unpacked_size(data, member, left, counting(_Glance().feed))
            except _Unsure:
                left -= _unpacked_size(data, member, left, _Sheet().feed)


def _too_large_inside() -> Invalid:
    return Invalid(
        _(
            "文件解开后超过 %(limit)s MB，没有读取。请删去多余的工作表和图片后再上传。",
            limit=MAX_UNPACKED // (1024 * 1024),
        ),
        field="file",
    )


def _unpacked_size(
    data: bytes, member: zipfile.ZipInfo, limit: int, look: Callable[[bytes, bool], None]
) -> int:
    """Bytes that a member really unpacks to; Invalid where that is not what its entry says.

    ``look`` sees every piece, and whether it is the last.
    """
    header = data[member.header_offset : member.header_offset + LOCAL_HEADER.size]
    if len(header) < LOCAL_HEADER.size or not header.startswith(ZIP_MAGIC):
        raise _broken()
    name_length, extra_length = LOCAL_HEADER.unpack(header)[-2:]
    start = member.header_offset + LOCAL_HEADER.size + name_length + extra_length
    packed = data[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        size = len(packed)
        look(packed, True)
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        size = _inflated_size(packed, limit, look)
    else:
        raise _broken()
    if size != member.file_size:
        raise _broken()
    return size


def _inflated_size(packed: bytes, limit: int, look: Callable[[bytes, bool], None]) -> int:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    try:
        for start in range(0, len(packed), STEP):
            rest = packed[start : start + STEP]
            while rest and not inflater.eof:
                piece = inflater.decompress(rest, CHUNK)
                size += len(piece)
                if size > limit:
                    raise _too_large_inside()
                look(piece, False)
                rest = inflater.unconsumed_tail
    except zlib.error:
        raise _broken() from None
    look(b"", True)
    return size


class _Marks:
    """Counts what may be elements, because a small zip can hold millions that say nothing."""

    def __init__(self) -> None:
        self.found = 0

    def feed(self, piece: bytes, _is_last: bool) -> None:
        """The next piece; Invalid where there are too many."""
        self.found += piece.count(b"<")
        if self.found > MAX_MARKS:
            raise Invalid(_("文件的内容太多，没有读取。请拆分后再上传。"), field="file")

    def before(self, look: Callable[[bytes, bool], None]) -> Callable[[bytes, bool], None]:
        """The same look, after the piece was counted."""

        def both(piece: bytes, is_last: bool) -> None:
            self.feed(piece, is_last)
            look(piece, is_last)

        return both


def _alone(look: Callable[[bytes, bool], None]) -> Callable[[bytes, bool], None]:
    return look


def _no_sheet(piece: bytes, _is_last: bool) -> None:
    """A sheet under the name of a picture would go unlooked at."""
    if b"sheetData" in piece:
        raise _broken()


class _Unsure(Exception):
    """A part has to be parsed, because a glance does not tell what it holds."""


class _Glance:
    """Looks at the bytes of a part without parsing it, which takes a fiftieth of the time.

    Sure are parts in UTF-8 without declarations and comments whose cells all name their place, in
    the form that spreadsheets write, within columns A to Z and rows 1 to 149,999: such a rectangle
    is never larger than MAX_CELLS. Everything else is Unsure.
    """

    def __init__(self) -> None:
        self.rest = b""  # a tag that goes on in the next piece
        self.is_begun = False

    def feed(self, piece: bytes, is_last: bool) -> None:
        """The next piece; _Unsure where it holds anything out of the ordinary."""
        if not self.is_begun and piece:
            self.is_begun = True
            if not PLAIN_START.match(piece):
                raise _Unsure
        piece = self.rest + piece
        end = len(piece) if is_last else max(piece.rfind(b"<"), 0)
        if (
            piece.find(b"<!", 0, end) >= 0
            or ODD_CELL.search(piece, 0, end)
            or PREFIXED_CELL.search(piece, 0, end)
        ):
            raise _Unsure
        self.rest = piece[end:] if piece.startswith(b"<", end) else b""
        if len(self.rest) > STEP:  # no tag is that long
            raise _Unsure


class _Sheet:
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
            raise _broken() from None
        height, width = self.bottom - self.top + 1, self.right - self.left + 1
        if self.bottom and height * width > MAX_CELLS:
            raise _too_far_apart()

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
        raise _broken()


def _column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
