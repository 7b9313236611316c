"""Forms of the queue."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import SelectMultipleField

from core.forms import Form, TrimmedField, at_most
from core.forms import lazy_gettext as _l
from question_bank.questions.rules import QuestionType
from question_bank.review.queries import QueueFilters


class BatchForm(Form):
    """Which of the queue are approved together."""

    version = SelectMultipleField(coerce=int, validate_choice=False)
    comment = TrimmedField(_l("审核意见"), validators=[at_most(500)])


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None  # noqa: PLR2004


def queue_filters(args: Mapping[str, str]) -> QueueFilters:
    """The filters of the queue that an address holds; what is unknown is left out."""
    type_ = args.get("type", "")
    return QueueFilters(
        topic_id=_number(args.get("topic", "")),
        type=QuestionType(type_) if type_ in {each.value for each in QuestionType} else None,
        author_id=_number(args.get("author", "")),
        import_id=_number(args.get("import", "")),
    )
