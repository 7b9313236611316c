"""What practice draws from, as pure decisions."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Where the questions of a practice came from."""

    TOPIC = "topic"
    NOTEBOOK = "notebook"
