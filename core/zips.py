"""Checks a zip by unpacking it piece by piece: what its directory says of sizes may be a lie."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from core import unusable
from core.zipparts import Glance, Marks, NoSheet, Sheet, Unsure

MAX_UNPACKED = 120 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_PACKAGE_MEMBERS = 25_000  # a package of questions has one for each
CHUNK = 1024 * 1024
STEP = 64 * 1024  # of what is packed, at a time

ZIP_MAGIC = b"PK\x03\x04"
# A member that proves what a zip is; a renamed program or picture has none of them.
PROOFS = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
PACKAGES = frozenset({"zip"})  # of anything; whoever reads it checks each member that it takes
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
ENCRYPTED = 1
XML_NAMES = (".xml", ".rels", ".vml")


def check_zip(data: bytes, extension: str) -> None:
    """Invalid with a sentence where a zip is not fit to be read; nothing that it unpacks is kept.

    ``extension``: what its name says it is, one of PROOFS or PACKAGES.
    """
    if not data.startswith(ZIP_MAGIC):
        raise unusable.not_what_it_says()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    # NotImplementedError: what zipfile says of a compression or a version that it does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise unusable.broken() from None
    is_package = extension in PACKAGES
    if len(members) > (MAX_PACKAGE_MEMBERS if is_package else MAX_MEMBERS):
        raise unusable.too_many_members()
    if not is_package and PROOFS[extension] not in {member.filename for member in members}:
        raise unusable.not_what_it_says()
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise unusable.protected()
    left = MAX_UNPACKED
    marks = Marks()
    for member in members:
        if member.file_size > left:
            raise unusable.too_large_inside(MAX_UNPACKED)
        if is_package:  # its members are read one by one
            left -= _unpacked_size(data, member, left, Marks().feed)
        elif not member.filename.lower().endswith(XML_NAMES):
            left -= _unpacked_size(data, member, left, NoSheet().feed)
        else:
            counting = marks.before if extension == "docx" else _alone
            try:
                left -= _unpacked_size(data, member, left, counting(Glance().feed))
            except Unsure:
                left -= _unpacked_size(data, member, left, Sheet().feed)


def _unpacked_size(
    data: bytes, member: zipfile.ZipInfo, limit: int, look: Callable[[bytes, bool], None]
) -> int:
    """Bytes that a member really unpacks to; Invalid where that is not what its entry says.

    ``look`` sees every piece, and whether it is the last.
    """
    header = data[member.header_offset : member.header_offset + LOCAL_HEADER.size]
    if len(header) < LOCAL_HEADER.size or not header.startswith(ZIP_MAGIC):
        raise unusable.broken()
    name_length, extra_length = LOCAL_HEADER.unpack(header)[-2:]
    start = member.header_offset + LOCAL_HEADER.size + name_length + extra_length
    packed = data[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        size = len(packed)
        look(packed, True)
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        size = _inflated_size(packed, limit, look)
    else:
        raise unusable.broken()
    if size != member.file_size:
        raise unusable.broken()
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
                    raise unusable.too_large_inside(MAX_UNPACKED)
                look(piece, False)
                rest = inflater.unconsumed_tail
    except zlib.error:
        raise unusable.broken() from None
    look(b"", True)
    return size


def _alone(look: Callable[[bytes, bool], None]) -> Callable[[bytes, bool], None]:
    return look
