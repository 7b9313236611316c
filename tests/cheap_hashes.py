"""Passwords in tests cost next to nothing: one real hash takes some 25 ms by intention."""

from __future__ import annotations

from argon2 import PasswordHasher

from accounts.signin import services

REAL = services._hasher
services._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
