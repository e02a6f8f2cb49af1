"""What is known where something happened that another school may know too, and what its history says."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l

COLUMNS: Final = ("injury", "weapon", "substance", "property_damage")
FACTS: Final = (
    "injury",
    "weapon",
    "substance",
    "gun_violence_threat",
    "fire_or_bomb",
    "clear_and_present_danger",
    "imminent_danger",
    "distribution",
    "sexual",
    "intimate_partner",
    "bullying",
    "bias",
    "staff_written_complaint",
    "repeated_between_same_people",
    "verified",
)
"""Facts of what happened. Not those of one child (`self_harm`, whom a bias was about): that child has a school."""

WHERE_HARMED: Final = ("abuse_suspected",)
"""Known also where one of that school's own was harmed: it holds back a call to a home that may not be safe."""

SENTENCES: Final[dict[str, Any]] = {
    "incident.part_opened": _l("%(school)s told this school of its students’ part in what happened there"),
    "incident.part_filled": _l("What is known at %(school)s was filled in"),
    "incident.part_joined": _l("It is part of report %(reference)s of that school now"),
    "incident.part_taken_out": _l("%(school)s found that a student of its own was named in error"),
    "incident.part_told": _l("%(school)s was told of its students’ part"),
}
