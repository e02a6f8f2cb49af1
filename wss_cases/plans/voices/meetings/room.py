"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room
from wss_cases.plans.voices.meetings import presenters, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"meeting": queries.load_meeting, "meeting_heard": queries.load_heard},
    plan_tabs=(PlanTab(views.TAB, _l("Meetings"), 70, Permission.PLAN_READ),),
    plan_columns=(PlanColumn("unanswered", _l("Unanswered voices"), 60, queries.unanswered_counts, tone="sun"),),
    panels=(Panel(Place.PLAN, 70, presenters.plan_panel),),
)
