"""Pages of the preview: the rows of an upload, one row to mend, what is said for many at once."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.listing import PAGE_DIGITS, Listing, search_text
from core.permissions import Permission
from question_bank.formats import xlsx
from question_bank.formats.remarks import where
from question_bank.formats.sentences import joined, note, remedy, what
from question_bank.imports import queries
from question_bank.imports.preview import queries as found
from question_bank.imports.preview import services
from question_bank.imports.preview.forms import BasesForm, MendForm, TopicsForm, WholeForm
from question_bank.imports.preview.queries import StagedRow
from question_bank.imports.preview.rules import cells_of
from question_bank.imports.queries import ImportView
from question_bank.imports.rules import NO_TOPIC, ImportState, Verdict, is_note
from question_bank.imports.views import XLSX, bp, is_gone
from question_bank.laws.queries import titles
from question_bank.topics.queries import topics as all_topics
from question_bank.twins import queries as twins

PER_PAGE = 20
KEPT = ("show", "q", "page")  # what an address says of the list, on the way to a row and back
SENTENCES = {"what": what, "remedy": remedy, "where": where, "note": note, "is_note": is_note}


@bp.get("/<int:import_id>")
@requires(Permission.BANK_WRITE)
def preview(import_id: int) -> str | BaseResponse:
    """Every row of an upload with its verdict; afterwards, what became of it."""
    session = reading()
    view = queries.own_import(session, import_id, viewer().person_id)
    if view.state in {ImportState.READING, ImportState.FAILED}:
        return render_template("imports/reading.html", view=view, is_gone=is_gone(view))
    if view.state in {ImportState.IMPORTED, ImportState.UNDONE}:
        made, drafts = queries.import_counts(session, import_id)
        may_undo = view.state is ImportState.IMPORTED and not queries.used_of(session, import_id)
        return render_template(
            "imports/done.html", view=view, made=made, drafts=drafts, may_undo=may_undo
        )
    place = request.args.get("place", "")
    if place.isdecimal() and len(place) <= PAGE_DIGITS:
        number = found.number_at(session, import_id, int(place))
        if number is not None:
            page = -(-number // PER_PAGE)
            return redirect(_to_list(import_id, number, page=page))
        flash(_("没有第 %(n)s 行。", n=place), "warning")
    return _page(view)


def _page(
    view: ImportView, *, topics: TopicsForm | None = None, bases: BasesForm | None = None,
    whole: WholeForm | None = None,
) -> str:  # fmt: skip
    """The preview. A form that was refused is shown as it was sent."""
    session = reading()
    shown, words = _shown(), search_text()
    known = [(topic.id, topic.name) for topic in all_topics(session)] if view.is_open else []
    unknown, in_all = found.unknown_topics(session, view.id) if view.is_open else ([], 0)
    uncited, of_bases = found.unknown_bases(session, view.id) if view.is_open else ([], 0)
    topics = topics or TopicsForm(formdata=None)
    topics.offer(unknown, known)
    bases = bases or BasesForm(formdata=None)
    bases.offer(uncited, titles(session) if uncited else [])
    is_said = bool(view.source or view.pool or view.topic)
    return render_template(
        "imports/preview.html", view=view, counts=view.counts, shown=shown, words=words,
        listing=_listing(view, shown, words), topics=topics, bases=bases,
        whole=_whole(view, whole, known), is_said=is_said, is_refused=whole is not None,
        rows_of={each.text: each.rows for each in (*unknown, *uncited)},
        more_topics=in_all - len(unknown), more_bases=of_bases - len(uncited),
        without_topic=found.rows_without_topic(session, view.id) if view.is_open else 0,
        kept=_kept(), twins=twins.counts(session, view.id), **SENTENCES,
    )  # fmt: skip


def _whole(view: ImportView, sent: WholeForm | None, topics: list[tuple[int, str]]) -> WholeForm:
    form = sent or WholeForm(
        formdata=None, source=view.source, pool=view.pool.value if view.pool else "",
        pool_is_for_all=view.pool_is_for_all,
        topic=str(next((id_ for id_, name in topics if name == view.topic), 0)),
    )  # fmt: skip
    form.offer(topics, NO_TOPIC)
    return form


def _shown() -> frozenset[Verdict]:
    """The verdicts that the address asks for; none is all."""
    asked = request.args.getlist("show")
    return frozenset(verdict for verdict in Verdict if verdict.value in asked)


def _listing(view: ImportView, shown: frozenset[Verdict], words: str) -> Listing:
    """One page of rows."""
    session = reading()
    total = sum(view.counts[verdict] for verdict in shown or Verdict)
    if words:
        total = found.count_rows(session, view.id, shown, words)
    text = request.args.get("page", "1")
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(int(text) if text.isdecimal() and len(text) <= PAGE_DIGITS else 1, 1), pages)
    rows = found.preview_rows(
        session, view.id, shown, words=words, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
    )
    args = {key: value for key, value in request.args.items() if key in {"show", "q"}}
    path = url_for("imports.preview", import_id=view.id)
    return Listing(rows, total, page, PER_PAGE, "", path, args)


def _kept() -> dict[str, str]:
    return {name: request.args[name] for name in KEPT if request.args.get(name)}


def _to_list(import_id: int, number: int | None = None, **more: object) -> str:
    """Address of the list as it was, at a row."""
    anchor = None if number is None else f"row-{number}"
    args = more or _kept()
    return url_for("imports.preview", import_id=import_id, _anchor=anchor, **args)


# --- one row --------------------------------------------------------------------------


@bp.route("/<int:import_id>/rows/<int:number>", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def mend(import_id: int, number: int) -> str | BaseResponse:
    """One row as text, to be mended."""
    row = found.staged_row(reading(), import_id, number, viewer().person_id)
    form = MendForm()
    if form.ask():
        try:
            with transaction() as session:
                verdict = services.mend(
                    session, import_id=import_id, number=number, by_id=viewer().person_id,
                    cells=form.cells(), now=clock.now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse("stem", error.detail)
        except Conflict as error:
            form.form_errors = [error.detail]
        else:
            flash(*_mended(row, verdict))
            return redirect(_to_list(import_id, number))
    elif request.method == "GET":
        if not row.is_open or row.verdict is Verdict.DROPPED:
            return redirect(_to_list(import_id, number))
        form.show(cells_of(row.parsed))
    topics = [topic.name for topic in all_topics(reading())]
    return render_template(
        "imports/mend.html", row=row, form=form, topics=topics, kept=_kept(),
        back=_to_list(import_id, number), **SENTENCES,
    )  # fmt: skip


def _mended(row: StagedRow, verdict: Verdict) -> tuple[str, str]:
    """What is said of a row that was mended, and how."""
    place = where(row.parsed.place)
    said = {
        Verdict.GOOD: _("%(place)s已改好，可以导入。", place=place),
        Verdict.DOUBTFUL: _("%(place)s已存上，还有存疑的地方。", place=place),
        Verdict.REFUSED: _("%(place)s已存上，还不能导入，原因在这一行里。", place=place),
        Verdict.SAME: _("%(place)s已存上，与题库里的题完全相同，跳过。", place=place),
    }
    return said[verdict], "success" if verdict is Verdict.GOOD else "warning"


@bp.post("/<int:import_id>/rows/<int:number>/drop")
@requires(Permission.BANK_WRITE)
def drop(import_id: int, number: int) -> BaseResponse:
    """Leave a row out."""
    try:
        with transaction() as session:
            services.drop(session, import_id=import_id, number=number, by_id=viewer().person_id,
                          now=clock.now())  # fmt: skip
    except Conflict as error:
        flash(error.detail, "warning")
    return redirect(_to_list(import_id, number))


@bp.post("/<int:import_id>/rows/<int:number>/take-back")
@requires(Permission.BANK_WRITE)
def take_back(import_id: int, number: int) -> BaseResponse:
    """Take a row in again that was left out."""
    try:
        with transaction() as session:
            services.take_back(session, import_id=import_id, number=number,
                               by_id=viewer().person_id, now=clock.now())  # fmt: skip
    except Conflict as error:
        flash(error.detail, "warning")
    return redirect(_to_list(import_id, number))


# --- many rows at once ----------------------------------------------------------------


@bp.post("/<int:import_id>/topics")
@requires(Permission.BANK_WRITE)
def map_topics(import_id: int) -> str | BaseResponse:
    """Say which topics the topics of the file are."""
    return _map(import_id, TopicsForm(), services.map_topics,
                lambda n: _("已对应，改了 %(n)s 行的知识点。", n=n))  # fmt: skip


@bp.post("/<int:import_id>/bases")
@requires(Permission.BANK_WRITE)
def map_bases(import_id: int) -> str | BaseResponse:
    """Say which articles the citations of the file are."""
    return _map(import_id, BasesForm(), services.map_bases,
                lambda n: _("已对应，改了 %(n)s 行的法规依据。", n=n))  # fmt: skip


def _map(
    import_id: int, form: TopicsForm | BasesForm, service: Callable[..., int],
    said: Callable[[int], str],
) -> str | BaseResponse:  # fmt: skip
    """Map words of the file by a form. ``said``: what to say of so many changed rows."""
    view = queries.own_import(reading(), import_id, viewer().person_id)
    try:
        with transaction() as session:
            changed = service(
                session, import_id=import_id, by_id=viewer().person_id, chosen=form.chosen(),
                now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.form_errors = [error.detail]
        form.refuse_texts(error.extra["wrong"])
        return _page(
            view, topics=form if isinstance(form, TopicsForm) else None,
            bases=form if isinstance(form, BasesForm) else None,
        )  # fmt: skip
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        flash(said(changed), "success")
    return redirect(_to_list(import_id))


@bp.post("/<int:import_id>/whole")
@requires(Permission.BANK_WRITE)
def say_of_whole(import_id: int) -> str | BaseResponse:
    """Say once for the file where it comes from, what it is for, and where rows without a topic go."""
    view = queries.own_import(reading(), import_id, viewer().person_id)
    form = WholeForm()
    if not form.ask():
        return _page(view, whole=form)
    try:
        with transaction() as session:
            services.say_of_whole(
                session, import_id=import_id, by_id=viewer().person_id,
                source=form.source.data or "", pool=form.chosen_pool,
                pool_is_for_all=bool(form.pool_is_for_all.data), topic_id=form.topic_id,
                now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse("topic", error.detail)
        return _page(view, whole=form)
    except Conflict as error:
        flash(error.detail, "warning")
    else:
        flash(_("已存上，导入时对整个文件生效。"), "success")
    return redirect(_to_list(import_id))


@bp.get("/<int:import_id>/refused.xlsx")
@requires(Permission.BANK_WRITE)
def refused(import_id: int) -> Response:
    """The rows that cannot go in, as a workbook to mend and upload again."""
    session = reading()
    queries.own_import(session, import_id, viewer().person_id)
    rows = [
        (cells, where(place), joined(said))
        for cells, place, said in found.refused_rows(session, import_id)
    ]
    name = f"refused-{import_id}-{clock.today():%Y%m%d}.xlsx"
    file = BytesIO(xlsx.refused(rows))
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name, max_age=0)
