"""Word documents for tests, made of the XML that Word and its kin write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
# list 1 counts questions and, a level deeper, options; list 2 begins that anew
NUMBERING = f"""<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%2."/></w:lvl>
</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/>
<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num></w:numbering>"""
STYLES = f"""<w:styles {NAMESPACES}><w:style w:styleId="Q"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Q2"><w:basedOn w:val="Q"/></w:style></w:styles>"""


def run(text: str, properties: str = "") -> str:
    """A run; tabs and line breaks in the text become elements."""
    inner = escape(text).replace("\t", "</w:t><w:tab/><w:t>").replace("\n", "</w:t><w:br/><w:t>")
    space = 'xml:space="preserve"'
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t {space}>{inner}</w:t></w:r>"


def paragraph(*runs: str, number: tuple[int, int] | None = None, style: str = "") -> str:
    """A paragraph of runs (texts become runs); ``number``: list and level."""
    inner = "".join(each if each.startswith("<") else run(each) for each in runs)
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        properties += (
            f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
        )
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def paragraphs(text: str) -> str:
    """A paragraph for each line."""
    return "".join(paragraph(line) for line in text.split("\n"))


def table(*rows: Iterable[str]) -> str:
    """A table; a cell is a text, its lines are paragraphs."""
    inner = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraphs(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{inner}</w:tbl>"


def box(text: str) -> str:
    """A paragraph with a text box, said twice as Word says it: for new and for old readers."""
    content = f"<w:txbxContent>{paragraphs(text)}</w:txbxContent>"
    return (
        "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
        f"{content}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>{content}</w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def document(body: str, parts: dict[str, bytes] | None = None) -> bytes:
    """The file. ``parts``: members by name; each in word/ but for numbering is an embedded chunk."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/numbering.xml", NUMBERING)
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr(
            "word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
        )
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="aFChunk" Target="/{name}"/>'
            for n, name in enumerate(parts or {}, start=1)
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="x">{relations}<Relationship Id="out" TargetMode="External" '
            'Target="http://127.0.0.1:9/x.html"/></Relationships>',
        )
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def chunk(id_: str = "rId1") -> str:
    """The place of an embedded part."""
    return f'<w:altChunk r:id="{id_}"/>'
