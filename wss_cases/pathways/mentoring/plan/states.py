"""Mentors, matches, sessions and cards in words; how often sessions are planned; the life of a card's day."""

from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.pathways.common.states import OUTCOMES
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family


class MentorKind(Labelled):
    """Where a mentor comes from."""

    STAFF = "staff", _l("Staff member")
    PARTNER = "partner", _l("From a partner")


class Cadence(Labelled):
    """How often sessions are planned."""

    DAILY = "daily", _l("Every school day")
    TWICE_WEEKLY = "twice_weekly", _l("Twice a week")
    WEEKLY = "weekly", _l("Every week")
    BIWEEKLY = "biweekly", _l("Every two weeks")
    MONTHLY = "monthly", _l("Every month")


class Missed(Labelled):
    """Why a session was not held."""

    STUDENT_ABSENT = "student_absent", _l("The student was away")
    STUDENT_CHOSE_NOT = "student_chose_not", _l("The student chose not to come")
    MENTOR_ABSENT = "mentor_absent", _l("The mentor was away")
    NO_SCHOOL = "no_school", _l("There was no school")
    OTHER = "other", _l("Another reason")


class Reason(Labelled):
    """What speaks for a mentor; the first four are found by themselves."""

    PLACE = "place", _l("Has an open spot")
    LANGUAGE = "language", _l("Speaks the student’s language")
    STRENGTH = "strength", _l("Their strengths fit the goal")
    TRAINED = "trained", _l("Is trained")
    ASKED = "asked", _l("The student asked for them")
    KNOWN = "known", _l("They know each other already")


class DayState(Labelled):
    """Where the day of a card stands."""

    NOT_BEGUN = "not_begun", _l("Not checked in")
    CHECKED_IN = "checked_in", _l("Checked in")
    CHECKED_OUT = "checked_out", _l("Checked out")


class Came(Labelled):
    """Whether a student was there in the morning."""

    HERE = "in", _l("In")
    ABSENT = "absent", _l("Absent")


class GoesOn(Labelled):
    """What a review decides."""

    SAME = "same", _l("It continues as is")
    CHANGES = "changes", _l("It continues, with a change")
    ENDS = "ends", _l("It ends now")


class After(Labelled):
    """What comes after mentoring."""

    NOTHING = "nothing", _l("Nothing more is needed")
    STAYS_IN_TOUCH = "stays_in_touch", _l("The mentor stays in touch")
    OTHER_ADULT = "other_adult", _l("Another adult at the school takes over")
    OTHER_PATHWAY = "other_pathway", _l("Another pathway takes over")
    NEXT_SCHOOL = "next_school", _l("The next school is told")


DAY_TRANSITIONS: Final[dict[DayState, frozenset[DayState]]] = {
    DayState.NOT_BEGUN: frozenset({DayState.CHECKED_IN}),
    DayState.CHECKED_IN: frozenset({DayState.CHECKED_OUT}),
    DayState.CHECKED_OUT: frozenset(),
}

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


STANDS_LABELS = OUTCOMES[Family.MENTORING]
"""How the goal stands at a review: the same words as the outcomes of mentoring."""


SENTENCES = {
    "mentoring.planned": _l("Goal and schedule of the mentoring set"),
    "mentoring.matched": _l("Matched with the mentor %(mentor)s"),
    "mentoring.unmatched": _l("The mentor %(mentor)s has ended; a new match is needed"),
    "mentoring.held": _l("Mentoring session of %(day)s held"),
    "mentoring.missed": (_l("Mentoring session of %(day)s missed: %(reason)s"), {"reason": Missed.labels()}),
    "mentoring.corrected": _l("Log of the mentoring session of %(day)s corrected"),
    "mentoring.taken_back": _l("What was logged for %(day)s taken back"),
    "mentoring.reviewed": (
        _l("Mentoring reviewed: %(stands)s. %(goes_on)s."),
        {"stands": STANDS_LABELS, "goes_on": GoesOn.labels()},
    ),
    "mentoring.after": (_l("After the mentoring: %(after)s"), {"after": After.labels()}),
    "mentoring.card_set": _l("Daily card set"),
    "mentor.added": _l("Mentor added"),
    "mentor.changed": _l("Mentor changed"),
    "mentor.ended": _l("Mentor ended"),
    "mentor.returned": _l("Mentor active again"),
    "mentoring_group.added": _l("Mentoring group added"),
    "mentoring_group.changed": _l("Mentoring group changed"),
}
