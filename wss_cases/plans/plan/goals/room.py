"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.plan.goals import queries, views

ROOM = Room(
    pages=(views.blueprint,),
    loaders={"plan_goal": queries.load_goal, "plan_strategy": queries.load_strategy, "plan_step": queries.load_step},
    plan_tabs=(PlanTab("plan_goals.goals", _l("Goals and strategies"), 30, Permission.PLAN_READ),),
)
