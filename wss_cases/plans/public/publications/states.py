"""When a plan may be published, and what the history says of a publication."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.core.states import PlanState

PUBLISHABLE: Final = frozenset({PlanState.APPROVED, PlanState.IN_FORCE, PlanState.REVIEWED})
"""Nobody outside reads a plan that the council has not approved."""

SENTENCES: dict[str, Any] = {
    "plan_publication.published": _l("Plan published on a public page, version %(number)s"),
    "plan_publication.withdrawn": _l("Public page withdrawn"),
}
