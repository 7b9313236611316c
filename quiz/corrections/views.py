"""Asking for a void: the page that exams and rounds share. They mount it under their own addresses."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.approvals.queries import deciders
from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from core.forms import ReasonForm
from core.guards import viewer
from core.permissions import Permission
from quiz.corrections.queries import AttemptHead
from quiz.corrections.rules import MARKED_STATES
from quiz.corrections.services import void_or_ask

REFUSED, STALE = 422, 409


def void_page(head: AttemptHead, template: str, back: str) -> Response | tuple[str, int]:
    """Ask why, then void the attempt or ask a colleague to, and go ``back``.

    A conflict keeps the reason that was typed. ``head`` was fetched for the viewer.
    """
    form, by, status = ReasonForm(), viewer().person_id, 200
    if form.ask():
        try:
            with transaction() as session:
                is_void = void_or_ask(
                    session, head.attempt_id, reason=str(form.reason.data), by=by, now=clock.now()
                )
        except Conflict as error:
            form.refuse("reason", error.detail)
            status = STALE
        else:
            said = _("这次作答已作废。") if is_void else _("已提出作废，等另一位同事决定。")
            flash(said, "success")
            return redirect(back)
    elif form.errors:
        status = REFUSED
    html = render_template(
        template, form=form, head=head, is_marked=head.state in MARKED_STATES,
        colleagues=deciders(
            reading(), Permission.ATTEMPT_VOID, besides={by, head.person_id}, now=clock.now()
        ),
    )  # fmt: skip
    return html, status
