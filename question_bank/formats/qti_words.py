"""Names and words in QTI items, the same for 2.1 and 3.0. Pure."""

from __future__ import annotations

import re

from question_bank.formats.archives import Element
from question_bank.formats.archives import local as raw_local
from question_bank.formats.reading import PICTURE
from question_bank.questions.rules import tidy

BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "prompt",
                    "simpleChoice", "blockquote", "pre", "contentBody"})  # fmt: skip
_PASSAGES = ("passage", "stimulus", "qti-shared-stimulus")


def local(element: Element) -> str:
    """Name of an element in the words of 2.1: qti-simple-choice → simpleChoice."""
    name = raw_local(element)
    if name.startswith("qti-"):
        name = re.sub(r"-([a-z])", lambda mark: mark[1].upper(), name[4:])
    return name


def attribute(element: Element, name: str) -> str:
    """An attribute by its name in 2.1, where it may be in kebab case; ''."""
    kebab = re.sub(r"([A-Z])", lambda mark: "-" + mark[1].lower(), name)
    return str(element.get(name) or element.get(kebab) or "")


def is_passage(element: Element) -> bool:
    """Whether an element holds the text that several questions share."""
    classes = (element.get("class") or "").split()
    return any(name in classes for name in _PASSAGES)


def is_passage_or_asks(element: Element) -> bool:
    """Whether the words of an element are no part of what an item says before it asks."""
    return is_passage(element) or local(element).endswith("Interaction")


def text_of(
    element: Element | None,
    *,
    without: frozenset[str] = frozenset(),
    skip: object = None,
    blank: str = "",
) -> str:
    """The words of an element, a line for each block; ``skip`` tells what is left out."""
    pieces: list[str] = []

    def walk(each: Element) -> None:
        name = local(each)
        if name == "br":
            pieces.append("\n")
        elif name in {"img", "object"}:
            pieces.append(PICTURE)
        elif name == "textEntryInteraction":
            pieces.append(blank)
        elif name not in without and not (each is not element and callable(skip) and skip(each)):
            is_block = name in BLOCKS and each is not element
            pieces.append("\x02" if is_block else "")
            pieces.append(_flat(each.text))
            for child in each:
                walk(child)
                pieces.append(_flat(child.tail))
            pieces.append("\x02" if is_block else "")

    if element is not None:
        walk(element)
    text = re.sub(r" *(?:\x02 *)+", "\x02", "".join(pieces)).strip("\x02 ")
    return tidy(re.sub(r" *\n *", "\n", text.replace("\x02", "\n")))


def _flat(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text or "").replace("\x02", "")
