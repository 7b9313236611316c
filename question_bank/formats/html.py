"""Reads the words of HTML, also inside a web archive (.mht): lines and tables, nothing else."""

from __future__ import annotations

import email
import re
from email.message import Message

from lxml import etree  # type: ignore[import-untyped]

from question_bank.formats.archives import sound_or_unusable
from question_bank.formats.flow import Flow
from question_bank.formats.reading import PICTURE
from question_bank.formats.tables import UnusableFile

SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object"})
BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section",
     "article", "blockquote", "pre", "caption", "header", "footer", "form", "fieldset", "body",
     "center", "tr", "table"}
)  # fmt: skip
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)


def decode_html(data: bytes, charset: str = "") -> str:
    """The text of HTML bytes, by the charset they name; GB 18030 stands for all its kin."""
    named = _CHARSET.search(data[:4096])
    guesses = [charset, named[1].decode() if named else "", "utf-8-sig", "gb18030"]
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        guesses.insert(0, "utf-16")
    for guess in guesses:
        name = "gb18030" if guess.lower() in {"gb2312", "gbk", "x-gbk"} else guess
        try:
            if name:
                return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnusableFile("broken")


def html_of_archive(data: bytes) -> str:
    """The page inside a web archive."""
    with sound_or_unusable():
        message = email.message_from_bytes(data)
        for part in message.walk():
            if part.get_content_type() == "text/html":
                return decode_html(_payload(part), part.get_content_charset() or "")
    raise UnusableFile("broken")


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def flow_html(text: str, flow: Flow) -> Flow:
    """Put the lines and tables of HTML into a flow."""
    with sound_or_unusable():
        parser = etree.HTMLParser(
            no_network=True, remove_comments=True, remove_pis=True, huge_tree=False,
            encoding="utf-8",
        )  # fmt: skip
        try:
            root = etree.fromstring(text.encode("utf-8", "replace"), parser)
        except etree.LxmlError:
            raise UnusableFile("broken") from None
        if root is not None:
            _walk(root, flow)
    return flow


def _walk(root: etree._Element, flow: Flow) -> None:
    skipping = 0
    lists: list[int] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            skipping += name in SKIPPED
            if not skipping:
                _start(name, element, flow, lists)
                _words(element.text, flow)
        else:
            if not skipping:
                _end(name, flow, lists)
            skipping -= name in SKIPPED
            if not skipping:
                _words(element.tail, flow)


def _start(name: str, element: etree._Element, flow: Flow, lists: list[int]) -> None:
    if name == "table":
        flow.open_table()
    elif name == "tr":
        flow.open_row()
    elif name in {"td", "th"}:
        flow.open_cell()
    elif name == "br":
        flow.write("\n")
    elif name == "img":
        flow.write(PICTURE)
    elif name in BLOCKS:
        flow.end_line(keep_blank=False)
        if name in {"ol", "ul"}:
            start = element.get("start", "1")
            lists.append(int(start) if name == "ol" and start.isdecimal() and len(start) < 5 else -(name == "ul"))  # noqa: PLR2004  # fmt: skip
        elif name == "li" and lists and lists[-1] >= 1:
            flow.write(f"{lists[-1]}. ")
            lists[-1] += 1
        elif name != "body":
            flow.number += name in {"p", "div", "li"}


def _end(name: str, flow: Flow, lists: list[int]) -> None:
    if name == "table":
        flow.close_table()
    elif name in BLOCKS:
        flow.end_line(keep_blank=False)
        if name in {"ol", "ul"} and lists:
            lists.pop()
    if name == "p" or (len(name) == 2 and name[0] == "h" and name[1].isdigit()):  # noqa: PLR2004
        flow.end_line(keep_blank=False)


def _words(text: str | None, flow: Flow) -> None:
    if text:
        flow.write(re.sub(r"[ \t\r\n\f]+", " ", text))


def plain(text: str) -> str:
    """The words of a piece of HTML, a line for each block."""
    if "<" not in text and "&" not in text:
        return text.strip()
    flow = flow_html(f"<div>{text}</div>", Flow()).finish()
    return "\n".join(line.text for line in flow.lines if line.text).strip()
