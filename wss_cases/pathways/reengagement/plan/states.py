"""Why somebody was away, the life of a re-entry meeting, and what the history says of a return."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class AwayCause(enum.StrEnum):
    """What a student returns from."""

    REMOVAL = "removal"
    LONG_ABSENCE = "long_absence"
    PLACEMENT = "placement"


class MeetingMissed(enum.StrEnum):
    """Why a re-entry meeting was not held."""

    STUDENT_AWAY = "student_away"
    SUPPORTER_AWAY = "supporter_away"
    POSTPONED = "postponed"
    NOT_WANTED = "not_wanted"


class Meeting(enum.StrEnum):
    """How the re-entry meeting of a return stands; read from the plan, see rules.meeting_of."""

    NOT_PLANNED = "not_planned"
    PLANNED = "planned"
    MISSED = "missed"
    NOT_WANTED = "not_wanted"
    HELD = "held"


MEETING_TRANSITIONS: dict[Meeting, frozenset[Meeting]] = {
    Meeting.NOT_PLANNED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.PLANNED: frozenset({Meeting.PLANNED, Meeting.HELD, Meeting.MISSED, Meeting.NOT_WANTED}),
    Meeting.MISSED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.NOT_WANTED: frozenset({Meeting.PLANNED}),
    Meeting.HELD: frozenset(),
}
"""A meeting that nobody wanted may be wanted later; one that was held is not planned again."""


class ReviewAnswer(enum.StrEnum):
    """How the return goes, at a review."""

    SETTLED = "settled"
    SUPPORT_GOES_ON = "support_goes_on"
    NEEDS_MORE = "needs_more"
    NOT_BACK = "not_back"


CAUSE_LABELS = {
    AwayCause.REMOVAL: _l("A removal from class or school"),
    AwayCause.LONG_ABSENCE: _l("A long absence"),
    AwayCause.PLACEMENT: _l("A placement elsewhere"),
}

MISSED_LABELS = {
    MeetingMissed.STUDENT_AWAY: _l("The student was not there"),
    MeetingMissed.SUPPORTER_AWAY: _l("Somebody the student chose was not there"),
    MeetingMissed.POSTPONED: _l("The school put it off"),
    MeetingMissed.NOT_WANTED: _l("The student does not want a meeting"),
}

MEETING_LABELS = {
    Meeting.NOT_PLANNED: _l("Not planned yet"),
    Meeting.PLANNED: _l("Planned"),
    Meeting.MISSED: _l("Not held; to be planned again"),
    Meeting.NOT_WANTED: _l("The student does not want a meeting"),
    Meeting.HELD: _l("Held"),
}

REVIEW_LABELS = {
    ReviewAnswer.SETTLED: _l("Settled"),
    ReviewAnswer.SUPPORT_GOES_ON: _l("Going well with the supports"),
    ReviewAnswer.NEEDS_MORE: _l("Needs more support"),
    ReviewAnswer.NOT_BACK: _l("Not back in class"),
}

SENTENCES = {
    "reengagement.opened": (_l("Re-engagement opened: %(cause)s"), {"cause": CAUSE_LABELS}),
    "reengagement.away_longer": (_l("Away for longer: %(cause)s"), {"cause": CAUSE_LABELS}),
    "reengagement.planned": _l("Return planned"),
    "reengagement.return_moved": _l("Day of return changed with the removal: %(on)s"),
    "reengagement.meeting_planned": _l("Re-entry meeting planned for %(on)s"),
    "reengagement.meeting_dropped": _l("Re-entry meeting taken off: the day of return moved"),
    "reengagement.meeting_held": _l("Re-entry meeting held"),
    "reengagement.meeting_missed": (_l("Re-entry meeting not held: %(why)s"), {"why": MISSED_LABELS}),
    "reengagement.returned": _l("Back at school on %(on)s"),
    "reengagement.reviewed": (_l("Return reviewed: %(answer)s"), {"answer": REVIEW_LABELS}),
}
