"""What this folder brings to the application."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room
from wss_cases.plans.steps import actions, presenters, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    panels=(Panel(Place.PLAN, 30, presenters.panel),),
    plan_columns=(PlanColumn("overdue", _l("Overdue steps"), 10, queries.overdue_counts, tone="brick"),),
    plan_tabs=(PlanTab("plan_steps.steps", _l("Steps"), 40, Permission.PLAN_READ),),
    reactions={
        "plan.moved": actions.plan_moved,
        "plan.step_written": actions.step_written,
        "plan.step_changed": actions.step_written,
        "plan.step_removed": actions.step_dropped,
        "plan.changed": actions.lead_changed,
    },
)
