"""The last step: everything on one page, then the one button."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certification.blueprints.queries import label, rows_of, topic_list
from certification.blueprints.rules import totals
from certification.exams import queries
from certification.exams.forms import MULTIPLE_WORDS, RELEASE_WORDS
from certification.exams.models import Exam
from certification.exams.services import Stale
from certification.exams.views import REFUSED, STALE, Page, bp, steps
from certification.publishing import services
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.permissions import Permission


@bp.get("/exams/<int:exam_id>/publish")
@requires(Permission.EXAM_MANAGE)
def publish(exam_id: int) -> Page:
    """What will be published, and what stands in the way."""
    return _page(queries.draft(reading(), exam_id), 200)


@bp.post("/exams/<int:exam_id>/publish")
@requires(Permission.EXAM_MANAGE)
def publish_now(exam_id: int) -> Page:
    """Publish the draft as the page showed it."""
    text = request.form.get("version", "")
    try:
        with transaction() as session:
            services.publish(
                session, exam_id=exam_id, version=int(text) if text.isdecimal() else 0,
                by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Stale:
        return _page(queries.draft(reading(), exam_id), STALE)
    except Invalid:
        return _page(queries.draft(reading(), exam_id), REFUSED)
    flash(_("考试已发布，题目已固定。"), "success")
    return redirect(url_for("exams.show", exam_id=exam_id))


@bp.post("/exams/<int:exam_id>/pool")
@requires(Permission.EXAM_MANAGE)
def decide_pool(exam_id: int) -> Page:
    """Leave a version out of the papers that are still to be drawn, or keep it."""
    text, out = request.form.get("version", ""), request.form.get("do") == "exclude"
    try:
        with transaction() as session:
            services.decide_pool(
                session, exam_id=exam_id, out=out, by_id=viewer().person_id, now=clock.now(),
                version_id=int(text) if text.isdecimal() and len(text) < 18 else 0,  # noqa: PLR2004
            )  # fmt: skip
    except Invalid as error:
        flash(error.detail, "warning")
    else:
        flash(_("已剔除，以后抽的卷不含这道题。") if out else _("已保留，照常抽题。"), "success")
    return redirect(url_for("exams.show", exam_id=exam_id))


def _page(exam: Exam, status: int) -> Page:
    session = reading()
    rows = rows_of(session, exam.id)
    names = dict(topic_list(session))
    html = render_template(
        "exams/publish.html", exam=exam, steps=steps(exam), totals=totals(rows),
        rows=[(label(row, names), row.count, row.marks) for row in rows],
        audience=queries.audience(session, exam.id, clock.today()),
        sentences=services.in_the_way(session, exam, rows, clock.now()),
        multiple=MULTIPLE_WORDS[exam.multiple_rule], release=RELEASE_WORDS[exam.release_rule],
        is_stale=status == STALE,
        change=queries.last_change(session, exam.id) if status == STALE else None,
    )  # fmt: skip
    return html, status
