"""Why somebody was away, the life of a re-entry meeting, and what the history says of a return."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class AwayCause(Labelled):
    """What a student returns from."""

    REMOVAL = "removal", _l("A removal from class or school")
    LONG_ABSENCE = "long_absence", _l("A long absence")
    PLACEMENT = "placement", _l("A placement elsewhere")


class MeetingMissed(Labelled):
    """Why a re-entry meeting was not held."""

    STUDENT_AWAY = "student_away", _l("The student was not there")
    SUPPORTER_AWAY = "supporter_away", _l("Someone the student chose was not there")
    POSTPONED = "postponed", _l("The school postponed it")
    NOT_WANTED = "not_wanted", _l("The student does not want a meeting")


class Meeting(Labelled):
    """How the re-entry meeting of a return stands; read from the plan, see rules.meeting_of."""

    NOT_PLANNED = "not_planned", _l("Not planned yet")
    PLANNED = "planned", _l("Planned")
    MISSED = "missed", _l("Not held; needs a new date")
    NOT_WANTED = "not_wanted", _l("The student does not want a meeting")
    HELD = "held", _l("Held")


MEETING_TRANSITIONS: dict[Meeting, frozenset[Meeting]] = {
    Meeting.NOT_PLANNED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.PLANNED: frozenset({Meeting.PLANNED, Meeting.HELD, Meeting.MISSED, Meeting.NOT_WANTED}),
    Meeting.MISSED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.NOT_WANTED: frozenset({Meeting.PLANNED}),
    Meeting.HELD: frozenset(),
}
"""A meeting that nobody wanted may be wanted later; one that was held is not planned again."""


class ReviewAnswer(Labelled):
    """How the return goes, at a review."""

    SETTLED = "settled", _l("Settled")
    SUPPORT_GOES_ON = "support_goes_on", _l("Going well with support")
    NEEDS_MORE = "needs_more", _l("Needs more support")
    NOT_BACK = "not_back", _l("Not back in class")


SENTENCES = {
    "reengagement.opened": (_l("Re-engagement opened: %(cause)s"), {"cause": AwayCause.labels()}),
    "reengagement.away_longer": (_l("Away for longer: %(cause)s"), {"cause": AwayCause.labels()}),
    "reengagement.planned": _l("Return planned"),
    "reengagement.return_moved": _l("Day of return changed with the removal: %(on)s"),
    "reengagement.meeting_planned": _l("Re-entry meeting planned for %(on)s"),
    "reengagement.meeting_dropped": _l("Re-entry meeting canceled: the day of return moved"),
    "reengagement.meeting_held": _l("Re-entry meeting held"),
    "reengagement.meeting_missed": (_l("Re-entry meeting not held: %(why)s"), {"why": MeetingMissed.labels()}),
    "reengagement.returned": _l("Back at school on %(on)s"),
    "reengagement.reviewed": (_l("Return reviewed: %(answer)s"), {"answer": ReviewAnswer.labels()}),
}
