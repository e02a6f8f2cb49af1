"""Pure decisions about what a device sends later: what it says, and when that was written if its clock was wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from wss_cases.intake.offline.states import EntryKind

PURPOSE: Final = "offline entry"
"""What the keys over an entry that is to be mended are derived for."""
TOLERANCE: Final = timedelta(minutes=5)
"""How far a clock may be off and still count as right."""
TOLD_BEFORE: Final = timedelta(days=3)
YEARS: Final = range(2000, 2101)
MOST_FIELDS: Final = 400
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class DeviceClock:
    """Instants by a device's own clock: writing and sending; and when it last heard the server, by both clocks."""

    written: datetime
    sent: datetime
    heard_by_device: datetime | None = None
    heard_by_server: datetime | None = None


@dataclass(frozen=True)
class Written:
    """When something was written: never after it arrived. `ahead`: how far the device's clock was, 0 where right.

    `doubtful`: the clock was set while the entry waited, so its writer must say when it was.
    """

    at: datetime
    ahead: timedelta
    doubtful: bool


@dataclass(frozen=True)
class Entry:
    """What one box holds. `fields` are a form's; `drops_draft`: it was the form of a page, whose draft it ends."""

    name: str
    kind: EntryKind
    fields: Fields
    school_id: int | None
    clock: DeviceClock
    drops_draft: bool


def entry_in(name: str, text: str, sent: Any) -> Entry:
    """Return what an opened box says, sent at an instant by the device's clock. Raises ValueError for anything else."""
    told = json.loads(text)
    if not isinstance(told, Mapping) or not isinstance(told.get("fields"), list) or len(told["fields"]) > MOST_FIELDS:
        raise ValueError("no entry")
    school_id = told.get("school")
    if school_id is not None and (not isinstance(school_id, int) or not 0 < school_id < 2**63):
        raise ValueError("no school")
    heard = told.get("contact")
    by_device, by_server = (
        _instant(heard[name]) if isinstance(heard, Mapping) else None for name in ("device", "server")
    )
    clock = DeviceClock(_instant(told.get("written")), _instant(sent), by_device, by_server)
    fields = [_field(pair) for pair in told["fields"]]
    return Entry(name, EntryKind(str(told.get("kind"))), fields, school_id, clock, told.get("draft") is True)


def written_at(clock: DeviceClock, now: datetime) -> Written:
    """Return when an entry was written by the server's clock, as well as the device's allows.

    A clock that is as wrong at sending as it was when the server was last heard is put right. One that was set
    meanwhile leaves two answers; the one that fits between the last time the server was heard and now is taken.
    """
    ahead_at_sending = clock.sent - now
    ahead_before = ahead_at_sending
    if clock.heard_by_device is not None and clock.heard_by_server is not None:
        ahead_before = clock.heard_by_device - clock.heard_by_server
    doubtful = abs(ahead_at_sending - ahead_before) > TOLERANCE
    earliest = clock.heard_by_server or clock.written - ahead_before
    answers = [clock.written - ahead for ahead in (ahead_before, ahead_at_sending)]
    fitting = [at for at in answers if earliest - TOLERANCE <= at <= now + TOLERANCE]
    at = min(fitting[0] if fitting else max(answers[0], earliest), now)
    ahead = max((ahead_before, ahead_at_sending), key=abs)
    return Written(at, ahead if abs(ahead) > TOLERANCE else timedelta(0), doubtful)


def told_before(days: int) -> timedelta:
    """Return how long before an entry goes, that waits at most `days` days, its writer is told: three days, or half."""
    return min(TOLD_BEFORE, timedelta(days=days) / 2)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("no instant")
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError("no instant")
    return at


def _field(pair: Any) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise ValueError("no field")
    return pair[0], pair[1]
