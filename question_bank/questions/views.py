"""Pages of the bank: the list and one question."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from question_bank.laws import queries as laws
from question_bank.questions import queries, services
from question_bank.questions.forms import WORDS
from question_bank.questions.queries import Filters
from question_bank.questions.rules import Difficulty, Pool, QuestionType, VersionState
from question_bank.topics import queries as topics

bp = Blueprint("questions", __name__, url_prefix="/questions")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None  # noqa: PLR2004


def filters_of_request() -> Filters:
    """The filters in the address; what is unknown is left out, because people edit addresses."""

    def one_of(members: Any, name: str) -> Any:
        text = request.args.get(name, "")
        return members(text) if text in {each.value for each in members} else None

    return Filters(
        words=search_text(),
        topic_id=_number(request.args.get("topic", "")),
        type=one_of(QuestionType, "type"),
        difficulty=one_of(Difficulty, "difficulty"),
        pool=one_of(Pool, "pool"),
        state=one_of(VersionState, "state"),
        article_id=_number(request.args.get("article", "")),
        import_id=_number(request.args.get("import", "")),
        author_id=viewer().person_id if request.args.get("mine") else None,
    )


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """The list of questions."""
    session = reading()
    filters = filters_of_request()
    found = listing(
        session, queries.question_list(filters), sorts=queries.SORTS, default="-created",
        scalars=False,
    )  # fmt: skip
    article = (
        laws.articles_by_id(session, [filters.article_id]).get(filters.article_id)
        if filters.article_id
        else None
    )
    return render_template(
        "questions/index.html", listing=found, filters=filters, words=WORDS, article=article,
        topics=topics.topics(session),
    )  # fmt: skip


@bp.get("/<int:question_id>")
@requires(Permission.BANK_READ)
def show(question_id: int) -> str:
    """One question with all versions and their review."""
    return render_template(
        "questions/show.html", question=queries.question(reading(), question_id), words=WORDS
    )


@bp.post("/versions/<int:version_id>/submit")
@requires(Permission.BANK_WRITE)
def submit(version_id: int) -> BaseResponse:
    """Send a draft to review."""
    with transaction() as session:
        version = queries.version(session, version_id)
        services.submit_for_review(
            session, version_id=version_id, by_id=viewer().person_id, now=clock.now()
        )
    flash(_("已送审。"), "success")
    return redirect(url_for("questions.show", question_id=version.question_id))
