"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Panel, Place, PlanTab, Room
from wss_cases.plans.money.tab import views

ROOM = Room(
    pages=(views.blueprint,),
    panels=(Panel(Place.PLAN, 40, views.home_panel),),
    plan_tabs=(PlanTab("plan_money.money", _l("Money"), 40, Permission.PLAN_READ),),
)
