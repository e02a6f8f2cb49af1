"""Kinds of meetings, who came, and the fixed list of themes under which it is written down what was heard."""

from datetime import date
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class MeetingType(Labelled):
    """What kind of meeting it is."""

    COUNCIL = "council", _l("Local School Council")
    COMMITTEE = "committee", _l("Safety committee")
    COMMUNITY = "community", _l("Community meeting")
    FAMILIES = "families", _l("Meeting with families")
    STUDENTS = "students", _l("Meeting with students")
    STAFF = "staff", _l("Staff meeting")


class CameGroup(Labelled):
    """Groups of which a meeting counts how many came; each is a column of the meeting."""

    STUDENTS = "students", _l("Students")
    FAMILIES = "families", _l("Parents and guardians")
    STAFF = "staff", _l("School staff")
    COMMUNITY = "community", _l("Community and partners")
    MEMBERS = "members", _l("Voting members")


class Theme(Labelled):
    """What was heard, as a theme: the only form in which it is ever published."""

    FEELING_SAFE = "feeling_safe", _l("Feeling safe in and around the school")
    ARRIVAL = "arrival", _l("Arrival, dismissal, and the way to school")
    BULLYING = "bullying", _l("Bullying and harassment")
    RESPECT = "respect", _l("Respect between adults and students")
    DISCIPLINE = "discipline", _l("How rules and consequences are applied")
    REPAIR = "repair", _l("Circles and repairing harm")
    MENTAL_HEALTH = "mental_health", _l("Mental health and counseling")
    POLICE = "police", _l("Police and security")
    INFORMED = "informed", _l("How families are informed and included")
    LANGUAGE = "language", _l("Languages and interpreters")
    BELONGING = "belonging", _l("Belonging and student voice")
    ACTIVITIES = "activities", _l("After-school activities and mentoring")
    STAFFING = "staffing", _l("Staff and training")
    MONEY = "money", _l("How money is spent")
    BUILDING = "building", _l("The building and its doors")
    OTHER = "other", _l("Another theme")


THEME_LISTS: Final[tuple[tuple[date, tuple[Theme, ...]], ...]] = ((date(2026, 8, 1), tuple(Theme)),)
"""From a day on the themes that may be chosen, the latest list last. One that is no longer offered stays readable."""

LANGUAGES: Final = ("en", "es", "pl", "zh", "ar", "ur", "uk")
"""Languages that a meeting is most often held in or interpreted into."""

SENTENCES: dict[str, Any] = {
    "meeting.recorded": _l("Meeting written down"),
    "meeting.changed": _l("Meeting changed"),
    "meeting.heard": _l("What was heard was written down"),
    "meeting.heard_changed": _l("What was heard was changed"),
    "meeting.answered": _l("Answer to what was heard written"),
}
