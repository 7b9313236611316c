"""Pages of the filters that people keep."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.filters import queries, services
from question_bank.filters.forms import FilterForm
from question_bank.filters.rules import tidied
from question_bank.questions.views import bp


@bp.get("/filters")
@requires(Permission.BANK_READ)
def filters() -> str:
    """One's own filters, to be renamed, shared and dropped, and the shared ones of others."""
    return _page(None)


def _page(form: FilterForm | None, wrong_id: int = 0) -> str:
    """``form``: a refused one; ``wrong_id``: the filter that it would have changed, 0 for a new one."""
    kept = queries.kept_filters(reading(), viewer().person_id)
    return render_template("questions/filters.html", kept=kept, form=form, wrong_id=wrong_id)


@bp.post("/filters")
@requires(Permission.BANK_READ)
def keep_filter() -> str | BaseResponse:
    """Keep the filters of the list under a name; then the list again."""
    form = FilterForm()
    form.address.data = tidied(form.address.data or "")
    if not form.ask():
        return _page(form)
    try:
        with transaction() as session:
            services.keep_filter(
                session, person_id=viewer().person_id, name=form.name.data or "",
                address=form.address.data, is_shared=bool(form.is_shared.data), now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra.get("field", "name"), error.detail)
        return _page(form)
    flash(_("筛选已存为“%(name)s”。", name=form.name.data), "success")
    return redirect(f"{url_for('questions.index')}?{form.address.data}")


@bp.post("/filters/<int:filter_id>")
@requires(Permission.BANK_READ)
def change_filter(filter_id: int) -> str | BaseResponse:
    """Rename one's own filter, share it or stop sharing it."""
    form = FilterForm()
    if not form.ask():
        return _page(form, filter_id)
    try:
        with transaction() as session:
            services.change_filter(
                session, filter_id=filter_id, person_id=viewer().person_id,
                name=form.name.data or "", is_shared=bool(form.is_shared.data),
            )  # fmt: skip
    except Invalid as error:
        form.refuse("name", error.detail)
        return _page(form, filter_id)
    flash(_("筛选“%(name)s”已改好。", name=form.name.data), "success")
    return redirect(url_for("questions.filters"))


@bp.post("/filters/<int:filter_id>/drop")
@requires(Permission.BANK_READ)
def drop_filter(filter_id: int) -> BaseResponse:
    """Drop one's own filter."""
    with transaction() as session:
        services.drop_filter(session, filter_id=filter_id, person_id=viewer().person_id)
    flash(_("筛选已删去。"), "success")
    return redirect(url_for("questions.filters"))
