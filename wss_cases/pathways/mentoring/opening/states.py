"""Why a student gets check-in/check-out or a mentor without an incident, and how the family agreed, in words."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.routing.engine.pages import Kind


class Because(Labelled):
    """Why; the sentence beside it says more."""

    STUDENT_ASKED = "student_asked", _l("The student asked for it")
    FAMILY_ASKED = "family_asked", _l("The family asked for it")
    ATTENDANCE = "attendance", _l("Attendance or being on time")
    CLASSWORK = "classwork", _l("Classwork or focus")
    BELONGING = "belonging", _l("Making friends, feeling part of the school")
    ROUTINE = "routine", _l("A steady start and end of the day")
    NEW_HERE = "new_here", _l("New at the school")
    OTHER = "other", _l("Another reason")


class AgreedHow(Labelled):
    """How the family said yes."""

    IN_PERSON = "in_person", _l("In person")
    PHONE = "phone", _l("By phone")
    VIDEO = "video", _l("By video")
    PAPER = "paper", _l("On paper, signed")
    MESSAGE = "message", _l("By a message")


class AgreedWho(Labelled):
    """Who said yes."""

    GUARDIAN = "guardian", _l("A parent or guardian")
    STUDENT = "student", _l("The student, who is 18 or older")


OPENED_WITHOUT_INCIDENT = (Kind.CHECK_IN_CHECK_OUT, Kind.ONE_TO_ONE, Kind.GROUP)
"""What opens without an incident."""

SENTENCES = {
    "support.started": (
        _l("Opened without an incident: %(because)s. Family agreed: %(how)s, %(day)s"),
        {"because": Because.labels(), "how": AgreedHow.labels()},
    )
}
