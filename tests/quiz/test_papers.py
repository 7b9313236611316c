"""Drawing papers: reproducible for ever, never a question twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from question_bank.questions.rules import QuestionType
from quiz.papers.rules import (
    SECTIONS,
    Candidate,
    PoolTooSmall,
    Row,
    as_json,
    digest_of,
    draw,
    from_json,
    max_marks,
)

S, M, T, F, W = SECTIONS
POOL = (
    Row(1, 4, tuple(Candidate(n, F, 0, may_shuffle=True, blanks=2) for n in (40, 41))),
    Row(2, 2, tuple(Candidate(n, S, 4, may_shuffle=n != 3) for n in range(1, 9))),
    Row(2, 3, tuple(Candidate(n, M, 5, may_shuffle=True) for n in range(20, 25))),
    Row(2, 1, tuple(Candidate(n, T, 0, may_shuffle=True) for n in range(30, 36))),
)


def test_a_seed_gives_the_same_bytes_for_ever() -> None:
    """These values are stored with papers: if they change, old papers cannot be rebuilt."""
    paper = draw(POOL, "0123456789abcdef")
    assert as_json(paper) == FIXED_PAPER
    assert digest_of(paper) == FIXED_DIGEST


FIXED_PAPER = [
    [2, [3, 1, 0, 2], 2, "single", 0],
    [7, [1, 0, 3, 2], 2, "single", 0],
    [23, [3, 0, 1, 4, 2], 3, "multiple", 0],
    [22, [2, 4, 0, 3, 1], 3, "multiple", 0],
    [35, [], 1, "true_false", 0],
    [32, [], 1, "true_false", 0],
    [40, [], 4, "fill_in", 2],
]
FIXED_DIGEST = "79078004a4a82420ce0121077c5a4992db86d89a753028696c3c449f037bd7b3"


def test_sections_stand_in_the_order_of_chinese_papers() -> None:
    essays = Row(1, 10, (Candidate(50, W, 0, may_shuffle=True),))
    assert [item.type for item in draw((essays, *POOL), "1")] == [S, S, M, M, T, T, F, W]
    for seed in range(50):
        paper = draw(POOL, str(seed))
        assert [item.type for item in paper] == [S, S, M, M, T, T, F]
        assert max_marks(paper) == 16


def test_options_are_shuffled_only_where_they_may_be() -> None:
    orders = [item.order for seed in range(200) for item in draw(POOL, str(seed))]
    assert {order for order in orders if len(order) == 0} == {()}
    fixed = [i.order for seed in range(200) for i in draw(POOL, str(seed)) if i.version_id == 3]
    assert set(fixed) == {(0, 1, 2, 3)}
    firsts = Counter(order[0] for order in orders if len(order) == 5)
    assert set(firsts) == set(range(5))


def test_every_question_is_drawn_about_as_often() -> None:
    drawn = Counter(i.version_id for seed in range(2000) for i in draw(POOL, str(seed)))
    assert all(420 < drawn[n] < 580 for n in range(1, 9))  # 2000 × 2 ÷ 8 = 500


def test_a_version_in_two_rows_is_drawn_once() -> None:
    both = tuple(Candidate(n, S, 4, may_shuffle=True) for n in (1, 2, 3))
    tight = (Candidate(1, S, 4, may_shuffle=True),)
    for seed in range(50):
        paper = draw((Row(2, 1, both), Row(1, 1, tight)), str(seed))
        assert sorted(item.version_id for item in paper) == [1, 2, 3]


def test_a_pool_that_cannot_fill_the_paper_is_refused() -> None:
    one = (Candidate(1, S, 4, may_shuffle=True),)
    with pytest.raises(PoolTooSmall):
        draw((Row(1, 1, one), Row(1, 1, one)), "seed")


def test_questions_of_one_passage_stand_together_and_the_others_where_they_would() -> None:
    """Two cases of three questions each among four others; and without passages nothing moves."""
    passages = {1: 1, 4: 1, 8: 1, 2: 2, 5: 2, 9: 2}
    plain = (Row(10, 1, tuple(Candidate(n, S, 0, may_shuffle=False) for n in range(1, 11))),)
    cases = (
        Row(10, 1, tuple(
            Candidate(n, S, 0, may_shuffle=False, passage=passages.get(n, 0)) for n in range(1, 11)
        )),
    )  # fmt: skip
    for seed in range(50):
        before = [item.version_id for item in draw(plain, str(seed))]
        after = [item.version_id for item in draw(cases, str(seed))]
        for passage in (1, 2):
            places = [place for place, n in enumerate(after) if passages.get(n) == passage]
            assert places == list(range(places[0], places[0] + 3))
            members = [n for n in before if passages.get(n) == passage]
            assert [after[place] for place in places] == members
        alone = [n for n in before if n not in passages]
        assert [n for n in after if n not in passages] == alone


OFFERS = st.sets(st.integers(1, 20), min_size=9, max_size=12)


@settings(max_examples=40)
@given(
    st.integers().map(str),
    st.lists(st.tuples(st.integers(1, 3), OFFERS), min_size=1, max_size=3),
)
def test_any_pool_gives_each_row_its_number_and_no_question_twice(
    seed: str, rows: list[tuple[int, set[int]]]
) -> None:
    pool = [
        Row(count, index + 1, tuple(Candidate(n, S, 4, may_shuffle=True) for n in sorted(ids)))
        for index, (count, ids) in enumerate(rows)
    ]
    paper = draw(pool, seed)
    assert len({item.version_id for item in paper}) == len(paper)
    assert Counter(item.marks for item in paper) == {
        index + 1: count for index, (count, _ids) in enumerate(rows)
    }
    assert draw(pool, seed) == paper
    assert from_json(as_json(paper)) == paper
    assert all(isinstance(item.type, QuestionType) for item in paper)
