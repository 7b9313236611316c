"""How a citation is read: 《title》 and the label of an article."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = "零一二三四五六七八九"
_COUNTRY = "中华人民共和国"
_CITATION = re.compile(r"《(?P<title>.+)》(?P<rest>.*)$", re.DOTALL)
_NUMBERED = re.compile(r"第\s*([0-9]{1,4})\s*([条款项])")
_ARTICLE = re.compile(r"第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")
_SECTION = re.compile(r"[一二三四五六七八九十]+(?:（[一二三四五六七八九十]+）)?")
_BARE = re.compile(r"[0-9]{1,4}|[零〇一二三四五六七八九十百千]+")
_THOUSAND = 10_000
_TEN = 10


@dataclass(frozen=True)
class Citation:
    """What a question rests on, as far as it could be read. ``title`` '' where none was named."""

    title: str
    label: str  # 第二十六条, 二（二）; '' where none could be read


def chinese_number(number: int) -> str:
    """26 → 二十六; from 1 to 9999."""
    if not 0 < number < _THOUSAND:
        raise ValueError(f"no Chinese numeral for {number}")
    text, needs_zero = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if needs_zero else "") + _DIGITS[digit] + word
        needs_zero = bool(text) and digit == 0
        if not number:
            break
    return text.removeprefix("一") if text.startswith("一十") else text


def parse_number(text: str) -> int:
    """二十六 → 26; the other way round."""
    total, digit = 0, 0
    units = {"十": 10, "百": 100, "千": 1000}
    for character in text.replace("〇", "零"):
        if character in units:
            total += (digit or 1) * units[character]
            digit = 0
        else:
            digit = _DIGITS.index(character)
    return total + digit


def same_title(title: str) -> str:
    """A title as it is compared: without 《》, blanks and 中华人民共和国 in front."""
    plain = re.sub(r"[\s《》〈〉<>]", "", title)
    return plain.removeprefix(_COUNTRY)


def parse_label(text: str) -> str:
    """The article's own label within a text: 第41条第二款 → 第四十一条; 二(二) → 二（二）; '' if none."""
    plain = (
        re.sub(r"[\s\u3000]", "", text).replace("(", "（").replace(")", "）").replace("〇", "零")
    )
    plain = _NUMBERED.sub(_spelt_out, plain)
    if found := _ARTICLE.search(plain):
        return found.group()
    if (found := _SECTION.match(plain)) and found.group() == plain.split("第")[0]:
        return found.group()
    return ""


def _spelt_out(match: re.Match[str]) -> str:
    number = int(match[1])
    return f"第{chinese_number(number)}{match[2]}" if number else match[0]


def parse_article_input(text: str) -> str:
    """What a person typed for the article, with 第…条 put around a bare number: 26 → 第二十六条."""
    plain = text.strip()
    if _BARE.fullmatch(plain) and (plain.isdigit() or len(plain) > 1):
        number = int(plain) if plain.isdigit() else parse_number(plain)
        return f"第{chinese_number(number)}条" if 0 < number < _THOUSAND else plain
    return plain


def parse_citation(text: str) -> Citation | None:
    """Title and label of a citation; None where the text is blank."""
    plain = text.strip()
    if not plain:
        return None
    if found := _CITATION.search(plain):
        return Citation(found["title"].strip(), parse_label(found["rest"]))
    label = parse_label(plain)
    if label and plain.startswith("第"):
        return Citation("", label)
    if label:  # a title without its marks: 政府信息公开条例第二十六条
        head = plain[: re.search(r"第", plain).start()] if "第" in plain else ""  # type: ignore[union-attr]
        return Citation(head.strip(), label)
    return Citation("", "")
