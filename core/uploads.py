"""Uploaded files are checked before anything reads them: size, kind by content, unpacked size."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import current_app, has_app_context
from flask_babel import gettext as _

from core import oldbooks, unusable
from core.errors import Invalid
from core.zipparts import MAX_CELLS, Marks
from core.zips import PACKAGES, PROOFS, ZIP_MAGIC, check_zip

MAX_BYTES = 20 * 1024 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and every workbook with a password
TEXTS = frozenset({"csv", "gift", "json", "md", "txt", "xml"})
PROGRAMS = (
    b"MZ", b"%PDF", b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf",
)  # fmt: skip


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
        check_zip(data, extension)
    elif extension in TEXTS:
        _check_text(data)
        Marks().feed(data, True)
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
        raise unusable.not_what_it_says()


def _check_old_workbook(data: bytes) -> None:
    if not data.startswith(OLE_MAGIC):
        raise unusable.not_what_it_says()
    try:
        spread = oldbooks.largest_spread(data)
    except oldbooks.Locked:
        raise unusable.protected() from None
    except oldbooks.NoWorkbook:
        raise unusable.not_what_it_says() from None
    if spread > MAX_CELLS:
        raise unusable.too_far_apart()
