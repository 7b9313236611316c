"""Pages on which a question is written or changed, and the preview that follows the typing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid
from core.guards import requires, viewer
from core.permissions import Permission
from question_bank.editor.rules import seen
from question_bank.formats.sentences import what
from question_bank.laws import queries as laws
from question_bank.questions import queries, services
from question_bank.questions.forms import WORDS, QuestionForm
from question_bank.questions.queries import QuestionView, VersionView
from question_bank.questions.rules import MAX_BASIS, Draft, VersionState, findings, longest_by
from question_bank.questions.shuffling import pointers
from question_bank.questions.views import bp, remarks_on
from question_bank.topics import queries as topics

LARGEST_ID = 10**15
MAX_LABEL = 32
LONG_BY = 6  # so many characters more give the right option away


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def create() -> str | BaseResponse:
    """Write a new question; ``law`` and ``article`` in the address: on which it is to rest."""
    form = QuestionForm()
    if request.method == "GET":
        form.begin()
        form.law.data = request.args.get("law", "").strip()[:MAX_BASIS]
        form.article.data = request.args.get("article", "").strip()[:MAX_LABEL]
    elif not form.rearrange(request.form.get("do", "")):
        answer = _keep(form, None)
        if answer is not None:
            return answer
    return _editor(form, None)


@bp.route("/<int:question_id>/edit", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def edit(question_id: int) -> str | BaseResponse:
    """Change a draft in place, or write the next version of what was reviewed."""
    question = queries.question(reading(), question_id)
    newest = question.newest
    if newest.state is VersionState.IN_REVIEW:
        raise Conflict(_("这道题正在审核，审完才能改。"))
    form = QuestionForm()
    if request.method == "GET":
        form.show(newest.draft, newest.topic_id)
        _follow_basis(form, newest)
        form.base.data, form.revision.data = str(newest.id), newest.revision
        return _editor(form, question)
    if form.rearrange(request.form.get("do", "")):
        return _editor(form, question)
    answer = _keep(form, question)
    return answer if answer is not None else _editor(form, question)


def _follow_basis(form: QuestionForm, version: VersionView) -> None:
    """Name the article by its present label: the former one may stand for another by now."""
    standing = laws.standing_of(reading(), version.article, clock.today())
    if standing is None or version.article is None:
        return
    if standing.present is None:
        form.article.data = ""
    elif not standing.stands or version.article.cited_label:
        form.article.data = standing.present.label


@bp.post("/preview")
@requires(Permission.BANK_WRITE)
def preview() -> str:
    """The parts of the editor that follow the typing, for its script; nothing is kept."""
    asked = request.args.get("question", 0, type=int)
    question = queries.question(reading(), asked) if 0 < asked < LARGEST_ID else None
    form = QuestionForm()
    form.rearrange(request.form.get("do", "look"))
    return render_template("questions/live.html", **_shown(form, question))


def _keep(form: QuestionForm, question: QuestionView | None) -> BaseResponse | None:
    """Save, and send to review where asked; None where something is to be put right first."""
    with_review = request.form.get("do") == "submit"
    _offer(form)
    if not form.is_sound():
        return None
    try:
        with transaction() as session:
            article = laws.article_for(session, form.basis, clock.today())
            content: dict[str, Any] = {
                "draft": form.draft(), "topic_id": form.topic.data,
                "article_id": article.id if article else None, "now": clock.now(),
            }  # fmt: skip
            question_id, version_id = services.keep(
                session, question=question, base_id=form.base_id,
                revision=form.revision.data or 0, by_id=viewer().person_id, **content,
            )  # fmt: skip
            if with_review:
                services.submit_for_review(
                    session, version_id=version_id, by_id=viewer().person_id, now=clock.now(),
                    comment=form.comment.data or "",
                )  # fmt: skip
    except Invalid as error:
        form.refuse(form.field_for(error.extra.get("field", "")), error.detail)
        return None
    except Conflict as error:
        form.form_errors.append(error.detail)
        return None
    flash(_("已送审。") if with_review else _("草稿已保存。"), "success")
    return redirect(url_for("questions.show", question_id=question_id))


def _offer(form: QuestionForm) -> None:
    session = reading()
    form.offer([(each.id, each.name) for each in topics.topics(session)], laws.titles(session))


def _editor(form: QuestionForm, question: QuestionView | None) -> str:
    _offer(form)
    stored = _changed_meanwhile(form, question)
    if stored is not None:  # what is kept now has been seen; saving again goes on from there
        form.base.data, form.revision.data = str(stored.id), stored.revision
    return render_template(
        "questions/edit.html", question=question, stored=stored, is_touched=request.method == "POST",
        remarks=remarks_on(question) if question else None, **_shown(form, question),
    )  # fmt: skip


def _shown(form: QuestionForm, question: QuestionView | None) -> dict[str, Any]:
    """What follows from what is typed: preview, checks, the cited article."""
    session, draft = reading(), form.draft()
    article = laws.article_for(session, draft.basis, clock.today())
    return {
        "form": form,
        "draft": draft,
        "seen": seen(draft),
        "words": WORDS,
        "checks": _checks(draft, question, article is not None),
        "article": laws.articles_by_id(session, [article.id])[article.id] if article else None,
    }


def _changed_meanwhile(form: QuestionForm, question: QuestionView | None) -> VersionView | None:
    """What the bank holds now, where that is not what the editor saw."""
    if question is None:
        return None
    newest = queries.question(reading(), question.id).newest
    is_same = str(newest.id) == form.base.data and newest.revision == form.revision.data
    return None if is_same else newest


def _checks(
    draft: Draft, question: QuestionView | None, has_article: bool
) -> list[tuple[bool, str]]:
    """(is well, sentence) of what is looked at before a question goes to review."""
    wrong = findings(draft)
    checks = [(False, what(finding)) for finding in wrong] or [(True, _("有答案，选项没有重复"))]
    if has_article:
        checks.append((True, _("依据是现行有效的条文")))
    elif draft.basis:
        checks.append((False, _("法规库里没有找到这一条")))
    else:
        checks.append((False, _("没有写法规依据")))
    checks += _former_basis(question)
    twin = queries.same_content(reading(), draft.digest, question.id if question else None)
    if twin and not wrong:
        checks.append((False, _("题库里已经有完全相同的题 %(code)s", code=twin)))
    elif not wrong:
        checks.append((True, _("题库里没有相同的题")))
    if (more := longest_by(draft)) >= LONG_BY:
        checks.append((False, _("正确选项比其他选项长 %(n)s 字，容易被猜到", n=more)))
    if pointed := pointers(draft):
        said = _("、").join(pointed[:3])
        checks.append((False, _("提到了选项的位置（%(words)s），考试时选项不乱序", words=said)))
    return checks


def _former_basis(question: QuestionView | None) -> list[tuple[bool, str]]:
    """What became of the article that the question rested on, where its text is not in force."""
    article = question.newest.article if question else None
    standing = laws.standing_of(reading(), article, clock.today())
    if standing is None or standing.stands:
        return []
    old, present = standing.cited.label, standing.present
    if present is None:
        return [(False, _("原来的依据%(old)s已经不在现行文本里", old=old))]
    said = _("原来的依据%(old)s已经修改，现行的是%(new)s", old=old, new=present.label)
    return [(False, said)]
