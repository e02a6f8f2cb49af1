"""Rows of the list of plans."""

from collections.abc import Sequence
from typing import Any

from wss_cases.accounts.teams.queries import user_names
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import TONES, years_words


def plan_rows(plans: Sequence[SchoolPlan]) -> list[dict[str, Any]]:
    """Return the plans of a school as lines of a list."""
    leads = user_names(plan.lead_id for plan in plans)
    return [
        {
            "id": plan.id,
            "title": _("School safety plan %(years)s", years=years_words(plan)),
            "meta": dotted(plan.tier, leads.get(plan.lead_id, "") if plan.lead_id else _("No lead yet")),
            "tag": plan.state.label,
            "tone": TONES[plan.state],
        }
        for plan in plans
    ]
