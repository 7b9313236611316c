"""Forms of decisions on questions that are alike, and what kinds and decisions are called."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from core.forms import Form
from core.forms import lazy_gettext as _l
from question_bank.duplicates.rules import Decision, Kind

# kind → (kind of chip, word)
KINDS = {
    Kind.CONTRADICTION: ("bad", _l("答案矛盾")),
    Kind.SAME: ("warn", _l("完全相同")),
    Kind.REORDERED: ("warn", _l("选项次序不同")),
    Kind.NEAR: ("run", _l("相近")),
}
DECISIONS = {
    Decision.SAME: _l("相同"),
    Decision.NEW_VERSION: _l("新版本"),
    Decision.KEEP: _l("都保留"),
}


class DecideForm(Form):
    """One decision. ``seen``: what the page showed."""

    decision = RadioField(
        choices=[SelectChoice(each.value, word) for each, word in DECISIONS.items()]
    )
    seen = HiddenField()


class RetireOneForm(Form):
    """Which of two versions in use retires."""

    version = IntegerField(validators=[InputRequired()])
    seen = HiddenField()
