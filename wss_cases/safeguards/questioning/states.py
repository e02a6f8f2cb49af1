"""Who questions, which adult is with the student, which exception is claimed, and the words for it."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class QuestionedBy(Labelled):
    """Who wants to question a student."""

    POLICE = "police", _l("Police")
    SCHOOL_SECURITY = "school_security", _l("School security")


class AdultPresent(Labelled):
    """The adult who is with the student while they are questioned."""

    GUARDIAN = "guardian", _l("The guardian")
    SUPPORT_PROFESSIONAL = "support_professional", _l("A support professional of the school")


class ClaimedException(Labelled):
    """Why somebody says that the rule does not hold this time."""

    BODILY_INJURY = "bodily_injury", _l("To prevent bodily injury")
    FLEEING = "fleeing", _l("To apprehend someone armed or fleeing")
    EVIDENCE = "evidence", _l("To prevent evidence from being destroyed")
    EMERGENCY = "emergency", _l("Another emergency or dangerous situation")


SENTENCES: Final[dict[str, Any]] = {
    "questioning.recorded": (_l("A questioning of a student was requested, and recorded before it started"), {}),
    "questioning.recorded_late": (_l("A questioning of a student was recorded after it had started"), {}),
    "questioning.notice": (_l("Questioning of a student: an attempt to tell the guardian was recorded"), {}),
    "questioning.prepared": (_l("Questioning of a student: who is with the student was recorded"), {}),
    "questioning.exception": (_l("Questioning of a student: an exception was claimed"), {}),
    "questioning.started": (_l("The questioning of a student started"), {}),
    "questioning.ended": (_l("The questioning of a student ended"), {}),
    "questioning.called_off": (_l("The questioning of a student did not take place"), {}),
}
