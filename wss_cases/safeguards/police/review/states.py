"""Life of a police-notification review, and its words."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class NotificationGround(Labelled):
    """Why police were told."""

    EMERGENCY = "emergency", _l("Emergency: imminent danger that staff could not safely de-escalate")
    REQUIRED_BY_LAW = "required_by_law", _l("The law requires it")
    OTHER = "other", _l("Anything else")


class Seconding(Labelled):
    """Whether a second person verified the duty that requires a notification."""

    NOT_NEEDED = "not_needed", _l("Not needed: two people confirmed the duty")
    WAITS = "waits", _l("Waiting for a second person")
    SECONDED = "seconded", _l("Confirmed by a second person")
    NOT_SECONDED = "not_seconded", _l("Not confirmed by a second person")
    REFUSED = "refused", _l("Refused by a second person")


class ReviewState(Labelled):
    """Where a review stands. An emergency begins as called, a duty as allowed or with a second person, anything else as
    asked."""

    ASKED = "asked", _l("Waiting for the administrator")
    CALLED = "called", _l("Called, to be recorded")
    SECONDING = "seconding", _l("Waiting for a second person to verify the duty")
    APPROVED_ONCE = "approved_once", _l("Waiting for the second approval")
    ALLOWED = "allowed", _l("Allowed, not made yet")
    NOTIFIED = "notified", _l("Police were notified")
    REFUSED = "refused", _l("Refused")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


BEGINNINGS: Final = frozenset({ReviewState.ASKED, ReviewState.CALLED, ReviewState.SECONDING, ReviewState.ALLOWED})
"""Where the three grounds begin."""

TRANSITIONS: Final[dict[ReviewState, frozenset[ReviewState]]] = {
    ReviewState.ASKED: frozenset({ReviewState.APPROVED_ONCE, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.CALLED: frozenset({ReviewState.NOTIFIED}),
    ReviewState.SECONDING: frozenset({ReviewState.ALLOWED, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.APPROVED_ONCE: frozenset({ReviewState.ALLOWED, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.ALLOWED: frozenset({ReviewState.NOTIFIED, ReviewState.WITHDRAWN}),
    ReviewState.NOTIFIED: frozenset(),
    ReviewState.REFUSED: frozenset(),
    ReviewState.WITHDRAWN: frozenset(),
}

WAITING: Final = frozenset({ReviewState.ASKED, ReviewState.APPROVED_ONCE})
"""Waiting for an answer; silence refuses."""

OPEN: Final = WAITING | {ReviewState.CALLED, ReviewState.SECONDING, ReviewState.ALLOWED}
"""Something is still to be done."""

TO_RECORD: Final = frozenset({ReviewState.CALLED, ReviewState.ALLOWED})
"""A notification may be recorded."""


SHORT_GROUND_LABELS: Final = NotificationGround.labels() | {NotificationGround.EMERGENCY: _l("Emergency now")}

ANSWER_MANNERS: Final = {
    "phone": _l("By phone, recorded here"),
    "in_person": _l("In person, recorded here"),
    "here": _l("In writing, on this page"),
}

SHEET_LABELS: Final = {
    "both": _l("Given to the student and the guardian"),
    "student": _l("Given to the student"),
    "guardian": _l("Given to the guardian"),
    "not_yet": _l("Not given yet"),
}

_DOOR: Final = {"door": NotificationGround.labels()}

SENTENCES: Final = {
    "police.called": (_l("Police were called first: %(door)s. Record due within the hour"), _DOOR),
    "police.allowed_by_law": _l("Police-notification review opened: the law requires it"),
    "police.seconding": _l("Police-notification review opened: a second person is asked to verify the duty"),
    "police.seconded": _l("A second person verified the duty: the police may be notified"),
    "police.not_seconded": _l(
        "No one could verify the duty in time: opened for one person, without a second confirmation"
    ),
    "police.second_refused": _l("A second person did not verify the duty; the network's deputy is asked"),
    "police.confirmed": _l("Second review of a police notification: confirmed"),
    "police.not_confirmed": _l("Second review of a police notification: not confirmed"),
    "police.corrected": _l("Record of a police notification corrected"),
    "police.asked": _l("Police-notification review requested; the answer is no unless two people approve"),
    "police.first_approved": _l("First approval of a police notification, by the administrator"),
    "police.second_approved": _l("Second approval of a police notification, from outside the school"),
    "police.refused": _l("Police notification refused"),
    "police.silence": _l("Police notification refused: no one answered in time"),
    "police.withdrawn": _l("Police-notification review withdrawn"),
    "police.late": _l("The hour to record a call to the police ran out. Told: %(to)s"),
    "police.recorded": (_l("Police notification recorded: %(door)s"), _DOOR),
    "police.completed": _l("What happened after a police notification was added"),
    "police_approver.set": _l("Who gives second approvals was set for network %(network)s"),
}

WANTED: Final = {
    "tried": _l("Write down what was done to de-escalate."),
    "alternatives": _l("Write down which alternatives were tried."),
    "guardian_attempts": _l("Write down the attempts to reach the guardian."),
    "supports": _l("Write down the student's supports, or that there are none."),
    "why": _l("Write down why the police are needed."),
}
"""What the third ground demands in writing; without one of them the answer is no."""
