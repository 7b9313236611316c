"""The main navigation: what a viewer may open, and where they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    also: tuple[str, ...] = ()  # other pages, or blueprints, that belong under this entry
    tab: Any = ""  # its word at the bottom of a phone; '' where it has no place there
    setting: str = ""  # the setting that must be on
    alone: Any = ""  # a shorter word, for a viewer who has no other entry of that word


@dataclass(frozen=True)
class Link:
    """An entry as a template sees it."""

    label: Any
    url: str
    icon: str
    current: bool
    tab: Any


def init_app(app: Flask, items: tuple[Item, ...]) -> None:
    """Give the templates ``nav``: the entries that the viewer may open."""
    settings = app.extensions["settings"]
    offered = [item for item in items if not item.setting or getattr(settings, item.setting)]

    def links() -> dict[str, list[Link]]:
        person = guards.current_viewer()
        if person is None:
            return {"nav": []}
        mine = [
            item
            for item in offered
            if person.may(item.permission) and item.endpoint in app.view_functions
        ]
        here = _current(mine, request.endpoint or "")
        words = {str(item.label) for item in mine}
        return {
            "nav": [
                Link(_word(item, words), url_for(item.endpoint), item.icon, item is here, item.tab)
                for item in mine
            ]
        }

    app.context_processor(links)


def _word(item: Item, taken: Collection[str]) -> Any:
    return item.alone if item.alone and str(item.alone) not in taken else item.label


def _current(items: Sequence[Item], endpoint: str) -> Item | None:
    """The entry under which a page lies: by the page itself, else by its room."""
    room = endpoint.split(".", maxsplit=1)[0]
    named = [item for item in items if endpoint in (item.endpoint, *item.also)]
    roomy = [item for item in items if room in (item.endpoint.split(".")[0], *item.also)]
    return next(iter([*named, *roomy]), None)
