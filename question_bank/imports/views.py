"""Pages of question files: upload, preview row by row, import, template and export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from tempfile import TemporaryFile
from typing import IO, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict, NotFound
from core.guards import requires, viewer
from core.permissions import Permission
from core.uploads import max_megabytes
from question_bank.formats import exports, remarks, xlsx
from question_bank.imports import background, queries, services, undoing
from question_bank.imports.exporting import queries as exporting
from question_bank.imports.forms import UploadForm
from question_bank.imports.queries import ImportView
from question_bank.imports.rules import ImportState
from question_bank.questions.views import filters_of_request
from question_bank.review.services import submit_import

bp = Blueprint("imports", __name__, url_prefix="/questions/imports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE = 20
PIECE = 64 * 1024  # bytes of an answer at a time
# what ``filters_of_request`` reads from an address
FILTERS = ("q", "topic", "type", "difficulty", "pool", "state", "article", "import", "mine")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def create() -> str | BaseResponse:
    """Upload a file; it is read and judged, and nothing goes into the bank yet."""
    form = UploadForm()
    if form.ask():
        sent = _sent(form)
        try:
            import_id = _take(sent, _file(form.key.data))
        except AppError as error:
            at = error.extra.get("field", "file")
            form.refuse("text" if at == "file" and form.is_pasted else at, error.detail)
        else:
            return redirect(url_for("imports.preview", import_id=import_id))
    own = queries.own_imports(reading(), viewer().person_id)
    return render_template("imports/create.html", form=form, limit=max_megabytes(), imports=own)


def _take(sent: services.SentFile, key: services.SentFile | None) -> int:
    """Read a small file at once; keep a large one and begin to read it beside the requests."""
    by_id, now = viewer().person_id, clock.now()
    is_large = len(sent.data) > background.LARGE
    with transaction() as session:
        if is_large:
            kept = background.begin(session, file=sent, key=key, by_id=by_id, now=now)
        else:
            kept = services.upload(
                session, filename=sent.name, data=sent.data, key=key, by_id=by_id, now=now
            )
        import_id = kept.id
    if is_large:
        background.start(_app(), import_id)
    return import_id


def _app() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]


def _sent(form: UploadForm) -> services.SentFile:
    """The file of the form, or its text as one."""
    text = form.text.data or ""
    return _file(form.file.data) or services.SentFile(_("粘贴的题目") + ".txt", text.encode())


def _file(upload: FileStorage | None) -> services.SentFile | None:
    if not upload:
        return None
    with closing(upload):  # a large one lies in a file meanwhile
        return services.SentFile(upload.filename or "", upload.read())


def is_gone(view: ImportView) -> bool:
    """Whether the reader of an upload gives no sign of life any more."""
    is_late = view.beat_at is not None and clock.now() - view.beat_at > background.LEASE
    return view.state is ImportState.READING and is_late


@bp.get("/<int:import_id>/progress")
@requires(Permission.BANK_WRITE)
def progress(import_id: int) -> Response:
    """How far the reading is, for the page that shows it."""
    view = queries.own_import(reading(), import_id, viewer().person_id)
    is_reading = view.state is ImportState.READING and not is_gone(view)
    return jsonify(reading=is_reading, done=view.rows_done, total=view.rows_total)


@bp.post("/<int:import_id>/read-again")
@requires(Permission.BANK_WRITE)
def read_again(import_id: int) -> BaseResponse:
    """Read an upload once more whose reader is gone."""
    try:
        with transaction() as session:
            queries.own_import(session, import_id, viewer().person_id)
            background.begin_again(
                session, import_id=import_id, by_id=viewer().person_id, now=clock.now()
            )
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        background.start(_app(), import_id)
    return redirect(url_for("imports.preview", import_id=import_id))


@bp.post("/<int:import_id>")
@requires(Permission.BANK_WRITE)
def confirm(import_id: int) -> BaseResponse:
    """Import the good rows, all or none."""
    try:
        with transaction() as session:
            done = services.import_rows(
                session, import_id=import_id, by_id=viewer().person_id,
                with_doubtful=bool(request.form.get("with_doubtful")), now=clock.now(),
            )  # fmt: skip
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        flash(_("已导入 %(n)s 题，都是草稿。", n=done.total), "success")
    return redirect(url_for("imports.preview", import_id=import_id))


@bp.post("/<int:import_id>/discard")
@requires(Permission.BANK_WRITE)
def discard(import_id: int) -> BaseResponse:
    """Give an upload up."""
    with transaction() as session:
        queries.own_import(session, import_id, viewer().person_id)
        services.discard(session, import_id=import_id, by_id=viewer().person_id, now=clock.now())
    flash(_("已放弃这个文件，题库没有改动。"), "success")
    return redirect(url_for("imports.create"))


@bp.post("/<int:import_id>/undo")
@requires(Permission.BANK_WRITE)
def undo(import_id: int) -> BaseResponse:
    """Take the whole import back, while nothing has used it."""
    try:
        with transaction() as session:
            queries.own_import(session, import_id, viewer().person_id)
            undone = undoing.undo(
                session, import_id=import_id, by_id=viewer().person_id, now=clock.now()
            )
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        flash(_("已撤销整次导入，%(n)s 题不再出现在题库里。", n=undone), "success")
    return redirect(url_for("imports.preview", import_id=import_id))


@bp.post("/<int:import_id>/submit")
@requires(Permission.BANK_WRITE)
def submit(import_id: int) -> BaseResponse:
    """Send all drafts of an import to review."""
    with transaction() as session:
        queries.own_import(session, import_id, viewer().person_id)
        sent = submit_import(
            session, import_id=import_id, by_id=viewer().person_id, now=clock.now()
        )
    flash(_("已送审 %(n)s 题，等另一位同志审核。", n=sent), "success")
    return redirect(url_for("imports.preview", import_id=import_id))


@bp.get("/template.xlsx")
@requires(Permission.BANK_WRITE)
def template() -> Response:
    """The workbook to fill in."""
    return _download(xlsx.template(), "template.xlsx")


@bp.get("/export")
@requires(Permission.BANK_READ)
def choose_export() -> str:
    """The questions that match the filters in the address, and what a format cannot carry of them."""
    filters = filters_of_request()
    name = request.args.get("as", exports.WORKBOOK)
    if name in exports.FORMATS:
        found = exporting.exported(reading(), filters)
        total, written = len(found), exports.write(name, found)
    else:
        name = exports.WORKBOOK
        total, rich = exporting.export_total(reading(), filters)
        written = exports.workbook_losses(rich)
    kept = exports.report(written)
    return render_template(
        "imports/export.html", formats=exports.FORMATS, name=name, total=total, report=kept,
        words=remarks.LOST, args={key: request.args[key] for key in FILTERS if request.args.get(key)},
    )  # fmt: skip


@bp.get("/export/<name>")
@requires(Permission.BANK_READ)
def export_as(name: str) -> Response:
    """The questions that match the filters in the address, in an exchange format."""
    if name not in exports.FORMATS:
        raise NotFound
    kind = exports.FORMATS[name]
    found = exporting.exported(reading(), filters_of_request())
    return _download(exports.write(name, found).data, _filename(kind.extension), kind.mimetype)


@bp.get("/export.xlsx")
@requires(Permission.BANK_READ)
def export() -> Response:
    """The questions that match the filters in the address, as a workbook."""
    file = TemporaryFile()  # noqa: SIM115 (closed, and so deleted, at the end of the answer)
    xlsx.write_bank(file, exporting.export_cells(reading(), filters_of_request()))
    size = file.tell()
    file.seek(0)
    answer = _download(_pieces(file), _filename("xlsx"))
    answer.content_length = size
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _filename(extension: str) -> str:
    return f"questions-{clock.today():%Y%m%d}.{extension}"


def _download(data: bytes | Iterator[bytes], filename: str, mimetype: str = XLSX) -> Response:
    return Response(
        data, mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )  # fmt: skip
