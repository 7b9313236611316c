"""The blueprint page: how many questions from where, and at once whether the bank has them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certification.blueprints import queries, services
from certification.blueprints.rules import Typed, as_texts, grid, read_form, shortages, totals
from certification.exams.models import Exam
from certification.exams.queries import defaults, draft, last_change
from certification.exams.services import Stale
from certification.exams.views import REFUSED, STALE, Page, bp, steps
from core import clock
from core.db import reading, transaction
from core.guards import requires
from core.permissions import Permission


@bp.get("/exams/<int:exam_id>/blueprint")
@requires(Permission.EXAM_MANAGE)
def blueprint(exam_id: int) -> Page:
    """The stored blueprint of a draft."""
    session = reading()
    exam = draft(session, exam_id)
    rows = queries.rows_of(session, exam_id)
    return _page(exam, Typed(as_texts(rows), rows, {}), exam.version, 200)


@bp.post("/exams/<int:exam_id>/blueprint")
@requires(Permission.EXAM_MANAGE)
def save_blueprint(exam_id: int) -> Page:
    """Keep what was typed; go on where the bank can fill it."""
    session = reading()
    exam = draft(session, exam_id)
    names = dict(queries.topic_list(session))
    typed = read_form(request.form, list(names))
    text = request.form.get("version", "")
    version = int(text) if text.isdecimal() else 0
    if typed.wrong or queries.overlap_sentences(typed.rows, names):
        return _page(exam, typed, version, REFUSED)
    try:
        with transaction() as writing:
            services.save_rows(writing, exam_id=exam_id, version=version, rows=typed.rows)
    except Stale:
        exam = draft(reading(), exam_id)
        return _page(exam, typed, exam.version, STALE)
    can_be_filled = typed.rows and not shortages(typed.rows, queries.stock(reading()))
    if can_be_filled and request.form.get("action") == "next":
        flash(_("草稿已存。"), "success")
        return redirect(url_for("exams.terms", exam_id=exam_id))
    return redirect(url_for("exams.blueprint", exam_id=exam_id))


def _page(exam: Exam, typed: Typed, version: int, status: int) -> Page:
    session = reading()
    topics = queries.topic_list(session)
    names = dict(topics)
    stock = queries.stock(session)
    short = shortages(typed.rows, stock)
    html = render_template(
        "exams/blueprint.html", exam=exam, steps=steps(exam), version=version,
        grid=grid(typed, topics, _("任何知识点"), stock), wrong=typed.wrong,
        type_words=queries.TYPE_WORDS, level_words=queries.LEVEL_WORDS,
        overlaps=queries.overlap_sentences(typed.rows, names),
        shortages=queries.shortage_sentences(short, names), totals=totals(typed.rows),
        figures=defaults(session, clock.today()), is_stale=status == STALE,
        theirs=[
            (queries.label(row, names), row.count, row.marks)
            for row in queries.rows_of(session, exam.id)
        ] if status == STALE else [],
        change=last_change(session, exam.id) if status == STALE else None,
    )  # fmt: skip
    return html, status
