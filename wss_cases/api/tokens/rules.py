"""When a token reads, how long and how often, and as whom. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.api.tokens.states import Reach

PREFIX: Final = "wss_"
"""Begins every secret, so that whatever looks for secrets in files and logs finds ours."""
LONGEST: Final = timedelta(days=365)
WINDOW: Final = timedelta(minutes=1)
MOST_CALLS: Final = 60
"""Calls of one token in a window."""


def reads_on(token: Any, today: date) -> bool:
    """Whether a token reads on a day of the district: agreed, not ended, its last day not over."""
    return token.agreed_at is not None and token.ended_at is None and token.ends_on >= today


def seconds_to_wait(token: Any, now: datetime) -> int:
    """Return after how many seconds a token may call again, 0 when it may now."""
    over = token.counted_from + WINDOW
    return max(1, int((over - now).total_seconds())) if token.calls >= MOST_CALLS and over > now else 0


def as_actor(maker: Actor, reach: Reach, school_ids: Iterable[int]) -> Actor:
    """Return as whom a token reads: as a district administrator of its schools, with no more in view than its maker."""
    held = [grant for grant in maker.grants if grant.role is Role.DISTRICT and grant.district]
    grants: list[Grant] = []
    for grant in held:
        if reach is Reach.ALL:
            grants.append(grant)
        else:
            grants += [replace(grant, district=False, school_id=school_id) for school_id in sorted(school_ids)]
    return Actor(maker.user_id, maker.name, tuple(grants))
