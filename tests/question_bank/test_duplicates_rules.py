"""When two questions are the same, contradict each other or are alike, and where they differ."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel

from question_bank.duplicates import likeness
from question_bank.duplicates.beside import Part, Segment, beside, differences
from question_bank.duplicates.likeness import MOST, find, score_of
from question_bank.duplicates.rules import (
    ALIKE,
    Asked,
    Decision,
    Kind,
    Standing,
    dropped,
    offered,
    plain,
    retirable,
)
from question_bank.questions.rules import Draft, QuestionType, VersionState

T = QuestionType
STEM = "行政机关收到政府信息公开申请，不能当场答复的，应当自收到申请之日起（　）内予以答复。"
DAYS = ("10个工作日", "15个工作日", "20个工作日", "30个工作日")


def single(stem: str = STEM, options: tuple[str, ...] = DAYS, key: int = 2, **more: Any) -> Draft:
    return Draft(T.SINGLE, stem, options, [key], **more)


def multiple(stem: str, options: tuple[str, ...], key: list[int]) -> Draft:
    return Draft(T.MULTIPLE, stem, options, key)


def judged(stem: str, truth: bool) -> Draft:
    return Draft(T.TRUE_FALSE, stem, key=truth)


def filled(stem: str, *key: list[str]) -> Draft:
    return Draft(T.FILL_IN, stem, key=list(key))


def told(one: Draft, other: Draft) -> tuple[Kind, int] | None:
    """What a comparison of just these two says; None where they are not alike."""
    found = find([Asked(2, other)], [Asked(1, one)])
    return (found[0].kind, found[0].score) if found else None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("期限是２０日（　）。", "期限是20日()"),
        ("期限是____日", "期限是（  ）日"),
        ("适用《条例》第二十六条", "适用“条例”第26条"),
        ("约1,000元", "约1000元"),
        ("ＡＢc级", "abC 级"),
        ("二〇二四年", "2024年"),
    ],
)
def test_writing_does_not_make_a_difference(text: str, same: str) -> None:
    assert plain(text) == plain(same) != ""


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("应当公开", "不应当公开"),
        ("20日", "30日"),
        ("1.5倍", "15倍"),
        ("甲（　）乙", "甲乙（　）"),
        ("10%", "10"),
        ("十日", "二十日"),
    ],
)
def test_what_changes_a_meaning_stays_different(text: str, other: str) -> None:
    assert plain(text) != plain(other)


def test_markup_says_nothing() -> None:
    assert plain("**甲** < *乙*", is_rich=True) == plain("甲<乙")
    assert plain("| 甲 | 乙 |\n|---|---|\n| 丙 | 丁 |", is_rich=True) == plain("甲乙丙丁")
    assert plain("甲*2*乙") == plain("甲2乙")


KINDS = [
    # the same, however it is written
    (single(), single(), Kind.SAME),
    (single(), single(STEM.replace("（　）", "____")), Kind.SAME),
    (single(), single(options=("１０个工作日", "15 个工作日", "二十个工作日", "30个工作日")), Kind.SAME),
    # letters differ and the right text is the same
    (single(), single(options=DAYS[::-1], key=1), Kind.REORDERED),
    (multiple(STEM, DAYS, [0, 2]), multiple(STEM, DAYS[::-1], [1, 3]), Kind.REORDERED),
    # keys that cannot both be right
    (single(), single(key=1), Kind.CONTRADICTION),
    (single(), single(options=DAYS[::-1], key=2), Kind.CONTRADICTION),
    (single(), single(options=("7日", "14日", "21日"), key=1), Kind.CONTRADICTION),
    (multiple(STEM, DAYS, [0, 2]), multiple(STEM, DAYS, [0, 1]), Kind.CONTRADICTION),
    (single(), multiple(STEM, DAYS, [1, 2]), Kind.CONTRADICTION),
    (judged("依申请公开是例外。", True), judged("依申请公开是例外", False), Kind.CONTRADICTION),
    (filled("（　）日内答复", ["20"]), filled("____日内答复", ["30", "三十"]), Kind.CONTRADICTION),
    # other wrong options, the same right one: worth a look, no contradiction
    (single(), single(options=("5日", "20个工作日", "7日"), key=1), Kind.NEAR),
    (filled("（　）日内答复", ["20", "二十"]), filled("（　）日内答复", ["二十"]), Kind.SAME),
    (filled("（　）日内答复", ["20"]), filled("（　）日内答复", ["20", "廿"]), Kind.NEAR),
    # meanings that differ by a word
    (judged("行政机关应当主动公开该信息。", True), judged("行政机关不应当主动公开该信息。", True),
     Kind.NEAR),
    (judged("政府信息公开申请答复期限为20日。", True),
     judged("政府信息公开申请答复期限为30日。", False), Kind.NEAR),
    (single(), single(STEM.replace("不能当场", "能当场"), key=1), Kind.NEAR),
    # other types of one stem say nothing of each other's key
    (judged(STEM, True), single(), Kind.NEAR),
    (Draft(T.SHORT_ANSWER, STEM, key="见条例。"), Draft(T.SHORT_ANSWER, STEM, key="依法。"),
     Kind.NEAR),
    (Draft(T.SHORT_ANSWER, STEM, key="见条例。"), Draft(T.SHORT_ANSWER, STEM, key="见条例"),
     Kind.SAME),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "kind"), KINDS)
def test_two_questions_are_told_apart(one: Draft, other: Draft, kind: Kind) -> None:
    forth, back = told(one, other), told(other, one)
    assert forth is not None
    assert forth[0] is kind
    assert back == forth


ASKS = "下列说法正确的是（　）。"
CASE = "张某于2024年3月1日向某区政府申请公开征收补偿方案，区政府在法定期限内未作答复。"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # what an open stem says is in its options
        (single(ASKS, ("公开为常态", "不公开为例外", "收费一律免除"), 0),
         single(ASKS, ("申请应当书面提出", "答复期限为五日", "复议前置"), 0)),
        # one question about two cases, and two questions about one case
        (single("本案中，区政府的做法是否合法？", passage=CASE),
         single("本案中，区政府的做法是否合法？",
                passage="李某请求某镇政府公开2023年低保发放名单，镇政府答复该信息不存在。")),
        (single("区政府应当在几日内答复？", passage=CASE),
         single("张某可以向哪个机关申请复议？", passage=CASE)),
        (single("本案中，区政府的做法是否合法？", passage=CASE),
         single("本案中，区政府的做法是否合法？")),
        (single("公务员的试用期是多长？"), single("档案的封闭期是多长时间？")),
    ],
)  # fmt: skip
def test_what_only_sounds_alike_is_not_told(one: Draft, other: Draft) -> None:
    assert told(one, other) is None


def test_an_open_stem_contradicts_where_its_options_are_the_same() -> None:
    options = ("公开为常态", "不公开为例外", "收费一律免除")
    assert told(single(ASKS, options, 0), single(ASKS, options, 1)) == (Kind.CONTRADICTION, 100)
    assert told(single(ASKS, options, 0), single(ASKS, options[::-1], 2)) == (Kind.REORDERED, 100)


def test_passages_that_are_nearly_the_same_make_cases_alike() -> None:
    asked = "本案中，区政府的做法是否合法？"
    found = told(single(asked, passage=CASE), single(asked, passage=CASE.replace("张某", "王某")))
    assert found is not None
    assert found[0] is Kind.NEAR
    assert 90 <= found[1] < 100


def test_versions_of_one_question_are_not_compared_and_time_has_a_direction() -> None:
    first, second = Asked(1, single(), group=7), Asked(2, single(), group=7)
    assert find([second], [first]) == []
    assert find([first], [Asked(2, single())]) == []
    assert score_of(first, second) == 100


def test_what_says_nothing_is_like_nothing() -> None:
    assert told(single("？"), single("……")) is None
    assert find([Asked(1, single())], []) == []


# --- nothing is missed -----------------------------------------------------------

PARTS = [
    "行政机关", "应当", "不得", "自收到申请之日起", "二十个工作日内", "十五日内", "予以答复",
    "主动公开", "政府信息", "公共企事业单位", "县级以上人民政府", "依照本条例", "第三方合法权益",
    "国家秘密", "商业秘密", "个人隐私", "征求意见", "书面告知", "并说明理由", "的规定",
]  # fmt: skip


def _bank(seed: int, size: int) -> list[Asked]:
    """Questions put together of few words, a third of them another one with some edits."""
    chance = random.Random(seed)
    stems: list[str] = []
    for _ in range(size):
        if stems and chance.random() < 0.35:
            text = list(chance.choice(stems))
            for _edit in range(chance.randint(0, 6)):
                at = chance.randrange(len(text) + 1)
                if chance.random() < 0.5:
                    text.insert(at, chance.choice("的应不当前后其所该日"))
                elif text:
                    del text[min(at, len(text) - 1)]
            stems.append("".join(text))
        else:
            stems.append("".join(chance.choices(PARTS, k=chance.randint(2, 9))))
    return [Asked(rank, judged(stem, True)) for rank, stem in enumerate(stems)]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_is_alike_is_missed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against brute force over every pair."""
    monkeypatch.setattr(likeness, "MOST", 10_000)
    monkeypatch.setattr(likeness, "WEIGHED", 10_000)
    questions = _bank(seed, 300)
    expected = {
        (later.rank, earlier.rank)
        for later in questions
        for earlier in questions[: later.rank]
        if Indel.normalized_similarity(later.body, earlier.body) >= ALIKE / 100
    }
    found = {(each.later.rank, each.earlier.rank) for each in find(questions, questions)}
    assert found == expected
    assert len(expected) > 60


def test_the_gravest_and_closest_are_told_of_very_many() -> None:
    bank = [Asked(rank, judged(f"{STEM}第{rank}种情形", True)) for rank in range(150)]
    new = Asked(1000, judged(f"{STEM}第77种情形", False))
    found = find([new], [*bank, Asked(500, judged(f"{STEM}第77种情形", True))])
    assert len(found) == MOST
    assert [each.kind for each in found[:2]] == [Kind.CONTRADICTION, Kind.CONTRADICTION]
    assert found == find([new], [Asked(500, judged(f"{STEM}第77种情形", True)), *bank[::-1]])


# --- side by side ----------------------------------------------------------------


def _marked(pieces: list[Segment]) -> str:
    return "".join(f"[{each.text}]" if each.part is Part.ONLY else each.text for each in pieces)


@pytest.mark.parametrize(
    ("one", "other", "first", "second"),
    [
        (
            "行政机关应当公开。",
            "行政机关不应当公开。",
            "行政机关应当公开。",
            "行政机关[不]应当公开。",
        ),
        ("期限为20日。", "期限为130日。", "期限为[20]日。", "期限为[130]日。"),
        ("期限为２０日", "期限为20日", "期限为２０日", "期限为20日"),
        ("甲乙丙丁戊", "子乙丑丁戊己", "[甲乙丙]丁戊", "[子乙丑]丁戊[己]"),
        ("", "甲", "", "[甲]"),
    ],
)
def test_differing_words_are_marked(one: str, other: str, first: str, second: str) -> None:
    left, right = differences(one, other)
    assert (_marked(left), _marked(right)) == (first, second)


WORDS = st.text(st.sampled_from("甲乙丙丁20日不，。 aB"), max_size=40)


@given(WORDS, WORDS)
def test_segments_joined_are_the_texts(one: str, other: str) -> None:
    left, right = differences(one, other)
    assert "".join(each.text for each in left) == one
    assert "".join(each.text for each in right) == other
    if one == other:
        assert all(each.part is Part.BOTH for each in left)


def test_long_texts_are_compared_by_sentence() -> None:
    many = "".join(f"第{n}句。" for n in range(800))
    left, right = differences(many, many.replace("第500句", "第五百句"))
    assert [each.text for each in left if each.part is Part.ONLY] == ["第500句。"]
    assert [each.text for each in right if each.part is Part.ONLY] == ["第五百句。"]


def test_figures_and_negations_are_pointed_out() -> None:
    figures = beside(single(), single(STEM.replace("申请，", "申请2次，"))).caution
    assert (figures.figures, figures.negation) == (True, False)
    negated = beside(single(), single(STEM.replace("不能当场", "能当场"))).caution
    assert (negated.figures, negated.negation) == (False, True)


def test_near_stems_with_other_keys_are_pointed_out() -> None:
    assert beside(single(), single(STEM.replace("予以", ""), key=1)).caution.keys
    assert not beside(single(), single(STEM.replace("予以", ""))).caution.keys


def test_options_that_only_one_has_are_shown_as_such() -> None:
    shown = beside(single(), single(options=("5日", "二十个工作日"), key=1))
    assert [(each.is_right, each.is_shared) for each in shown.options[0]] == [
        (False, False), (False, False), (True, True), (False, False),
    ]  # fmt: skip
    assert [(each.is_right, each.is_shared) for each in shown.options[1]] == [
        (False, False), (True, True),
    ]  # fmt: skip
    assert shown.passages is None
    assert beside(single(passage=CASE), single()).passages is not None


# --- what may be decided ---------------------------------------------------------

S = VersionState
D = Decision


@pytest.mark.parametrize(
    ("first", "second", "gone", "decisions"),
    [
        (S.APPROVED, S.DRAFT, 2, [D.SAME, D.NEW_VERSION, D.KEEP]),
        (S.NEEDS_REVIEW, S.RETURNED, 2, [D.SAME, D.NEW_VERSION, D.KEEP]),
        (S.DRAFT, S.APPROVED, 1, [D.SAME, D.NEW_VERSION, D.KEEP]),
        (S.DRAFT, S.DRAFT, 2, [D.SAME, D.KEEP]),
        (S.DRAFT, S.IN_REVIEW, 1, [D.SAME, D.KEEP]),
        (S.APPROVED, S.APPROVED, None, [D.KEEP]),
        (S.APPROVED, S.IN_REVIEW, None, [D.KEEP]),
    ],
)
def test_only_a_draft_gives_way(
    first: VersionState, second: VersionState, gone: int | None, decisions: list[Decision]
) -> None:
    one, other = Standing(1, 11, 1, first), Standing(2, 12, 1, second)
    loser = dropped(one, other)
    assert (loser.question_id if loser else None) == gone
    assert offered(one, other) == decisions
    assert retirable(one, other) is (first is second is S.APPROVED)


def test_a_question_with_a_history_becomes_no_version_of_another() -> None:
    assert offered(Standing(1, 11, 1, S.APPROVED), Standing(2, 12, 3, S.DRAFT)) == [D.SAME, D.KEEP]
