"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.plan.committee import queries, views

ROOM = Room(
    pages=(views.blueprint,),
    loaders={"plan_member": queries.load_member},
    plan_tabs=(PlanTab("plan_committee.members", _l("Committee"), 25, Permission.PLAN_READ),),
)
