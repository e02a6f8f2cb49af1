"""When an agreement is in force, and when two names mean one receiver. Pure."""

import unicodedata
from datetime import date, timedelta
from typing import Any, Final

LONGEST: Final = timedelta(days=5 * 366)


def in_force(agreement: Any, today: date) -> bool:
    """Whether an agreement is in force on a day of the district: begun, not over, not ended."""
    return agreement.ended_at is None and agreement.starts_on <= today <= agreement.ends_on


def receiver_key(name: str) -> str:
    """Return a receiver's name as it is compared: letters and digits alone, without case, accents or spaces."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())[:200]
