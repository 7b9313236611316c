"""The rules that exist: what each is called, in what it is counted, which values it may have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def N_(text: str) -> str:  # noqa: N802 (the name that extractors of messages know)
    """Mark a label for translation; pages and sentences translate it."""
    return text


FIRST_REASON = N_("默认值")  # what the database says why every first value is in force


class Kind(StrEnum):
    """What sort of value a rule has."""

    NUMBER = "number"
    NUMBERS = "numbers"  # descending whole numbers
    CHOICE = "choice"
    SWITCH = "switch"


@dataclass(frozen=True)
class Rule:
    """One rule. ``least`` and ``most`` bound numbers; ``choices``: value → words."""

    key: str
    group: str
    label: str
    unit: str = ""
    kind: Kind = Kind.NUMBER
    least: int = 0
    most: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    is_used: bool = True  # what no page uses yet is kept, but not shown

    def problem_with(self, value: Any) -> str:
        """What is wrong with a value; '' for nothing: ``type``, ``range`` or ``choice``."""
        if self.kind is Kind.NUMBER:
            return self._number(value)
        if self.kind is Kind.NUMBERS:
            if not isinstance(value, list) or not value:
                return "type"
            return next((wrong for item in value if (wrong := self._number(item))), "")
        if self.kind is Kind.CHOICE:
            return "" if value in dict(self.choices) else "choice"
        return "" if isinstance(value, bool) else "type"

    def _number(self, value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return "type"
        return "" if self.least <= value <= self.most else "range"


_MULTIPLE = (
    ("all_or_nothing", N_("全对才得分")),
    ("partial", N_("少选按比例得分，错选不得分")),
    ("per_option", N_("按每个选项是否判断正确得分")),
)

RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        Rule("exam.minutes", N_("考试"), N_("考试时长"), N_("分钟"), least=5, most=300),
        Rule("exam.questions", N_("考试"), N_("题量"), N_("道"), least=1, most=200),
        Rule("exam.marks", N_("考试"), N_("卷面总分"), N_("分"), least=1, most=1000),
        Rule("exam.pass_mark", N_("考试"), N_("合格线"), N_("分"), least=1, most=1000),
        Rule("exam.tries", N_("考试"), N_("每场可考次数"), N_("次"), least=1, most=10),
        Rule("exam.multiple_rule", N_("考试"), N_("多选题计分"), kind=Kind.CHOICE, choices=_MULTIPLE),
        Rule("certificate.months", N_("证书和培训"), N_("证书有效期"), N_("个月"), least=1, most=120),
        Rule("training.months", N_("证书和培训"), N_("考前培训在多久内有效"), N_("个月"), least=1, most=60),
        Rule("certificate.remind_days", N_("证书和培训"), N_("到期前提醒"), N_("天"), Kind.NUMBERS, 1, 365, is_used=False),
        Rule("hold.months", N_("备案"), N_("锁定期"), N_("个月"), least=1, most=60),
        Rule("quiz.questions", N_("积分"), N_("每期题量"), N_("道"), least=1, most=100),
        Rule("quiz.tries", N_("积分"), N_("每期可答次数"), N_("次"), least=1, most=10),
        Rule("quiz.opens_day", N_("积分"), N_("开放日"), N_("日"), least=1, most=28),
        Rule("quiz.closes_day", N_("积分"), N_("截止日"), N_("日"), least=1, most=28),
        Rule("points.per_answer", N_("积分"), N_("每题积分"), N_("分"), least=1, most=100),
        Rule("points.target_percent", N_("积分"), N_("达标线"), "%", least=1, most=100),
        Rule("points.ranking", N_("积分"), N_("个人排名"), kind=Kind.SWITCH, is_used=False),
        Rule("coverage.minimum", N_("在岗"), N_("每单位至少持证"), N_("人"), least=0, most=100),
        Rule("coverage.warn_below", N_("在岗"), N_("低于多少人提醒"), N_("人"), least=0, most=100),
    )
}  # fmt: skip
SHOWN: tuple[Rule, ...] = tuple(rule for rule in RULES.values() if rule.is_used)

# The first may not be more than the second, on any day.
NOT_MORE_THAN = (("exam.pass_mark", "exam.marks"), ("coverage.minimum", "coverage.warn_below"))


def clash(rule: str, value: Any, in_force: dict[str, Any]) -> tuple[str, str] | None:
    """Which two rules a new value would set against each other; None where all is well."""
    after = {**in_force, rule: value}
    for smaller, larger in NOT_MORE_THAN:
        if rule in {smaller, larger} and after[smaller] > after[larger]:
            return smaller, larger
    return None
