"""How an agreement is signed, and why it ends without a meeting."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled

COMPLETION = "completion_meeting"
"""The kind of follow-up that asks for the meeting at the end of an agreement."""


class SignatureManner(Labelled):
    """How somebody signed."""

    PAPER = "paper", _l("On paper")
    SCREEN = "screen", _l("On the screen")
    SPOKEN = "spoken", _l("Aloud, in front of the keeper")
    INTERPRETER = "interpreter", _l("With an interpreter")


class WithoutMeeting(Labelled):
    """Why no meeting was held at the end of an agreement."""

    DECLINED = "declined", _l("The people involved did not want to meet again")
    APART = "apart", _l("The keeper met with each person separately instead")
    LEFT = "left", _l("Someone left the school")
    NOT_SAFE = "not_safe", _l("Meeting again was not safe")


SENTENCES = {
    "agreement.signed": _l("A person signed the agreement"),
    "agreement.named": _l("Permission to name people on the others’ copies of the agreement was recorded"),
    "agreement.term_translated": _l("Term %(position)s of the agreement was translated"),
    "agreement.term_replaced": _l("Term %(position)s of the agreement replaces term %(replaces)s"),
    "agreement.without_meeting": (
        _l("The agreement ended without a completion meeting: %(reason)s"),
        {"reason": WithoutMeeting.labels()},
    ),
}
