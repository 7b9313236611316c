"""The main navigation: what a viewer may open, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from core import guards
from core.permissions import Permission


@dataclass(frozen=True)
class Item:
    """One entry of the main navigation."""

    label: Any  # a lazy string
    endpoint: str
    permission: Permission
    icon: str
    also: tuple[str, ...] = ()  # other blueprints whose pages belong under this entry


@dataclass(frozen=True)
class Link:
    """An entry as a template sees it."""

    label: Any
    url: str
    icon: str
    current: bool


def init_app(app: Flask, items: tuple[Item, ...]) -> None:
    """Give the templates ``nav``: the entries that the viewer may open."""

    def links() -> dict[str, list[Link]]:
        person = guards.current_viewer()
        if person is None:
            return {"nav": []}
        room = (request.endpoint or "").split(".")[0]
        return {
            "nav": [
                Link(item.label, url_for(item.endpoint), item.icon,
                     room in (item.endpoint.split(".")[0], *item.also))
                for item in items
                if person.may(item.permission) and item.endpoint in app.view_functions
            ]
        }  # fmt: skip

    app.context_processor(links)
