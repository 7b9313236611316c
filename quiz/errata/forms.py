"""What a browser may send about reports: shape only."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from flask import request
from wtforms import IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import HiddenInput, TextArea

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l
from quiz.attempts.rules import MAX_NUMBER
from quiz.errata.queries import Filters
from quiz.errata.rules import MAX_TEXT, ErratumKind, ErratumState

KINDS = {
    ErratumKind.KEY: _l("答案有误"),
    ErratumKind.TEXT: _l("题干或选项有误"),
    ErratumKind.EXPLANATION: _l("解析有误"),
    ErratumKind.BASIS: _l("依据过期"),
    ErratumKind.OTHER: _l("其他"),
}
# state → (kind of chip, word)
STATES = {
    ErratumState.OPEN: ("wait", _l("待答复")),
    ErratumState.REJECTED: ("off", _l("不采纳")),
    ErratumState.ACCEPTED: ("good", _l("已采纳")),
    ErratumState.KEY_WRONG: ("good", _l("已采纳：答案有误")),
}
WORDS = {"kind": KINDS, "state": STATES}
Member = TypeVar("Member", bound=StrEnum)


class ReportForm(Form):
    """题目纠错. Nothing is chosen when the page opens."""

    kind = RadioField(
        _l("哪里有误"), [required(_l("请选哪里有误"))],
        choices=[SelectChoice(kind.value, word) for kind, word in KINDS.items()],
    )  # fmt: skip
    text = TrimmedField(_l("说明"), [required(_l("请写明哪里不对")), at_most(MAX_TEXT)],
                        widget=TextArea())  # fmt: skip


class AnswerForm(Form):
    """What becomes of all open reports of a version; nothing is chosen when the page opens."""

    decision = RadioField(
        _l("处理结果"), [required(_l("请选处理结果"))],
        choices=[
            SelectChoice(ErratumState.REJECTED.value, _l("不采纳")),
            SelectChoice(ErratumState.ACCEPTED.value, _l("采纳：修改题目文字")),
            SelectChoice(ErratumState.KEY_WRONG.value, _l("采纳：答案有误")),
        ],
    )  # fmt: skip
    answer = TextAreaField(
        _l("答复"), [required(_l("写明答复，提出的人会看到。")), at_most(MAX_TEXT)]
    )
    seen = IntegerField(
        validators=[InputRequired(), NumberRange(1, MAX_NUMBER)], widget=HiddenInput()
    )


class SeenForm(Form):
    """The newest report whose answer was on the page."""

    seen = IntegerField(
        validators=[InputRequired(), NumberRange(1, MAX_NUMBER)], widget=HiddenInput()
    )


def _member(kind: type[Member], name: str) -> Member | None:
    text = request.args.get(name, "")
    return kind(text) if text in set(kind) else None


def filters() -> Filters:
    """What the address narrows the queue by; ``state=all``: every state."""
    wanted = request.args.get("state", "")
    state = None if wanted == "all" else _member(ErratumState, "state") or ErratumState.OPEN
    topic = request.args.get("topic", 0, int)
    return Filters(state, _member(ErratumKind, "kind"), topic if 0 < topic < MAX_NUMBER else None)
