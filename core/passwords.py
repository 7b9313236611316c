"""First passwords that people copy from paper: random, readable, without look-alike letters."""

from __future__ import annotations

import secrets

# without 0 O o, 1 l I i, 2 Z z, 5 S s, 8 B: on paper they look alike
LETTERS = "acdefghjkmnpqrtuvwxy"
DIGITS = "34679"
GROUPS = 3
GROUP_LENGTH = 4


def readable_password() -> str:
    """Like ``kfm7-xwq4-tgn9``: three groups, some 55 bits of chance."""
    groups = []
    for _group in range(GROUPS):
        letters = "".join(secrets.choice(LETTERS) for _letter in range(GROUP_LENGTH - 1))
        groups.append(letters + secrets.choice(DIGITS))
    return "-".join(groups)
