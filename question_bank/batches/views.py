"""Pages of one change to many questions: choose, see what will happen, do it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.batches import queries, services
from question_bank.batches.forms import ChangeForm
from question_bank.batches.rules import MAX_AT_ONCE, Wanted
from question_bank.filters.rules import read_address, tidied
from question_bank.questions.forms import DIFFICULTIES, POOLS, WORDS
from question_bank.questions.views import bp
from question_bank.topics import queries as topics

SHOWN = 10  # codes that a message names


def _topics() -> list[tuple[int, str]]:
    return [(each.id, each.name) for each in topics.topics(reading())]


@bp.post("/batch")
@requires(Permission.BANK_WRITE)
def batch() -> str | BaseResponse:
    """The questions that were ticked in the list, or all that it shows: what shall they have?"""
    form = ChangeForm()
    form.address.data = tidied(form.address.data or "")
    ids = [int(text) for text in request.form.getlist("question") if text.isdecimal()]
    if request.form.get("scope") == "all":
        ids = queries.matching_questions(reading(), read_address(form.address.data))
    if request.form.get("do") != "preview":
        form.questions.data = ",".join(str(id_) for id_ in ids)
    if trouble := _trouble(form.ids):
        flash(trouble, "warning")
        return redirect(_list_url(form))
    known = _topics()
    wanted = form.wanted(known)
    if request.form.get("do") == "preview" and not wanted.values:
        form.form_errors.append(_("选好要改成什么：知识点、难度或用途。"))
    return _page(form, known, wanted)


def _trouble(ids: list[int]) -> str:
    if not ids:
        return _("先勾选要改的题。")
    if len(ids) > MAX_AT_ONCE:
        return _("一次最多改 %(max)s 题。把条件缩小一些再来。", max=MAX_AT_ONCE)
    return ""


def _page(form: ChangeForm, known: list[tuple[int, str]], wanted: Wanted) -> str:
    """Without anything wanted the form alone; else what will happen, and the button that does it."""
    form.offer(known)
    found = queries.targets(reading(), form.ids)
    return render_template(
        "questions/batch.html", form=form, count=len(found), words=WORDS,
        plan=queries.planned(found, wanted) if wanted.values else None,
        sentence=_sentence(wanted, dict(known)), back=_list_url(form),
    )  # fmt: skip


def _sentence(wanted: Wanted, names: dict[int, str]) -> str:
    """What changes, for people: 知识点改为“主动公开”，难度改为“难”."""
    parts = []
    if wanted.topic_id is not None:
        parts.append(_("知识点改为“%(word)s”", word=names.get(wanted.topic_id, "")))
    if wanted.difficulty is not None:
        parts.append(_("难度改为“%(word)s”", word=DIFFICULTIES[wanted.difficulty]))
    if wanted.pool is not None:
        parts.append(_("用途改为“%(word)s”", word=POOLS[wanted.pool]))
    return _("，").join(parts)


def _list_url(form: ChangeForm) -> str:
    address = form.address.data
    return f"{url_for('questions.index')}?{address}" if address else url_for("questions.index")


@bp.post("/batch/apply")
@requires(Permission.BANK_WRITE)
def apply_batch() -> str | BaseResponse:
    """Change them; then the list again."""
    form = ChangeForm()
    form.address.data = tidied(form.address.data or "")
    known = _topics()
    wanted = form.wanted(known)
    try:
        with transaction() as session:
            done = services.change_many(
                session, question_ids=form.ids, wanted=wanted, by_id=viewer().person_id,
                comment=_("批量修改：%(what)s", what=_sentence(wanted, dict(known))),
                now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.form_errors.append(error.detail)
        return _page(form, known, wanted)
    flash(
        _("已改草稿 %(drafts)s 题；已通过的 %(sent)s 题起草了新版并送审。",
          drafts=done.in_place, sent=done.sent),
        "success",
    )  # fmt: skip
    if done.left:
        named = _("、").join(done.left[:SHOWN])
        flash(
            _("没有改 %(n)s 题：%(codes)s。", n=len(done.left), codes=_named(named, done)),
            "warning",
        )
    return redirect(_list_url(form))


def _named(named: str, done: services.Changed) -> str:
    return _("%(codes)s 等", codes=named) if len(done.left) > SHOWN else named
