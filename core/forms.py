"""Forms: one base class, and fields that speak as officials do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from flask import request
from flask_babel import lazy_gettext as _lazy
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, DateTimeLocalField, IntegerField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, ValidationError

from core import clock


def lazy_gettext(text: str, **variables: Any) -> str:
    """A label in the reader's language, typed as WTForms wants it; import it as ``_l``."""
    return cast(str, _lazy(text, **variables))


_l = lazy_gettext

YEARS = range(1949, 2200)  # what an office can mean; beyond, calendars and databases overflow


class Form(FlaskForm):
    """Base of all forms. CSRF is checked for the whole application, not form by form."""

    class Meta(FlaskForm.Meta):
        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was sent, without NUL, which a database refuses."""
            sent = super().wrap_formdata(form, formdata)  # type: ignore[no-untyped-call]
            if sent is None:
                return None
            return MultiDict(
                (name, value.replace("\0", "") if isinstance(value, str) else value)
                for name, value in sent.items(multi=True)
            )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def ask(self) -> bool:
        """Whether the form was sent and is sound."""
        return request.method == "POST" and bool(self.validate())

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside the field that it is about."""
        target = self[field]
        target.errors = [*target.errors, message]


def required(message: Any = None) -> InputRequired:
    """The field must be filled in."""
    return InputRequired(message or _l("这一项要填"))


def at_most(length: int) -> Length:
    """The text may have so many characters."""
    return Length(max=length, message=_l("最多 %(max)d 个字"))


class ManyField(SelectMultipleField):
    """Several of a list; one that is not on it is refused in our words."""

    def pre_validate(self, form: BaseForm) -> None:
        """Every choice must be offered."""
        try:
            super().pre_validate(form)
        except ValidationError:
            raise ValidationError(str(lazy_gettext("有一项已经不能选，请重新选择"))) from None


class TrimmedField(StringField):
    """A line of text without blanks around it."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if isinstance(self.data, str):
            self.data = self.data.replace("\0", "").strip()
            self.raw_data = [self.data]  # blanks alone are nothing, for ``required`` too


class ReasonForm(Form):
    """Why something is done that cannot be undone."""

    reason = TrimmedField(_l("理由"), [required(_l("请写明理由")), at_most(200)])


class MomentField(DateTimeLocalField):
    """A date and time typed in Asia/Shanghai; ``instant`` is aware UTC."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(str(lazy_gettext("年份不对")))

    @property
    def instant(self) -> datetime | None:
        return clock.from_form(self.data) if self.data else None


class DayField(DateField):
    """A civil date; ``day`` is the one typed, for forms that were found sound."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(str(lazy_gettext("日期写成 2026-11-24 这样"))) from None
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(str(lazy_gettext("年份不对")))

    @property
    def day(self) -> date:
        if self.data is None:
            raise ValueError("the date is read before the form was found sound")
        return self.data


class WholeNumberField(IntegerField):
    """A whole number."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("%(label)s要填整数", label=self.label.text)) from None
