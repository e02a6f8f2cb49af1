"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.surveys.people import views

ROOM = Room(
    pages=(views.blueprint,),
    panels=(Panel(Place.STUDENT, 70, views.student_panel),),
    sentences={
        "survey_opt_out.recorded": _l("The family opted out of school surveys"),
        "survey_opt_out.ended": _l("The family agrees to school surveys again"),
    },
)
