"""JSON under /api/v1: one set of schemas validates requests and describes them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict
from spectree import SpecTree

from core.errors import Invalid
from core.guards import public

PREFIX = "/api/v1"


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


spec = SpecTree(
    "flask",
    title="Shanggang 上岗",
    version="v1",
    path=PREFIX.strip("/"),
    filename="openapi.json",
    page_templates={},
    before=_refuse,
    validation_error_status=422,
    validation_error_model=Problem,
    mode="strict",
)


def init_app(app: Flask) -> None:
    """Publish the document at /api/v1/openapi.json."""
    spec.register(app)
    for rule in app.url_map.iter_rules():
        if rule.rule == f"{PREFIX}/openapi.json":
            public(app.view_functions[rule.endpoint])
