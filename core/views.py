"""Whether the process lives and is ready to serve."""

from __future__ import annotations

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from flask_babel import gettext as _

from core import queries
from core.guards import public
from core.problems import problem

bp = Blueprint("core", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """The database answers and has all migrations."""
    present = queries.schema_revision()
    if present is None:
        return problem(503, "database_unreachable", _("数据库没有回应"))
    wanted = ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()
    if present != wanted:
        return problem(
            503, "migrations_pending", _("数据库还没有升级：请运行 flask --app app db upgrade")
        )
    return jsonify(status="ready", revision=present)
