"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.plan.home import views

ROOM = Room(pages=(views.blueprint,), plan_tabs=(PlanTab("plans.home", _l("Overview"), 10, Permission.PLAN_READ),))
