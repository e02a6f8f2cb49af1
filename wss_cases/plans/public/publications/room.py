"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.public.publications import queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"plan_publication": queries.load_publication},
    plan_tabs=(PlanTab(views.TAB, _l("Public page"), 90, Permission.PLAN_READ),),
)
