"""What is known where something happened that another school may know too, and what its history says."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.rules import SHARED_FACTS

COLUMNS: Final = ("injury", "weapon", "substance", "property_damage")
NEVER_TOLD: Final = ("self_harm", "mutual")
"""Facts of one child, who has a school. (Whom a bias was about stands outside the facts, and is not told either.)"""

WHERE_HARMED: Final = ("abuse_suspected",)
"""Told only where one of that school's own was harmed: it holds back a call to a home that may not be safe."""

FACTS: Final = tuple(name for name in SHARED_FACTS if name not in NEVER_TOLD + WHERE_HARMED)
"""Facts of what happened: every other one that a report may hold, so that one added there is told too."""

SENTENCES: Final[dict[str, Any]] = {
    "incident.part_opened": _l("%(school)s told this school about its students’ part in what happened there"),
    "incident.part_filled": _l("The details known at %(school)s were filled in"),
    "incident.part_joined": _l("It is now part of report %(reference)s of that school"),
    "incident.part_taken_out": _l("%(school)s found that one of its own students was named in error"),
    "incident.part_taken_back": _l("%(school)s is told that the student was named in error. Reason: %(why)s"),
    "incident.part_withdrawn": _l(
        "%(school)s withdraws what it shared about a student of this school. Reason: %(why)s"
    ),
    "incident.part_kept": _l("%(school)s says that it was its student after all"),
    "incident.part_told": _l("%(school)s was told about its students’ part"),
}
