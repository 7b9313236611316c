"""Whether points are in use at all."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _

from core.errors import NotFound


def require_points() -> None:
    """NotFound where the installation runs without points."""
    if not current_app.extensions["settings"].points:
        raise NotFound(_("这里没有启用积分。"))
