"""The life of a copy of a record for a family, who may ask for one, what goes into it, and their words."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ReleaseState(Labelled):
    """Prepared by one person, released by another, and then never changed."""

    PREPARING = "preparing", _l("Being prepared")
    HANDED_ON = "handed_on", _l("Waiting for a second person")
    RELEASED = "released", _l("Released")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


TRANSITIONS: dict[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.PREPARING: frozenset({ReleaseState.HANDED_ON, ReleaseState.WITHDRAWN}),
    ReleaseState.HANDED_ON: frozenset({ReleaseState.PREPARING, ReleaseState.RELEASED, ReleaseState.WITHDRAWN}),
    ReleaseState.RELEASED: frozenset(),
    ReleaseState.WITHDRAWN: frozenset(),
}
OPEN: Final = frozenset({ReleaseState.PREPARING, ReleaseState.HANDED_ON})


class Asker(enum.StrEnum):
    """Whose right it is: the guardians', from the eighteenth birthday on the student's own."""

    GUARDIAN = "guardian"
    STUDENT = "student"


class Part(Labelled):
    """What of a student's record goes into a copy."""

    NARRATIVE = "narrative", _l("What the reports say, with what was added")
    CONTACTS = "contacts", _l("When the school tried to reach the family")
    CASE = "case", _l("The case: pathways, promises by number, this student’s own safety plan")
    DISCIPLINE = "discipline", _l("This student’s own discipline actions")


class Manner(Labelled):
    """How a copy reaches the family."""

    IN_PERSON = "in_person", _l("Given in person")
    MAILED = "mailed", _l("Mailed on paper")
    READ_HERE = "read_here", _l("Read at the school")
    SENT_SAFELY = "sent_safely", _l("Sent by a protected message")


class KeptWhy(Labelled):
    """Why what looks like a child's name stays."""

    COMMON_WORD = "common_word", _l("It is a word here, not a name")
    ADULT = "adult", _l("It is an adult’s name")
    OWN = "own", _l("It is this student’s own name")
    PLACE = "place", _l("It is a place or a thing")


SENTENCES: dict[str, Any] = {
    "family_release.asked": _l("A family asked for a copy of the record"),
    "family_release.looked_through": _l("The copy for the family was reviewed"),
    "family_release.handed_on": _l("The copy for the family waits for a second person"),
    "family_release.seconded": _l("The network’s deputy agreed to the copy for the family"),
    "family_release.sent_back": _l("The network’s deputy did not agree to the copy for the family"),
    "family_release.released": _l("The copy for the family was released"),
    "family_release.withdrawn": _l("The copy for the family was withdrawn"),
}
"""Timeline kinds in words."""
