"""When saves go on without the standby, and when they wait for it again. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

PATIENCE: Final = 14.0
"""Seconds without a word of the standby after which saves go on without it; it says something every ten at least."""
UNSEEN: Final = 60.0
"""Seconds without a first server, or of looks that fail, after which nobody can be sure of the standby."""
NOTE_EVERY: Final = 30.0
"""Seconds after which what is seen is written down again where nothing changed."""
_ANY: Final = "*"


class Step(Enum):
    """What is to be done."""

    NOTHING = "nothing"
    LIFT = "lift"
    RESTORE = "restore"
    CLOSE = "close"


@dataclass(frozen=True)
class Primary:
    """The first server as it sees itself: the standbys that commits wait for as they are set (`names`, '' for none),
    those that follow it now by name, and of these the ones that commits do wait for."""

    names: str
    following: Collection[str]
    waited_for: Collection[str]


def wanted(names: str) -> int:
    """Return for how many standbys a setting waits, as PostgreSQL takes it: `a`, `FIRST 2 (a, b)`, `ANY 1 (*)`."""
    found = re.match(r"\s*(?:first\s+|any\s+)?(\d+)\s*\(", names, re.IGNORECASE)
    return int(found[1]) if found else 1


def are_meant(names: str, following: Collection[str]) -> list[str]:
    """Return those of some standbys that a setting names."""
    meant = {word.strip('"').lower() for word in re.findall(r'"[^"]*"|[^\s,()"]+', names)}
    return [name for name in following if _ANY in meant or name.lower() in meant]


def unheard(primary: Primary, silent: Mapping[str, float]) -> float | None:
    """Return for how many seconds there was no word from as many standbys as a commit waits for; None: fewer follow."""
    quiet = sorted(silent[name] for name in primary.waited_for)
    count = wanted(primary.names)
    return quiet[count - 1] if len(quiet) >= count else None


def step(primary: Primary, silent: Mapping[str, float], away: float, is_lapse: bool, known: str) -> Step:
    """Return what is to be done.

    `silent`: for how many seconds each standby has said nothing; `away`: for how many a commit could not be sure of
    its standbys; `is_lapse`: that is written down already; `known`: the names that were taken away last, '' for none.
    """
    if primary.names:
        if away >= PATIENCE:
            return Step.LIFT
        return Step.CLOSE if is_lapse and unheard(primary, silent) is not None else Step.NOTHING
    lively = [name for name in primary.following if silent[name] < PATIENCE]
    if known and len(are_meant(known, lively)) >= wanted(known):
        return Step.RESTORE
    return Step.LIFT if away >= PATIENCE and not is_lapse else Step.NOTHING
