"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.plan.answers import views

ROOM = Room(
    pages=(views.blueprint,), plan_tabs=(PlanTab("plan_answers.answers", _l("Questions"), 20, Permission.PLAN_READ),)
)
