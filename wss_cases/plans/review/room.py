"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.review import states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    plan_tabs=(PlanTab(views.PAGE, _l("Reviews"), 80, Permission.PLAN_READ),),
)
