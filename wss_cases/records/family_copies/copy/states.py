"""The life of a copy of a record for a family, who may ask for one, what goes into it, and their words."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.records.family_copies.names.spellings import Kind


class ReleaseState(enum.StrEnum):
    """Prepared by one person, released by another, and then never changed."""

    PREPARING = "preparing"
    HANDED_ON = "handed_on"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


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


class Part(enum.StrEnum):
    """What of a student's record goes into a copy."""

    NARRATIVE = "narrative"
    CONTACTS = "contacts"
    CASE = "case"
    DISCIPLINE = "discipline"


class Manner(enum.StrEnum):
    """How a copy reaches the family."""

    IN_PERSON = "in_person"
    MAILED = "mailed"
    READ_HERE = "read_here"
    SENT_SAFELY = "sent_safely"


class KeptWhy(enum.StrEnum):
    """Why what looks like a child's name stays."""

    COMMON_WORD = "common_word"
    ADULT = "adult"
    OWN = "own"
    PLACE = "place"


STATE_LABELS = {
    ReleaseState.PREPARING: _l("Being prepared"),
    ReleaseState.HANDED_ON: _l("Waits for the administrator"),
    ReleaseState.RELEASED: _l("Released"),
    ReleaseState.WITHDRAWN: _l("Withdrawn"),
}
LABELS = STATE_LABELS
PART_LABELS: dict[Part, Any] = {
    Part.NARRATIVE: _l("What the reports say, with what was added"),
    Part.CONTACTS: _l("When the school tried to reach the family"),
    Part.CASE: _l("The case: pathways, promises by number, this student’s own safety plan"),
    Part.DISCIPLINE: _l("This student’s own discipline actions"),
}
MANNER_LABELS = {
    Manner.IN_PERSON: _l("Given in person"),
    Manner.MAILED: _l("Mailed on paper"),
    Manner.READ_HERE: _l("Read at the school"),
    Manner.SENT_SAFELY: _l("Sent by a protected message"),
}
WHY_LABELS = {
    KeptWhy.COMMON_WORD: _l("It is a word here, not a name"),
    KeptWhy.ADULT: _l("It is an adult’s name"),
    KeptWhy.OWN: _l("It is this student’s own name"),
    KeptWhy.PLACE: _l("It is a place or a thing"),
}
KIND_LABELS = {
    Kind.NUMBER: _l("student number"),
    Kind.FULL: _l("full name"),
    Kind.NAME: _l("name"),
    Kind.NICKNAME: _l("short name"),
    Kind.MISSPELT: _l("name with a slip"),
    Kind.INITIALS: _l("initials"),
    Kind.BY_HAND: _l("marked by hand"),
}
SENTENCES: dict[str, Any] = {
    "family_release.asked": _l("A family asked for a copy of the record"),
    "family_release.looked_through": _l("The copy for the family was looked through"),
    "family_release.handed_on": _l("The copy for the family waits for the administrator"),
    "family_release.released": _l("The copy for the family was released"),
    "family_release.withdrawn": _l("The copy for the family was withdrawn"),
}
"""Timeline kinds in words."""
