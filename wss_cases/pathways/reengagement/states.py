"""Why somebody was away, and what the history says of their return."""

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

REVIEW_LABELS = {
    ReviewAnswer.SETTLED: _l("Settled"),
    ReviewAnswer.SUPPORT_GOES_ON: _l("Going well with the supports"),
    ReviewAnswer.NEEDS_MORE: _l("Needs more support"),
    ReviewAnswer.NOT_BACK: _l("Not back in class"),
}

SENTENCES = {
    "reengagement.planned": _l("Return planned"),
}
