"""Two texts compared: what a page marks, and that nothing of either is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.differences import MAX_TOKENS, Change, Segment, former, latter, segments

SAME, REMOVED, ADDED = Change.SAME, Change.REMOVED, Change.ADDED


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("期限", "期限", [(SAME, "期限")]),
        ("", "期限", [(ADDED, "期限")]),
        ("期限", "", [(REMOVED, "期限")]),
        # figures change whole
        ("收到之日起15日内", "收到之日起20日内",
         [(SAME, "收到之日起"), (REMOVED, "15"), (ADDED, "20"), (SAME, "日内")]),
        ("应自形成之日起", "应当自形成之日起", [(SAME, "应"), (ADDED, "当"), (SAME, "自形成之日起")]),
        # one equal character between two changes belongs to the change
        ("甲的乙期限", "丙的丁期限", [(REMOVED, "甲的乙"), (ADDED, "丙的丁"), (SAME, "期限")]),
        ("Aiken file", "Moodle file", [(REMOVED, "Aiken"), (ADDED, "Moodle"), (SAME, " file")]),
    ],
)  # fmt: skip
def test_differing_words_are_marked(
    before: str, after: str, expected: list[tuple[Change, str]]
) -> None:
    assert segments(before, after) == [Segment(change, text) for change, text in expected]


TEXTS = st.text(alphabet="甲乙丙的15日A \n", max_size=40)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_the_pieces(before: str, after: str) -> None:
    pieces = segments(before, after)
    assert "".join(piece.text for piece in former(pieces)) == before
    assert "".join(piece.text for piece in latter(pieces)) == after
    assert all(piece.text for piece in pieces)
    for first, second in itertools.pairwise(pieces):
        assert first.change is not second.change
        assert (first.change, second.change) != (ADDED, REMOVED)


def test_long_texts_are_compared_by_lines() -> None:
    lines = [f"第{number}行。\n" for number in range(MAX_TOKENS)]
    changed = [*lines[:9], "另一行。\n", *lines[10:]]
    assert segments("".join(lines), "".join(changed))[1:3] == [
        Segment(REMOVED, lines[9]),
        Segment(ADDED, "另一行。\n"),
    ]
