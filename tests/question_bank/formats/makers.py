"""Questions at random that the bank could hold, for properties of readers and writers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from question_bank.formats.answers import is_truth_pair
from question_bank.formats.reading import (
    Place,
    PlaceKind,
    ReadQuestion,
    ReadType,
    checked,
    grouped,
    has_options,
)
from question_bank.questions.rules import Difficulty, Pool, tidy

SIGNS = "甲乙丙公开条例二十日、，。；：？（）《》“”%=~#{}[]:\\/|<>&\"'-*!?.,()_ $^AB1２\n"
BLANK = "（　）"


def texts(most: int = 24, signs: str = SIGNS) -> st.SearchStrategy[str]:
    """Tidied texts that are not empty."""
    return st.text(signs, min_size=1, max_size=most).map(tidy).filter(bool)


def _lines(text: str) -> str:
    """No blanks at the ends of lines: no editor shows them."""
    return "\n".join(line.strip() for line in text.split("\n"))


@st.composite
def questions(draw: st.DrawFn) -> ReadQuestion:
    """A sound question of any type with any of its fields."""
    type_ = draw(st.sampled_from(ReadType))
    stem = draw(texts(40))
    options: tuple[str, ...] = ()
    key: Any
    if has_options(type_):
        options = tuple(
            draw(
                st.lists(texts(), min_size=2, max_size=8, unique=True).filter(
                    lambda o: not is_truth_pair(o)
                )
            )
        )
        most = 1 if type_ is ReadType.SINGLE else len(options)
        indexes = st.integers(0, len(options) - 1)
        key = sorted(draw(st.sets(indexes, min_size=1, max_size=most)))
    elif type_ is ReadType.TRUE_FALSE:
        key = draw(st.booleans())
    elif type_ is ReadType.FILL_IN:
        key = draw(
            st.lists(
                st.lists(texts(8), min_size=1, max_size=3, unique=True), min_size=1, max_size=3
            )
        )
        pieces = [draw(st.text("甲乙，公开日 ", max_size=6)) for _ in range(len(key) + 1)]
        stem = tidy(f"自{BLANK.join(pieces)}止")
    else:
        key = draw(st.none() | texts(60))
    question = ReadQuestion(
        place=Place(PlaceKind.ITEM, 1), type=type_, stem=stem, options=options, key=key,
        explanation=draw(st.just("") | texts()), difficulty=draw(st.none() | st.sampled_from(Difficulty)),
        topic=draw(st.just("") | texts(10, "总则公开/ 甲")), basis=draw(st.just("") | texts(20)),
        pool=draw(st.none() | st.sampled_from(Pool)),
        marks=draw(st.none() | st.integers(1, 100_00).map(lambda n: n)),
        code=draw(st.just("") | st.from_regex(r"[A-Z]{1,3}-[0-9]{1,6}", fullmatch=True)),
        may_shuffle=not options or draw(st.booleans()), passage=draw(st.just("") | texts(30)),
    )  # fmt: skip
    # the reader will notice options that are pointed at
    return replace(checked(question), findings=())


def banks(most: int = 4) -> st.SearchStrategy[list[ReadQuestion]]:
    """Some questions; neighbours with the same passage are a group."""

    def with_groups(found: list[ReadQuestion]) -> list[ReadQuestion]:
        groups = grouped(question.passage for question in found)
        return [replace(q, group=n) for q, n in zip(found, groups, strict=True)]

    return st.lists(questions(), min_size=1, max_size=most).map(with_groups)
