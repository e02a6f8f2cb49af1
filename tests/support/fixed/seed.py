"""The seed of a test: its own name. What the test process draws (names, codes, keys, ids) is the same in every run."""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import sys
import uuid
from collections import Counter

THROUGH = {random.__name__, secrets.__name__, uuid.__name__}
"""Modules that draw for whoever calls them."""

_name, _by_module = "", True
_drawn: Counter[str] = Counter()


def begin() -> None:
    """Let secrets, codes, keys and ids of this process come from the seed, not from the system."""
    os.urandom = random._urandom = _draw  # type: ignore[attr-defined]


def seed(name: str, by_module: bool = True) -> None:
    """Draw what belongs to this name from here on.

    With `by_module` each function of a module has draws of its own. Without it only the function's name counts: a
    checkout in which the function is in another module draws the same.
    """
    global _name, _by_module
    _name, _by_module = name, by_module
    _drawn.clear()
    random.seed(name)


def _draw(number: int) -> bytes:
    """Return the next bytes for the function that draws: what others draw meanwhile changes nothing for it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in THROUGH:
        frame = frame.f_back
    place = f"{frame.f_globals.get('__name__') if _by_module else ''} {frame.f_code.co_name}"
    _drawn[place] += 1
    return hashlib.shake_256(f"{_name} {place} {_drawn[place]}".encode()).digest(number)
