"""The starter bank: complete, balanced, cited, importable, no two alike."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import combinations

import pytest
from flask import Flask
from rapidfuzz import fuzz
from sqlalchemy import func, select

from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.formats import csv as tables
from question_bank.formats import rows
from question_bank.imports.rules import Bank, Verdict, judge
from question_bank.laws.rules import chinese_number, parse_citation, same_title
from question_bank.questions.models import QuestionVersion, ReviewEvent, VersionState
from question_bank.questions.rules import QuestionType
from question_bank.questions.shuffling import pointers
from question_bank.starter import ARTICLES, FOLDER, cited_articles, cited_digests, question_files
from question_bank.starter.services import load_starter
from tests.factories import make_person
from tests.question_bank.helpers import LAW_DIR
from tools.starter_articles import rows as articles_of_texts

REGULATION = "政府信息公开条例"
TOPICS = {
    "公开的主体和范围", "主动公开", "依申请公开", "保密审查与个人信息", "监督和保障",
    "政务公开工作机制", "行政复议与救济", "重大行政决策公开", "优化营商环境", "档案与开放",
}  # fmt: skip


@pytest.fixture(scope="module")
def starter() -> list[rows.ParsedRow]:
    """All questions of all files."""
    return [
        row
        for path in question_files()
        for row in rows.parse(tables.sheets(path.read_text(encoding="utf-8")))
    ]


def test_every_row_passes_the_importer(starter: list[rows.ParsedRow]) -> None:
    bank = Bank(to_come=frozenset(cited_digests()))
    assert {judge(row, bank).verdict for row in starter} == {Verdict.GOOD}
    assert len({row.code for row in starter}) == len(starter)
    assert len({row.draft.digest for row in starter if row.draft}) == len(starter)


def test_there_are_enough_of_each_type(starter: list[rows.ParsedRow]) -> None:
    assert len(starter) >= 300
    share = Counter(row.draft.type for row in starter if row.draft)
    for type_, percent in (
        (QuestionType.SINGLE, 50), (QuestionType.MULTIPLE, 25), (QuestionType.TRUE_FALSE, 25),
    ):  # fmt: skip
        assert abs(share[type_] * 100 / len(starter) - percent) <= 3


def test_every_question_has_its_topic_explanation_and_basis(starter: list[rows.ParsedRow]) -> None:
    assert {row.topic for row in starter} == TOPICS
    for row in starter:
        assert row.draft is not None
        assert row.draft.explanation
        assert row.draft.basis
        assert not pointers(row.draft)
        assert row.given >= {"difficulty", "pool", "basis", "topic", "explanation"}


def test_every_citation_is_an_article_that_exists(starter: list[rows.ParsedRow]) -> None:
    known = cited_digests()
    for row in starter:
        assert row.draft is not None
        cited = parse_citation(row.draft.basis)
        assert cited is not None
        assert (same_title(cited.title), cited.label) in known, row.code


def test_every_article_of_the_regulation_is_covered(starter: list[rows.ParsedRow]) -> None:
    cited = [parse_citation(row.draft.basis) for row in starter if row.draft]
    covered = {item.label for item in cited if item and same_title(item.title) == REGULATION}
    assert covered == {f"第{chinese_number(number)}条" for number in range(1, 57)}


def test_right_letters_are_evenly_spread(starter: list[rows.ParsedRow]) -> None:
    keys = [
        row.draft.key[0] for row in starter if row.draft and row.draft.type is QuestionType.SINGLE
    ]
    for letter in range(4):
        assert 0.2 <= keys.count(letter) / len(keys) <= 0.3
    judged = [
        row.draft.key for row in starter if row.draft and row.draft.type is QuestionType.TRUE_FALSE
    ]
    assert 0.4 <= judged.count(True) / len(judged) <= 0.6
    multiple = [
        row.draft for row in starter if row.draft and row.draft.type is QuestionType.MULTIPLE
    ]
    assert sum(len(each.key) == len(each.options) for each in multiple) <= 0.2 * len(multiple)


def test_options_are_of_like_length(starter: list[rows.ParsedRow]) -> None:
    singles = [row.draft for row in starter if row.draft and row.draft.type is QuestionType.SINGLE]
    longest = 0
    for question in singles:
        lengths = [len(text) for text in question.options]
        assert max(lengths) <= 3 * max(min(lengths), 2), question.stem
        others = [length for index, length in enumerate(lengths) if index != question.key[0]]
        longest += lengths[question.key[0]] > max(others)
    assert longest <= 0.35 * len(singles)


def test_no_two_stems_are_nearly_the_same(starter: list[rows.ParsedRow]) -> None:
    alike = [
        (first.code, second.code)
        for first, second in combinations(starter, 2)
        if fuzz.ratio(first.stem, second.stem, score_cutoff=90)
    ]
    assert alike == []


def test_articles_are_listed_whole_and_in_order() -> None:
    with ARTICLES.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == [
            "law",
            "version",
            "label",
            "ordinal",
            "in_force",
            "sha256",
        ]
    places: dict[str, int] = {}
    for row in cited_articles():
        assert int(row["ordinal"]) == places.get(row["law"], 0) + 1
        places[row["law"]] = int(row["ordinal"])
        assert row["version"] <= row["in_force"] or row["law"].endswith("通知")
        assert len(row["sha256"]) == 64
    assert places["中华人民共和国政府信息公开条例"] == 56


@pytest.mark.skipif(not LAW_DIR.is_dir(), reason="law texts are not at hand")
def test_articles_agree_with_the_texts() -> None:
    listed = [list(row.values()) for row in cited_articles()]
    assert listed == articles_of_texts(LAW_DIR.parent)


def test_no_law_text_lies_in_the_repository() -> None:
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".py", ".csv"}


def test_the_starter_bank_is_loaded_approved_once(
    app: Flask, starter: list[rows.ParsedRow]
) -> None:
    for loaded in (len(starter), 0):
        with app.app_context(), transaction() as session:
            author, reviewer = (
                make_person(session, Role.EDITOR),
                make_person(session, Role.REVIEWER),
            )
            assert load_starter(
                session, author_id=author.id, reviewer_id=reviewer.id, now=clock.now()
            ) == loaded  # fmt: skip
    with app.app_context():
        session = reading()
        states = set(session.scalars(select(QuestionVersion.state)))
        assert states == {VersionState.APPROVED}
        events = session.scalar(select(func.count()).select_from(ReviewEvent))
        assert events == 3 * len(starter)


def test_a_part_of_the_starter_bank_spreads_over_all_of_it(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, reviewer = make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER)
        done = load_starter(
            session, author_id=author.id, reviewer_id=reviewer.id, now=clock.now(), approve=False,
            limit=40,
        )  # fmt: skip
        assert done == 40
        topics = session.scalar(select(func.count(QuestionVersion.topic_id.distinct())))
        assert topics == len(TOPICS)
        assert session.scalar(select(func.count()).select_from(ReviewEvent)) == 40
