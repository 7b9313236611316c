"""The API of a sitting under schemathesis: whatever is sent, it answers as its document says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from tests.factories import sign_in
from tests.quiz.candidates import Candidate, document, sit
from tests.quiz.practices import answer, bank_of, begin
from tests.quiz.rounds import arrange

pytestmark = pytest.mark.slow
CALLS = ("open", "answers", "submit", "marks", "check")


def test_every_call_is_documented(app: Flask) -> None:
    paths = document(app.test_client().get("/api/v1/openapi.json"))["paths"]
    for call in CALLS:
        assert "post" in paths[f"/api/v1/attempts/{{attempt_id}}/{call}"]
    assert "get" in paths["/api/v1/attempts/{attempt_id}"]
    assert "get" in paths["/api/v1/attempts/{attempt_id}/checks"]


def _practising(app: Flask) -> Candidate:
    """Someone with an answered practice, so that a check can be told something."""
    candidate = begin(app, bank_of(app))
    for position in range(1, 5):
        answer(app, candidate, position, right=True)
    return candidate


@pytest.mark.parametrize("call", CALLS)
def test_any_document_gets_a_documented_answer(app: Flask, call: str) -> None:
    candidate = _practising(app) if call == "check" else sit(app)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operation = schema[f"/api/v1/attempts/{{attempt_id}}/{call}"]["POST"]
    strategy: Any = st.one_of(
        operation.as_strategy(),
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
    )

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def fuzz(case: Any) -> None:
        if not isinstance(case.body, dict | list | str | int | float | bool | None):
            return
        answer = candidate.post(call, case.body)
        assert answer.status_code in {200, 400, 404, 409, 413, 422}, answer.text
        if answer.status_code != 200:
            assert answer.content_type == "application/problem+json"
            assert {"code", "detail", "status"} <= set(document(answer))

    fuzz()


# --- rounds -----------------------------------------------------------------------------


def test_rounds_are_documented(app: Flask) -> None:
    paths = document(app.test_client().get("/api/v1/openapi.json"))["paths"]
    assert "get" in paths["/api/v1/rounds"]
    assert "post" in paths["/api/v1/rounds/{round_id}/attempts"]


def test_any_call_of_rounds_gets_a_documented_answer(app: Flask) -> None:
    now = clock.now()
    world, one = arrange(app, now=now, first_month=clock.civil_date(now).replace(day=1))
    client = app.test_client()
    csrf = sign_in(client, world.staff)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    calls = (
        schema["/api/v1/rounds"]["GET"], schema["/api/v1/rounds/{round_id}/attempts"]["POST"],
    )  # fmt: skip
    strategy: Any = st.one_of(*(operation.as_strategy() for operation in calls))
    seen: set[int] = set()

    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(case=strategy, is_there=st.booleans())
    def fuzz(case: Any, is_there: bool) -> None:
        if is_there and "round_id" in case.path_parameters:
            case.path_parameters["round_id"] = one.id
        answer = client.open(case.formatted_path, method=case.method, headers={"X-CSRFToken": csrf})
        seen.add(answer.status_code)
        assert answer.status_code in {200, 201, 401, 403, 404, 409}, answer.text
        operation = schema[case.operation.path][case.method]
        shape = operation.definition.raw["responses"][str(answer.status_code)]
        assert shape
        if answer.status_code >= 400 and answer.content_type == "application/problem+json":
            assert {"code", "detail", "status"} <= set(document(answer))

    fuzz()
    assert {200, 201} <= seen
