"""What flags are called in lists and filters."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from question_bank.questions.rules import Flag

FLAG_WORDS: Mapping[Flag, object] = {
    Flag.KEY_SUSPECT: _l("答案可疑"),
    Flag.TOO_HARD: _l("太难"),
    Flag.TOO_EASY: _l("太易"),
    Flag.DEAD_DISTRACTOR: _l("选项没人选"),
    Flag.DRIFTED: _l("难度变了"),
}
