"""Pure decisions about periods: whose one is, and when it is on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from wss_cases.access.actor import STAFF, Actor
from wss_cases.foundation.school_time import at_local


@dataclass(frozen=True)
class Hours:
    """When a period is on one day; a school that gave no times, and a half day, have the whole day for each."""

    starts: datetime
    ends: datetime
    known: bool


def teaches(actor: Actor, row: Any) -> bool:
    """Whoever teaches a student in a period, while they work at the school."""
    return row.user_id is not None and row.user_id == actor.user_id and actor.covers(row.school_id, *STAFF)


def hours_on(day: date, period: str, known: Sequence[Any], bells: tuple[time, time], zone: str) -> Hours:
    """Return when a period of this name is on a day between its first and last bell.

    `known`: the school's periods (`name`, `starts_at`, `ends_at`); none of that name has the whole day. What begins
    after the last bell, as on a half day, has the whole day too: nobody knows when it is.
    """
    first, last = bells
    found = next((one for one in known if one.name == period and one.starts_at < last), None)
    starts, ends = (found.starts_at, min(found.ends_at, last)) if found is not None else (first, last)
    return Hours(_at(day, starts, zone), _at(day, ends, zone), found is not None)


def _at(day: date, wall: time, zone: str) -> datetime:
    return at_local(day, wall.hour, wall.minute, zone)
