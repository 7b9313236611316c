"""Pages of the bank: the list and one question."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.comments import queries as comments
from question_bank.filters import queries as kept
from question_bank.filters.rules import Filters, from_address, to_address
from question_bank.laws import queries as laws
from question_bank.measures.words import FLAG_WORDS
from question_bank.questions import queries, services
from question_bank.questions.forms import WORDS
from question_bank.questions.queries import QuestionView
from question_bank.suspensions.waiting.queries import waiting_count
from question_bank.topics import queries as topics

bp = Blueprint("questions", __name__, url_prefix="/questions")


def filters_of_request() -> Filters:
    """The filters in the address; ``mine`` is what the viewer wrote."""
    found = from_address(request.args)
    return replace(found, author_id=viewer().person_id) if request.args.get("mine") else found


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """The list of questions."""
    session, filters = reading(), filters_of_request()
    article = (
        laws.articles_by_id(session, [filters.article_id]).get(filters.article_id)
        if filters.article_id
        else None
    )
    return render_template(
        "questions/index.html", listing=queries.question_page(session, filters), filters=filters,
        words=WORDS, flags=FLAG_WORDS, article=article, topics=topics.topics(session), address=to_address(filters),
        authors=kept.authors(session), kept=kept.kept_filters(session, viewer().person_id),
        in_doubt=waiting_count(session),
    )  # fmt: skip


@bp.get("/<int:question_id>")
@requires(Permission.BANK_READ)
def show(question_id: int) -> str:
    """One question: its versions, their review, remarks, and whether its basis still stands."""
    session = reading()
    question = queries.question(session, question_id)
    standing = laws.standing_of(session, question.newest.article, clock.today())
    return render_template(
        "questions/show.html", question=question, words=WORDS, remarks=remarks_on(question),
        standing=standing if standing and not standing.stands else None,
    )  # fmt: skip


def remarks_on(question: QuestionView) -> comments.Remarks:
    """What reviewers and authors remarked on the versions of a question."""
    return comments.remarks(
        reading(), [each.id for each in question.versions],
        may_resolve=viewer().may(Permission.BANK_WRITE),
    )  # fmt: skip


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
