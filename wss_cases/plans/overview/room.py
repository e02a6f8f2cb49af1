"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanColumn, Room
from wss_cases.plans.overview import presenters, queries, views

ROOM = Room(
    pages=(views.blueprint,),
    lists=(presenters.PLANS,),
    plan_columns=(PlanColumn("training", _l("Trainings not met"), 50, queries.unmet_trainings, tone="sun"),),
)
