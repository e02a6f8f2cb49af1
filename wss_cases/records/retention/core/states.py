"""The schedule of retention, reviews of a record, and deletions: their words and their lives."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l


class Part(enum.StrEnum):
    """Which part of a record a kind belongs to; the running ones are no record of a student."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    RUNNING = "running"


class Unit(enum.StrEnum):
    """In what the time is counted."""

    YEARS = "years"
    DAYS = "days"


class ReviewWhy(enum.StrEnum):
    """Why a student's record is to be looked at."""

    FOUR_YEARS = "four_years"
    CHANGED_SCHOOL = "changed_school"
    LEFT = "left"
    KEPT_UNTIL = "kept_until"


class Decision(enum.StrEnum):
    """What the person who looked decided."""

    KEEP = "keep"
    DELETE = "delete"


class DeletionState(enum.StrEnum):
    """proposed → confirmed → done; or withdrawn while it is only proposed."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    WITHDRAWN = "withdrawn"


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

PART_LABELS = {
    Part.TEMPORARY: _l("Temporary record"),
    Part.PERMANENT: _l("Permanent record"),
    Part.RUNNING: _l("Cleaned by itself"),
}

UNIT_LABELS = {Unit.YEARS: _l("years"), Unit.DAYS: _l("days")}

KIND_LABELS: dict[str, Any] = {
    "incident": _l("Reports"),
    "case": _l("Cases with their pathways and follow-ups"),
    "discipline": _l("Discipline actions and appeals"),
    "restraint": _l("Restraint and time-out"),
    "police": _l("Police-notification reviews, notifications and questioning"),
    "duty": _l("Legal duties"),
    "care": _l("Care records"),
    "questionnaire": _l("Questionnaires"),
    "disclosure": _l("Disclosures and reviews of the record"),
    "identity": _l("Who the student is: name, schools, guardians"),
    "draft": _l("Drafts of reports"),
    "session": _l("Sessions that ended"),
    "sign_in": _l("Failed sign-ins and wrong links"),
    "link": _l("Links that were used or ran out"),
    "mail": _l("Queue of mails"),
    "mail_file": _l("Mails written to files"),
    "request_key": _l("Keys of forms that were sent"),
    "import": _l("Reports of imports"),
    "export": _l("List of files that were taken"),
    "board_report": _l("Board reports as PDFs"),
}

EVENT_LABELS: dict[str, Any] = {
    "left": _l("after the student left"),
    "made": _l("after it was made"),
    "ended": _l("after it ended"),
    "touched": _l("after it was last saved"),
}

WHY_LABELS = {
    ReviewWhy.FOUR_YEARS: _l("Four years since it was last looked at"),
    ReviewWhy.CHANGED_SCHOOL: _l("Came from another school"),
    ReviewWhy.LEFT: _l("Left, and the time has passed"),
    ReviewWhy.KEPT_UNTIL: _l("Was kept until now"),
}

DELETION_LABELS = {
    DeletionState.PROPOSED: _l("Proposed"),
    DeletionState.CONFIRMED: _l("Confirmed"),
    DeletionState.DONE: _l("Deleted"),
    DeletionState.WITHDRAWN: _l("Withdrawn"),
}
DELETION_TONES = {
    DeletionState.PROPOSED: "sun",
    DeletionState.CONFIRMED: "brick",
    DeletionState.DONE: "slate",
    DeletionState.WITHDRAWN: "slate",
}

KEPT_LABELS: dict[str, Any] = {
    "hold": _l("Kept: a hold is open"),
    "open": _l("Kept: something of it is still open"),
    "not_due": _l("Kept: it may not go yet"),
    "gone": _l("Was gone before"),
    "withdrawn": _l("Kept: the proposal was withdrawn"),
}

_CODE = {"code": KIND_LABELS}
SENTENCES: dict[str, Any] = {
    "retention.rule_changed": (_l("A new row of the schedule of retention from %(day)s: %(code)s"), _CODE),
    "retention.rule_ended": (_l("A row of the schedule of retention ends %(day)s: %(code)s"), _CODE),
}
