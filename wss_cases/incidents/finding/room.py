"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.finding.presenters import report_hits
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.journal.rooms import Room, Searchable, WordSource

ROOM = Room(
    searchable=(Searchable("reports", _l("Reports"), 30, report_hits),),
    word_sources=(
        WordSource(
            "incident_id",
            Incident,
            ("reference", "number", "tile", "location_code", "narrative", "immediate_action"),
            {Addendum: ("incident_id", ("text",))},
        ),
    ),
)
