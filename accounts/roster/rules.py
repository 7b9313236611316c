"""Pure decisions of the roster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.permissions import Role


@dataclass(frozen=True)
class FirstPassword:
    """A first password in clear, on its way to the one page that shows it."""

    staff_no: str
    name: str
    unit_name: str
    password: str


def may_reset(roles: Iterable[tuple[Role, int | None]], units: frozenset[int] | None) -> bool:
    """Whether someone responsible for these units (None: the whole city) may reset the password
    of a person with these roles (with the unit of scoped ones).
    """
    if units is None:
        return True
    return all(
        role is Role.STAFF or (role is Role.COORDINATOR and unit_id in units)
        for role, unit_id in roles
    )
