"""Pages on which an admin decides who may do what: roles and accounts."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.people.queries import person_in_scope
from accounts.roles import services
from accounts.roles.forms import ROLE_LABELS, GrantForm, ReasonForm
from accounts.roles.queries import live_grant
from accounts.units.queries import tree
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Invalid
from core.guards import requires, viewer
from core.permissions import Permission, Role

bp = Blueprint("roles", __name__, url_prefix="/people/<int:person_id>")


@bp.route("/roles/new", methods=["GET", "POST"])
@requires(Permission.ROLE_GRANT)
def grant(person_id: int) -> str | Response:
    """Give a person a role."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.ROLE_GRANT)
    form = GrantForm()
    form.offer(tree(reading(), clock.today()))
    if form.ask():
        try:
            with transaction() as session:
                person = person_in_scope(session, person_id, viewer(), Permission.ROLE_GRANT)
                services.grant(
                    session, person_id=person.id, role=Role(form.role.data), unit_id=form.unit_id,
                    expires_at=form.expires_at, reason=form.reason.data or "",
                    by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except Invalid as refusal:
            form.refuse(refusal.extra.get("field", "role"), refusal.detail)
        except AppError as refusal:
            form.refuse("role", refusal.detail)
        else:
            label = ROLE_LABELS[Role(form.role.data)]
            flash(_("已授予%(name)s“%(role)s”角色", name=person.name, role=label), "success")
            return redirect(url_for("roster.show", person_id=person_id))
    return render_template("roles/grant.html", form=form, person=person)


@bp.route("/roles/<int:grant_id>/revoke", methods=["GET", "POST"])
@requires(Permission.ROLE_GRANT)
def revoke(person_id: int, grant_id: int) -> str | Response:
    """Take a role away."""
    session = reading()
    person = person_in_scope(session, person_id, viewer(), Permission.ROLE_GRANT)
    held = live_grant(session, person_id, grant_id, clock.now())
    form = ReasonForm()
    if form.ask():
        try:
            with transaction() as session:
                services.revoke(
                    session, person_id=person_id, grant_id=grant_id,
                    reason=form.reason.data or "", by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except AppError as refusal:
            form.refuse("reason", refusal.detail)
        else:
            flash(_("已撤销%(name)s的“%(role)s”角色", name=person.name,
                    role=ROLE_LABELS[held.role]), "success")  # fmt: skip
            return redirect(url_for("roster.show", person_id=person_id))
    return render_template(
        "roles/revoke.html", form=form, person=person, held=held, role_labels=ROLE_LABELS
    )


@bp.route("/disable", methods=["GET", "POST"])
@requires(Permission.ROLE_GRANT)
def disable(person_id: int) -> str | Response:
    """Let nobody sign in with a person's account any more."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.ROLE_GRANT)
    form = ReasonForm()
    if form.ask():
        try:
            with transaction() as session:
                services.disable_account(
                    session, person_id=person.id, reason=form.reason.data or "",
                    by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except AppError as refusal:
            form.refuse("reason", refusal.detail)
        else:
            flash(_("已停用%(name)s的账号，已登录的也已退出", name=person.name), "success")
            return redirect(url_for("roster.show", person_id=person_id))
    return render_template("roles/disable.html", form=form, person=person)


@bp.post("/enable")
@requires(Permission.ROLE_GRANT)
def enable(person_id: int) -> Response:
    """Let a person sign in again."""
    with transaction() as session:
        person = person_in_scope(session, person_id, viewer(), Permission.ROLE_GRANT)
        services.enable_account(session, person_id=person.id)
    flash(_("已恢复%(name)s的账号，密码没有变", name=person.name), "success")
    return redirect(url_for("roster.show", person_id=person_id))
