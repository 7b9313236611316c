"""The result page."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from certification.exams.forms import RELEASE_WORDS
from certification.exams.views import Page, bp
from certification.results.queries import ExamResult, exam_result
from core import clock
from core.db import reading
from core.guards import requires, viewer
from core.permissions import Permission
from quiz.attempts.models import AttemptState
from quiz.attempts.services import settle
from quiz.corrections.rules import MARKED_STATES
from quiz.marking.queries import marked_positions


@bp.get("/results/<int:attempt_id>")
@requires(Permission.ACCOUNT_OWN)
def result(attempt_id: int) -> Page | Response:
    """Score and verdict at once; key, explanation and article after release."""
    now = clock.now()
    found = exam_result(reading(), attempt_id, viewer())
    if settle(attempt_id, now):
        found = exam_result(reading(), attempt_id, viewer())
    if found.result.state in (AttemptState.IN_PROGRESS, AttemptState.PREPARED):
        if found.is_own:
            return redirect(url_for("sitting.page", attempt_id=attempt_id))
        return redirect(
            url_for("exams.candidate", exam_id=found.exam.id, person_id=found.result.person_id)
        )
    wanted = request.args.get("show", "")
    show = wanted if wanted in ("all", "right", "wrong") else ("wrong" if found.wrong else "all")
    right = tuple(one for one in found.questions if one.question.is_right)
    html = render_template(
        "exams/result.html", found=found, result=found.result, exam=found.exam, show=show,
        shown={"all": found.questions, "right": right, "wrong": found.wrong}[show],
        counts={"wrong": len(found.wrong), "right": len(right), "all": len(found.questions)},
        can_retry=found.can_retry(now), release=RELEASE_WORDS[found.result.release_rule],
        waited=(clock.civil_date(now) - clock.civil_date(found.result.submitted_at or now)).days,
        to_correct=_to_correct(found),
        may_void=viewer().may(Permission.ATTEMPT_VOID),
        may_read=viewer().may(Permission.RESULT_READ),
    )  # fmt: skip
    return html, 200


def _to_correct(found: ExamResult) -> list[int]:
    """Positions whose marks, given by people, the viewer may correct."""
    if found.is_own or not viewer().may(Permission.ANSWER_MARK):
        return []
    if found.result.state not in MARKED_STATES:
        return []
    return marked_positions(reading(), found.result.attempt_id)
