"""Pages of questions in doubt: the list by article, one article with its questions, the decision."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.questions.forms import WORDS
from question_bank.questions.views import bp
from question_bank.suspensions.confirming import services
from question_bank.suspensions.forms import REASONS, DecideForm
from question_bank.suspensions.waiting import queries

REFUSED = 422


@bp.get("/suspended")
@requires(Permission.BANK_READ)
def suspended() -> str:
    """All questions in doubt, by law and article."""
    return render_template("suspensions/index.html", groups=queries.groups(reading(), clock.now()))


@bp.get("/suspended/<int:article_id>")
@requires(Permission.BANK_READ)
def suspended_article(article_id: int) -> str:
    """One article as it was cited and as it is now, with the questions in doubt that cite it."""
    return _page(article_id, DecideForm(formdata=None), _ticked_of_address())


@bp.post("/suspended/<int:article_id>")
@requires(Permission.BANK_REVIEW)
def decide_suspended(article_id: int) -> str | BaseResponse | tuple[str, int]:
    """Confirm the ticked questions with an article in force, or take them out of use."""
    form = DecideForm()
    form.offer(queries.articles_in_force(reading(), article_id, clock.now()))
    ids = [int(text) for text in request.form.getlist("version") if _is_number(text)]
    if not form.ask():
        return _page(article_id, form, frozenset(ids)), REFUSED
    is_retiring = request.form.get("do") == "retire"
    try:
        with transaction() as session:
            if is_retiring:
                count = services.retire_suspended(
                    session, version_ids=ids, by_id=viewer().person_id, now=clock.now(),
                    comment=form.comment.data or "",
                )  # fmt: skip
            else:
                count = services.confirm(
                    session, version_ids=ids, article_id=form.article.data or None,
                    by_id=viewer().person_id, now=clock.now(), comment=form.comment.data or "",
                )  # fmt: skip
    except Invalid as error:
        if error.extra.get("field") == "article":
            form.refuse("article", error.detail)
        else:
            form.form_errors.append(error.detail)
        return _page(article_id, form, frozenset(ids)), REFUSED
    except (Conflict, Forbidden) as error:
        if error.code == "not_as_it_is":  # nobody was first: what was ticked and typed stays
            form.form_errors.append(error.detail)
            return _page(article_id, form, frozenset(ids)), REFUSED
        flash(error.detail, "warning")
        return redirect(url_for("questions.suspended_article", article_id=article_id))
    flash(
        _("%(n)s 题已停用。", n=count) if is_retiring else _("%(n)s 题已确认，重新可用。", n=count),
        "success",
    )
    return redirect(url_for("questions.suspended"))


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 18  # noqa: PLR2004


def _ticked_of_address() -> frozenset[int] | None:
    """None: all that may be decided; so the page can tick them without a script."""
    return None if request.args.get("tick") == "all" else frozenset()


def _page(article_id: int, form: DecideForm, ticked: frozenset[int] | None) -> str:
    session, now = reading(), clock.now()
    page = queries.waiting_page(session, article_id, viewer().person_id, now)
    form.offer(queries.articles_in_force(session, article_id, now))
    if request.method == "GET" and page.standing and page.standing.present:
        form.article.data = page.standing.present.id
    if ticked is None:
        ticked = frozenset(one.version_id for one in page.questions if one.may_decide)
    return render_template(
        "suspensions/article.html", article_id=article_id, page=page, form=form, ticked=ticked,
        words=WORDS, reasons=REASONS,
    )  # fmt: skip
