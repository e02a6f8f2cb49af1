"""How an agreement is signed."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class SignatureManner(enum.StrEnum):
    """How somebody signed."""

    PAPER = "paper"
    SCREEN = "screen"
    SPOKEN = "spoken"
    INTERPRETER = "interpreter"


MANNER_LABELS = {
    SignatureManner.PAPER: _l("On paper"),
    SignatureManner.SCREEN: _l("On the screen"),
    SignatureManner.SPOKEN: _l("Aloud, before the keeper"),
    SignatureManner.INTERPRETER: _l("With an interpreter"),
}

SENTENCES = {
    "agreement.signed": _l("A person signed the agreement"),
}
