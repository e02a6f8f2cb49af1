"""Pure rules of the code on the wall: how it is drawn, how it is read, and when somebody has guessed too often."""

import secrets
from datetime import timedelta
from typing import Final

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter that looks like another one on a wall."""
LENGTH: Final = 6
AHEAD, BACK = timedelta(days=366), timedelta(days=3 * 366)
"""How far from today a session can be."""
GUESS_WINDOW: Final = timedelta(minutes=15)
GUESSES: Final = 8
"""So many wrong codes somebody may type within the window. A code has 31 ** 6 forms and one day."""


def new_code() -> str:
    """Return a fresh code."""
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def plain_code(typed: str) -> str:
    """Return a typed code as it was drawn: small letters, spaces, and hyphens do not matter."""
    return "".join(letter for letter in typed[:80].upper() if letter.isalnum())
