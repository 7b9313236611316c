"""JSON under /api/v1: one set of schemas validates requests and describes them."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Flask, Response, jsonify, request
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError
from spectree import SpecTree

from core.errors import Invalid
from core.guards import public

PREFIX = "/api/v1"
LARGEST_DOCUMENT = 1024 * 1024  # bytes

S = TypeVar("S", bound=BaseModel)


class Schema(BaseModel):
    """Base of everything that goes over the wire; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def _refuse(
    _request: Any, _response: Any, error: Any, _instance: Any, _adapter: Any = None
) -> None:
    if error:
        raise Invalid(
            _("请求的内容不合规格"),
            code="invalid",
            errors=[
                {"at": ".".join(str(step) for step in item["loc"]), "why": item["msg"]}
                for item in error.errors(
                    include_url=False, include_context=False, include_input=False
                )
            ],
        )


def body(schema: type[S]) -> S:
    """The JSON document of this request, checked; Invalid names what is wrong with it.

    For hot paths, documented by ``spec.validate(json=schema, …, skip_validation=True)``: the same
    schema reads the bytes directly.
    """
    request.max_content_length = LARGEST_DOCUMENT
    try:
        return schema.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        _refuse(None, None, error, None)
        raise


spec = SpecTree(
    "flask",
    title="Shanggang 上岗",
    version="v1",
    path="openapi",  # routes below it are left out of the document
    page_templates={},
    before=_refuse,
    validation_error_status=422,
    validation_error_model=Problem,
    mode="strict",
)


def started(attempt: Schema, *, location: str = "") -> Response:
    """The answer to a start: 201 with the address of what is new, 200 for what was under way."""
    response = jsonify(attempt.model_dump(mode="json"))
    if location:
        response.status_code = 201
        response.headers["Location"] = location
    return response


def init_app(app: Flask) -> None:
    """Publish the document at /api/v1/openapi.json."""
    spec.app = app

    @app.get(f"{PREFIX}/openapi.json", endpoint="openapi")
    @public
    def document() -> Response:
        return jsonify(spec.spec)
