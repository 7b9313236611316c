"""What must happen above when something happens below: handlers that ``app.py`` registers.

They run in the transaction of what they follow, in the order of registration; one that raises
undoes all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


class Followers(list[Callable[P, None]]):
    """An ordered list of handlers, called like one function."""

    def add(self, handler: Callable[P, None]) -> None:
        """Call this handler from now on; a handler that is known already is not called twice."""
        if handler not in self:
            self.append(handler)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for handler in self:
            handler(*args, **kwargs)
