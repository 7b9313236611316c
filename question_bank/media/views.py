"""Pictures over the wire, and their upload by a plain page."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.guards import requires, viewer
from core.permissions import Permission
from core.richtext import SHA, media_url, picture_markup
from question_bank.media import queries, services
from question_bank.media.forms import PictureForm

bp = Blueprint("media", __name__, url_prefix="/media")
A_YEAR = 31_536_000  # seconds; the address is a digest of the content, so nothing ever goes stale


@bp.get("/<sha>.webp")
@requires(Permission.ACCOUNT_OWN)
def show(sha: str) -> BaseResponse:
    """A picture, for whoever may see a question that shows it."""
    if not SHA.fullmatch(sha):
        raise NotFound
    found = queries.picture_for(reading(), sha, viewer())
    response = Response(found.content, mimetype=found.mime)
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    response.set_etag(sha)
    return response.make_conditional(request)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def create() -> str | tuple[str, int]:
    """Upload a picture; the answer is the markup to put into a text. With script the editor asks."""
    form = PictureForm()
    markup = url = ""
    if request.method == "POST":
        try:
            with transaction() as session:
                sha = services.upload(
                    session, data=form.bytes, alt=form.alt.data or "",
                    by_id=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse(error.extra.get("field", "file"), error.detail)
        else:
            markup, url = picture_markup(form.alt.data or "", sha), media_url(sha)
    return render_template("media/create.html", form=form, markup=markup, url=url)
