"""How an agreement is signed, and why it ends without a meeting."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class SignatureManner(enum.StrEnum):
    """How somebody signed."""

    PAPER = "paper"
    SCREEN = "screen"
    SPOKEN = "spoken"
    INTERPRETER = "interpreter"


class WithoutMeeting(enum.StrEnum):
    """Why no meeting was held at the end of an agreement."""

    DECLINED = "declined"
    APART = "apart"
    LEFT = "left"
    NOT_SAFE = "not_safe"


MANNER_LABELS = {
    SignatureManner.PAPER: _l("On paper"),
    SignatureManner.SCREEN: _l("On the screen"),
    SignatureManner.SPOKEN: _l("Aloud, before the keeper"),
    SignatureManner.INTERPRETER: _l("With an interpreter"),
}

WITHOUT_MEETING_LABELS = {
    WithoutMeeting.DECLINED: _l("The people concerned did not wish to meet again"),
    WithoutMeeting.APART: _l("The keeper spoke with each person apart instead"),
    WithoutMeeting.LEFT: _l("Somebody left the school"),
    WithoutMeeting.NOT_SAFE: _l("Meeting again was not safe"),
}

SENTENCES = {
    "agreement.signed": _l("A person signed the agreement"),
    "agreement.term_replaced": _l("Term %(position)s of the agreement replaces term %(replaces)s"),
    "agreement.without_meeting": (
        _l("The agreement ended without a meeting: %(reason)s"),
        {"reason": WITHOUT_MEETING_LABELS},
    ),
}
