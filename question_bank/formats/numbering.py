"""The numbers that Word shows before paragraphs and that are in no text. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from question_bank.formats.archives import Element, attribute, local
from question_bank.laws.rules import chinese_number

MAX_LEVEL = 9
CHINESE = frozenset(
    {"chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital",
     "taiwaneseCountingThousand", "chineseLegalSimplified"}
)  # fmt: skip
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


@dataclass
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""


@dataclass
class Numbering:
    """Counts the numbered paragraphs of a document; paragraphs must be asked for in order."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # abstract id → level
    lists: dict[str, str] = field(default_factory=dict)  # list id → abstract id
    starts: dict[str, dict[int, int]] = field(default_factory=dict)  # list id → level → start
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)  # style → (list id, level)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def label(self, list_id: str, level: int) -> str:
        """The number of the next paragraph of a list: '3、', 'A.'; '' for bullets."""
        abstract = self.lists.get(list_id)
        if abstract is None or list_id == "0":
            return ""
        levels = self.levels.get(abstract, {})
        counts = self._counts.setdefault(abstract, {})
        if list_id not in self._begun:
            self._begun.add(list_id)
            for each, start in self.starts.get(list_id, {}).items():
                counts.pop(each, None)
                levels.setdefault(each, _Level()).start = start
        shape = levels.get(level, _Level())
        counts[level] = counts[level] + 1 if level in counts else shape.start
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        if shape.format in {"bullet", "none"} or not shape.text:
            return ""
        text = re.sub(
            r"%([1-9])", lambda mark: self._number(levels, counts, int(mark[1]) - 1), shape.text
        )
        return f"{text}、" if text[-1:].isalnum() else text

    @staticmethod
    def _number(levels: dict[int, _Level], counts: dict[int, int], level: int) -> str:
        shape = levels.get(level, _Level())
        return formatted(counts.get(level, shape.start), shape.format)


def formatted(number: int, name: str) -> str:
    """A number as Word writes it in a format."""
    if name in {"upperLetter", "lowerLetter"} and 0 < number < 1000:  # noqa: PLR2004
        letter = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter if name == "upperLetter" else letter.lower()
    if name in CHINESE and 0 < number < 1000:  # noqa: PLR2004
        return chinese_number(number)
    if name.startswith("decimalEnclosedCircle") and 0 < number <= 20:  # noqa: PLR2004
        return chr(ord("①") + number - 1)
    if name in {"upperRoman", "lowerRoman"} and 0 < number < 400:  # noqa: PLR2004
        text = ""
        for value, sign in _ROMAN:
            text += sign * (number // value)
            number %= value
        return text if name == "upperRoman" else text.lower()
    return str(number)


def read_numbering(numbering: Element | None, styles: Element | None) -> Numbering:
    """From the parts numbering.xml and styles.xml, where a document has them."""
    found = Numbering()
    for element in numbering if numbering is not None else ():
        name = local(element)
        if name == "abstractNum":
            id_ = attribute(element, "abstractNumId")
            found.levels[id_] = {
                _int(attribute(level, "ilvl")): _level(level)
                for level in element
                if local(level) == "lvl"
            }
        elif name == "num":
            _list(element, found)
    if styles is not None:
        _styles(styles, found)
    return found


def _level(element: Element) -> _Level:
    level = _Level()
    for child in element:
        name, value = local(child), attribute(child, "val")
        if name == "start":
            level.start = _int(value, 1)
        elif name == "numFmt":
            level.format = value
        elif name == "lvlText":
            level.text = value
    return level


def _list(element: Element, found: Numbering) -> None:
    id_ = attribute(element, "numId")
    for child in element:
        if local(child) == "abstractNumId":
            found.lists[id_] = attribute(child, "val")
        elif local(child) == "lvlOverride":
            for override in child:
                if local(override) == "startOverride":
                    level = _int(attribute(child, "ilvl"))
                    start = _int(attribute(override, "val"), 1)
                    found.starts.setdefault(id_, {})[level] = start


def number_of(properties: Element) -> tuple[str, int] | None:
    """(list id, level) of the properties of a paragraph; None where they name no list."""
    for child in properties:
        if local(child) == "numPr":
            values = {local(each): attribute(each, "val") for each in child}
            if "numId" in values:
                return values["numId"], _int(values.get("ilvl", "0"))
    return None


def _styles(styles: Element, found: Numbering) -> None:
    parents: dict[str, str] = {}
    for style in styles:
        if local(style) != "style":
            continue
        id_ = attribute(style, "styleId")
        for child in style:
            if local(child) == "basedOn":
                parents[id_] = attribute(child, "val")
            elif local(child) == "pPr" and (named := number_of(child)) is not None:
                found.styles[id_] = named
    for id_, parent in parents.items():
        seen, each = {id_}, parent
        while id_ not in found.styles and each and each not in seen:
            if each in found.styles:
                found.styles[id_] = found.styles[each]
            seen.add(each)
            each = parents.get(each, "")


def _int(text: str, default: int = 0) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else default  # noqa: PLR2004
