"""Pure decisions about codes for substitutes: how they are drawn, when they open, and how much one takes in an hour."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a code is written with: nothing that is read as something else."""
LETTERS_IN_CODE: Final = 12
GROUP: Final = 4

GUESS_WINDOW: Final = timedelta(minutes=15)
GUESSES_PER_ADDRESS, GUESSES_OVER_ALL = 30, 600
"""Wrong codes within the window, after which every wrong one is refused unread, from one address or from all.

Only being wrong is throttled: a whole school stands behind one address, and a substitute is not shut out by a student
who guesses. A code has 31 ** 12 forms, about 2 ** 59, and opens for one period: guessing finds none.
"""

HOUR: Final = timedelta(hours=1)
MOST_IN_AN_HOUR: Final = 300
"""Answers that one code takes in an hour: five for each of thirty students, twice over."""

DAYS_AHEAD: Final = timedelta(days=14)
"""How far ahead a code can be made."""


class CodeState(StrEnum):
    """What a code is at an instant."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"


def new_code() -> str:
    """Return a fresh code, in groups that a person can copy from paper."""
    return _grouped("".join(secrets.choice(LETTERS) for _letter in range(LETTERS_IN_CODE)))


def plain_code(typed: str) -> str:
    """Return a typed code as it was made: capitals, spaces and hyphens do not matter."""
    return _grouped("".join(letter for letter in typed[:80].lower() if letter.isalnum()))


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def state_of(code: Any, now: datetime, today: Any) -> CodeState:
    """Return what a code is now; `today` is the date at its school. One for another day is over: it opens nothing."""
    if code.revoked_at is not None or code.on_day != today or code.ends_at <= now:
        return CodeState.OVER
    return CodeState.EARLY if now < code.starts_at else CodeState.OPEN


def throttled(from_address: int, over_all: int) -> bool:
    """Whether there were too many wrong codes within the window."""
    return from_address >= GUESSES_PER_ADDRESS or over_all >= GUESSES_OVER_ALL


def hour_of(began: datetime | None, now: datetime) -> datetime:
    """Return when the hour began in which a code's answers are counted: the one that runs, or a new one."""
    return began if began is not None and now - began < HOUR else now
