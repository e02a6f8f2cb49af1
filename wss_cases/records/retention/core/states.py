"""The schedule of retention, reviews of a record, and deletions: their words and their lives."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Part(Labelled):
    """Which part of a record a kind belongs to; the running ones are no record of a student."""

    TEMPORARY = "temporary", _l("Temporary record")
    PERMANENT = "permanent", _l("Permanent record")
    RUNNING = "running", _l("Cleaned by itself")


class Unit(Labelled):
    """In what the time is counted."""

    YEARS = "years", _l("years")
    DAYS = "days", _l("days")


class ReviewWhy(Labelled):
    """Why a student's record is to be looked at."""

    FOUR_YEARS = "four_years", _l("Four years since the last review")
    CHANGED_SCHOOL = "changed_school", _l("Came from another school")
    LEFT = "left", _l("Left, and the time has passed")
    KEPT_UNTIL = "kept_until", _l("Was kept until now")


class Decision(Labelled):
    """What the person who looked decided."""

    KEEP = "keep", _l("Keep it until a day")
    DELETE = "delete", _l("Propose that it is deleted")


class DeletionState(Labelled):
    """proposed → confirmed → done; or withdrawn while it is only proposed."""

    PROPOSED = "proposed", _l("Proposed")
    CONFIRMED = "confirmed", _l("Confirmed")
    DONE = "done", _l("Deleted")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


DELETION_TRANSITIONS: dict[DeletionState, frozenset[DeletionState]] = {
    DeletionState.PROPOSED: frozenset({DeletionState.CONFIRMED, DeletionState.WITHDRAWN}),
    DeletionState.CONFIRMED: frozenset({DeletionState.DONE}),
    DeletionState.DONE: frozenset(),
    DeletionState.WITHDRAWN: frozenset(),
}


class ItemState(enum.StrEnum):
    """What became of one student's record in a deletion."""

    WAITING = "waiting"
    DELETED = "deleted"
    KEPT = "kept"


FLOORS: dict[Part, int] = {Part.TEMPORARY: 5, Part.PERMANENT: 60, Part.RUNNING: 1}
"""The least time that the schedule may say, in the kind's own unit."""
MOST: dict[Part, int] = {Part.TEMPORARY: 100, Part.PERMANENT: 200, Part.RUNNING: 3650}
REVIEW_YEARS = 4


KIND_LABELS: dict[str, Any] = {
    "incident": _l("Reports"),
    "case": _l("Cases with their pathways and follow-ups"),
    "discipline": _l("Discipline actions and appeals"),
    "restraint": _l("Restraint and time-out"),
    "police": _l("Police-notification reviews, notifications and questioning"),
    "duty": _l("Legal duties"),
    "care": _l("Student concerns"),
    "questionnaire": _l("Questionnaires"),
    "disclosure": _l("Disclosures and reviews of the record"),
    "identity": _l("Who the student is: name, schools, guardians"),
    "draft": _l("Drafts of reports"),
    "offline_entry": _l("Reports and circles written offline and never filed"),
    "session": _l("Sessions that ended"),
    "sign_in": _l("Failed sign-ins and wrong links"),
    "link": _l("Links that were used or ran out"),
    "mail": _l("Email queue"),
    "mail_file": _l("Emails written to files"),
    "request_key": _l("Keys of forms that were sent"),
    "import": _l("Reports of imports"),
    "export": _l("Download log"),
    "board_report": _l("Board reports and school safety plans as PDFs"),
}

EVENT_LABELS: dict[str, Any] = {
    "left": _l("after the student left"),
    "made": _l("after it was made"),
    "ended": _l("after it ended"),
    "touched": _l("after it was last saved"),
}


DELETION_TONES = {
    DeletionState.PROPOSED: "sun",
    DeletionState.CONFIRMED: "brick",
    DeletionState.DONE: "slate",
    DeletionState.WITHDRAWN: "slate",
}

KEPT_LABELS: dict[str, Any] = {
    "hold": _l("Kept: a hold is open"),
    "sealed": _l("Kept: a sealed file belongs to it"),
    "open": _l("Kept: something of it is still open"),
    "not_due": _l("Kept: it may not go yet"),
    "gone": _l("Was gone before"),
    "withdrawn": _l("Kept: the proposal was withdrawn"),
}

_CODE = {"code": KIND_LABELS}
SENTENCES: dict[str, Any] = {
    "retention.rule_changed": (_l("A new row of the records retention schedule from %(day)s: %(code)s"), _CODE),
    "retention.rule_ended": (_l("A row of the records retention schedule ends %(day)s: %(code)s"), _CODE),
}
