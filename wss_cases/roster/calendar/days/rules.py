"""What the calendar moves, as the rooms above say it: a record, from which date to which, and why."""

from dataclasses import dataclass
from datetime import date

from wss_cases.roster.directory.states import MoveWhy


@dataclass(frozen=True)
class Shift:
    """One thing that a date of the calendar moves: `what` in words, `from_day` to `to_day`."""

    what: str
    reference: str
    owner: str
    from_day: date
    to_day: date
    why: MoveWhy = MoveWhy.NO_SCHOOL
