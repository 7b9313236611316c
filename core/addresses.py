"""Numbers in addresses: an id that no database could hold is an address that does not exist."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class IdConverter(IntegerConverter):
    """``<int:…>``, at most 15 digits: larger numbers overflow the column and would be a crash."""

    regex = r"\d{1,15}"


def init_app(app: Flask) -> None:
    """Use it for all routes; before any is registered."""
    app.url_map.converters["int"] = IdConverter
