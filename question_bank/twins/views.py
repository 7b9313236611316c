"""The page of an upload's rows that are like others: compare, look, decide."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from question_bank.duplicates.forms import KINDS
from question_bank.formats.remarks import where
from question_bank.questions.forms import WORDS
from question_bank.twins import queries, services
from question_bank.twins.forms import decisions_of

bp = Blueprint("twins", __name__, url_prefix="/questions/imports/<int:import_id>/duplicates")
PER_PAGE = 10


@bp.get("")
@requires(Permission.BANK_WRITE)
def index(import_id: int) -> str:
    """The pairs of one upload, contradictions first."""
    session = reading()
    upload = queries.own_upload(session, import_id, viewer().person_id)
    found = listing(session, queries.twins(import_id), per_page=PER_PAGE)
    return render_template(
        "twins/index.html", upload=upload, listing=found,
        pairs=queries.shown(session, import_id, found.items), where=where, kinds=KINDS,
        counts=queries.counts(session, import_id), words=WORDS,
    )  # fmt: skip


@bp.post("/compare")
@requires(Permission.BANK_WRITE)
def compare(import_id: int) -> BaseResponse:
    """Compare the upload with the bank and within itself."""
    try:
        found = services.compare_upload(import_id, viewer().person_id)
    except (Conflict, Invalid) as error:
        flash(error.detail, "warning")
    else:
        flash(_("已比对，找到 %(n)s 对。", n=found), "success")
    return redirect(url_for("twins.index", import_id=import_id))


@bp.post("")
@requires(Permission.BANK_WRITE)
def decide(import_id: int) -> BaseResponse:
    """Keep the decisions of a page of pairs."""
    queries.own_upload(reading(), import_id, viewer().person_id)
    try:
        decisions = decisions_of(request.form)
        with transaction() as session:
            done = services.decide(
                session, import_id=import_id, by_id=viewer().person_id, decisions=decisions,
                now=clock.now(),
            )  # fmt: skip
    except (Conflict, Invalid, NotFound) as error:
        flash(error.detail, "warning")
    else:
        flash(_("已记下 %(n)s 对的处理办法，导入时照办。", n=done), "success")
    return redirect(url_for("twins.index", import_id=import_id, page=request.args.get("page")))
