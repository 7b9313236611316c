"""The editor: what the preview shows, what a change of type keeps, and all of it without script."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import reading, transaction
from core.permissions import Role
from question_bank.editor.rules import seen
from question_bank.formats import exports
from question_bank.formats.xlsx import ExportedQuestion
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import Draft, QuestionType, in_words, longest_by
from tests.factories import make_person, make_question, make_topic, sign_in

FORM = {
    "type": "single", "difficulty": "easy", "pool": "both", "stem": "**公开**的期限是（　）。",
    "options-0": "十日", "options-1": "<二>十*日*", "key": "1", "explanation": "条文\n写明。",
    "law": "", "article": "", "may_shuffle": "y", "comment": "",
}  # fmt: skip


class Desk:
    """An editor at the form."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context(), transaction() as session:
            self.editor = make_person(session, Role.EDITOR)
            self.topic = make_topic(session, "主动公开")
            self.client = app.test_client()
        self.token = sign_in(self.client, self.editor)

    def post(self, address: str, **changes: Any) -> Any:
        data = {**FORM, "topic": self.topic.id, "csrf_token": self.token, **changes}
        return self.client.post(address, data=data)

    def part(self, text: str, name: str) -> str:
        """One of the parts that follow the typing."""
        found = re.search(rf'data-live="{name}">(.*?)(?=<div data-live|\Z)', text, re.DOTALL)
        assert found
        return found[1]

    def newest(self) -> QuestionVersion:
        with self.app.app_context():
            found = reading().scalars(select(QuestionVersion).order_by(QuestionVersion.id.desc()))
            version = found.first()
        assert version is not None
        return version


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app)


def test_the_preview_is_what_the_sitting_draws(desk: Desk) -> None:
    rich = desk.part(desk.post("/questions/preview", is_rich="y").text, "preview")
    assert (
        '<div class="sg-q__stem sg-rich" id="q-stem" tabindex="-1"><p><strong>公开</strong>' in rich
    )
    assert '<span data-slot="text">&lt;二&gt;十<em>日</em></span>' in rich
    plain = desk.part(desk.post("/questions/preview").text, "preview")
    assert (
        '<legend class="sg-q__stem" tabindex="-1" data-slot="stem">**公开**的期限是（　）。'
        in plain
    )
    assert '<span data-slot="text">&lt;二&gt;十*日*</span>' in plain
    assert "条文<br>写明。" in plain


def test_the_preview_follows_what_is_missing_and_keeps_nothing(desk: Desk) -> None:
    checks = desk.part(desk.post("/questions/preview", key="").text, "checks")
    assert "没有答案" in checks
    twin = desk.post("/questions/new", do="save").location
    checks = desk.part(desk.post("/questions/preview").text, "checks")
    assert "完全相同的题" in checks
    own = desk.post(f"/questions/preview?question={twin.rsplit('/', 1)[1]}")
    assert "完全相同的题" not in own.text
    assert desk.client.get("/questions?q=期限").text.count("/questions/1") == 1
    assert desk.post("/questions/preview?question=999").status_code == 404


@pytest.mark.parametrize("type_", ["multiple", "true_false", "fill_in", "short_answer"])
def test_a_change_of_type_loses_nothing_that_was_typed(desk: Desk, type_: str) -> None:
    typed = {"options-2": "三十日", "key": ["0", "2"], "truth": "false", "blanks": "二十|日",
             "model": "一、依法。\n二、及时。"}  # fmt: skip
    page = html.unescape(
        desk.part(desk.post("/questions/preview", type=type_, **typed).text, "answer")
    )
    fields = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
    held = {(name, value.replace("\r", "")) for name, value in [*fields, *areas]}
    for name in ("options-0", "options-1"):
        assert (name, FORM[name]) in held
    assert ("options-2", "三十日") in held
    assert {("key", "0"), ("key", "2")} <= held
    assert {("truth", "false"), ("blanks", "二十|日")} <= held
    assert ("model", typed["model"]) in held
    names = [name for name, _value in [*fields, *areas] if name in {"blanks", "model"}]
    assert len(names) == len(set(names))


def test_a_short_answer_with_material_is_kept_and_opened_again_without_script(desk: Desk) -> None:
    sent = desk.post(
        "/questions/new", type="short_answer", passage="某县收到一份申请。", is_rich="y",
        stem="**简述**如何答复。", model="- 登记\n- 答复", do="save",
    )  # fmt: skip
    assert sent.status_code == 302
    kept = desk.newest()
    assert (kept.type, kept.key) == (QuestionType.SHORT_ANSWER, "- 登记\n- 答复")
    assert (kept.passage, kept.is_rich, list(kept.options)) == ("某县收到一份申请。", True, [])
    page = desk.client.get(sent.location).text
    assert "<strong>简述</strong>" in page
    assert "<ul><li>登记</li><li>答复</li></ul>" in page
    assert "某县收到一份申请。" in page
    again = desk.client.get(f"{sent.location}/edit").text
    assert "- 登记\n- 答复</textarea>" in again.replace("\r", "")
    assert re.search(r'<input[^>]*\bchecked\b[^>]*name="is_rich"', again)
    listed = desk.client.get("/questions").text
    assert "简述如何答复。" in listed
    assert "**简述**" not in listed


def test_a_short_answer_without_a_model_answer_is_refused_beside_its_field(desk: Desk) -> None:
    page = desk.post("/questions/new", type="short_answer", model=" ", do="save").text
    assert 'id="model-error"' in page
    assert "还差 1 处" in page
    assert "**公开**的期限" in page


def test_the_buttons_work_without_script_and_the_preview_with_them(desk: Desk) -> None:
    page = desk.post("/questions/new", type="fill_in", blanks="二十", do="look", is_rich="y").text
    assert "第 1 空" in page
    assert 'name="do" value="look"' in page
    assert "<strong>公开</strong>" in page
    page = desk.post("/questions/new", do="up-1").text
    assert re.search(r'name="options-0" value="&lt;二&gt;十\*日\*"', page)


def test_a_picture_without_words_is_told_of_before_review(desk: Desk) -> None:
    stem = f"见![](media:{'a' * 64})（　）。"
    checks = desk.part(desk.post("/questions/preview", stem=stem, is_rich="y").text, "checks")
    assert "有一张图片没有说明" in checks


# --- without markup ----------------------------------------------------------------------

RICH = Draft(
    QuestionType.SINGLE, "**甲**\n\n| 乙 |\n|---|\n| 丙 |", ("**一**", "二二"), [0], "- 因为",
    passage="*材料*", is_rich=True,
)  # fmt: skip


def test_what_carries_no_markup_gets_the_words() -> None:
    words = in_words(RICH)
    assert (words.stem, words.passage) == ("甲\n乙\n丙", "材料")
    assert (words.options, words.explanation, words.is_rich) == (("一", "二二"), "· 因为", False)
    plain = Draft(QuestionType.SINGLE, "**甲**", ("一", "二"), [0])
    assert in_words(plain) is plain


@pytest.mark.parametrize("name", ["gift", "moodle", "qti21", "qti30", "xlsx"])
def test_a_format_without_markup_says_that_it_is_lost(name: str) -> None:
    plain = Draft(QuestionType.SINGLE, "2**3", ("一", "二"), [0])
    written = exports.write(
        name, [ExportedQuestion("Q-1", "", plain), ExportedQuestion("Q-2", "", RICH)]
    )
    assert ("rich", 1, ["Q-2"]) in exports.report(written).fields
    assert not [
        one
        for one in exports.write(name, [ExportedQuestion("Q-1", "", plain)]).lost
        if "rich" in one.what
    ]


def test_marks_do_not_make_an_option_longer() -> None:
    assert longest_by(RICH) == 0
    assert longest_by(Draft(QuestionType.SINGLE, "甲", ("**一**", "二"), [0])) == 4


def test_a_preview_has_options_only_where_the_type_has_them() -> None:
    assert seen(Draft(QuestionType.TRUE_FALSE, "甲", ("一",), True)).options == ()
    assert seen(Draft(QuestionType.FILL_IN, "（　）和（　）", (), None)).blanks == 2
    assert seen(Draft(QuestionType.FILL_IN, "甲", (), None)).blanks == 1
    assert seen(Draft(QuestionType.MULTIPLE, "甲", ("一", "二"), [0])).options == (
        ("A", "一"),
        ("B", "二"),
    )


def test_the_other_editor_is_still_seen(desk: Desk) -> None:
    with desk.app.app_context(), transaction() as session:
        question = make_question(session, desk.editor, session.merge(desk.topic)).question_id
    base = {"base": 0, "revision": 0}
    page = desk.post(f"/questions/{question}/edit", do="save", stem="别的（　）。", **base)
    assert "这道题刚被别人改过" in page.text
    assert "data-touched" in page.text
