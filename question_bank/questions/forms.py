"""Forms of questions and of their review."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from wtforms import (
    BooleanField,
    FieldList,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from question_bank.formats import words
from question_bank.formats.sentences import what
from question_bank.laws.rules import parse_article_input, parse_citation, same_title
from question_bank.questions.rules import (
    MAX_OPTIONS,
    MIN_OPTIONS,
    WITH_OPTIONS,
    Difficulty,
    Draft,
    Pool,
    QuestionType,
    VersionState,
    findings,
    tidy,
)

TYPES = {
    QuestionType.SINGLE: _l("单选"),
    QuestionType.MULTIPLE: _l("多选"),
    QuestionType.TRUE_FALSE: _l("判断"),
    QuestionType.FILL_IN: _l("填空"),
    QuestionType.SHORT_ANSWER: _l("简答"),
}
DIFFICULTIES = {
    Difficulty.EASY: _l("易"),
    Difficulty.MEDIUM: _l("中"),
    Difficulty.HARD: _l("难"),
}
POOLS = {Pool.PRACTICE: _l("练习"), Pool.EXAM: _l("考试"), Pool.BOTH: _l("皆可")}
# state → (kind of chip, word)
STATES = {
    VersionState.DRAFT: ("run", _l("起草中")),
    VersionState.IN_REVIEW: ("wait", _l("待审核")),
    VersionState.APPROVED: ("good", _l("已通过")),
    VersionState.NEEDS_REVIEW: ("warn", _l("待复核")),
    VersionState.RETURNED: ("bad", _l("已退回")),
    VersionState.RETIRED: ("off", _l("已停用")),
}
# What the templates call things.
WORDS = {"type": TYPES, "difficulty": DIFFICULTIES, "pool": POOLS, "state": STATES}
START_OPTIONS = 4
Member = TypeVar("Member", bound=StrEnum)


class TidyArea(TextAreaField):
    """Several lines of text, kept as the bank keeps texts."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = tidy(self.data or "")


class TidyLine(TrimmedField):
    """One line of text, kept as the bank keeps texts."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = tidy(self.data or "")


def _choices(labels: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(key.value, label) for key, label in labels.items()]


def _member(members: type[Member], text: str | None, default: Member) -> Member:
    """The member of a closed list; the default where the browser sent nonsense."""
    return members(text) if text in {each.value for each in members} else default


class QuestionForm(Form):
    """One question. Which of key, truth, blanks and model counts depends on the type."""

    type = RadioField(_l("题型"), choices=_choices(TYPES), default=QuestionType.SINGLE.value)
    difficulty = RadioField(
        _l("难度"), choices=_choices(DIFFICULTIES), default=Difficulty.MEDIUM.value
    )
    pool = RadioField(_l("用途"), choices=_choices(POOLS), default=Pool.BOTH.value)
    topic = SelectField(_l("知识点"), coerce=int, validators=[required(_l("选一个知识点"))])
    is_rich = BooleanField(_l("富文本"))
    passage = TidyArea(_l("共用材料"))
    stem = TidyArea(_l("题干"))
    options = FieldList(TidyLine(_l("选项")), label=_l("选项"), max_entries=MAX_OPTIONS)
    key = SelectMultipleField(_l("答案"), coerce=int, validate_choice=False)
    truth = RadioField(
        _l("答案"),
        choices=[SelectChoice("true", _l("正确")), SelectChoice("false", _l("错误"))],
        validate_choice=False,
    )
    blanks = TidyLine(_l("答案"))
    model = TidyArea(_l("参考答案"))
    explanation = TidyArea(_l("解析"))
    law = SelectField(_l("法规"), validate_choice=False)
    article = TidyLine(_l("条"))
    may_shuffle = BooleanField(_l("考试时打乱选项次序"), default=True)
    comment = TidyLine(_l("修改说明"), validators=[at_most(500)])
    base = HiddenField()  # id of the version that the editor saw
    revision = IntegerField(default=0)

    def offer(self, topics: Sequence[tuple[int, str]], laws: Sequence[str]) -> None:
        """Fill the lists: topics as (id, name), titles of laws."""
        self.topic.choices = [SelectChoice(str(id_), name) for id_, name in topics]
        mine = self.law.data
        known = [title for title in laws if not mine or same_title(title) != same_title(mine)]
        self.law.choices = [
            SelectChoice("", _l("不写依据")),
            *(SelectChoice(title) for title in known),
        ]
        if mine:
            shown = next((title for title in laws if same_title(title) == same_title(mine)), mine)
            self.law.choices.append(SelectChoice(mine, shown))

    def show(self, draft: Draft, topic_id: int) -> None:
        """Fill the form with what a version says."""
        self.type.data = draft.type.value
        self.difficulty.data = draft.difficulty.value
        self.pool.data = draft.pool.value
        self.topic.data = topic_id
        self.is_rich.data = draft.is_rich
        self.passage.data = draft.passage
        self.stem.data = draft.stem
        self._set_options(draft.options)
        self.may_shuffle.data = draft.may_shuffle
        self.explanation.data = draft.explanation
        if draft.type in WITH_OPTIONS:
            self.key.data = list(draft.key or [])
        elif draft.type is QuestionType.TRUE_FALSE:
            self.truth.data = "true" if draft.key else "false"
        elif draft.type is QuestionType.FILL_IN:
            self.blanks.data = words.blanks_text(draft.key or [])
        else:
            self.model.data = draft.key or ""
        cited = parse_citation(draft.basis)
        if cited is not None:
            self.law.data = cited.title or draft.basis
            self.article.data = draft.basis.split("》")[-1] if cited.title else ""  # untranslated

    def _set_options(self, texts: Sequence[str]) -> None:
        while self.options.entries:
            self.options.pop_entry()
        for text in texts:
            self.options.append_entry(text)

    @property
    def chosen_type(self) -> QuestionType:
        """The type as chosen; single where the browser sent nonsense."""
        return _member(QuestionType, self.type.data, QuestionType.SINGLE)

    @property
    def base_id(self) -> int:
        """Id of the version that the editor saw; 0 where there was none."""
        text = self.base.data or ""
        return int(text) if text.isdecimal() and len(text) < 16 else 0  # noqa: PLR2004

    @property
    def has_options(self) -> bool:
        return self.chosen_type in WITH_OPTIONS

    @property
    def basis(self) -> str:
        """The citation: 《title》第二十六条."""
        title = (self.law.data or "").strip("《》")  # untranslated
        label = parse_article_input(self.article.data or "")
        return f"《{title}》{label}" if title else ""  # untranslated

    def draft(self) -> Draft:
        """What was typed, sound or not."""
        type_ = self.chosen_type
        texts: tuple[str, ...] = ()
        key: Any = None
        if type_ in WITH_OPTIONS:
            texts = tuple(entry.data or "" for entry in self.options.entries)
            key = sorted({index for index in self.key.data or [] if 0 <= index < MAX_OPTIONS})
        elif type_ is QuestionType.TRUE_FALSE:
            key = {"true": True, "false": False}.get(self.truth.data or "")
        elif type_ is QuestionType.FILL_IN:
            key = words.blanks(self.blanks.data) if self.blanks.data else None
        else:
            key = self.model.data or None
        return Draft(
            type_, self.stem.data or "", texts, key, self.explanation.data or "",
            _member(Difficulty, self.difficulty.data, Difficulty.MEDIUM), _member(Pool, self.pool.data, Pool.BOTH),
            bool(self.may_shuffle.data), self.basis,
            self.passage.data or "", bool(self.is_rich.data),
        )  # fmt: skip

    def is_sound(self) -> bool:
        """Whether the form and the question are sound; says beside each field what is not."""
        sound = self.ask()
        for finding in findings(self.draft()) if sound else ():
            self.refuse(self.field_for(finding.at), what(finding))
            sound = False
        return sound

    def field_for(self, at: str) -> str:
        """Name of the field that shows what a finding is about."""
        if at == "key":
            by_type = {
                QuestionType.TRUE_FALSE: "truth",
                QuestionType.FILL_IN: "blanks",
                QuestionType.SHORT_ANSWER: "model",
            }
            return by_type.get(self.chosen_type, "key")
        return {"basis": "article"}.get(at, at if at in self._fields else "stem")

    # --- buttons that change the form and keep nothing ---

    def rearrange(self, do: str) -> bool:
        """Obey ``add``, ``remove-2``, ``up-2`` and the like; whether it was one of them."""
        verb, _dash, place = do.partition("-")
        texts = [entry.data or "" for entry in self.options.entries]
        keys = set(self.key.data or [])
        at = int(place) if place.isdecimal() and int(place) < len(texts) else -1
        order = list(range(len(texts)))
        if verb == "add" and len(texts) < MAX_OPTIONS:
            texts.append("")
        elif verb == "remove" and at >= 0:
            order.remove(at)
        elif verb == "up" and at > 0:
            order[at - 1], order[at] = order[at], order[at - 1]
        elif verb not in {"add", "remove", "up", "look"}:
            return False
        if verb in {"remove", "up"}:
            texts = [texts[index] for index in order]
            self.key.data = [new for new, old in enumerate(order) if old in keys]
        if self.has_options:
            texts += [""] * (MIN_OPTIONS - len(texts))
        self._set_options(texts)
        return True

    def begin(self) -> None:
        """An empty form offers four options."""
        self._set_options([""] * START_OPTIONS)


class DecisionForm(Form):
    """A reviewer's decision."""

    decision = RadioField(choices=[SelectChoice("approve"), SelectChoice("return")])
    comment = TidyArea(_l("审核意见"), validators=[at_most(500)])
    event = IntegerField(default=0)


class RetireForm(Form):
    """Why a question goes out of use."""

    comment = TidyLine(_l("停用的原因"), validators=[at_most(500)])


class TopicForm(Form):
    """The name of a topic."""

    name = TidyLine(_l("名称"), validators=[required(), at_most(64)])
