"""Pure rules of the district's sign-on: whether it asked for a second factor, and when its person proved it."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CLAIM_SECONDS = 600
"""How long somebody may take to show that an account is theirs, once the sign-on said who they are."""
AGAIN_WITHIN = timedelta(minutes=5)
"""For clocks that differ, and for the way back."""


def asked_for_factor(acr: str, amr: Collection[str], demanded: Collection[str]) -> bool:
    """Whether the provider says that it did what is demanded: one of the values as `acr` or among `amr`."""
    return acr in demanded or any(method in demanded for method in amr)


def proved_within(auth_time: int | None, span: timedelta, now: datetime) -> bool:
    """Whether somebody proved to the provider within this time who they are; it has to say so."""
    return auth_time is not None and auth_time >= (now - span).timestamp()


def proved_at(auth_time: int | None, now: datetime) -> datetime | None:
    """Return when somebody proved to the provider who they are, None where it does not say (Google, Clever)."""
    return None if auth_time is None else min(now, EPOCH + timedelta(seconds=auth_time))
