"""What every answer carries: security headers, safe cookies, a request id; and which hosts are answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from core import logs
from core.db import db, transaction
from core.permissions import Role
from tests import databases
from tests.databases import SECRETS, migrate
from tests.factories import json_of, make_person, make_unit, sign_in

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/sign-in", 200), ("/nowhere", 404), ("/account/sessions", 302),
     ("/api/v1/openapi.json", 200), ("/api/v1/nowhere", 404), ("/static/css/tokens.css", 200)],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path, buffered=True)
    assert answer.status_code == status
    headers = answer.headers
    said = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert said.items() >= CSP.items()
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert ("no-store" in headers.get("Cache-Control", "")) is not path.startswith("/static/")


def test_pages_hold_no_inline_script_or_style(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"\son[a-z]+=", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abcdef-0123456789", True), ("short", False), ("x" * 65, False), ("<script>alert", False)],
)
def test_a_request_id_comes_back_unless_it_is_odd(
    client: FlaskClient, sent: str, kept: bool
) -> None:
    told = client.get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert (told == sent) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", told)


def _cookie(answer_headers: list[str]) -> str:
    (found,) = [line for line in answer_headers if "shanggang=" in line]
    return found


def test_the_cookie_on_plain_http(client: FlaskClient) -> None:
    cookie = _cookie(client.get("/sign-in").headers.getlist("Set-Cookie"))
    assert cookie.startswith("shanggang=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


@pytest.fixture
def https(tmp_path: Path) -> Flask:
    """An application that people reach by https."""
    app = databases.testing_app(
        Settings(
            instance_dir=tmp_path, public_url="https://gov.example.cn", log_level="ERROR", **SECRETS
        )
    )
    migrate(app)
    return app


def test_https_makes_cookies_secure_and_is_required_from_then_on(https: Flask) -> None:
    answer = https.test_client().get("/sign-in", base_url="https://gov.example.cn")
    assert answer.status_code == 200
    cookie = _cookie(answer.headers.getlist("Set-Cookie"))
    assert cookie.startswith("__Host-shanggang=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["evil.example", "gov.example.cn.evil.example"])
def test_other_hosts_are_refused_without_a_link_to_them(https: Flask, host: str) -> None:
    answer = https.test_client().get("/sign-in", base_url=f"https://{host}")
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- health -----------------------------------------------------------------------


def test_the_process_says_that_it_lives_without_asking_the_database(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(type(db.engine), "connect", None)
    assert client.get("/healthz").json == {"status": "ok"}


def test_it_is_ready_once_the_database_has_all_migrations(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json_of(client.get("/readyz"))["status"] == "ready"
    monkeypatch.setattr("core.queries.schema_revision", lambda: "0001")
    behind = client.get("/readyz")
    assert behind.status_code == 503
    assert json_of(behind)["code"] == "migrations_pending"
    monkeypatch.setattr("core.queries.schema_revision", lambda: None)
    silent = client.get("/readyz")
    assert silent.status_code == 503
    assert json_of(silent)["code"] == "database_unreachable"


def test_a_database_that_cannot_be_opened_is_no_crash(tmp_path: Path) -> None:
    app = databases.testing_app(
        Settings(
            instance_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/no/such/folder.db",
            log_level="ERROR", **SECRETS,
        )
    )  # fmt: skip
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/readyz").status_code == 503


# --- error pages ------------------------------------------------------------------


def test_an_unknown_address_gets_a_page_that_helps(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"X-Request-ID": "request-number-1"})
    assert answer.status_code == 404
    assert "找不到这个页面" in answer.text
    assert "request-number-1" in answer.text
    assert 'href="/"' in answer.text


def test_under_api_the_same_is_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert json_of(answer)["code"] == "not_found"
    assert json_of(answer)["request_id"] == answer.headers["X-Request-ID"]


def test_a_wrong_method_and_a_form_that_is_too_large_are_told(
    app: Flask, client: FlaskClient
) -> None:
    assert "不能这样打开" in client.get("/sign-out").text
    large = client.post("/sign-in", data={"staff_no": "x" * (21 * 1024 * 1024)})
    assert large.status_code == 413
    assert "太大" in large.text


def test_a_failure_of_ours_shows_no_trace_and_asks_nothing_of_the_database(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session)
    sign_in(client, person)

    def fail() -> str:
        with app.app_context():
            monkeypatch.setattr(db.session, "execute", None)
            monkeypatch.setattr(db.session, "scalars", None)
        raise RuntimeError("secret detail")

    monkeypatch.setitem(app.view_functions, "core.healthz", fail)
    fail.__access__ = None  # type: ignore[attr-defined]
    from core.guards import public

    public(fail)
    app.testing = False
    try:
        answer = client.get("/healthz")
    finally:
        app.testing = True
    assert answer.status_code == 500
    assert "服务器出错" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


# --- logs -------------------------------------------------------------------------


@pytest.fixture
def _quiet_again() -> Iterator[None]:
    yield
    logs.configure("ERROR")


@pytest.mark.usefixtures("_quiet_again")
def test_logs_name_no_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = databases.testing_app(Settings(instance_dir=tmp_path, log_level="DEBUG", **SECRETS))
    migrate(app)
    with app.app_context(), transaction() as session:
        person = make_person(
            session,
            Role.AUDITOR,
            unit=make_unit(session, "秘密单位"),
            name="章隐名",
            staff_no="Z98765",
        )
    client = app.test_client()
    capsys.readouterr()
    client.post("/api/v1/session", json={"staff_no": "Z98765", "password": "pa55word-typed"})
    sign_in(client, person)
    client.get("/audit?actor=Z98765")
    client.get("/link/secret-token-of-a-link")
    client.get("/account/sessions", headers={"User-Agent": "SpyBrowser/1"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]
    assert len(lines) == 4
    assert all(line["request_id"] and line["status"] and line["ms"] >= 0 for line in lines)
    assert [line["route"] for line in lines] == [
        "/api/v1/session", "/audit", "/link/<token>", "/account/sessions",
    ]  # fmt: skip
    text = json.dumps(lines, ensure_ascii=False)
    for secret in (
        "章隐名",
        "Z98765",
        "秘密单位",
        "pa55word",
        "secret-token",
        "SpyBrowser",
        person.phone,
    ):
        assert secret not in text


@pytest.mark.usefixtures("_quiet_again")
def test_an_unexpected_error_is_logged_without_the_values_of_its_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from accounts.people.models import Person
    from core import clock
    from core.guards import public

    app = databases.testing_app(Settings(instance_dir=tmp_path, log_level="INFO", **SECRETS))
    migrate(app)

    def fail() -> str:
        with transaction() as session:
            for _time in range(2):
                session.add(Person(staff_no="Z98765", name="章隐名", created_at=clock.now()))
            session.flush()
        return ""

    app.view_functions["core.healthz"] = public(fail)
    app.testing = False
    capsys.readouterr()
    assert app.test_client().get("/healthz").status_code == 500
    logged = capsys.readouterr().err
    assert "IntegrityError" in logged
    assert "章隐名" not in logged
    assert "Z98765" not in logged
