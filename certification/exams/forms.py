"""What a browser may send about an exam that is being defined."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    TextAreaField,
)

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.units.queries import UnitNode
from certification.exams.models import Exam
from certification.exams.queries import Audience, Hit
from certification.exams.services import Frame
from core import clock
from core.forms import Form, ManyField, MomentField, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from quiz.occasions.models import MultipleRule, ReleaseRule

MULTIPLE_WORDS = {
    MultipleRule.ALL_OR_NOTHING: _l("全部选对才得分"),
    MultipleRule.PARTIAL: _l("少选得部分分，错选不得分"),
    MultipleRule.PER_OPTION: _l("按选项逐个计分"),
}
RELEASE_WORDS = {
    ReleaseRule.AT_ONCE: _l("交卷后马上公布"),
    ReleaseRule.AFTER_WINDOW: _l("考试结束后公布"),
    ReleaseRule.BY_HAND: _l("由办公室手动公布"),
}
INDENT = "\u3000"  # one full-width blank a level


class VersionForm(Form):
    """A form about a draft; knows which version of it the page showed."""

    version = HiddenField()

    @property
    def known_version(self) -> int:
        """The version that the page showed; 0 where it is unreadable, which is never current."""
        text = str(self.version.data or "")
        return int(text) if text.isdecimal() else 0


class FrameForm(VersionForm):
    """时间和对象."""

    title = TrimmedField(_l("考试名称"), [required(), at_most(100)])
    opens_at = MomentField(_l("开始时间"), [required()])
    closes_at = MomentField(_l("结束时间"), [required()])
    units = ManyField(
        _l("哪些单位的在岗人员可以参加"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    people = TextAreaField(_l("另外点名参加的人"), [at_most(20_000)])
    needs_training = BooleanField(_l("须先参加过培训"))

    def offer(self, units: list[UnitNode]) -> None:
        """Offer these units."""
        self.units.choices = [
            SelectChoice(str(unit.id), INDENT * unit.depth + unit.name) for unit in units
        ]

    def show(self, exam: Exam, audience: Audience) -> None:
        """Fill in what is stored."""
        self.title.data = exam.title
        self.opens_at.data = clock.civil(exam.opens_at).replace(tzinfo=None)
        self.closes_at.data = clock.civil(exam.closes_at).replace(tzinfo=None)
        self.units.data = [unit_id for unit_id, _name in audience.units]
        self.people.data = "\n".join(audience.staff_nos)
        self.needs_training.data = exam.needs_training
        self.version.data = str(exam.version)

    @property
    def staff_nos(self) -> list[str]:
        """The staff numbers as typed, in capitals, each once; any blank or comma parts them."""
        parts = re.split(r"[\s,，、;；]+", (self.people.data or "").upper())  # untranslated
        return list(dict.fromkeys(part for part in parts if part))

    def judge_people(self, hits: dict[str, Hit]) -> None:
        """Name every staff number that cannot be taken."""
        unknown = [number for number in self.staff_nos if number not in hits]
        if unknown:
            self.refuse("people", _("查不到这些工号：%(list)s。", list=_("、").join(unknown)))
        seeing = [number for number in self.staff_nos if number in hits and hits[number].sees_keys]
        if seeing:
            self.refuse(
                "people",
                _("这些人能看到答案：%(list)s。请在考试发布后写明理由，逐个准予参加。",
                  list=_("、").join(f"{number} {hits[number].name}" for number in seeing)),
            )  # fmt: skip
        if not self.units.data and not self.staff_nos:
            self.refuse("units", _("请选单位，或者点名。没有人可以参加的考试不能设置。"))

    def frame(self, hits: dict[str, Hit]) -> Frame:
        """The sound form as a value."""
        opens_at, closes_at = self.opens_at.instant, self.closes_at.instant
        if opens_at is None or closes_at is None:
            raise ValueError("the form was not checked")
        return Frame(
            title=str(self.title.data), opens_at=opens_at, closes_at=closes_at,
            unit_ids=frozenset(self.units.data or ()),
            person_ids=frozenset(hit.person_id for hit in hits.values()),
            needs_training=bool(self.needs_training.data),
        )  # fmt: skip


class TermsForm(VersionForm):
    """及格与次数."""

    minutes = IntegerField(
        _l("考试时长（分钟）"),
        [required(_l("请填整数")), NumberRange(5, 600, _l("应在 5 到 600 分钟之间"))],
    )
    pass_mark = IntegerField(
        _l("合格线（分）"),
        [required(_l("请填整数")), NumberRange(1, 1000, _l("应在 1 到 1000 分之间"))],
    )
    tries = IntegerField(
        _l("每人可考次数"),
        [required(_l("请填整数")), NumberRange(1, 10, _l("应在 1 到 10 次之间"))],
    )
    multiple_rule = RadioField(
        _l("多选题计分"),
        choices=[SelectChoice(rule.value, word) for rule, word in MULTIPLE_WORDS.items()],
    )
    release_rule = RadioField(
        _l("什么时候公布答案和解析"),
        choices=[SelectChoice(rule.value, word) for rule, word in RELEASE_WORDS.items()],
    )

    def show(self, exam: Exam) -> None:
        """Fill in what is stored."""
        self.minutes.data = exam.minutes
        self.pass_mark.data = exam.pass_mark
        self.tries.data = exam.tries
        self.multiple_rule.data = exam.multiple_rule.value
        self.release_rule.data = exam.release_rule.value
        self.version.data = str(exam.version)
