"""The facts of a report that can be corrected, with their labels."""

from typing import Any, Final

from wss_cases.foundation.i18n import _l

FACT_LABELS: Final = {
    "school": _l("School"),
    "tile": _l("What happened"),
    "place": _l("Where"),
    "when": _l("When"),
    "injury": _l("Was anyone hurt?"),
    "weapon": _l("Weapon"),
    "substance": _l("Substance"),
    "role": _l("Role"),
    "behavior": _l("What they are reported to have done"),
    "person_injury": _l("Was this person hurt?"),
}
_OF: Final = {"what": FACT_LABELS}

SENTENCES: Final[dict[str, Any]] = {
    "incident.corrected": (_l("Corrected: %(what)s. Before: %(was)s. Now: %(now)s. Reason: %(why)s"), _OF),
    "case.facts_corrected": _l("Facts of report %(reference)s were corrected"),
    "incident.part_corrected": (
        _l("Corrected for %(who)s: %(what)s. Before: %(was)s. Now: %(now)s. Reason: %(why)s"),
        _OF,
    ),
}
