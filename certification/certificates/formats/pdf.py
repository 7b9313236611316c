"""The certificate as PDF: A4 landscape, fonts embedded, made by typst from JSON."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import pylopdf_fonts_zh_cn
import segno

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("certificate.typ")
_turn = threading.Lock()


@dataclass(frozen=True)
class Sheet:
    """What is printed, word by word. ``across``: the word across a certificate without force, or ''."""

    title: str
    number: str
    holder: str
    unit: str
    exam: str
    issued: str
    through: str
    code: str
    office: str
    site: str
    address: str
    date: tuple[int, int, int]  # of issue: year, month, day
    across: str = ""


def qr_svg(address: str) -> str:
    """A QR code of an address as an SVG document."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=0, xmldecl=False, scale=1)
    return out.getvalue().decode()


def qr_path(address: str) -> tuple[int, str]:
    """Side in modules and the outline of the dark modules, for an inline SVG."""
    code = segno.make(address, error="m")
    rows = [bytes(row) for row in code.matrix]
    parts = [
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    ]
    return len(rows), "".join(parts)


@cache
def _compiler() -> typst.Compiler:
    """One compiler a process: reading the fonts takes longer than setting the page."""
    import typst

    folders = {pylopdf_fonts_zh_cn.sans_path().parent, pylopdf_fonts_zh_cn.serif_path().parent}
    return typst.Compiler(
        str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=[str(path) for path in folders],
        ignore_system_fonts=True,
    )  # fmt: skip


def rendered(sheet: Sheet, kind: Literal["pdf", "png"] = "pdf") -> bytes:
    """The certificate as PDF/A-2u; as a picture where asked for."""
    data = json.dumps({**asdict(sheet), "qr": qr_svg(sheet.address)}, ensure_ascii=False)
    with _turn:
        made = _compiler().compile(
            format=kind, sys_inputs={"data": data},
            pdf_standards=["a-2u"] if kind == "pdf" else [],
        )  # fmt: skip
    return cast(bytes, made)
