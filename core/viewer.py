"""The person behind a request, as a plain value: no database row, so nothing loads behind one's back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.permissions import Permission, Role, permissions_of


@dataclass(frozen=True)
class Viewer:
    """Who asks, with what rights. ``scopes``: role → units (with all below); None is the whole city."""

    person_id: int
    staff_no: str
    name: str
    unit_id: int | None
    unit_name: str
    session_token: str
    scopes: Mapping[Role, frozenset[int] | None] = field(default_factory=dict)
    must_change_password: bool = False
    text_size: str = ""
    locale: str = "zh_Hans_CN"

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the token of the server-side session."""
        return self.session_token

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(self.scopes)

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    @property
    def has_tabbar(self) -> bool:
        """Staff who hold no other role see the five tabs on a phone."""
        return self.roles == {Role.STAFF}

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def scope_of(self, permission: Permission) -> frozenset[int] | None:
        """Units (with all below) within which a permission holds; None is the whole city.

        An empty set means that the viewer lacks the permission.
        """
        units: set[int] = set()
        for role, scope in self.scopes.items():
            if permission in permissions_of(frozenset({role})):
                if scope is None:
                    return None
                units |= scope
        return frozenset(units)
