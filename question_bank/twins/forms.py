"""What is sent of the pairs of an upload: for each a decision."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Invalid
from core.forms import lazy_gettext as _l
from question_bank.twins.rules import RowDecision

PREFIX = "twin-"
DIGITS = 18
DECISIONS = {
    RowDecision.SKIP: _l("跳过这一题"),
    RowDecision.NEW_VERSION: _l("作为新版本"),
    RowDecision.KEEP: _l("都保留"),
}


def decisions_of(sent: Mapping[str, str]) -> dict[int, RowDecision]:
    """Pair id → decision, as the form of the page sends it: ``twin-17=skip``."""
    said: dict[int, RowDecision] = {}
    for name, value in sent.items():
        number = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or not number.isdecimal() or len(number) > DIGITS:
            continue
        if value not in {each.value for each in RowDecision}:
            raise Invalid(str(_l("选一种处理办法。")))
        said[int(number)] = RowDecision(value)
    if not said:
        raise Invalid(str(_l("选好一对的处理办法再保存。")))
    return said
