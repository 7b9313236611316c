"""Pages of practice: what there is, the start, the result."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from quiz.attempts.models import AttemptState
from quiz.attempts.services import settle
from quiz.notebook.queries import summary, topic_counts
from quiz.practice import queries, services
from quiz.practice.forms import NotebookForm, TopicForm
from quiz.practice.queries import PracticeResult, TopicStock
from quiz.practice.rules import MOST, Source

bp = Blueprint("practice", __name__)

Page = tuple[str, int]
REFUSED, STALE = 422, 409


def _topic_form(stock: list[TopicStock]) -> TopicForm:
    form = TopicForm()
    form.offer([(one.id, one.name, one.questions) for one in stock])
    return form


def _index(form: TopicForm | None = None, *, refusal: str = "", status: int = 200) -> Page:
    now, person_id = clock.now(), viewer().person_id
    stock = queries.topics_to_practise(reading())
    html = render_template(
        "practice/index.html", stock=stock, form=form or _topic_form(stock), now=now,
        notebook=summary(topic_counts(reading(), person_id, now)), most=MOST, refusal=refusal,
        past=queries.practices_of(reading(), person_id),
    )  # fmt: skip
    return html, status


@bp.get("/practice")
@requires(Permission.EXAM_SIT)
def index() -> Page:
    """What there is to practise by topic and from the notebook, and the last practices."""
    return _index()


@bp.post("/practice/start")
@requires(Permission.EXAM_SIT)
def start() -> Page | Response:
    """Begin a practice: ``source`` topic or notebook."""
    try:
        if request.form.get("source") == Source.NOTEBOOK.value:
            return _sit(_from_notebook())
        form = _topic_form(queries.topics_to_practise(reading()))
        if not form.ask():
            return _index(form, status=REFUSED)
        with transaction() as session:
            attempt = services.start_by_topic(
                session, person_id=viewer().person_id, topic_id=form.topic_id,
                count=int(form.count.data), now=clock.now(),
            )  # fmt: skip
            return _sit(attempt.id)
    except Conflict as error:
        return _index(refusal=error.detail, status=STALE)


def _from_notebook() -> int:
    form = NotebookForm()
    if not form.ask():
        raise Invalid(_("题数要在 1 到 %(most)s 之间", most=MOST))
    with transaction() as session:
        return services.start_from_notebook(
            session, person_id=viewer().person_id, topic_id=form.topic.data,
            count=form.count.data or MOST, now=clock.now(),
        ).id  # fmt: skip


def _sit(attempt_id: int) -> Response:
    return redirect(url_for("sitting.page", attempt_id=attempt_id))


@bp.post("/practice/results/<int:attempt_id>/again")
@requires(Permission.EXAM_SIT)
def again(attempt_id: int) -> Page | Response:
    """再练这些题: what was wrong in this practice."""
    try:
        with transaction() as session:
            attempt = services.start_again(
                session, person_id=viewer().person_id, attempt_id=attempt_id, now=clock.now()
            )
            return _sit(attempt.id)
    except Conflict as error:
        return _index(refusal=error.detail, status=STALE)


def _result(attempt_id: int) -> PracticeResult:
    return queries.practice_result(reading(), attempt_id, viewer().person_id)


@bp.get("/practice/results/<int:attempt_id>")
@requires(Permission.RESULT_OWN)
def result(attempt_id: int) -> Page | Response:
    """How a practice went, with what was wrong."""
    found = _result(attempt_id)
    if settle(attempt_id, clock.now()):
        found = _result(attempt_id)
    if found.result.state is AttemptState.IN_PROGRESS:
        return _sit(attempt_id)
    wanted = request.args.get("show", "")
    show = wanted if wanted in ("all", "wrong") else ("wrong" if found.wrong else "all")
    html = render_template(
        "practice/result.html", found=found, result=found.result, tally=found.tally, show=show,
        shown={"all": found.questions, "wrong": found.wrong}[show],
    )  # fmt: skip
    return html, 200
