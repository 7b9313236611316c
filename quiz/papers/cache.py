"""What a process remembers of things that never change: frozen pools, papers, question versions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, event

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_all: list[Remembered[Any, Any]] = []


class Remembered(Generic[K, V]):
    """The values used last, at most ``size`` of them; safe between threads.

    Only what was read from committed rows that never change may be put in.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        _all.append(self)

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._items.get(key)
            if value is not None:
                self._items.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> V:
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self.size:
                self._items.popitem(last=False)
        return value

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def __len__(self) -> int:
        return len(self._items)


@event.listens_for(Engine, "engine_disposed")
def forget_all(_engine: Engine | None = None) -> None:
    """Forget everything: behind a fresh engine may be another database."""
    for cache in _all:
        cache.clear()
