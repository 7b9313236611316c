"""Upload of a picture by the editor's script."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from spectree import Response as Responses

from core import clock
from core.db import transaction
from core.guards import requires, viewer
from core.openapi import PREFIX, Problem, Schema, spec
from core.permissions import Permission
from core.richtext import media_url, picture_markup
from question_bank.media import services
from question_bank.media.forms import PictureForm

bp = Blueprint("media_api", __name__, url_prefix=f"{PREFIX}/media")
REFUSALS = {f"HTTP_{status}": Problem for status in (400, 401, 403, 413, 422)}


class Uploaded(Schema):
    """A picture that is kept: its digest, where it is served, and the markup that shows it."""

    sha256: str
    url: str
    markup: str


@bp.post("")
@requires(Permission.BANK_WRITE)
@spec.validate(resp=Responses(HTTP_200=Uploaded, **REFUSALS), tags=("bank",), skip_validation=True)
def upload() -> Response:
    """Keep a picture, sent as a form with ``file`` and ``alt``."""
    form = PictureForm()
    with transaction() as session:
        sha = services.upload(
            session, data=form.bytes, alt=form.alt.data or "", by_id=viewer().person_id,
            now=clock.now(),
        )  # fmt: skip
    return jsonify(sha256=sha, url=media_url(sha), markup=picture_markup(form.alt.data or "", sha))
