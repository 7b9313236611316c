"""Every route × every role: in with the permission, out without it, and no silent route."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.db import transaction
from core.guards import STATIC_ENDPOINTS, Access
from core.permissions import Permission, Role, permissions_of
from tests.access_table import ACCESS, IN_QUERY, PUBLIC, SAMPLES, WITH_FIRST_PASSWORD
from tests.factories import make_login, make_person, make_unit, sign_in, sign_in_with

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def access_of(app: Flask, endpoint: str) -> Access:
    """What a view says of itself."""
    found: Access = getattr(app.view_functions[endpoint], "__access__")  # noqa: B009
    return found


def rules(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every rule, method and address to try."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC_ENDPOINTS:
            continue
        values = {name: SAMPLES.get(name, "999") for name in rule.arguments}
        built = app.url_map.bind("localhost").build(
            rule.endpoint,
            {name: int(value) if value.isdecimal() else value for name, value in values.items()},
        )
        for method in sorted((rule.methods or set()) & set(METHODS)):
            yield rule, method, built


def test_every_route_says_who_may_call_it_and_is_in_the_table(app: Flask) -> None:
    endpoints = set(app.view_functions) - STATIC_ENDPOINTS
    silent = {name for name in endpoints if not hasattr(app.view_functions[name], "__access__")}
    assert not silent, f"no @requires or @public: {sorted(silent)}"
    assert not endpoints - set(ACCESS), "not in tests/access_table.py"
    assert not set(ACCESS) - endpoints, "in tests/access_table.py, but nowhere else"
    said = {name: access_of(app, name) for name in endpoints}
    assert {name: access.permission for name, access in said.items()} == ACCESS
    assert {name for name, access in said.items() if access.in_query} == IN_QUERY
    assert {name for name, access in said.items() if access.with_first_password} == (
        WITH_FIRST_PASSWORD
    )


def test_every_permission_is_used_and_some_role_has_it() -> None:
    assert set(ACCESS.values()) - {PUBLIC} == set(Permission)
    assert permissions_of(frozenset(Role)) == set(Permission)


def ask(client: FlaskClient, method: str, path: str, csrf: str) -> TestResponse:
    """One request as a page or a program would send it."""
    headers = {"X-CSRFToken": csrf}
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.open(path, method=method, json={}, headers=headers)
    return client.open(path, method=method, data={"csrf_token": csrf})


def is_refused(answer: TestResponse) -> bool:
    """Whether the answer is: not you."""
    return answer.status_code in {401, 403} or (
        answer.status_code == 302 and answer.location.startswith("/sign-in?")
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_may_and_nothing_else(app: Flask, role: Role) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, role, unit=make_unit(session))
    may = permissions_of(frozenset({role}))
    wrong = []
    client, csrf = app.test_client(), ""
    for rule, method, path in rules(app):
        permission = ACCESS[rule.endpoint]
        if permission is PUBLIC:
            continue
        if not csrf:
            with app.app_context(), transaction() as session:
                token = make_login(session, person)
            csrf = sign_in_with(client, token)
        answer = ask(client, method, path, csrf)
        if rule.endpoint.startswith("accounts"):
            csrf = ""  # these may have ended the sign-in
        if rule.endpoint in IN_QUERY:
            is_right = answer.status_code in {403, 404, 422}
        else:
            is_right = is_refused(answer) is (permission not in may)
        if not is_right or answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
        answer.close()
    assert not wrong


def test_a_stranger_opens_what_is_public_and_nothing_else(app: Flask) -> None:
    wrong = []
    for rule, method, path in rules(app):
        client = app.test_client()
        with app.app_context(), transaction() as session:
            person = make_person(session)
        csrf = sign_in(client, person)
        with client.session_transaction() as cookie:
            del cookie["_user_id"]
        answer = ask(client, method, path, csrf)
        is_public = ACCESS[rule.endpoint] is PUBLIC
        is_right = is_refused(answer) is not is_public
        if rule.endpoint in IN_QUERY:
            is_right = answer.status_code in {401, 422}  # what does not fit is told to anyone
        if rule.endpoint in {"accounts.sign_in", "accounts_api.sign_in"}:
            is_right = answer.status_code == (200 if method == "GET" else 422)
        if not is_right or answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
        if not is_public and method == "GET" and not path.startswith("/api/"):
            assert answer.location.startswith("/sign-in?next=/")
        answer.close()
    assert not wrong


def test_a_first_password_opens_only_its_own_change(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, *Role, unit=make_unit(session), must_change=True)
    csrf = sign_in(client, person)
    wrong = []
    for rule, method, path in rules(app):
        if ACCESS[rule.endpoint] is PUBLIC or rule.endpoint in WITH_FIRST_PASSWORD | IN_QUERY:
            continue
        answer = ask(client, method, path, csrf)
        is_sent = answer.status_code == 302 and answer.location == "/account/password"
        is_told = answer.status_code == 403 and path.startswith("/api/")
        if not is_sent and not is_told:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong


def test_every_unsafe_route_wants_a_csrf_token(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, *Role, unit=make_unit(session))
    sign_in(client, person)
    wrong = []
    for rule, method, path in rules(app):
        if method == "GET" or rule.endpoint == "accounts_api.sign_in":
            continue
        foreign = {"Origin": "https://evil.example"}
        answer = client.open(path, method=method, data={}, headers=foreign)
        if answer.status_code != 400:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong
