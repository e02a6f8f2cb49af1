"""What a calendar date is, and the roster's words."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class DayKind(Labelled):
    """What a calendar date is for students."""

    SCHOOL = "school", _l("School day")
    HALF = "half", _l("Half day")
    CLOSED = "closed", _l("No school")


class Restriction(Labelled):
    """What keeps somebody from a student, as a paper says it that the school has seen."""

    CUSTODY_ORDER = "custody_order", _l("Custody order")
    ORDER_OF_PROTECTION = "order_of_protection", _l("Order of protection")
    NO_CONTACT = "no_contact", _l("No-contact order")


class Reach(Labelled):
    """Whether the school may call or write to a guardian of a student."""

    OPEN = "open", _l("May be contacted")
    ASK = "ask", _l("Ask the office first")
    NEVER = "never", _l("Do not contact")


class MoveWhy(enum.StrEnum):
    """Why the calendar moved something."""

    NO_SCHOOL = "no_school"
    YEAR_END = "year_end"
    NEXT_SCHOOL = "next_school"


NO_LABEL: dict[str, Any] = {"label": {"": _l("no reason given")}}
"""What a sentence says of a day without a label."""

RACE_LABELS = {
    "american_indian": _l("American Indian or Alaska Native"),
    "asian": _l("Asian"),
    "black": _l("Black or African American"),
    "hispanic": _l("Hispanic or Latino"),
    "pacific_islander": _l("Native Hawaiian or other Pacific Islander"),
    "white": _l("White"),
    "two_or_more": _l("Two or more races"),
}
"""Values of `Student.race_ethnicity` (federal reporting: Hispanic of any race counts as Hispanic)."""

SEX_LABELS = {"female": _l("Female"), "male": _l("Male"), "other": _l("Other")}
"""Values of `Student.sex`."""

GRADE_WORDS = {-1: _l("Pre-K"), 0: _l("Kindergarten"), 13: _l("After 12th grade")}
"""Grades that are not plain numbers; the rest is `grade_words`."""

RELATION_LABELS = {
    "parent": _l("Parent"),
    "mother": _l("Mother"),
    "father": _l("Father"),
    "guardian": _l("Guardian"),
    "relative": _l("Relative"),
    "aunt": _l("Aunt"),
    "uncle": _l("Uncle"),
    "grandparent": _l("Grandparent"),
    "grandmother": _l("Grandmother"),
    "grandfather": _l("Grandfather"),
    "stepmother": _l("Stepmother"),
    "stepfather": _l("Stepfather"),
}
"""Values of `StudentGuardian.relation` that rosters use."""

STAFF_ROLE_LABELS = {
    "administrator": _l("Administrator"),
    "aide": _l("Aide"),
    "counselor": _l("Counselor"),
    "principal": _l("Principal"),
    "proctor": _l("Proctor"),
    "professor": _l("Professor"),
    "siteadministrator": _l("School administrator"),
    "teacher": _l("Teacher"),
}
"""Values of `StaffMember.role` that rosters use."""

SCHOOL_LEVEL_LABELS = {
    "prek": _l("Preschool"),
    "pre": _l("Preschool"),
    "kindergarten": _l("Kindergarten"),
    "elementary": _l("Elementary school"),
    "primary": _l("Elementary school"),
    "intermediate": _l("Intermediate school"),
    "middle": _l("Middle school"),
    "juniorhigh": _l("Middle school"),
    "high": _l("High school"),
    "seniorhigh": _l("High school"),
    "secondary": _l("High school"),
    "alternative": _l("Alternative school"),
    "charter": _l("Charter school"),
    "magnet": _l("Magnet school"),
}
"""Values of `School.kind` that rosters and files use, without what is no letter and without the word school."""

SENTENCES = {
    "roster.imported": _l("The roster was imported from %(source)s"),
    "roster.refused": _l("The roster from %(source)s was refused"),
    "supports.imported": _l("Supports were imported from %(source)s"),
    "school.phone_saved": _l("The phone of the office was saved"),
    "student.guardian_limit": _l("What applies to a guardian was recorded"),
    "calendar.imported": _l("The school calendar of %(school_year)s was imported"),
    "calendar.said": (_l("%(day)s set: %(what)s – %(label)s"), {"what": DayKind.labels()}),
    "calendar.unsaid": _l("The change for %(day)s was withdrawn"),
}
"""Timeline kinds in words."""
