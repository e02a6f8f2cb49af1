"""Pure decisions about privileged notes: who reads them, on which day they are shredded, the digest that proves it."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from wss_cases.roster.directory.rules import SchoolDays

PURPOSE: Final = "circle-notes"
"""What the keys of notes were derived for that were written before keepers' periods had keys."""

PERIOD: Final = "circle-keeper"
"""What the keys are derived for under which the keys of keepers' periods lie."""

UNREACHED: Final = 2
"""School days after a keeper began: until then their writers are asked, and no party's waiver opens earlier notes."""


def covered(note: Any, periods: Iterable[Any]) -> list[Any]:
    """Return the periods in which a note was written; its writer's last one where it lies in none."""
    periods = list(periods)
    at = note.written_at
    then = [one for one in periods if one.added_at <= at and (one.ended_at is None or one.ended_at > at)]
    return then or [one for one in periods if one.user_id == note.author_id][-1:]


def waivers_from(began_on: date, days: SchoolDays) -> date:
    """Return from when on a party's waiver may open what was written before a keeper began."""
    return days.add(began_on, UNREACHED)


def freed(note: Any, parties: Collection[int], waived: Collection[int]) -> bool:
    """Whether everybody whom a note concerns has waived; one that names nobody concerns every party."""
    concerned = set(note.concerns) & set(parties) or set(parties)
    return bool(concerned) and concerned <= set(waived)


def shred_day(ended_on: date, days: int) -> date:
    """Return the day on which the notes of a circle that ended are shredded."""
    return ended_on + timedelta(days=days)


def digest_of(sealed_text: bytes, sealed_keys: Sequence[bytes]) -> str:
    """Return the digest that proves which ciphertext was shredded, with every wrapping of its key."""
    return hashlib.sha256(b"|".join([bytes(sealed_text), *sorted(bytes(key) for key in sealed_keys)])).hexdigest()
