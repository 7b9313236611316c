"""The audit trail for the auditor: filtered, paged, exported, masked."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import Any

import xlsxwriter
from flask import Blueprint, Response, render_template, send_file, url_for
from flask_babel import gettext as _

from core import clock
from core.audit import queries
from core.audit.models import AuditEvent
from core.audit.rules import facts_text, masked
from core.audit.words import SUBJECTS, action_words, actor_words, subject_words
from core.db import reading
from core.formats import civil_moment_text
from core.guards import requires
from core.listing import listing, search_text
from core.permissions import Permission

bp = Blueprint("audit", __name__, url_prefix="/audit")

MOST_ROWS = 50_000
MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Filters:
    """What the address asks for. ``subject``: a kind, or a kind and its number: ``exam 7``."""

    action: str
    actor: str
    subject: str

    @classmethod
    def of_request(cls) -> Filters:
        """From the address; blanks around values and small letters in staff numbers do not count."""
        asked = {name: search_text(name) for name in ("action", "actor", "subject")}
        if ":" not in asked["actor"] and asked["actor"] not in {"anonymous", "system"}:
            asked["actor"] = asked["actor"].upper()
        return cls(**asked)

    def query(self) -> Any:
        """The events asked for, newest first."""
        kind, _blank, number = self.subject.partition(" ")
        return queries.events(
            action=self.action, actor=self.actor, subject_kind=kind, subject_id=number.strip()
        )


@bp.get("")
@requires(Permission.AUDIT_READ)
def index() -> str:
    """The trail, newest first."""
    filters, session = Filters.of_request(), reading()
    page = listing(session, filters.query(), per_page=50)
    tags = [
        (words, page.url(**{name: None, "page": None}))
        for name, value, words in (
            ("action", filters.action, action_words(filters.action)),
            ("actor", filters.actor, actor_words(filters.actor)),
            ("subject", filters.subject, _subject(filters.subject)),
        )
        if value
    ]
    known = sorted({*queries.actions(session), *([filters.action] if filters.action else [])})
    return render_template(
        "audit/index.html", listing=page, filters=filters, tags=tags,
        actions=[(action, action_words(action)) for action in known],
        export_url=url_for("audit.export", **{k: v for k, v in vars(filters).items() if v}),
        action_words=action_words, subject_words=subject_words, actor_words=actor_words,
        kinds=SUBJECTS, facts_text=partial(facts_text, separator=_("；")), masked=masked,
    )  # fmt: skip


@bp.get("/export.xlsx")
@requires(Permission.AUDIT_READ)
def export() -> Response:
    """The same events as a workbook, at most 50,000, newest first."""
    rows = reading().execute(
        Filters.of_request().query().limit(MOST_ROWS), execution_options={"yield_per": 500}
    )
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_("审计日志"))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 10, 18)
    heads = (
        _("编号"), _("时间"), _("操作人"), _("地址"), _("请求编号"), _("操作"), _("操作代码"),
        _("对象"), _("事实"), _("理由"), _("校验值"),
    )  # fmt: skip
    sheet.write_row(0, 0, heads, book.add_format({"bold": True}))
    for number, event in enumerate(rows.scalars(), start=1):
        sheet.write_row(number, 0, _cells(event))
    book.close()
    file.seek(0)
    name = f"audit-{clock.today().isoformat()}.xlsx"
    return send_file(file, mimetype=MIMETYPE, as_attachment=True, download_name=name)


def _subject(text: str) -> str:
    kind, _blank, number = text.partition(" ")
    return f"{subject_words(kind)} {number}".strip()


def _cells(event: AuditEvent) -> tuple[Any, ...]:
    return (
        event.id, civil_moment_text(event.at), actor_words(event.actor), event.address, event.request_id,
        action_words(event.action), event.action,
        f"{subject_words(event.subject_kind)} {event.subject_id}", facts_text(event.facts, _("；")),
        masked(event.reason), event.hash,
    )  # fmt: skip
