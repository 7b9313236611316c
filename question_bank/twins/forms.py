"""What is sent of the pairs of an upload: for each a decision."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from core.errors import Invalid
from question_bank.twins.rules import RowDecision

PREFIX = "twin-"
DIGITS = 18


def decisions_of(sent: Mapping[str, str]) -> dict[int, RowDecision]:
    """Pair id → decision, as the form of the page sends it: ``twin-17=skip``."""
    said: dict[int, RowDecision] = {}
    for name, value in sent.items():
        number = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or not number.isdecimal() or len(number) > DIGITS:
            continue
        if value not in {each.value for each in RowDecision}:
            raise Invalid(_("选一种处理办法。"))
        said[int(number)] = RowDecision(value)
    if not said:
        raise Invalid(_("选好一对的处理办法再保存。"))
    return said
