"""The published file's columns and what they are called here."""

from typing import Final

from wss_cases.followups.core.states import CONVERSATION, KINDS
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.routing.engine.pages import Pathway

COUNTS: Final[dict[str, str]] = {
    "misconducts": "# of Misconducts",
    "group_1_2": "# of Group 1-2 Misconducts",
    "group_3_4": "# of Group 3-4 Misconducts",
    "group_5_6": "# of Group 5-6 Misconducts",
    "suspensions": "# of Suspensions (includes ISS and OSS)",
    "iss": "# of ISS",
    "iss_students": "# of Unique Students Receiving ISS",
    "oss": "# of OSS",
    "oss_students": "# of Unique Students Receiving OSS",
    "police_notifications": "# of Police Notifications",
    "students_notified": "# of Unique Students Receiving Police Notification",
    "expelled": "# of Students Expelled",
}
"""Whole numbers: our name to the file's header, its spaces and line breaks folded."""

RATES: Final[dict[str, str]] = {
    "suspension_percent": "% of Misconducts Resulting in a Suspension (includes ISS and OSS)",
    "iss_percent": "% of Misconducts Resulting in an ISS",
    "iss_per_100": "ISS per 100 Students",
    "iss_students_percent": "% of Unique Students Receiving ISS",
    "iss_average_days": "Average Length of ISS",
    "oss_percent": "% of Misconducts Resulting in an OSS",
    "oss_per_100": "OSS per 100 Students",
    "oss_students_percent": "% of Unique Students Receiving OSS",
    "oss_average_days": "Average Length of OSS",
    "police_percent": "% of Misconducts Resulting in a Police Notification",
    "police_per_100": "Police Notifications per 100 Students",
    "students_notified_percent": "% of Unique Students Receiving Police Notification",
    "expelled_per_100": "Expulsions per 100 Students",
}
"""Numbers with decimals; a percentage can pass 100."""

METRICS: Final = COUNTS | RATES
SUPPRESSED: Final = "--"
PERIODS: Final = ("S1", "EOY")
WHOLE_YEAR: Final = "EOY"
CHARTER_NETWORK: Final = "Charter"

HISTORY_LABELS: Final = {
    "misconducts": _l("Incidents (published as misconducts)"),
    "group_1_2": _l("Groups 1–2"),
    "group_3_4": _l("Groups 3–4"),
    "group_5_6": _l("Groups 5–6"),
    "iss": _l("In-school suspensions"),
    "oss": _l("Out-of-school suspensions"),
    "police_notifications": _l("Police notifications"),
    "students_notified": _l("Students in police notifications"),
    "expelled": _l("Students expelled"),
}
HISTORY: Final = tuple(HISTORY_LABELS)
"""The figures of the history report, in its order."""

FOLLOW_UP_LABELS: Final = {**KINDS, CONVERSATION: Pathway.RESTORATIVE_CONVERSATION.label}
"""What a follow-up is, the conversation without a case among them."""

REMARKABLE_YEARS: Final = {"2020-21": _l("remote year")}
"""School years that need a word beside their point."""

STEP_LABELS: Final = {
    "incidents": _l("Incidents"),
    "proposed": _l("Proposed"),
    "offered": _l("Offered"),
    "accepted": _l("Accepted"),
    "held": _l("Held"),
    "agreement": _l("Agreement made"),
    "kept": _l("Agreement kept"),
}
