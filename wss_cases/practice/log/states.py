"""Kinds and purposes of what is done before any harm, and who led it."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class PracticeKind(Labelled):
    """What was held."""

    COMMUNITY = "community", _l("Community circle")
    CHECK_IN = "check_in", _l("Check-in")
    CHAT = "chat", _l("Restorative chat")
    PEACE_ROOM = "peace_room", _l("Peace room visit")
    STAFF = "staff", _l("Staff circle")
    FAMILY = "family", _l("Family circle")


class Purpose(Labelled):
    """What it was for."""

    START = "start", _l("Start of the day or week")
    BELONGING = "belonging", _l("Get to know each other")
    LEARNING = "learning", _l("Learn together")
    CELEBRATE = "celebrate", _l("Celebrate")
    AFTER = "after", _l("After something happened")


class Leader(Labelled):
    """Who led it, where it was no member of the school's staff by name."""

    STAFF = "staff", _l("A member of the staff")
    OUTSIDE = "outside", _l("A circle keeper from outside the school")
    STUDENTS = "students", _l("Students, with a trained adult")


SECOND_TIER: Final = frozenset({PracticeKind.CHAT, PracticeKind.PEACE_ROOM})
"""What is for some students rather than for all."""

SENTENCES: dict[str, Any] = {
    "practice.logged": _l("Logged"),
    "practice.corrected": _l("Corrected"),
    "practice.taken_back": _l("Withdrawn"),
}
