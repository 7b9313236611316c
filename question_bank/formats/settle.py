"""From the raw words of a question to its type, key and findings. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from question_bank.formats import answers, words
from question_bank.formats.lookahead import asks
from question_bank.formats.matching import Raw
from question_bank.formats.reading import (
    MAX_SHOWN,
    TYPE_NAMES,
    Place,
    PlaceKind,
    ReadQuestion,
    ReadType,
    checked,
    has_options,
)
from question_bank.formats.sections import SECTION_TYPES, hundredths
from question_bank.questions.rules import Difficulty, Finding, Pool, blanks_in

BLANK = "（　）"
_TYPE_WORDS = "|".join(sorted(SECTION_TYPES, key=len, reverse=True))
_TYPE_MARK = re.compile(rf"^[（(【\[]\s*({_TYPE_WORDS})(?:试?题)?\s*[)）】\]]\s*[、.．]?\s*")
_MARKS = re.compile(
    r"^[（(【\[]\s*(?:本题|每题)?\s*(?:共)?\s*(\d{1,3}(?:\.\d)?)\s*分\s*[)）】\]]\s*"
    r"|\s*[（(【\[]\s*(?:本题|每题)?\s*(?:共)?\s*(\d{1,3}(?:\.\d)?)\s*分\s*[)）】\]]$"
)
_BRACKETS = re.compile(r"[（(【\[]([^（）()【】\[\]]{0,40})[)）】\]]")
_EMPTY = re.compile(r"[（(]\s*[)）]")


def settle(raw: Raw, kind: PlaceKind) -> ReadQuestion:
    """The question that a raw one is, with everything to be said about it."""
    said = [*raw.said]
    stem = "\n".join(raw.stem).strip()
    options = [_no_marks(text) for _letter, text in raw.options]
    raw.fields = {name: _no_marks(text) for name, text in raw.fields.items()}
    stem, type_, marks = _marks_and_type(raw, stem, said)
    stem = _unmarked(raw, stem, type_)
    stem, own = _answer_in_stem(raw, stem, options, type_, said)
    text = _answer_text(raw, own, said)
    type_, options = _settled_type(type_, text, stem, options, said)
    if type_ is ReadType.TRUE_FALSE:
        stem = _EMPTY.sub("", stem).strip() if _EMPTY.search(stem[-4:]) else stem
    if type_ is ReadType.FILL_IN and not text:
        stem, key = _blanks_in_stem(stem, said)
    else:
        key = None
    if key is None and text and type_ is not None:
        key, more = answers.read_key(type_, text, stem, options, loose=kind is not PlaceKind.ROW)
        said += more
    said += _listed_differs(raw, own, type_, key, stem, options)
    if type_ is ReadType.TRUE_FALSE:
        options = []
    difficulty, pool = _difficulty(raw, said), _pool(raw, said)
    return checked(
        ReadQuestion(
            place=Place(kind, raw.line), type=type_, stem=stem, options=tuple(options), key=key,
            explanation=raw.fields.get("explanation", "").strip(), difficulty=difficulty,
            topic=_topic(raw, said), basis=_basis(raw, kind),
            pool=pool, may_shuffle=_may_shuffle(raw, said), marks=_own_marks(raw, marks, stem, said),
            code=raw.fields.get("code", "").strip(), passage=_no_marks(raw.passage), group=raw.group,
            findings=tuple(said),
        )
    )  # fmt: skip


# Words that a document underlines; in a fill-in question they may be the answers in the blanks.
_UNDERLINED = re.compile("\ue000([^\ue000\ue001]*)\ue001")


def _no_marks(text: str) -> str:
    return _UNDERLINED.sub(r"\1", text) if "\ue000" in text else text


def _unmarked(raw: Raw, stem: str, type_: ReadType | None) -> str:
    if type_ is ReadType.FILL_IN and not raw.fields.get("answer") and not raw.listed:
        return _UNDERLINED.sub(lambda mark: f"（{mark[1].strip()}）", stem)
    return _no_marks(stem)


# --- the stem ------------------------------------------------------------------------


def _marks_and_type(
    raw: Raw, stem: str, said: list[Finding]
) -> tuple[str, ReadType | None, int | None]:
    """Takes （单选题） and （2分） off the stem."""
    type_ = raw.section.type if raw.section else None
    marks = None
    for _ in range(2):
        mark = _TYPE_MARK.match(stem)
        if mark is not None:
            type_, stem = SECTION_TYPES[mark[1]], stem[mark.end() :].strip()
            _say_indefinite(mark[1], said)
        value = _MARKS.search(stem)
        if value is not None and marks is None:
            marks = hundredths(value[1] or value[2])
            stem = (stem[: value.start()] + stem[value.end() :]).strip()
            said.append(Finding("marks_from_stem", "marks", {"marks": marks}))
    text = raw.fields.get("type", "")
    if text:
        word = words.type_word(text)
        if word in SECTION_TYPES:
            type_ = SECTION_TYPES[word]
            _say_indefinite(word, said)
        else:
            said.append(Finding("type_unknown", "type", {"text": text[:MAX_SHOWN]}))
    if raw.section and raw.section.type is type_:
        _say_indefinite(raw.section.word, said)
    return stem, type_, marks


def _say_indefinite(word: str, said: list[Finding]) -> None:
    finding = Finding("indefinite", "type")
    if word.startswith("不定项") and finding not in said:
        said.append(finding)


def _answer_in_stem(
    raw: Raw, stem: str, options: Sequence[str], type_: ReadType | None, said: list[Finding]
) -> tuple[str, str]:
    """The stem with blanks for answers in its brackets, and that answer; '' where it has none."""
    found = [
        mark for mark in _BRACKETS.finditer(stem) if _may_answer(mark[1].strip(), options, type_)
    ]
    texts = list(dict.fromkeys(mark[1].strip() for mark in found))
    stem = _EMPTY.sub(BLANK, stem)
    if raw.before:
        said.append(Finding("key_from_brackets", "key", {"text": raw.before}))
        return stem, raw.before
    if not found:
        return stem, ""
    if len(texts) > 1:
        said.append(Finding("brackets_many", "key", {"text": "、".join(texts)[:MAX_SHOWN]}))
    answer = texts[-1]
    blanked = re.sub(rf"[（(【\[]\s*{re.escape(answer)}\s*[)）】\]]", BLANK, stem)
    said.append(Finding("key_from_brackets", "key", {"text": answer}))
    return blanked.strip(), answer


def _may_answer(text: str, options: Sequence[str], type_: ReadType | None) -> bool:
    if not text:
        return False
    if options and not answers.is_truth_pair(options):
        letters = words.chosen(text)
        return letters is not None and type_ is not ReadType.TRUE_FALSE
    if type_ is ReadType.TRUE_FALSE or type_ is None:
        letters_do = words.chosen(text) is not None and (bool(options) or text in {"A", "B"})
        letters_do = letters_do and (bool(options) or type_ is not None)
        return words.truth(text) is not None or letters_do
    return False


def _answer_text(raw: Raw, own: str, said: list[Finding]) -> str:
    """The answer out of a field, the brackets of the stem or a list; they must not differ."""
    given = raw.fields.get("answer", "").strip()
    if given and own and not _alike(given, own):
        said.append(Finding("keys_differ", "key", {"first": own, "second": given[:MAX_SHOWN]}))
    if not (given or own) and raw.listed:
        said.append(Finding("key_from_list", "key", {"line": raw.listed_line}))
    return given or own or raw.listed


def _alike(one: str, other: str) -> bool:
    judged = words.truth(one), words.truth(other)
    if None not in judged:
        return judged[0] == judged[1]
    letters = words.chosen(one), words.chosen(other)
    return letters[0] == letters[1] if None not in letters else one == other


def _listed_differs(
    raw: Raw, own: str, type_: ReadType | None, key: Any, stem: str, options: Sequence[str]
) -> list[Finding]:
    given = raw.fields.get("answer", "").strip() or own
    if not given or not raw.listed or type_ is None or type_ is ReadType.SHORT_ANSWER:
        return []
    listed, _said = answers.read_key(type_, raw.listed, stem, options)
    if listed == key:
        return []
    return [
        Finding(
            "keys_differ", "key", {"first": given[:MAX_SHOWN], "second": raw.listed[:MAX_SHOWN]}
        )
    ]


# --- the type ------------------------------------------------------------------------


def _settled_type(
    type_: ReadType | None, text: str, stem: str, options: list[str], said: list[Finding]
) -> tuple[ReadType | None, list[str]]:
    if answers.is_truth_pair(options) and type_ in {None, ReadType.SINGLE}:
        said.append(Finding("type_from_options", "type", {"text": "、".join(options)}))
        return ReadType.TRUE_FALSE, options
    if type_ is None:
        guessed, source = answers.guess_type(text, stem, options, asks=asks(stem))
        if guessed is not None:
            taken = TYPE_NAMES[guessed]
            code = "type_from_key" if source == "key" else "type_guessed"
            said.append(Finding(code, "type", {"taken": taken, "from": source}))
        return guessed, options
    if options and not has_options(type_) and type_ is not ReadType.TRUE_FALSE:
        # lettered lines under a question that wants words belong to its stem
        said.append(Finding("options_in_other_type", "type", {"n": len(options)}))
    return type_, options


def _blanks_in_stem(stem: str, said: list[Finding]) -> tuple[str, Any]:
    """应当在（20）个工作日内: the answers stand in the blanks."""
    if blanks_in(stem):
        return stem, None
    marks = [mark for mark in _BRACKETS.finditer(stem) if mark[1].strip()]
    if not marks:
        return stem, None
    key = []
    for mark in marks:
        found, more = answers.read_blanks(mark[1].strip(), 1)
        key.append(found[0])
        said += more
    shown = "、".join(mark[1].strip() for mark in marks)[:MAX_SHOWN]
    said.append(Finding("blanks_from_brackets", "key", {"text": shown}))
    return _BRACKETS.sub(lambda mark: BLANK if mark[1].strip() else mark[0], stem), key


# --- the rest ------------------------------------------------------------------------


def _difficulty(raw: Raw, said: list[Finding]) -> Difficulty | None:
    text = raw.fields.get("difficulty", "").rstrip("。")
    if not text:
        return None
    taken = words.DIFFICULTIES.get(text)
    if taken is None and text in words.NEAR_DIFFICULTIES:
        taken = words.NEAR_DIFFICULTIES[text]
        facts = {"text": text, "taken": words.DIFFICULTY_WORDS[taken]}
        said.append(Finding("difficulty_near", "difficulty", facts))
    if taken is None:
        said.append(Finding("difficulty_unknown", "difficulty", {"text": text[:MAX_SHOWN]}))
    return taken


def _pool(raw: Raw, said: list[Finding]) -> Pool | None:
    text = raw.fields.get("pool", "")
    if text and text not in words.POOLS:
        said.append(Finding("pool_unknown", "pool", {"text": text[:MAX_SHOWN]}))
    return words.POOLS.get(text)


def _may_shuffle(raw: Raw, said: list[Finding]) -> bool:
    text = raw.fields.get("shuffle", "").upper()
    if text and text not in words.CAN | words.CANNOT:
        said.append(Finding("shuffle_unknown", "shuffle", {"text": text[:MAX_SHOWN]}))
    return not text or text in words.CAN


def _basis(raw: Raw, kind: PlaceKind) -> str:
    """A citation is one line; a cell is kept as it is."""
    text = raw.fields.get("basis", "").strip()
    return text if kind is PlaceKind.ROW else text.replace("\n", " ")


def _topic(raw: Raw, said: list[Finding]) -> str:
    topic = raw.fields.get("topic", "").strip()
    if not topic and raw.topic:
        topic = raw.topic
        said.append(Finding("topic_from_heading", "topic", {"text": topic}))
    return topic


def _own_marks(raw: Raw, marks: int | None, stem: str, said: list[Finding]) -> int | None:
    text = raw.fields.get("marks", "")
    if text:
        own = hundredths(text.removesuffix("分").strip())
        if own is None:
            said.append(Finding("marks_unreadable", "marks", {"text": text[:MAX_SHOWN]}))
        return own
    if marks is not None or raw.section is None:
        return marks
    if raw.section.blank_marks is not None:
        return raw.section.blank_marks * max(1, blanks_in(stem))
    if raw.section.is_total:
        said.append(Finding("marks_from_total", "marks", {"marks": raw.section.marks}))
    return raw.section.marks
