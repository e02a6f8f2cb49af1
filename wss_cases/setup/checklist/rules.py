"""A check of what a district has set: what it is called, what it finds, where that is mended, and by whom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled

SHOWN = 5


class Level(Labelled):
    """How it stands. `warning`: it goes on, but see to it. `bad`: something does not work or is not safe."""

    OK = "ok", _l("In order")
    WARNING = "warning", _l("To do")
    BAD = "bad", _l("Does not work")


@dataclass(frozen=True)
class Found:
    """What one look found."""

    level: Level
    words: str


ok, warning, bad = partial(Found, Level.OK), partial(Found, Level.WARNING), partial(Found, Level.BAD)


@dataclass(frozen=True)
class Check:
    """One line of the list. `key` is its name for commands; `page` the endpoint that mends it, '' for none."""

    key: str
    title: Any
    look: Callable[[datetime], Found]
    by: Role
    page: str = ""


def named(missing: list[str], good: str, words: str) -> Found:
    """Return that nothing is missing, or what is: the first few by name, the rest counted."""
    if not missing:
        return ok(good)
    listed = ", ".join(missing[:SHOWN])
    if len(missing) > SHOWN:
        listed = _("%(names)s and %(num)d more", names=listed, num=len(missing) - SHOWN)
    return warning(f"{words}: {listed}.")
