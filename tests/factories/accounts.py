"""People who sign in, with their roles. `make_user` gives what most tests want in one line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.credentials import hash_password
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation import clock

PASSWORD = "a long test password 2026"
PASSWORD_HASH = hash_password(PASSWORD)


class UserFactory(Factory):
    """An active account with PASSWORD and no role; each counts as a person of their own, as those of a setup do."""

    class Meta:
        model = UserAccount

    email = factory.Sequence(lambda n: f"person{n}@district.example")
    name = factory.Sequence(lambda n: f"Test Person {n}")
    password_hash = PASSWORD_HASH
    first_setup = True
    state = AccountState.ACTIVE
    created_at = datetime(2026, 8, 1, tzinfo=UTC)
    password_set_at = datetime(2026, 8, 1, tzinfo=UTC)


class RoleGrantFactory(Factory):
    """Give `user_id` and `role`, and `school_id`, `network` or `district`."""

    class Meta:
        model = RoleGrant

    starts_on = date(2020, 8, 1)


def make_user(role: Role, school: Any = None, **account: Any) -> UserAccount:
    """Return an active person with one role: at `school` when one is given, else for the district.

    A system administrator's, a partner's and an auditor's role has no scope unless a school is given.
    """
    user: UserAccount = UserFactory(**account)
    district = school is None and role not in (Role.SYSADMIN, Role.PARTNER, Role.AUDITOR)
    RoleGrantFactory(user_id=user.id, role=role, school_id=school.id if school else None, district=district)
    return user


def acting(user: UserAccount) -> Actor:
    actor = actor_of(user.id, clock.now())
    assert actor is not None, f"{user.email} may not sign in"
    return actor
