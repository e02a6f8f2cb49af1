"""Names of what a police notification is counted as beside its ground."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l

AVOIDABLE: Final = "avoidable"
NOT_CONFIRMED: Final = "emergency_not_confirmed"
NOT_CONFIRMED_LABEL: Final = _l("Police notification: emergency not confirmed")
