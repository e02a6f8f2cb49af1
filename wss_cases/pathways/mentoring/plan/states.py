"""Mentors, matches, sessions and cards in words; how often sessions are planned; the life of a card's day."""

import enum
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.routing.engine.states import Kind


class MentorKind(enum.StrEnum):
    """Where a mentor comes from."""

    STAFF = "staff"
    PARTNER = "partner"


class Cadence(enum.StrEnum):
    """How often sessions are planned."""

    DAILY = "daily"
    TWICE_WEEKLY = "twice_weekly"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


class Missed(enum.StrEnum):
    """Why a session was not held."""

    STUDENT_ABSENT = "student_absent"
    STUDENT_CHOSE_NOT = "student_chose_not"
    MENTOR_ABSENT = "mentor_absent"
    NO_SCHOOL = "no_school"
    OTHER = "other"


class Reason(enum.StrEnum):
    """What speaks for a mentor; the first four are found by themselves."""

    PLACE = "place"
    LANGUAGE = "language"
    STRENGTH = "strength"
    TRAINED = "trained"
    ASKED = "asked"
    KNOWN = "known"


class DayState(enum.StrEnum):
    """Where the day of a card stands."""

    NOT_BEGUN = "not_begun"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"


class GoesOn(enum.StrEnum):
    """What a review decides."""

    SAME = "same"
    CHANGES = "changes"
    ENDS = "ends"


class After(enum.StrEnum):
    """What comes after mentoring."""

    NOTHING = "nothing"
    STAYS_IN_TOUCH = "stays_in_touch"
    OTHER_ADULT = "other_adult"
    OTHER_PATHWAY = "other_pathway"
    NEXT_SCHOOL = "next_school"


DAY_TRANSITIONS: Final[dict[DayState, frozenset[DayState]]] = {
    DayState.NOT_BEGUN: frozenset({DayState.CHECKED_IN}),
    DayState.CHECKED_IN: frozenset({DayState.CHECKED_OUT}),
    DayState.CHECKED_OUT: frozenset(),
}

REVIEW_MARKS = ("goal_reached", "goal_partly_reached", "goal_not_reached")
"""How the goal stands at a review; the same words as the outcomes of mentoring."""

MOST_EXPECTATIONS, MOST_PERIODS, BEST_MARK = 5, 10, 2
CARD_DAYS = 20
"""School days that the chart of a card looks back on."""

REVIEW_AFTER_DAYS = 42
"""Days from the first session to the first review that a match proposes."""

LONGEST_WEEKS, LONGEST_MINUTES, LARGEST_CAPACITY = 208, 480, 60


@dataclass(frozen=True)
class Preset:
    """A rhythm and length that programmes are known by; `minutes` None leaves them to the plan."""

    words: Any
    rhythm: Cadence
    weeks: int
    minutes: int | None = None


PRESETS: Final[dict[str, Preset]] = {
    "daily_half_year": Preset(_l("Every school day for 6 months"), Cadence.DAILY, 26),
    "weekly_27": Preset(_l("Every week for 27 weeks"), Cadence.WEEKLY, 27),
    "half_year": Preset(_l("Every week for 6 months"), Cadence.WEEKLY, 26),
    "two_years": Preset(_l("An hour a week for two years"), Cadence.WEEKLY, 104, 60),
}
OWN_RHYTHM = "own"
CHECK_IN_PRESETS = ("daily_half_year",)
MEETING_PRESETS = ("weekly_27", "half_year", "two_years")


def presets_for(kind: str) -> tuple[str, ...]:
    """Return the presets that fit a kind of mentoring; a card is of every school day."""
    return CHECK_IN_PRESETS if kind == Kind.CHECK_IN_CHECK_OUT else MEETING_PRESETS


LANGUAGES = ("en", "es", "pl", "zh", "ar", "ur", "uk", "fr", "vi", "tl", "yo", "ro", "ru", "am")
"""Languages a mentor may be said to speak; any other stands in their strengths."""

MENTOR_KIND_LABELS = {MentorKind.STAFF: _l("Member of staff"), MentorKind.PARTNER: _l("From a partner")}

CADENCE_LABELS = {
    Cadence.DAILY: _l("Every school day"),
    Cadence.TWICE_WEEKLY: _l("Twice a week"),
    Cadence.WEEKLY: _l("Every week"),
    Cadence.BIWEEKLY: _l("Every two weeks"),
    Cadence.MONTHLY: _l("Every month"),
}

MISSED_LABELS = {
    Missed.STUDENT_ABSENT: _l("The student was away"),
    Missed.STUDENT_CHOSE_NOT: _l("The student chose not to come"),
    Missed.MENTOR_ABSENT: _l("The mentor was away"),
    Missed.NO_SCHOOL: _l("There was no school"),
    Missed.OTHER: _l("Another reason"),
}

REASON_LABELS = {
    Reason.PLACE: _l("Has a place free"),
    Reason.LANGUAGE: _l("Speaks the student’s language"),
    Reason.STRENGTH: _l("Their strengths fit the goal"),
    Reason.TRAINED: _l("Is trained"),
    Reason.ASKED: _l("The student asked for them"),
    Reason.KNOWN: _l("They know each other already"),
}

DAY_LABELS = {
    DayState.NOT_BEGUN: _l("Not checked in"),
    DayState.CHECKED_IN: _l("Checked in"),
    DayState.CHECKED_OUT: _l("Checked out"),
}

STANDS_LABELS = {
    "goal_reached": _l("Goal reached"),
    "goal_partly_reached": _l("Goal partly reached"),
    "goal_not_reached": _l("Goal not reached"),
}

GOES_ON_LABELS = {
    GoesOn.SAME: _l("It goes on as it is"),
    GoesOn.CHANGES: _l("It goes on, with a change"),
    GoesOn.ENDS: _l("It ends now"),
}

AFTER_LABELS = {
    After.NOTHING: _l("Nothing more is needed"),
    After.STAYS_IN_TOUCH: _l("The mentor stays in touch"),
    After.OTHER_ADULT: _l("Another adult of the school looks after it"),
    After.OTHER_PATHWAY: _l("Another pathway takes it up"),
    After.NEXT_SCHOOL: _l("The next school is told"),
}

SENTENCES = {
    "mentoring.planned": _l("Goal and rhythm of the mentoring set"),
    "mentoring.matched": _l("Matched with the mentor %(mentor)s"),
    "mentoring.unmatched": _l("The mentor %(mentor)s has ended; a new match is needed"),
    "mentoring.held": _l("Mentoring session of %(day)s held"),
    "mentoring.missed": (_l("Mentoring session of %(day)s missed: %(reason)s"), {"reason": MISSED_LABELS}),
    "mentoring.corrected": _l("Log of the mentoring session of %(day)s corrected"),
    "mentoring.reviewed": (
        _l("Mentoring reviewed: %(stands)s. %(goes_on)s."),
        {"stands": STANDS_LABELS, "goes_on": GOES_ON_LABELS},
    ),
    "mentoring.after": (_l("After the mentoring: %(after)s"), {"after": AFTER_LABELS}),
    "mentoring.card_set": _l("Daily card set"),
    "mentor.added": _l("Mentor added"),
    "mentor.changed": _l("Mentor changed"),
    "mentor.ended": _l("Mentor ended"),
    "mentor.returned": _l("Mentor active again"),
    "mentoring_group.added": _l("Mentoring group added"),
    "mentoring_group.changed": _l("Mentoring group changed"),
}
