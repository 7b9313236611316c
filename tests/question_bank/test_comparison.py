"""What became of each article: same, changed, moved, new, deleted; sensible pairs on real laws."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.formats.law import digest_of, parse_law
from question_bank.laws.comparison import WHOLE, Kind, Pair, Text, compare
from question_bank.laws.rules import chinese_number
from tests.question_bank.helpers import LAW_DIR

SOUND = "行政机关应当自收到申请之日起二十个工作日内予以答复。"
OTHER = "公民、法人或者其他组织不服的，可以依法申请行政复议。"
THIRD = "本条例所称政府信息，是指行政机关在履行职责过程中制作或者获取的信息。"


def _law(*texts: str) -> list[Text]:
    return [
        Text(f"第{chinese_number(number)}条", text, digest_of(text))
        for number, text in enumerate(texts, start=1)
    ]


def _said(pairs: list[Pair]) -> list[tuple[str, int | None, int | None]]:
    return [(pair.kind.value, pair.old, pair.new) for pair in pairs]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((SOUND,), (SOUND,), [("same", 0, 0)]),
        ((SOUND,), (SOUND.replace("二十", "十五"),), [("changed", 0, 0)]),
        ((SOUND, OTHER), (THIRD, SOUND, OTHER),
         [("new", None, 0), ("moved", 0, 1), ("moved", 1, 2)]),
        ((SOUND, OTHER), (SOUND,), [("same", 0, 0), ("deleted", 1, None)]),
        # renumbered and changed: found by likeness, not by its label
        ((SOUND, OTHER), (THIRD, SOUND.replace("二十", "十五"), OTHER),
         [("new", None, 0), ("changed", 0, 1), ("moved", 1, 2)]),
        # under the same label, but about something else
        ((SOUND,), (THIRD,), [("new", None, 0), ("deleted", 0, None)]),
        # two equal texts: one successor each, the label decides
        ((SOUND, SOUND), (SOUND, OTHER, SOUND),
         [("same", 0, 0), ("new", None, 1), ("moved", 1, 2)]),
        # the better pair wins the article that two are like
        ((SOUND.replace("二十", "三十"), SOUND.replace("应当", "可以").replace("二十", "五")),
         (SOUND,), [("changed", 0, 0), ("deleted", 1, None)]),
        ((), (SOUND,), [("new", None, 0)]),
    ],
)  # fmt: skip
def test_articles_are_paired_by_text_and_likeness(
    old: tuple[str, ...], new: tuple[str, ...], expected: list[tuple[str, int | None, int | None]]
) -> None:
    assert _said(compare(_law(*old), _law(*new))) == expected


TEXTS = st.lists(st.text("甲乙丙丁戊", min_size=1, max_size=12), max_size=8)


@given(TEXTS, TEXTS)
def test_every_article_is_in_exactly_one_pair_and_equal_texts_are_never_in_doubt(
    before: list[str], after: list[str]
) -> None:
    old, new = _law(*before), _law(*after)
    pairs = compare(old, new)
    assert sorted(pair.old for pair in pairs if pair.old is not None) == list(range(len(old)))
    assert [pair.new for pair in pairs if pair.new is not None] == list(range(len(new)))
    for pair in pairs:
        one = old[pair.old] if pair.old is not None else None
        other = new[pair.new] if pair.new is not None else None
        if one is None or other is None:
            assert pair.kind is (Kind.NEW if one is None else Kind.DELETED)
            continue
        is_equal = one.text == other.text
        assert (pair.kind in {Kind.SAME, Kind.MOVED}) == is_equal
        assert (pair.likeness == WHOLE) == is_equal
        assert (pair.kind is Kind.SAME) == (is_equal and one.label == other.label)
    # an equal text finds its equal as long as there is one
    shared = Counter(before) & Counter(after)
    assert sum(pair.likeness == WHOLE for pair in pairs) == shared.total()


@given(TEXTS)
def test_a_version_compared_with_itself_is_all_the_same(texts: list[str]) -> None:
    law = _law(*texts)
    assert {pair.kind for pair in compare(law, law)} <= {Kind.SAME}


def _read(name: str) -> list[Text]:
    path = LAW_DIR / name
    law = parse_law(path.read_text(encoding="utf-8"), path.name)
    return [Text(item.label, item.text, item.digest) for item in law.articles]


@pytest.mark.skipif(not LAW_DIR.is_dir(), reason="law texts are not at hand")
@pytest.mark.parametrize(
    ("before", "after", "counts", "pairs"),
    [
        (
            "保守国家秘密法(2010-04-29).md", "保守国家秘密法(2024-02-27).md",
            {"same": 1, "changed": 35, "moved": 13, "new": 16, "deleted": 4},
            {"第三条": "第五条", "第九条": "第十三条", "第二十条": "第二十五条",
             "第四十六条": "第五十三条", "第五十三条": "第六十五条", "第八条": None},
        ),
        (
            "行政复议法(2017-09-01).md", "行政复议法(2023-09-01).md",
            {"changed": 28, "moved": 1, "new": 61, "deleted": 14},
            {"第四条": "第三条", "第六条": "第十一条", "第九条": "第二十条",
             "第二十三条": "第四十八条", "第三十六条": "第八十二条", "第三十条": None},
        ),
    ],
)  # fmt: skip
def test_real_revisions_are_paired_as_a_reader_would(
    before: str, after: str, counts: dict[str, int], pairs: dict[str, str | None]
) -> None:
    old, new = _read(before), _read(after)
    found = compare(old, new)
    assert Counter(pair.kind.value for pair in found) == counts
    successors = {
        old[pair.old].label: None if pair.new is None else new[pair.new].label
        for pair in found
        if pair.old is not None
    }
    assert {label: successors[label] for label in pairs} == pairs
