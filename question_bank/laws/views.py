"""Pages of laws: the list, one version with its articles, bringing one in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import AppError
from core.formats import civil_date_text
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from question_bank.laws import services
from question_bank.laws.browsing import queries as browsing
from question_bank.laws.comparison import Kind
from question_bank.laws.forms import KINDS, LawForm
from question_bank.laws.revisions import queries as revisions
from question_bank.questions.forms import WORDS
from question_bank.suspensions import queries as suspensions

bp = Blueprint("laws", __name__, url_prefix="/laws")


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """All versions of all laws, and how many of their articles some question rests on."""
    return render_template("laws/index.html", laws=browsing.laws(reading(), clock.today()))


@bp.get("/<int:version_id>")
@requires(Permission.BANK_READ)
def show(version_id: int) -> str:
    """The articles of one version with the questions on each; ``only=unasked``: those without."""
    law = browsing.law(reading(), version_id, clock.today())
    only = request.args.get("only") == "unasked"
    return render_template(
        "laws/show.html", law=law, only_unasked=only, words=WORDS,
        articles=law.unasked if only else law.articles,
    )  # fmt: skip


@bp.get("/<int:version_id>/changes")
@requires(Permission.BANK_READ)
def changes(version_id: int) -> str:
    """What became of each article since the version before, with the questions on it."""
    session = reading()
    head = revisions.revision(session, version_id)
    counts = revisions.change_counts(session, version_id)
    wanted = request.args.get("kind", Kind.CHANGED.value)
    kind = Kind(wanted) if wanted in list(Kind) else None
    found = listing(session, revisions.changes(version_id, kind), scalars=False)
    return render_template(
        "laws/changes.html", head=head, counts=counts, chosen=kind, kinds=KINDS, words=WORDS,
        listing=found, rows=revisions.change_rows(session, found.items),
        suspended=suspensions.suspended_by(session, version_id),
        will_be=suspensions.will_be_suspended(session, version_id) if head.is_to_come else 0,
    )  # fmt: skip


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
            flash(_told(done), "success")
            endpoint = "laws.changes" if done.kinds else "laws.show"
            return redirect(url_for(endpoint, version_id=done.version_id))
    return render_template("laws/import.html", form=form)


def _told(done: services.ImportedLaw) -> str:
    """What an import did, as a sentence or two."""
    if not done.is_new:
        return _("《%(title)s》的这一版已经在库里，没有改动。", title=done.title)
    said = _("已导入《%(title)s》，%(n)s 条，%(linked)s 道题找到了条文。",
             title=done.title, n=done.articles, linked=done.linked)  # fmt: skip
    if done.suspended:
        said += _("%(n)s 道题的依据变了，转为待复核。", n=done.suspended)
    if done.waiting:
        said += _("%(n)s 道题将于 %(day)s 起待复核。", n=done.waiting,
                  day=civil_date_text(done.in_force_on))  # fmt: skip
    return said
