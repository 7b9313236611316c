"""What a person typed into a form that could not be accepted yet: carried along, then sent again."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from wtforms import HiddenField
from wtforms.fields.core import UnboundField

from core.forms import Form

PREFIX = "kept."
TARGET = "kept_to"
FILES = "kept_files"
CSRF_FIELD = "csrf_token"


@dataclass(frozen=True)
class Field:
    """One posted value. ``label``: as the form calls it; the field's name where no form is known."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Kept:
    """A posted form without its files and passwords, and the local address that it was for."""

    to: str
    fields: tuple[Field, ...]
    had_files: bool = False

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """As hidden inputs of the form that carries it along."""
        carried = [(TARGET, self.to), *((PREFIX + f.name, f.value) for f in self.fields)]
        return [*carried, (FILES, "1")] if self.had_files else carried

    @property
    def shown(self) -> list[Field]:
        """What a person typed or chose; what the page itself had filled in is left out."""
        return [field for field in self.fields if field.value.strip() and field.label]


def is_own_page() -> bool:
    """Whether the request comes from a page of this site, as far as the browser tells."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.referrer
    return not origin or urlsplit(origin).netloc == request.host


def from_request() -> Kept | None:
    """The form of this request; None where it is none, or comes from elsewhere."""
    if request.method != "POST" or request.endpoint is None or request.is_json:
        return None
    if not is_own_page():
        return None
    posted = request.form.items(multi=True)
    return _kept(request.full_path.rstrip("?"), posted, had_files=any(request.files.values()))


def carried() -> Kept | None:
    """The form that the sign-in form carries along; None where there is none."""
    target = request.form.get(TARGET, "")
    if not target or not is_own_page():
        return None
    posted = [
        (name.removeprefix(PREFIX), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(PREFIX)
    ]
    return _kept(target, posted, had_files=FILES in request.form)


def _kept(target: str, posted: Iterable[tuple[str, str]], *, had_files: bool) -> Kept | None:
    room = module_behind(target, "POST")
    if room is None:
        return None
    labels = _labels(room)
    fields = tuple(
        Field(name, labels.get(name, "" if labels else name), value)
        for name, value in posted
        if name != CSRF_FIELD and "password" not in name.lower() and not name.startswith(PREFIX)
    )
    return Kept(target, fields, had_files)


def module_behind(target: str, method: str) -> str | None:
    """The module that answers a method at a local address; None where there is no such address."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or "\\" in target:
        return None
    try:
        endpoint, _arguments = current_app.url_map.bind("localhost").match(parts.path, method)
    except (HTTPException, RequestRedirect):
        return None
    return current_app.view_functions[endpoint].__module__


def _labels(room: str) -> dict[str, str]:
    """The labels of all fields of the forms that stand beside a room's views."""
    forms = sys.modules.get(f"{room.rpartition('.')[0]}.forms")
    found: dict[str, str] = {}
    for form in vars(forms).values() if forms else ():
        if isinstance(form, type) and issubclass(form, Form) and form is not Form:
            for name in dir(form):
                field = getattr(form, name, None)
                if isinstance(field, UnboundField) and field.field_class is not HiddenField:
                    label = field.kwargs.get("label") or (field.args[0] if field.args else name)
                    found.setdefault(name, str(label))
    return found
