"""Signing in and out for programs; and the door that the pages use too."""

from __future__ import annotations

from datetime import timedelta

import flask
from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from pydantic import Field
from spectree import Response as Answers

from accounts.signin import rules, services
from accounts.signin.queries import account_for
from accounts.signin.services import SignedIn
from accounts.throttle import services as throttle
from accounts.throttle.queries import gate
from accounts.throttle.rules import account_key, address_key
from accounts.throttle.services import Refused
from core import clock
from core.db import reading, transaction
from core.errors import AppError, TooMany, Unauthenticated
from core.formats import civil_time_text
from core.guards import public, requires, viewer
from core.openapi import PREFIX, Problem, Schema, spec
from core.permissions import Permission

bp = Blueprint("accounts_api", __name__, url_prefix=PREFIX)


class Credentials(Schema):
    """What a program signs in with."""

    staff_no: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024)


class PersonOut(Schema):
    """Who is signed in."""

    staff_no: str
    name: str
    unit: str


class SessionOut(Schema):
    """A sign-in: the token goes into X-CSRFToken of every unsafe request."""

    csrf_token: str
    person: PersonOut


class NotJson(AppError):
    """Only JSON signs in: a form of another site cannot send it."""

    status = 415
    code = "not_json"


def try_sign_in(staff_no: str, password: str) -> SignedIn | Refused:
    """Check a staff number and password; whatever comes of it is committed when this returns."""
    now, address = clock.now(), request.remote_addr or ""
    staff_no = rules.normal_staff_no(staff_no)
    session = reading()
    account = account_for(session, staff_no)
    by_address = address_key(address, now)
    door = gate(
        session, now=now, address_key=by_address,
        account_key=account_key(staff_no, is_known=account is not None),
    )  # fmt: skip
    session.close()  # a slow hash holds no connection
    if door.locked_until:
        return Refused(until=door.locked_until)
    if door.is_slowed:
        with transaction() as session:
            if not throttle.take_turn(session, address_key=by_address, now=now):
                return Refused(retry_after=2)
    is_right = services.check_password(account.password_hash if account else "", password)
    with transaction() as session:
        if account is not None and is_right:
            return services.admit(
                session, account=account, address=address, now=clock.now(),
                device=rules.device_of(request.user_agent.string),
                days=current_app.extensions["settings"].session_days,
            )  # fmt: skip
        return throttle.note_failure(
            session, staff_no=staff_no, is_known=account is not None, address_key=by_address,
            now=clock.now(),
        )  # fmt: skip


def begin(signed_in: SignedIn) -> None:
    """Put a new sign-in into the cookie; nothing of the former one stays but the language."""
    language = flask.session.get("language")
    flask.session.clear()
    g.pop("csrf_token", None)
    g.pop("_login_user", None)
    flask.session["_user_id"] = signed_in.token
    flask.session["_fresh"] = True
    if language:
        flask.session["language"] = language


def sentence_of(refused: Refused) -> str:
    """Why a sign-in was refused, and what to do."""
    if refused.retry_after:
        return _("这个网络地址上输错太多次，要一个一个来：请过 %(n)s 秒再试", n=refused.retry_after)
    if refused.until:
        until = civil_time_text(refused.until + timedelta(seconds=59))
        return _("试错次数太多，这个工号锁定到 %(time)s，到时再试", time=until)
    return _("工号或密码不对，还可以试 %(n)s 次", n=refused.tries_left)


@bp.before_request
def _only_json() -> None:
    """Refuse what is not application/json, so that no other site's form can sign anybody in."""
    if request.method == "POST" and request.mimetype != "application/json":
        raise NotJson(_("请用 application/json 发送"))


@bp.post("/session")
@public
@spec.validate(
    json=Credentials,
    resp=Answers(HTTP_200=SessionOut, HTTP_401=Problem, HTTP_415=Problem, HTTP_429=Problem),
    tags=["session"],
)
def sign_in() -> Response:
    """Sign in: a cookie and the CSRF token that belongs to it."""
    sent: Credentials = request.context.json  # type: ignore[attr-defined]
    outcome = try_sign_in(sent.staff_no, sent.password)
    if isinstance(outcome, Refused):
        raise _refusal(outcome)
    begin(outcome)
    person = viewer()
    return jsonify(
        csrf_token=generate_csrf(),
        person={"staff_no": person.staff_no, "name": person.name, "unit": person.unit_name},
    )


def _refusal(refused: Refused) -> AppError:
    """The problem that says why a sign-in was refused."""
    if refused.until:
        seconds = max(1, int((refused.until - clock.now()).total_seconds()) + 1)
        return TooMany(sentence_of(refused), code="locked", retry_after=seconds)
    if refused.retry_after:
        return TooMany(sentence_of(refused), retry_after=refused.retry_after)
    return Unauthenticated(
        sentence_of(refused), code="wrong_credentials", tries_left=refused.tries_left
    )


@bp.delete("/session")
@requires(Permission.ACCOUNT_OWN, with_first_password=True)
@spec.validate(resp=Answers("HTTP_204", HTTP_401=Problem), tags=["session"])
def sign_out() -> tuple[str, int]:
    """Sign out."""
    person = viewer()
    with transaction() as session:
        services.sign_out(
            session, person_id=person.person_id, token=person.session_token, now=clock.now()
        )
    flask.session.clear()
    return "", 204


@bp.record_once
def _exempt(state: BlueprintSetupState) -> None:
    """Nobody has a CSRF token before signing in; JSON from elsewhere is refused by the browser."""
    state.app.extensions["csrf"].exempt(sign_in)
