"""The JSON API of practice: the explanation after each answer. Refused for exams and rounds."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from spectree import Response as Responses

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.openapi import PREFIX, Problem, body, spec
from core.permissions import Permission
from core.richtext import plain, render
from quiz.practice import queries, services
from quiz.practice.queries import Checked
from quiz.practice.schemas import CheckAnswer, CheckRequest, ChecksAnswer

bp = Blueprint("practice_api", __name__, url_prefix=f"{PREFIX}/attempts")

TAGS = ("practice",)
REFUSALS = {f"HTTP_{status}": Problem for status in (400, 401, 403, 404, 409, 413, 422)}


def _document(checked: Checked) -> dict[str, Any]:
    article = checked.article
    return {
        "position": checked.position,
        "value": checked.value,
        "is_right": checked.is_right,
        "key": checked.key,
        "explanation": plain(checked.explanation, checked.is_rich),
        "explanation_html": render(checked.explanation, is_rich=True) if checked.is_rich else None,
        "basis": checked.basis,
        "corrected": checked.corrected,
        "article": {"source": article.title, "label": article.label, "text": article.text}
        if article
        else None,
    }


@bp.post("/<int:attempt_id>/check")
@requires(Permission.EXAM_SIT)
@spec.validate(
    json=CheckRequest, resp=Responses(HTTP_200=CheckAnswer, **REFUSALS), tags=TAGS,
    skip_validation=True,
)  # fmt: skip
def check(attempt_id: int) -> Response:
    """Explain a saved answer of a practice; the answer of the first time counts."""
    sent, now = body(CheckRequest), clock.now()
    with transaction() as session:
        checked = services.check(
            session, attempt_id=attempt_id, who=viewer().person_id, position=sent.position,
            epoch=sent.epoch, now=now,
        )  # fmt: skip
    return jsonify(_document(checked))


@bp.get("/<int:attempt_id>/checks")
@requires(Permission.EXAM_SIT)
@spec.validate(resp=Responses(HTTP_200=ChecksAnswer, **REFUSALS), tags=TAGS, skip_validation=True)
def checks(attempt_id: int) -> Response:
    """All that was explained in a practice so far, for a page that is opened again."""
    found = queries.checks_of(reading(), attempt_id, viewer().person_id)
    return jsonify(checks=[_document(checked) for checked in found.values()])
