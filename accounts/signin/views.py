"""Pages for signing in and out, one's own sign-ins, password, text size and language."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import flask
from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.signin import rules, services
from accounts.signin.api import begin, sentence_of, try_sign_in
from accounts.signin.forms import (
    ChangePasswordForm,
    FirstPasswordForm,
    NewPasswordForm,
    SignInForm,
)
from accounts.signin.queries import account_for, is_due_to_be_seen, link_owner, sessions_of
from accounts.throttle import services as throttle
from accounts.throttle.queries import gate
from accounts.throttle.rules import account_key, address_key
from accounts.throttle.services import Refused
from core import clock, guards, kept
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import current_viewer, public, requires, viewer
from core.kept import Kept
from core.permissions import Permission
from core.problems import offer_sign_in

bp = Blueprint("accounts", __name__)

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


# --- signing in -------------------------------------------------------------------


def _sign_in_page(
    form: SignInForm, again: Kept | None, *, status: int = 200, why: str = ""
) -> tuple[str, int]:
    page = render_template("accounts/sign_in.html", form=form, kept=again, why=why)
    return page, status


def ask_to_sign_in(again: Kept | None, why: str, status: int) -> tuple[str, int]:
    """The sign-in page in answer to a form that came after the sign-in had ended."""
    return _sign_in_page(SignInForm(formdata=None), again, status=status, why=why)


def resume_page(again: Kept, why: str = "", status: int = 200) -> tuple[str, int]:
    """What was kept of a form, to be sent again with one click."""
    return render_template("accounts/resume.html", kept=again, why=why), status


@bp.record_once
def _register(state: BlueprintSetupState) -> None:
    offer_sign_in(cast(Flask, state.app), ask_to_sign_in, resume_page)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Answer:
    """Staff number and password; then to the page first asked for, or on with what was kept."""
    form, again = SignInForm(), kept.carried()
    target = rules.local_path(request.values.get("next")) or url_for("home.index")
    form.next.data = rules.local_path(request.values.get("next")) or ""
    if request.method == "GET" and current_viewer() is not None:
        return redirect(target)
    if not form.ask():
        return _sign_in_page(form, again, status=200 if request.method == "GET" else 422)
    outcome = try_sign_in(form.staff_no.data or "", form.password.data or "")
    if isinstance(outcome, Refused):
        form.form_errors.append(sentence_of(outcome))
        page, _status = _sign_in_page(form, again)
        if outcome.retry_after:
            return page, 429, {"Retry-After": str(outcome.retry_after)}
        return page, 429 if outcome.until else 401
    begin(outcome)
    if again is not None and not viewer().must_change_password:
        return resume_page(again)
    return redirect(target)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """End this sign-in; once is enough."""
    person = current_viewer()
    if person is not None:
        with transaction() as session:
            services.sign_out(
                session, person_id=person.person_id, token=person.session_token, now=clock.now()
            )
    language = flask.session.get("language")
    flask.session.clear()
    if language:
        flask.session["language"] = language
    return redirect(url_for("accounts.sign_in"))


@bp.before_app_request
def _note_seen() -> None:
    """A sign-in in use stays: noted at most once in five minutes, and never on the hot paths."""
    access = guards.access_of(request.endpoint) if request.endpoint else None
    if access is None or access.permission is None or access.in_query:
        return
    person, now = viewer(), clock.now()
    if is_due_to_be_seen(reading(), person.session_token, seen_before=now - rules.SEEN_EVERY):
        with transaction() as session:
            services.note_seen(session, token=person.session_token, now=now)


# --- one's own sign-ins -----------------------------------------------------------


@bp.get("/account/sessions")
@requires(Permission.ACCOUNT_OWN)
def my_sessions() -> str:
    """On which devices one is signed in."""
    person, now = viewer(), clock.now()
    idle = timedelta(hours=current_app.extensions["settings"].session_idle_hours)
    rows = sessions_of(
        reading(), person.person_id, token=person.session_token, now=now, idle_since=now - idle
    )
    return render_template("accounts/my_sessions.html", rows=rows)


@bp.post("/account/sessions/<int:session_id>/end")
@requires(Permission.ACCOUNT_OWN)
def end_session(session_id: int) -> Response:
    """Sign out one device."""
    with transaction() as session:
        services.end_session(
            session, person_id=viewer().person_id, session_id=session_id, now=clock.now()
        )
    flash(_("这台设备已退出登录"))
    return redirect(url_for("accounts.my_sessions"))


@bp.post("/account/sessions/end-all")
@requires(Permission.ACCOUNT_OWN)
def end_all_sessions() -> Response:
    """Sign out everywhere, here too."""
    with transaction() as session:
        services.sign_out_everywhere(session, person_id=viewer().person_id, now=clock.now())
    flask.session.clear()
    flash(_("所有设备都已退出登录"))
    return redirect(url_for("accounts.sign_in"))


# --- passwords --------------------------------------------------------------------


@bp.route("/account/password", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN, with_first_password=True)
def change_password() -> Answer:
    """One's own new password; all other sign-ins end."""
    person = viewer()
    is_first = person.must_change_password
    form = FirstPasswordForm() if is_first else ChangePasswordForm()
    if not form.ask() or not form.is_same_twice() or not _may_change(form):
        page = render_template("accounts/change_password.html", form=form, is_first=is_first)
        return page, 200 if request.method == "GET" else 422
    hashed = services.hash_password(form.password.data or "")
    with transaction() as session:
        services.change_password(
            session, person_id=person.person_id, password_hash=hashed, token=person.session_token,
            now=clock.now(),
        )  # fmt: skip
    flash(_("密码已改，其他设备上的登录已退出"))
    return redirect(url_for("home.index"))


def _may_change(form: NewPasswordForm) -> bool:
    """Whether the present password is right and the new one good; says beside a field why not."""
    person = viewer()
    new = form.password.data or ""
    try:
        services.ensure_strong(new, about=[person.name, person.staff_no, person.unit_name])
    except Invalid as error:
        form.refuse("password", error.detail)
        return False
    account = account_for(reading(), person.staff_no)
    stored = account.password_hash if account else ""
    if isinstance(form, ChangePasswordForm):
        refused = _guess(stored, form.current.data or "")
        if refused:
            form.refuse("current", refused)
            return False
    if services.check_password(stored, new):
        form.refuse("password", _("新密码和现在的一样"))
        return False
    return True


def _guess(stored: str, password: str) -> str:
    """Check the present password, counted like a sign-in; the sentence of a refusal."""
    now, person = clock.now(), viewer()
    key = account_key(person.staff_no, is_known=True)
    by_address = address_key(request.remote_addr or "", now)
    locked = gate(reading(), account_key=key, address_key=by_address, now=now).locked_until
    if locked:
        return sentence_of(Refused(until=locked))
    if services.check_password(stored, password):
        return ""
    with transaction() as session:
        refused = throttle.note_failure(
            session, staff_no=person.staff_no, is_known=True, address_key=by_address, now=now
        )
    if refused.until:
        return sentence_of(refused)
    return _("现在的密码不对，还可以试 %(n)s 次", n=refused.tries_left)


@bp.route("/link/<token>", methods=["GET", "POST"])
@public
def use_link(token: str) -> Answer:
    """Set a password by a one-time link, and be signed in."""
    owner = link_owner(reading(), token, clock.now())
    form = NewPasswordForm()
    if form.ask() and form.is_same_twice():
        password = form.password.data or ""
        try:
            services.ensure_strong(password, about=[owner.name, owner.staff_no, owner.unit_name])
        except Invalid as error:
            form.refuse("password", error.detail)
        else:
            return _set_by_link(token, owner.staff_no, services.hash_password(password))
    page = render_template("accounts/use_link.html", form=form, owner=owner)
    return page, 200 if request.method == "GET" else 422


def _set_by_link(token: str, staff_no: str, password_hash: str) -> Response:
    now = clock.now()
    with transaction() as session:
        person_id = services.use_link(session, token=token, password_hash=password_hash, now=now)
        signed_in = services.begin_session(
            session, person_id=person_id, staff_no=staff_no, address=request.remote_addr or "",
            device=rules.device_of(request.user_agent.string), now=now,
            days=current_app.extensions["settings"].session_days,
        )  # fmt: skip
    begin(signed_in)
    flash(_("密码已设好"))
    return redirect(url_for("home.index"))


# --- how the pages look -----------------------------------------------------------


@bp.post("/account/text-size")
@requires(Permission.ACCOUNT_OWN, with_first_password=True)
def set_text_size() -> Response:
    """Larger or smaller text: the size sent, or the next one."""
    person = viewer()
    size = request.form.get("size", rules.next_text_size(person.text_size))
    if size in rules.TEXT_SIZES:
        with transaction() as session:
            services.keep_look(session, person.person_id, text_size=size)
    return redirect(_back())


@bp.post("/language")
@public
def set_language() -> Response:
    """The other language; kept in the account of who is signed in."""
    language = request.form.get("language", "")
    if language in rules.LANGUAGES:
        flask.session["language"] = language
        person = current_viewer()
        if person is not None:
            with transaction() as session:
                services.keep_look(session, person.person_id, locale=language)
    return redirect(_back())


def _back() -> str:
    """The page that a small form stands on, where it can be opened again."""
    target = rules.local_path(request.form.get("next", "").rstrip("?"))
    return target if target and kept.module_behind(target, "GET") else url_for("home.index")
