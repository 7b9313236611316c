"""What the words of an answer mean for a question of a type. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from question_bank.formats import words
from question_bank.formats.reading import MAX_SHOWN, ReadType
from question_bank.questions.rules import LETTERS, Finding, blanks_in, tidy

_LEADING = re.compile(
    r"(?:[选为是应故]{1,2}\s*)?([A-H](?:[、,，和\s]*[A-H])*)(?:\s*[项。.；;]|\s*$)"
)
_WITH_TEXT = re.compile(r"[（(]?([A-H])[)）]?\s*[.．、:：\s]\s*(\S.*)$", re.DOTALL)
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s；;，,。、]))(?:[（(](\d{1,2})[)）]|(\d{1,2})\s*[.．、)）](?!\d)|([①-⑳]))\s*"
)
MAX_TRUTH = 8
_EITHER = re.compile(r"\s*(?:/|／|(?<!\S)或者?(?!\S)|或者?)\s*")


def read_key(
    type_: ReadType, text: str, stem: str, options: Sequence[str], *, loose: bool = True
) -> tuple[Any, list[Finding]]:
    """The key and what was guessed about it; None with key_unreadable where it means nothing.

    ``loose``: / and 或 part the spellings of a blank; in our own tables only = does.
    """
    text = tidy(text)
    if not text:
        return None, []
    if type_ is ReadType.SHORT_ANSWER:
        return text, []
    if type_ is ReadType.FILL_IN:
        return read_blanks(text, blanks_in(stem), loose=loose)
    said: list[Finding] = []
    key: Any
    if type_ is ReadType.TRUE_FALSE:
        key = words.judged(text.rstrip("。.;；"), options)
    else:
        key, said = _letters(text, options)
    if key is None:
        return None, [Finding("key_unreadable", "key", {"text": text[:MAX_SHOWN]})]
    return key, said


def _letters(text: str, options: Sequence[str]) -> tuple[list[int] | None, list[Finding]]:
    plain = words.chosen(text)
    if plain is not None:
        return plain, []
    leading = _LEADING.fullmatch(text.upper())
    if leading is not None:
        return words.chosen(leading[1]), []
    both = _WITH_TEXT.match(text)
    if both is not None:
        index = LETTERS.index(both[1])
        if index < len(options) and _same(options[index], both[2]):
            return [index], []
        return None, []
    alike = [index for index, option in enumerate(options) if _same(option, text)]
    if len(alike) == 1:
        return alike, [Finding("key_from_text", "key", {"text": text[:MAX_SHOWN]})]
    return None, []


def _same(option: str, text: str) -> bool:
    return option.rstrip("。.；; ") == text.rstrip("。.；; ")


def letters_like(text: str) -> bool:
    """Whether an answer is letters of options, for telling the type by it."""
    return words.chosen(text) is not None


# --- blanks --------------------------------------------------------------------------


def read_blanks(
    text: str, shown: int, *, loose: bool = True
) -> tuple[list[list[str]], list[Finding]]:
    """For each blank its accepted texts. ``shown``: how many blanks the stem has.

    | and ； part blanks and = parts spellings, as in our own template. Otherwise numbers (1) (2),
    line breaks, 、, commas and spaces are tried where they make exactly as many parts as the stem
    has blanks, and the finding says by which. / and 或 part spellings.
    """
    said: list[Finding] = []
    parts, mark = _parts(text, shown, loose=loose)
    if mark:
        said.append(Finding("blanks_split", "key", {"by": mark, "n": len(parts)}))
    key = []
    for part in parts:
        accepted, is_split = _accepted(part, loose=loose)
        key.append(accepted)
        if is_split:
            said.append(
                Finding("accepted_split", "key", {"text": part[:MAX_SHOWN], "n": len(accepted)})
            )
    return key, said


def _cut(text: str, signs: str) -> list[str]:
    """The pieces of ``words.cut`` without blanks around them."""
    return [piece.strip() for piece in words.cut(text, signs)]


def _parts(text: str, shown: int, *, loose: bool) -> tuple[list[str], str]:
    own = _cut(text, "|｜；;")
    own = own[:-1] if len(own) > 1 and not own[-1] else own
    if not loose and len(own) == max(shown, 1):
        return own, ""
    numbered = by_numbers(text)
    if numbered and len(numbered) == max(shown, 1):
        return [part.rstrip("。") for part in numbered], "(1)"
    if len(own) > 1 or shown < 2:  # noqa: PLR2004
        return own, ""
    for pattern, name in ((r"\n+", "line"), (r"、", "、"), (r"[，,]", "，"), (r"\s+", "space")):
        parts = [part.strip() for part in re.split(pattern, text.rstrip("。")) if part.strip()]
        if len(parts) == shown:
            return parts, name
    return own, ""


def by_numbers(text: str) -> list[str]:
    """(1) 二十 (2) 五 → the parts; [] where the text does not begin with 1 or skips a number."""
    marks = list(_NUMBERED.finditer(text))
    if not marks or marks[0].start():
        return []
    values = [int(m[1] or m[2]) if m[1] or m[2] else ord(m[3]) - ord("①") + 1 for m in marks]
    if values != list(range(1, len(values) + 1)):
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [
        text[mark.end() : end].strip(" ；;，,、\n\t") for mark, end in zip(marks, ends, strict=True)
    ]


def _accepted(part: str, *, loose: bool) -> tuple[list[str], bool]:
    spellings = [re.sub(r"\\(.)", r"\1", text) for text in _cut(part, "=")]
    if len(spellings) > 1 or not loose:
        return spellings, False
    whole = spellings[0]
    inside = re.fullmatch(
        r"(.+?)\s*[（(]\s*(?:或者?|亦可|也可(?:填|写|以)?|/)\s*(.+?)\s*[)）]", whole
    )
    if inside is not None:
        return [inside[1], *_EITHER.split(inside[2])], True
    split = [each.strip() for each in _EITHER.split(whole)]
    if len(split) > 1 and all(split):
        return list(dict.fromkeys(split)), True
    return [whole], False


def guess_type(
    text: str, stem: str, options: Sequence[str], *, asks: bool
) -> tuple[ReadType | None, str]:
    """The type that options, answer and stem tell, and from which it was told."""
    if options:
        letters = words.chosen(text)
        if letters and len(letters) > 1:
            return ReadType.MULTIPLE, "key"
        return ReadType.SINGLE, "key" if letters else "options"
    if text and words.truth(text.rstrip("。")) is not None:
        return ReadType.TRUE_FALSE, "key"
    if text and blanks_in(stem) and not letters_like(text):
        return ReadType.FILL_IN, "blanks"
    if asks:
        return ReadType.SHORT_ANSWER, "stem"
    if text and not letters_like(text):
        return ReadType.SHORT_ANSWER, "answer"
    return None, ""


def is_truth_pair(options: Sequence[str]) -> bool:
    """Whether the two options of a question are 正确 and 错误."""
    if len(options) != 2 or any(len(option) > MAX_TRUTH for option in options):  # noqa: PLR2004
        return False
    said = [words.truth(option) for option in options]
    return sorted(said, key=str) == [False, True]
