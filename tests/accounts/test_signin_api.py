"""Signing in and out by JSON."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.test_signin import PASSWORD, add_person, whoami
from tests.factories import json_of

RIGHT = {"staff_no": "d00001", "password": PASSWORD}


def test_a_program_signs_in_and_out(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    answer = client.post("/api/v1/session", json=RIGHT)
    assert answer.status_code == 200
    assert json_of(answer)["person"] == {
        "staff_no": "D00001",
        "name": "田小满",
        "unit": "测试区教育局",
    }
    assert whoami(client)
    assert client.delete("/api/v1/session").status_code == 400, "no CSRF token"
    gone = client.delete("/api/v1/session", headers={"X-CSRFToken": json_of(answer)["csrf_token"]})
    assert gone.status_code == 204
    assert not whoami(client)


def test_refusals_are_problem_documents(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    wrong = client.post("/api/v1/session", json={**RIGHT, "password": "wrong"})
    assert wrong.status_code == 401
    assert wrong.mimetype == "application/problem+json"
    assert json_of(wrong)["code"] == "wrong_credentials"
    assert json_of(wrong)["tries_left"] == 4
    for _try in range(4):
        locked = client.post("/api/v1/session", json={**RIGHT, "password": "wrong"})
    assert locked.status_code == 429
    assert json_of(locked)["code"] == "locked"
    assert 1 <= int(locked.headers["Retry-After"]) <= 61


@pytest.mark.parametrize(
    "body",
    [{}, {"staff_no": "A"}, {**RIGHT, "extra": 1}, {"staff_no": 1, "password": "x"}, [], "x"],
)
def test_what_does_not_fit_is_told(client: FlaskClient, body: object) -> None:
    answer = client.post("/api/v1/session", json=body)
    assert answer.status_code == 422
    assert json_of(answer)["code"] == "invalid"
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]
)
def test_a_form_of_another_site_cannot_sign_anybody_in(
    app: Flask, client: FlaskClient, kind: str
) -> None:
    add_person(app)
    answer = client.post("/api/v1/session", data='{"staff_no": "D00001"}', content_type=kind)
    assert answer.status_code == 415


def test_the_document_describes_signing_in(client: FlaskClient) -> None:
    document = json_of(client.get("/api/v1/openapi.json"))
    described = document["paths"]["/api/v1/session"]
    assert set(described) >= {"post", "delete"}
    assert set(described["post"]["responses"]) >= {"200", "401", "415", "422", "429"}


def test_without_a_sign_in_the_api_says_so(client: FlaskClient) -> None:
    token = client.post("/api/v1/session", json={"staff_no": "X1", "password": "x"})
    assert token.status_code == 401
    assert client.delete("/api/v1/session").status_code in {400, 401}
