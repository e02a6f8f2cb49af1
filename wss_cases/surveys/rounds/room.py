"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room

ROOM = Room(
    sentences={
        "survey_round.opened": _l("Survey planned, from %(opens_on)s to %(closes_on)s"),
        "survey_round.invited": _l("Survey links made: %(count)s"),
        "survey_round.shown": _l("Survey slips shown to be printed: %(count)s"),
        "survey_round.replaced": _l("Survey slips voided and replaced: %(count)s"),
        "survey_round.counted": _l("Survey ended and counted"),
    }
)
