"""What this folder brings to the application."""

from wss_cases.cases.case.models import Case, CaseNote
from wss_cases.casework.finding.presenters import case_hits
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room, Searchable, WordSource

ROOM = Room(
    searchable=(Searchable("cases", _l("Cases"), 20, case_hits),),
    word_sources=(
        WordSource(
            "case_id",
            Case,
            ("reference", "number", "harm_kind", "location_code", "what_is_left"),
            {CaseNote: ("case_id", ("text",))},
        ),
    ),
)
