"""The API of a sitting under schemathesis: whatever is sent, it answers as its document says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.quiz.candidates import document, sit

pytestmark = pytest.mark.slow
CALLS = ("open", "answers", "submit", "marks")


def test_every_call_is_documented(app: Flask) -> None:
    paths = document(app.test_client().get("/api/v1/openapi.json"))["paths"]
    for call in CALLS:
        assert "post" in paths[f"/api/v1/attempts/{{attempt_id}}/{call}"]
    assert "get" in paths["/api/v1/attempts/{attempt_id}"]


@pytest.mark.parametrize("call", CALLS)
def test_any_document_gets_a_documented_answer(app: Flask, call: str) -> None:
    candidate = sit(app)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operation = schema[f"/api/v1/attempts/{{attempt_id}}/{call}"]["POST"]
    strategy: Any = st.one_of(
        operation.as_strategy(),
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
    )

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
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
