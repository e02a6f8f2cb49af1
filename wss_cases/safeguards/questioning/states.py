"""Who questions, which adult is with the student, which exception is claimed, and the words for it."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class QuestionedBy(enum.StrEnum):
    """Who wants to question a student."""

    POLICE = "police"
    SCHOOL_SECURITY = "school_security"


class AdultPresent(enum.StrEnum):
    """The adult who is with the student while they are questioned."""

    GUARDIAN = "guardian"
    SUPPORT_PROFESSIONAL = "support_professional"


class ClaimedException(enum.StrEnum):
    """Why somebody says that the rule does not hold this time."""

    BODILY_INJURY = "bodily_injury"
    FLEEING = "fleeing"
    EVIDENCE = "evidence"
    EMERGENCY = "emergency"


ASKED_BY_LABELS: Final = {QuestionedBy.POLICE: _l("Police"), QuestionedBy.SCHOOL_SECURITY: _l("School security")}
ADULT_LABELS: Final = {
    AdultPresent.GUARDIAN: _l("The guardian"),
    AdultPresent.SUPPORT_PROFESSIONAL: _l("A support professional of the school"),
}
EXCEPTION_LABELS: Final = {
    ClaimedException.BODILY_INJURY: _l("To prevent bodily injury"),
    ClaimedException.FLEEING: _l("To apprehend somebody armed or fleeing"),
    ClaimedException.EVIDENCE: _l("To prevent that evidence is destroyed"),
    ClaimedException.EMERGENCY: _l("Another emergency or dangerous situation"),
}
SENTENCES: Final[dict[str, Any]] = {
    "questioning.recorded": (_l("A questioning of a student was asked for, and recorded before it began"), {}),
    "questioning.recorded_late": (_l("A questioning of a student was recorded after it had begun"), {}),
    "questioning.notice": (_l("Questioning of a student: an attempt to tell the guardian was recorded"), {}),
    "questioning.prepared": (_l("Questioning of a student: who is with the student was recorded"), {}),
    "questioning.exception": (_l("Questioning of a student: an exception was claimed"), {}),
    "questioning.started": (_l("The questioning of a student began"), {}),
    "questioning.ended": (_l("The questioning of a student ended"), {}),
    "questioning.called_off": (_l("The questioning of a student did not take place"), {}),
}
