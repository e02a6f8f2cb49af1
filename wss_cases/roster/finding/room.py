"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room, Searchable
from wss_cases.roster.finding.presenters import staff_hits, student_hits

ROOM = Room(
    searchable=(
        Searchable("students", _l("Students"), 10, student_hits),
        Searchable("staff", _l("Staff"), 40, staff_hits),
    )
)
