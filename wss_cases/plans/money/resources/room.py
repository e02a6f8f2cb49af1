"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import PlanColumn, PublicSection, Room
from wss_cases.plans.money.resources import presenters, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"plan_resource": queries.load_resource, "resource_entry": queries.load_entry},
    lists=views.LISTS,
    plan_columns=(
        PlanColumn("planned", _l("Money planned ($)"), 30, queries.planned_dollars),
        PlanColumn("spent", _l("Money spent ($)"), 31, queries.spent_dollars),
    ),
    public_sections=(PublicSection(_l("Money by kind"), 20, presenters.public_rows),),
)
