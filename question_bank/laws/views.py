"""Pages of laws: the list, one version with its articles, bringing one in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import AppError
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.laws import queries, services
from question_bank.laws.forms import LawForm

bp = Blueprint("laws", __name__, url_prefix="/laws")


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """All versions of all laws."""
    return render_template("laws/index.html", laws=queries.laws(reading(), clock.today()))


@bp.get("/<int:version_id>")
@requires(Permission.BANK_READ)
def show(version_id: int) -> str:
    """The articles of one version, with the number of questions that rest on each."""
    return render_template("laws/show.html", law=queries.law(reading(), version_id))


@bp.route("/import", methods=["GET", "POST"])
@requires(Permission.LAW_WRITE)
def import_() -> str | BaseResponse:
    """Bring in a law from its text."""
    form = LawForm()
    if form.ask() and form.in_force_on.data is not None:
        upload = form.file.data
        try:
            law = services.read_law(upload.filename or "", upload.read())
            with transaction() as session:
                done = services.import_law(
                    session, law=law, in_force_on=form.in_force_on.data,
                    by_id=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except AppError as error:
            at = error.extra.get("field", "file")
            form.refuse(at if at in form else "file", error.detail)
        else:
            said = (
                _("已导入《%(title)s》，%(n)s 条，%(linked)s 道题找到了条文。",
                  title=done.title, n=done.articles, linked=done.linked)
                if done.is_new
                else _("《%(title)s》的这一版已经在库里，没有改动。", title=done.title)
            )  # fmt: skip
            flash(said, "success")
            return redirect(url_for("laws.show", version_id=done.version_id))
    return render_template("laws/import.html", form=form)
