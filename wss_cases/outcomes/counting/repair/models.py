"""Labels of the groups of police notifications that are counted apart from their ground."""

from typing import Final

from wss_cases.foundation.i18n import _, _l

AVOIDABLE: Final = "avoidable"
NOT_CONFIRMED: Final = "emergency_not_confirmed"
LAW_NOT_CONFIRMED: Final = "required_by_law_not_confirmed"
NOT_CONFIRMED_LABELS: Final = {
    NOT_CONFIRMED: _l("Police notification: emergency not confirmed"),
    LAW_NOT_CONFIRMED: _l("Police notification: required by law, not confirmed (firearm or gun threat)"),
}


def apart_words(emergency: int, by_law: int) -> str:
    """The sentence about notifications that are never counted as avoidable."""
    return _(
        "Not confirmed, separate: %(emergency)s emergency, %(law)s required by law",
        emergency=f"{emergency:,}",
        law=f"{by_law:,}",
    )
