"""Deny unless allowed: every view says who may call it, and nothing runs before that is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import current_app, g, has_request_context, request, session
from flask_babel import gettext as _
from flask_login import current_user

from core.audit.services import Actor
from core.errors import Forbidden, Unauthenticated
from core.permissions import Permission
from core.viewer import Viewer

View = TypeVar("View", bound=Callable[..., object])

# Files that ship with installed packages and with us; they hold nothing of anyone.
STATIC_ENDPOINTS = frozenset({"static", "bootstrap.static"})


class MustChangePassword(Forbidden):
    """Signed in with a first password: nothing else opens before it is changed."""

    code = "must_change_password"


@dataclass(frozen=True)
class Access:
    """Who may call a view. ``permission`` None: anyone."""

    permission: Permission | None
    in_query: bool = False  # the view's own statement checks session, owner and role
    with_first_password: bool = False


def public(view: View) -> View:
    """Anyone may call this view."""
    view.__access__ = Access(None)  # type: ignore[attr-defined]
    return view


def requires(
    permission: Permission, *, in_query: bool = False, with_first_password: bool = False
) -> Callable[[View], View]:
    """Only who holds the permission may call this view.

    ``in_query``: for hot paths whose one statement joins session, owner and role itself.
    """

    def mark(view: View) -> View:
        view.__access__ = Access(permission, in_query, with_first_password)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(endpoint: str) -> Access | None:
    """What the view behind an endpoint says; None where it is silent."""
    return getattr(current_app.view_functions[endpoint], "__access__", None)


def current_viewer() -> Viewer | None:
    """Who is signed in on this request."""
    person = cast(Viewer, current_user)
    return person if person.is_authenticated else None


def viewer() -> Viewer:
    """Who is signed in; for views that require it."""
    found = current_viewer()
    if found is None:
        raise Unauthenticated(_("登录已结束，请重新登录"))
    return found


def session_token() -> str:
    """The token of the request's server-side session, unverified; for ``in_query`` views."""
    token = session.get("_user_id")
    if not token:
        raise Unauthenticated(_("登录已结束，请重新登录"))
    return str(token)


def enforce() -> None:
    """Before every request: refuse whatever is not expressly allowed."""
    if request.endpoint is None or request.endpoint in STATIC_ENDPOINTS:
        return
    access = access_of(request.endpoint)
    if access is None:
        raise Forbidden(_("没有权限"))
    if access.permission is None or access.in_query:
        return
    person = viewer()
    if person.must_change_password and not access.with_first_password:
        raise MustChangePassword(_("请先把初始密码改成自己的密码"))
    if not person.may(access.permission):
        raise Forbidden(_("您的角色没有这项权限"))


def request_actor() -> Actor | None:
    """On whose account this request acts; None outside requests."""
    if not has_request_context():
        return None
    person = current_viewer()
    return Actor(
        label=person.staff_no if person else "anonymous",
        person_id=person.person_id if person else None,
        address=request.remote_addr or "",
        request_id=g.get("request_id", ""),
    )
