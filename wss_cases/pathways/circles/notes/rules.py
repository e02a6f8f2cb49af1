"""Rules of privileged notes: who reads them, on which day they are shredded, the digest that proves it."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from wss_cases.roster.directory.rules import SchoolDays

PURPOSE: Final = "circle-notes"
"""The purpose of keys for notes written before keepers' periods had keys."""

PERIOD: Final = "circle-keeper"
"""The purpose of the keys that seal the keys of keepers' periods."""

UNREACHED: Final = 2
"""School days after a keeper began. Until then the authors are asked, and no waiver opens earlier notes."""


def covered(note: Any, periods: Iterable[Any]) -> list[Any]:
    """The periods in which a note was written, or the author's last period when it was written in none."""
    periods = list(periods)
    at = note.written_at
    current = [
        period for period in periods if period.added_at <= at and (period.ended_at is None or period.ended_at > at)
    ]
    return current or [period for period in periods if period.user_id == note.author_id][-1:]


def waivers_from(began_on: date, days: SchoolDays) -> date:
    """The first day on which a party's waiver may open what was written before a keeper began."""
    return days.add(began_on, UNREACHED)


def freed(note: Any, parties: Collection[int], waived: Collection[int]) -> bool:
    """Whether everyone whom a note concerns has waived. A note that names no one concerns every party."""
    concerned = set(note.concerns) & set(parties) or set(parties)
    return bool(concerned) and concerned <= set(waived)


def shred_day(ended_on: date, days: int) -> date:
    return ended_on + timedelta(days=days)


def digest_of(sealed_text: bytes, sealed_keys: Sequence[bytes]) -> str:
    """The SHA-256 that proves which ciphertext was shredded, including every sealed copy of its key."""
    return hashlib.sha256(b"|".join([bytes(sealed_text), *sorted(bytes(key) for key in sealed_keys)])).hexdigest()
