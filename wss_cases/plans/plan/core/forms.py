"""The form of a plan's head, and what several forms of plans share."""

from datetime import datetime
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.forms import BaseForm, ConfirmField, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.core.actions import PlanHead
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import LONGEST_TERM
from wss_cases.plans.plan.core.tiers import PLAN_TIERS
from wss_cases.training.records.queries import staff_of


def no_student_named() -> ConfirmField:
    """Return the box with which somebody confirms that what looks like a student's name is none."""
    return ConfirmField(_l("No student is named here"))


class HeadForm(BaseForm):
    """Years, tier and lead of a plan."""

    first_year = SelectField(_l("First school year"), validators=[InputRequired(_l("Choose a school year."))])
    last_year = SelectField(_l("Last school year"), validators=[InputRequired(_l("Choose a school year."))])
    tier = SelectField(_l("Tier"))
    lead = SelectField(_l("Lead"))

    @property
    def head(self) -> PlanHead:
        """What the sound form says."""
        first = self.first_year.data if "first_year" in self else self.last_year.data
        return PlanHead(first, self.last_year.data, self.tier.data or "", id_in(self.lead.data or ""))


def head_form(school_id: int, now: datetime, plan: SchoolPlan | None = None, **sent: Any) -> HeadForm:
    """Return the form as it is first shown: for this school year, or as a plan says it.

    `sent`: what a form is made with whose answers are not this request's own fields.
    """
    shown: dict[str, Any] = {"first_year": school_year(today_at(school_id, now))}
    shown["last_year"] = shown["first_year"]
    if plan is not None:
        lead = {"lead": str(plan.lead_id or "")}
        shown = {"version": plan.version, "last_year": plan.last_year, "tier": plan.tier, **lead}
    form = HeadForm(**shown, **sent)
    first = school_year_bounds(plan.first_year if plan else shown["first_year"])[0].year
    years = [year_named(first + more) for more in range(LONGEST_TERM + (0 if plan else 1))]
    if plan is not None:
        del form.first_year
    else:
        form.first_year.choices = choices([(year, year) for year in years[:2]])
    form.last_year.choices = choices([(year, year) for year in years])
    tiers = dict.fromkeys([*PLAN_TIERS.on(today_at(school_id, now)), *([plan.tier] if plan and plan.tier else [])])
    form.tier.choices = choices([("", _("No tier")), *((tier, tier) for tier in tiers)])
    form.lead.choices = people_of(school_id, now, plan.lead_id if plan else None, _("No lead yet"))
    return form


def people_of(school_id: int, now: datetime, before_id: int | None, nobody: str) -> Any:
    """Return who works at a school as choices, with whoever stood there before, and `nobody` first."""
    people = user_names([before_id]) | staff_of(school_id, today_at(school_id, now))
    return choices([("", nobody), *((str(key), name) for key, name in people.items())])
