"""Pure rules of the district's sign-on: whether it asked for a second factor, and who still uses a password."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from wss_cases.access.actor import Role

AGAIN_WITHIN = timedelta(minutes=5)
"""For clocks that differ, and for the way back."""


def asked_for_factor(acr: str, amr: Collection[str], demanded: Collection[str]) -> bool:
    """Whether the provider says that it did what is demanded: one of the values as `acr` or among `amr`."""
    return acr in demanded or any(method in demanded for method in amr)


def proved_within(auth_time: int | None, span: timedelta, now: datetime) -> bool:
    """Whether somebody proved to the provider within this time who they are; it has to say so."""
    return auth_time is not None and auth_time >= (now - span).timestamp()


def may_use_password(email: str, roles: Iterable[Role], issuer: str, break_glass: str) -> bool:
    """Whether an account signs in with a password here.

    Where there is a sign-on, staff use it, so that nobody goes around its second factor; a partner's people are not
    known to it, and one account opens the door on the day it is down.
    """
    held = list(roles)
    partner = bool(held) and all(role is Role.PARTNER for role in held)
    return not issuer or partner or (bool(break_glass) and email == break_glass)
