"""When a plan may be published, and what the history says of a publication."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.core.states import PlanState

PUBLISHABLE: Final = frozenset({PlanState.APPROVED, PlanState.IN_FORCE, PlanState.REVIEWED})
"""Nobody outside reads a plan that the council has not approved."""

PART_LABELS: Final[dict[str, Any]] = {
    "school": _l("About the plan"),
    "years": _l("About the plan"),
    "state": _l("About the plan"),
    "tier": _l("About the plan"),
    "goals": _l("Goals"),
    "figures": _l("This school year in figures"),
    "sections": _l("Money"),
    "voices": _l("You said, we did"),
    "committee": _l("Who wrote it"),
    "named": _l("Who wrote it"),
}
"""The parts of a page that others write than who publishes it, and what they are called."""

SENTENCES: dict[str, Any] = {
    "plan_publication.published": _l("Plan published on a public page, version %(number)s"),
    "plan_publication.withdrawn": _l("Public page withdrawn"),
}
