"""Mentors, matches and sessions in words, and how often sessions are planned."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


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

SENTENCES = {
    "mentoring.planned": _l("Mentor, goal and rhythm set"),
}
