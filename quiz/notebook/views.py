"""Pages of the notebook."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from quiz.notebook import queries, services
from quiz.practice.rules import MOST

bp = Blueprint("notebook", __name__, url_prefix="/notebook")


@bp.get("")
@requires(Permission.EXAM_SIT)
def index() -> str:
    """All questions of the notebook, of one topic or of all, soonest due first."""
    now, person_id = clock.now(), viewer().person_id
    counts = queries.topic_counts(reading(), person_id, now)
    wanted = request.args.get("topic", 0, int)
    topic = next((one for one in counts if one.topic_id == wanted), None)
    found = listing(
        reading(), queries.entries_of(person_id, topic.topic_id if topic else None), scalars=False
    )
    return render_template(
        "notebook/index.html", listing=found, counts=counts, topic=topic, now=now, most=MOST,
        rows=[queries.EntryRow(*row) for row in found.items], notebook=queries.summary(counts),
    )  # fmt: skip


@bp.route("/<int:question_id>/remove", methods=["GET", "POST"])
@requires(Permission.EXAM_SIT)
def remove(question_id: int) -> str | Response:
    """移出错题本, asked before it is done."""
    entry = queries.entry_of(reading(), viewer().person_id, question_id)
    if request.method == "GET":
        return render_template("notebook/remove.html", entry=entry)
    with transaction() as session:
        services.remove(
            session, person_id=viewer().person_id, question_id=question_id, now=clock.now()
        )
    flash(_("已移出错题本。再答错时会重新收进来。"), "success")
    return redirect(url_for("notebook.index"))
