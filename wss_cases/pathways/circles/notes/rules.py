"""Pure decisions about privileged notes: on which day they are shredded, and the digest that proves it."""

import hashlib
from datetime import date, timedelta
from typing import Final

PURPOSE: Final = "circle-notes"
"""What the notes' keys are derived for; no other text is sealed under it."""


def shred_day(ended_on: date, days: int) -> date:
    """Return the day on which the notes of a circle that ended are shredded."""
    return ended_on + timedelta(days=days)


def digest_of(sealed_text: bytes, sealed_key: bytes) -> str:
    """Return the digest that proves which ciphertext was shredded."""
    return hashlib.sha256(bytes(sealed_text) + b"|" + bytes(sealed_key)).hexdigest()
