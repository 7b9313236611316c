"""The page of topics."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires
from core.permissions import Permission
from question_bank.questions.forms import TopicForm
from question_bank.questions.views import bp
from question_bank.topics import queries, services


@bp.route("/topics", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def topics() -> str | BaseResponse:
    """All topics; a new one."""
    form = TopicForm()
    if form.ask():
        try:
            with transaction() as session:
                services.create_topic(session, name=form.name.data or "")
        except Invalid as error:
            form.refuse("name", error.detail)
        else:
            flash(_("知识点“%(name)s”已建立。", name=form.name.data), "success")
            return redirect(url_for("questions.topics"))
    return render_template("questions/topics.html", topics=queries.topic_rows(reading()), form=form)


@bp.route("/topics/<int:topic_id>", methods=["GET", "POST"])
@requires(Permission.BANK_WRITE)
def topic(topic_id: int) -> str | BaseResponse:
    """Rename a topic."""
    found = queries.topic(reading(), topic_id)
    form = TopicForm(name=found.name)
    if form.ask():
        try:
            with transaction() as session:
                services.rename_topic(session, topic_id=topic_id, name=form.name.data or "")
        except Invalid as error:
            form.refuse("name", error.detail)
        else:
            flash(_("已改名为“%(name)s”。", name=form.name.data), "success")
            return redirect(url_for("questions.topics"))
    return render_template("questions/topic.html", topic=found, form=form)
