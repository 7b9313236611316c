"""Two people who press at the same moment, for tests of races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from core.errors import AppError


def together(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run acts at one moment, each in a thread with its own context; results, or the errors."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait(10)
            try:
                results[number] = act()
            except AppError as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
