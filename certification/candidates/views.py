"""Pages about one exam's candidates, and what the office decides about them."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from certification.blueprints.queries import label, rows_of, topic_list
from certification.blueprints.rules import totals
from certification.candidates import queries, services
from certification.candidates.forms import AdmitForm
from certification.candidates.rules import Standing
from certification.certificates.queries import certificate_of_attempts
from certification.exams.forms import MULTIPLE_WORDS, RELEASE_WORDS
from certification.exams.models import Exam
from certification.exams.queries import audience, audience_units
from certification.exams.rules import phase
from certification.exams.views import REFUSED, Page, bp
from core import clock
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.formats import marks_text
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.workbooks import XLSX_TYPE, write_table
from question_bank.questions.forms import STATES as QUESTION_STATES
from quiz.corrections.forms import DecideForm
from quiz.corrections.queries import asked_void, asked_voids, attempt_head
from quiz.corrections.views import void_page
from quiz.occasions.models import ReleaseRule
from quiz.occasions.queries import occasion_by_id, suspended_in_pool

STANDING_WORDS = {
    Standing.PASSED: _l("合格"),
    Standing.IN_PROGRESS: _l("作答中"),
    Standing.MARKING: _l("待阅卷"),
    Standing.FAILED: _l("不合格"),
    Standing.VOIDED: _l("已作废"),
    Standing.NOT_STARTED: _l("未开始"),
    Standing.ABSENT: _l("缺考"),
}


def _chosen() -> Standing | None:
    wanted = request.args.get("state", "")
    return Standing(wanted) if wanted in list(Standing) else None


@bp.get("/exams/<int:exam_id>")
@requires(Permission.EXAM_READ)
def show(exam_id: int) -> Page | Response:
    """One exam: its facts, its candidates, what waits for a decision."""
    session = reading()
    exam = queries.visible_exam(session, exam_id, viewer())
    now = clock.now()
    more: dict[str, Any] = _published(exam) if exam.occasion_id is not None else {}
    rows = rows_of(session, exam_id)
    names = dict(topic_list(session))
    html = render_template(
        "exams/show.html", exam=exam, totals=totals(rows),
        phase=phase(exam.state, exam.opens_at, exam.closes_at, now),
        rows=[(label(row, names), row.count, row.marks) for row in rows],
        audience=audience(session, exam_id, clock.today()),
        multiple=MULTIPLE_WORDS[exam.multiple_rule], release=RELEASE_WORDS[exam.release_rule],
        may_manage=viewer().may(Permission.EXAM_MANAGE), **more,
    )  # fmt: skip
    return html, 200


def _published(exam: Exam) -> dict[str, Any]:
    """What a page about a published exam shows besides: candidates, pool, what waits."""
    session, now, person = reading(), clock.now(), viewer()
    unit_ids = audience_units(session, exam.id)
    chosen = _chosen()
    found = listing(
        session,
        queries.candidates(
            exam, unit_ids, person, now, text=search_text(), state=chosen
        ),
        sorts=queries.SORTS, default="staff_no", scalars=False,
    )  # fmt: skip
    is_over = now >= exam.closes_at
    counts = queries.standing_counts(session, exam, unit_ids, person, now)
    occasion = occasion_by_id(session, exam.occasion_id or 0)
    in_city = person.scope_of(Permission.EXAM_READ) is None
    return {
        "listing": found, "chosen": chosen, "counts": counts, "total": sum(counts.values()),
        "candidates": [queries.candidate_of(row, is_over) for row in found.items],
        "started": sum(
            number for state, number in counts.items()
            if state not in (Standing.NOT_STARTED, Standing.ABSENT)
        ),
        "occasion": occasion, "in_city": in_city,
        "suspended": suspended_in_pool(session, occasion.id) if in_city else [],
        "question_states": QUESTION_STATES,
        "asked": asked_voids(session, Exam, place_id=exam.id) if in_city else [],
        "is_over": is_over, "by_hand": exam.release_rule is ReleaseRule.BY_HAND,
    }  # fmt: skip


@bp.get("/exams/<int:exam_id>/candidates.xlsx")
@requires(Permission.EXAM_READ)
def export(exam_id: int) -> Response:
    """The candidates that the page lists, all of them, as a workbook."""
    session, now = reading(), clock.now()
    exam = queries.visible_exam(session, exam_id, viewer())
    if exam.occasion_id is None:
        raise NotFound(_("这场考试还没有发布，没有名单。"))
    unit_ids = audience_units(session, exam_id)
    query = queries.candidates(
        exam, unit_ids, viewer(), now, text=search_text(), state=_chosen()
    ).order_by(queries.SORTS["staff_no"])
    found = [queries.candidate_of(row, now >= exam.closes_at) for row in session.execute(query)]
    data = write_table(
        _("名单"),
        [_("工号"), _("姓名"), _("单位"), _("状态"), _("已考次数"), _("最好成绩"), _("准予参加的理由")],
        [
            (one.staff_no, one.name, one.unit_name, str(STANDING_WORDS[one.standing]), one.tries,
             "" if one.marks is None else marks_text(one.marks), one.reason)
            for one in found
        ],
        widths=(12, 12, 28, 10, 10, 10, 28),
    )  # fmt: skip
    response = make_response(data)
    response.mimetype = XLSX_TYPE
    response.headers["Content-Disposition"] = f'attachment; filename="exam-{exam_id}.xlsx"'
    return response


@bp.get("/exams/<int:exam_id>/candidates/<int:person_id>")
@requires(Permission.RESULT_READ)
def candidate(exam_id: int, person_id: int) -> Page:
    """One candidate's attempts at an exam."""
    session = reading()
    exam = queries.visible_exam(session, exam_id, viewer())
    person = queries.person_at(session, exam, person_id, viewer(), clock.today())
    html = render_template(
        "exams/candidate.html", exam=exam, person=person,
        certificates=certificate_of_attempts(session, [one.id for one in person.attempts]),
        may_void=viewer().may(Permission.ATTEMPT_VOID),
    )  # fmt: skip
    return html, 200


@bp.route("/exams/<int:exam_id>/admit", methods=["GET", "POST"])
@requires(Permission.EXAM_MANAGE)
def admit(exam_id: int) -> Page | Response:
    """Admit someone by name with a reason."""
    exam = queries.visible_exam(reading(), exam_id, viewer())
    form = AdmitForm()
    if form.ask():
        try:
            with transaction() as session:
                name = services.admit(
                    session, exam_id=exam_id, staff_no=str(form.staff_no.data),
                    reason=str(form.reason.data), by_id=viewer().person_id, now=clock.now(),
                )  # fmt: skip
            flash(_("已准予 %(name)s 参加。", name=name), "success")
            return redirect(url_for("exams.show", exam_id=exam_id))
        except Invalid as error:
            form.refuse(error.extra["field"], error.detail)
    status = REFUSED if form.errors else 200
    return render_template("exams/admit.html", form=form, exam=exam), status


@bp.post("/exams/<int:exam_id>/release")
@requires(Permission.EXAM_MANAGE)
def release(exam_id: int) -> Page:
    """Let answers and explanations be seen."""
    with transaction() as session:
        services.release(session, exam_id=exam_id, now=clock.now())
    flash(_("答案和解析已公布。"), "success")
    return redirect(url_for("exams.show", exam_id=exam_id))


@bp.route("/exams/attempts/<int:attempt_id>/void", methods=["GET", "POST"])
@requires(Permission.ATTEMPT_VOID)
def void(attempt_id: int) -> Page | Response:
    """Ask why, then void an attempt, or ask a colleague to."""
    head = attempt_head(reading(), attempt_id, Exam)
    back = url_for("exams.candidate", exam_id=head.place_id, person_id=head.person_id)
    return void_page(head, "exams/void.html", back)


@bp.route("/exams/voids/<int:act_id>", methods=["GET", "POST"])
@requires(Permission.ATTEMPT_VOID)
def decide_void(act_id: int) -> Page | Response:
    """The second person's decision on a void."""
    asked = asked_void(reading(), Exam, act_id)
    form = DecideForm()
    if not form.ask():
        html = render_template(
            "exams/decide_void.html", form=form, asked=asked,
            certificate=certificate_of_attempts(reading(), [asked.attempt_id]).get(
                asked.attempt_id
            ),
        )  # fmt: skip
        return html, REFUSED if form.errors else 200
    agreed = form.decision.data == "agree"
    with transaction() as session:
        services.decide_void(
            session, act_id=act_id, approve=agreed, reason=str(form.reason.data or ""),
            by_id=viewer().person_id, now=clock.now(),
        )  # fmt: skip
    flash(_("这次作答已作废。") if agreed else _("没有作废，申请已退回。"), "success")
    return redirect(url_for("exams.show", exam_id=asked.place_id))
