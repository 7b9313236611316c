"""Forms of the preview: one row as text, words of a file and what they mean, the file as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import wtforms
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core.forms import Form, TrimmedField, at_most
from core.forms import lazy_gettext as _l
from question_bank.imports.preview.queries import MOST_SHOWN, Unknown
from question_bank.imports.preview.rules import FIELDS, OPTIONS
from question_bank.questions.forms import POOLS, TidyArea, TidyLine
from question_bank.questions.rules import MAX_OPTIONS, Pool

MAX_SOURCE = 100


class MendForm(Form):
    """One row as the cells of a table; nothing is refused here, the reader says what it thinks."""

    type = TidyLine(_l("题型"))
    stem = TidyArea(_l("题干"))
    options = FieldList(TidyArea(_l("选项")), label=_l("选项"), max_entries=MAX_OPTIONS)
    answer = TidyArea(_l("答案"))
    explanation = TidyArea(_l("解析"))
    difficulty = TidyLine(_l("难度"))
    topic = TidyLine(_l("知识点"))
    pool = TidyLine(_l("用途"))
    basis = TidyLine(_l("法规依据"))
    shuffle = TidyLine(_l("可否乱序"))
    passage = TidyArea(_l("共用材料"))
    code = TidyLine(_l("编号"))

    def show(self, cells: Mapping[str, str]) -> None:
        """Fill the form with what was read."""
        for name in FIELDS:
            if name not in OPTIONS:
                self[name].data = cells[name]
        while self.options.entries:
            self.options.pop_entry()
        for name in OPTIONS:
            self.options.append_entry(cells[name])

    def cells(self) -> dict[str, str]:
        """What was typed, by the names of columns."""
        typed = {name: self[name].data or "" for name in FIELDS if name not in OPTIONS}
        texts = [entry.data or "" for entry in self.options.entries]
        return typed | dict(zip(OPTIONS, texts, strict=False))


class _TopicEntry(wtforms.Form):
    text = HiddenField()
    to = SelectField(_l("知识点"), validate_choice=False)


class TopicsForm(Form):
    """Topics of a file, and the topics of the bank that they mean."""

    topics = FieldList(FormField(_TopicEntry), max_entries=MOST_SHOWN)

    def offer(self, unknown: Sequence[Unknown], topics: Sequence[tuple[int, str]]) -> None:
        """Fill the lists; where nothing was sent, one entry for each unknown text."""
        if not self.topics.entries:
            for each in unknown:
                self.topics.append_entry({"text": each.text})
        for entry in self.topics.entries:
            entry.form.to.choices = [
                SelectChoice("", _l("新建“%(name)s”", name=entry.form.text.data or "")),
                *(SelectChoice(str(id_), name) for id_, name in topics),
            ]

    def chosen(self) -> dict[str, int]:
        """Text → id of a topic, of those that shall not be new."""
        sent = [(entry.form.text.data or "", entry.form.to.data or "") for entry in self.topics]
        return {text: int(to) for text, to in sent if to.isdecimal() and len(to) < 16}  # noqa: PLR2004

    def refuse_texts(self, wrong: Mapping[str, str]) -> None:
        """Put a sentence beside each text that it is about."""
        for entry in self.topics:
            if said := wrong.get(entry.form.text.data or ""):
                entry.form.to.errors = [said]


class _BasisEntry(wtforms.Form):
    text = HiddenField()
    law = SelectField(_l("法规"), validate_choice=False)
    article = TidyLine(_l("条"))


class BasesForm(Form):
    """Citations of a file, and the articles of the bank that they mean."""

    bases = FieldList(FormField(_BasisEntry), max_entries=MOST_SHOWN)

    def offer(self, unknown: Sequence[Unknown], laws: Sequence[str]) -> None:
        """Fill the lists; where nothing was sent, one entry for each unknown text."""
        if not self.bases.entries:
            for each in unknown:
                self.bases.append_entry({"text": each.text})
        for entry in self.bases.entries:
            entry.form.law.choices = [
                SelectChoice("", _l("照原文记下")),
                *(SelectChoice(title) for title in laws),
            ]

    def chosen(self) -> dict[str, tuple[str, str]]:
        """Text → (title of a law, article), of those that shall not stay as they are."""
        return {
            entry.form.text.data or "": (entry.form.law.data, entry.form.article.data or "")
            for entry in self.bases
            if entry.form.law.data
        }

    def refuse_texts(self, wrong: Mapping[str, str]) -> None:
        """Put a sentence beside each text that it is about."""
        for entry in self.bases:
            if said := wrong.get(entry.form.text.data or ""):
                entry.form.article.errors = [said]


class WholeForm(Form):
    """What is said once for a file."""

    source = TrimmedField(_l("来源"), [at_most(MAX_SOURCE)])
    pool = SelectField(
        _l("用途"), validate_choice=False,
        choices=[SelectChoice("", _l("按各行写的；没写的按“皆可”")),
                 *(SelectChoice(key.value, word) for key, word in POOLS.items())],
    )  # fmt: skip
    pool_is_for_all = BooleanField(_l("各行自己写的用途也不算，全部按这里"))
    topic = SelectField(_l("没写知识点的行归入"), validate_choice=False)

    def offer(self, topics: Sequence[tuple[int, str]], usual: str) -> None:
        """Fill the list of topics. ``usual``: where such rows go otherwise."""
        self.topic.choices = [
            SelectChoice("0", usual),
            *(SelectChoice(str(id_), name) for id_, name in topics if name != usual),
        ]

    @property
    def chosen_pool(self) -> Pool | None:
        """None where each row says it, and where the browser sent nonsense."""
        text = self.pool.data or ""
        return Pool(text) if text in {each.value for each in Pool} else None

    @property
    def topic_id(self) -> int:
        """0 for the usual topic."""
        text = self.topic.data or ""
        return int(text) if text.isdecimal() and len(text) < 16 else 0  # noqa: PLR2004
