"""Elements of QTI, written in the names of 2.1 or of 3.0. Pure.

Version 3.0 names elements and attributes in kebab case with qti- before the elements; what is said
is the same, so that items are built once in the words of 2.1 and renamed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from question_bank.formats.exchange import xml_text


class Version(StrEnum):
    """The versions that are written."""

    V2_1 = "2.1"
    V3_0 = "3.0"


NAMESPACES = {
    Version.V2_1: "http://www.imsglobal.org/xsd/imsqti_v2p1",
    Version.V3_0: "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
MANIFESTS = {
    Version.V2_1: ("http://www.imsglobal.org/xsd/imscp_v1p1", "imsqti_item_xmlv2p1", "QTIv2.1 Package", "1.0.0"),
    Version.V3_0: ("http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "imsqti_item_xmlv3p0", "QTI Package", "3.0.0"),
}  # fmt: skip
TEMPLATES = {
    Version.V2_1: "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct",
    Version.V3_0: "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct",
}
LINE = "\n"  # in an attribute it would be read as a blank
# elements of XHTML keep their names in 3.0
_HTML = frozenset({"p", "div", "br", "span"})


@dataclass
class Node:
    """An element: children are nodes or texts."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def xml(self, version: Version) -> str:
        """As text, in the names of a version."""
        name, given = self.name, self.attributes
        if version is Version.V3_0 and name not in _HTML:
            name = "qti-" + _kebab(name)
            given = {_kebab(key): value for key, value in given.items()}
        attributes = "".join(
            f' {key}="{xml_text(value).replace(LINE, "&#10;")}"' for key, value in given.items()
        )
        inner = "".join(
            child.xml(version) if isinstance(child, Node) else xml_text(child)
            for child in self.children
        )
        return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _kebab(name: str) -> str:
    return re.sub(r"([A-Z])", lambda mark: "-" + mark[1].lower(), name)


def node(name: str, *children: Node | str, **attributes: str) -> Node:
    """An element with its children and attributes."""
    return Node(name, attributes, list(children))


def lines_of(text: str) -> list[Node | str]:
    """Text with its lines parted by br, and its runs of blanks kept by hard ones."""
    found: list[Node | str] = []
    for at, line in enumerate(text.split("\n")):
        if at:
            found.append(node("br"))
        kept = re.sub(r" (?= )|^ | $", "\u00a0", line)
        if kept:
            found.append(kept)
    return found
