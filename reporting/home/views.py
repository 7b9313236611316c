"""The first page: what can be done now, for every role that the viewer holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from core import clock, formats
from core.db import reading
from core.guards import requires
from core.guards import viewer as current
from core.permissions import Permission
from core.viewer import Viewer
from reporting.home.rules import Todo
from reporting.home.services import GLANCE, PARTS, glance
from reporting.overview.forms import COVER_WORDS
from reporting.records.words import FILING_WORDS

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.ACCOUNT_OWN)
def index() -> str:
    """What the viewer's roles can do now."""
    viewer, session, now = current(), reading(), clock.now()
    todos: list[Todo] = []
    facts: dict[str, Any] = {}
    for role, part in PARTS.items():
        if role in viewer.roles:
            more, shown = part(session, viewer, now)
            todos += more
            facts |= {role.value: shown}
    if GLANCE & viewer.roles:
        facts["city"] = glance(session, viewer, now)[1]
    ready = [todo for todo in todos if todo.kind]
    return render_template(
        "home/index.html",
        greeting=_greeting(viewer, now),
        headline=ngettext("有 %(num)d 件事现在可以做", "有 %(num)d 件事现在可以做", len(ready))
        if ready
        else _("现在没有要做的事"),
        ready=ready,
        later=[todo for todo in todos if not todo.kind],
        parts=facts,
        covers=COVER_WORDS,
        filing_words=FILING_WORDS,
    )


def _greeting(viewer: Viewer, now: datetime) -> str:
    hour, today = clock.civil(now).hour, clock.civil_date(now)
    word = _("上午好") if hour < 12 else _("下午好") if hour < 18 else _("晚上好")  # noqa: PLR2004
    return _(
        "%(name)s，%(word)s。今天是 %(date)s，%(weekday)s。",
        name=viewer.name, word=word, date=formats.civil_date_text(today),
        weekday=formats.weekday_text(today),
    )  # fmt: skip
