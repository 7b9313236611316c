"""Writes Moodle XML. Pure.

Source of the format: the Moodle documentation, page "Moodle XML format". A fill-in question with
several blanks goes out as embedded answers (cloze), and difficulty, pool and basis as tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats import words
from question_bank.formats.exchange import (
    BLANK,
    Losses,
    blanks_fit,
    categorised,
    category_path,
    unwritable,
    with_passage,
    xml_text,
)
from question_bank.formats.moodle import TAGS
from question_bank.formats.reading import ReadQuestion, ReadType, Written

_ANY_BLANK = re.compile(r"[（(][\s\u3000]*[）)]|[_＿]{2,}")


def write(questions: Sequence[ReadQuestion]) -> Written:
    """All questions; a shared passage goes into the stem of each."""
    losses = Losses(frozenset({"explanation", "topic", "code", "marks", "shuffle", *TAGS.values()}))
    parts: list[str] = []
    topic = ""
    for number, question in enumerate(questions, start=1):
        why = unwritable(question)
        if not why and question.type is ReadType.FILL_IN and not blanks_fit(question):
            why = "blanks"
        if why:
            losses.leave_out(number, question, why)
            continue
        is_cloze = question.type is ReadType.FILL_IN and len(question.key) > 1
        is_marked = is_cloze and _ANY_BLANK.sub("", question.stem) != question.stem.replace(
            BLANK, ""
        )
        own, lost = categorised(question)
        losses.note(number, question, *(["blank_marks"] if is_marked else []), *lost)
        if own != topic:
            topic = own
            path = xml_text(category_path(topic))
            parts.append(
                f'<question type="category"><category><text>{path}</text></category></question>'
            )
        parts.append(_written(question, number))
    body = "\n".join(parts)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{body}\n</quiz>\n'
    return Written(text.encode("utf-8", "replace"), tuple(losses.found))


def _tag(name: str, text: str, **attributes: str) -> str:
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}><text>{xml_text(text)}</text></{name}>"


def _written(question: ReadQuestion, number: int) -> str:
    kind, stem, inner = _kind(question)
    name = question.code or f"{number:04d}"
    marks = (
        f"<defaultgrade>{question.marks / 100:.7f}</defaultgrade>"
        if question.marks is not None
        else ""
    )
    return "\n".join(
        part
        for part in (
            f'<question type="{kind}">', _tag("name", name),
            _tag("questiontext", stem, format="plain_text"),
            _tag("generalfeedback", question.explanation, format="plain_text"), marks,
            f"<idnumber>{xml_text(question.code)}</idnumber>" if question.code else "",
            inner, _tags(question), "</question>",
        )
        if part
    )  # fmt: skip


def _kind(question: ReadQuestion) -> tuple[str, str, str]:
    """Moodle's name of the type, the words, and the answers."""
    stem = with_passage(question)
    if question.type is ReadType.SHORT_ANSWER:
        model = _tag("graderinfo", question.key or "", format="plain_text")
        return "essay", stem, f"<responseformat>editor</responseformat>{model}"
    if question.type is ReadType.TRUE_FALSE:
        right, wrong = ("true", "false") if question.key else ("false", "true")
        return "truefalse", stem, _answer(right, "100") + _answer(wrong, "0")
    if question.type is ReadType.FILL_IN:
        if len(question.key) > 1:
            return "cloze", _embedded(question), ""
        answers = "".join(_answer(text, "100") for text in question.key[0])
        return "shortanswer", stem, f"<usecase>0</usecase>{answers}"
    is_single = question.type is ReadType.SINGLE
    share = "100" if is_single else f"{100 / len(question.key):.5f}"
    wrong = "0" if is_single else "-100"
    answers = "".join(
        _answer(text, share if at in question.key else wrong, "plain_text")
        for at, text in enumerate(question.options)
    )
    head = (
        f"<single>{str(is_single).lower()}</single>"
        f"<shuffleanswers>{str(question.may_shuffle).lower()}</shuffleanswers>"
        "<answernumbering>ABCD</answernumbering>"
    )
    return "multichoice", stem, head + answers


def _answer(text: str, fraction: str, format_: str = "plain_text") -> str:
    return _tag("answer", text, fraction=fraction, format=format_)


def _embedded(question: ReadQuestion) -> str:
    answers = iter(question.key)

    def field(_mark: re.Match[str]) -> str:
        accepted = "~".join("=" + re.sub(r"([\\~=#{}])", r"\\\1", text) for text in next(answers))
        return f"{{1:SHORTANSWER:{accepted}}}"

    passage = f"{question.passage}\n\n" if question.passage else ""
    return passage + _ANY_BLANK.sub(field, question.stem)


def _tags(question: ReadQuestion) -> str:
    said = {
        "难度": words.DIFFICULTY_WORDS[question.difficulty] if question.difficulty else "",
        "用途": words.POOL_WORDS[question.pool] if question.pool else "",
        "法规依据": question.basis,
    }
    tags = "".join(_tag("tag", f"{name}:{value}") for name, value in said.items() if value)
    return f"<tags>{tags}</tags>" if tags else ""
