"""What the page of the rules may send."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from core.forms import DayField, Form, WholeNumberField, at_most, required
from core.forms import lazy_gettext as _l
from core.rulebook.rules import Kind, Rule


class ChangeForm(Form):
    """From when on, and why; the kinds of value add their field."""

    effective_from = DayField(_l("从哪天起"), [required(_l("从哪天起要填"))])
    why = TextAreaField(_l("理由"), [required(_l("理由要填")), at_most(500)])


class NumberForm(ChangeForm):
    """A rule that is a whole number."""

    value = WholeNumberField(_l("新的值"), [InputRequired(_l("新的值要填"))])


class ChoiceForm(ChangeForm):
    """A rule that is one of a few ways."""

    value = RadioField(_l("新的值"), [required(_l("要选一种"))])


def form_for(rule: Rule, **data: Any) -> ChangeForm:
    """The form for a rule's kind of value."""
    if rule.kind is Kind.CHOICE:
        form = ChoiceForm(**data)
        form.value.choices = [(value, _(words)) for value, words in rule.choices]
        return form
    return NumberForm(**data)
