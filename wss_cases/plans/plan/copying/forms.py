"""The form with which a plan is copied forward: years, tier and lead of the new one."""

from datetime import datetime

from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.core.forms import HeadForm, people_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import LONGEST_TERM
from wss_cases.plans.plan.core.tiers import PLAN_TIERS


def copy_form(plan: SchoolPlan, now: datetime) -> HeadForm:
    """Return the form as it is first shown: for the school year after the plan's last one, or for this one if later."""
    today = today_at(plan.school_id, now)
    this_year = school_year_bounds(school_year(today))[0].year
    after = max(this_year, school_year_bounds(plan.last_year)[0].year + 1)
    lead = str(plan.lead_id or "")
    form = HeadForm(first_year=year_named(after), last_year=year_named(after), tier=plan.tier, lead=lead)
    years = [year_named(first) for first in range(this_year, after + LONGEST_TERM)]
    form.first_year.choices = choices([(year, year) for year in years[: after - this_year + 1]])
    form.last_year.choices = choices([(year, year) for year in years])
    tiers = dict.fromkeys([*PLAN_TIERS.on(today), *([plan.tier] if plan.tier else [])])
    form.tier.choices = choices([("", _("No tier")), *((tier, tier) for tier in tiers)])
    form.lead.choices = people_of(plan.school_id, now, None, _("No lead yet"))
    if lead not in {choice.value for choice in form.lead.choices} and not form.is_submitted():
        form.lead.data = ""
    return form
