"""Passwords that cost a test next to nothing: what makes guessing slow would take half of what signing in takes."""

from __future__ import annotations

from argon2 import PasswordHasher

from wss_cases.accounts import credentials

AS_IN_A_SCHOOL = credentials._hasher
"""For tests that are about the cost itself."""


def make_passwords_cheap() -> None:
    """Hash passwords by the same means, as quickly as it allows."""
    credentials._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
