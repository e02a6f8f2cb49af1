"""Reading every school's plan: a constant number of statements, however many schools there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import among, db
from wss_cases.journal.extension_points import plan_columns
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import visible_to
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import STANDING, PlanState
from wss_cases.roster.directory.models import School
from wss_cases.training.requirements.queries import unmet_minimums

NO_PLAN: Final = "none"
"""Stands where others have the state of their plan."""


@dataclass(frozen=True)
class OverviewRow:
    """One school and its plan: the one that stands, else the newest that is not closed; None without any.

    `counts` are the numbers that rooms tell of the plan, by their column.
    """

    school_id: int
    school: str
    network: str
    plan_id: int | None = None
    state: PlanState | None = None
    tier: str = ""
    years: tuple[str, str] = ("", "")
    counts: Mapping[str, int] = field(default_factory=dict)


def overview_rows(actor: Actor, today: date) -> list[OverviewRow]:
    """Return every active school whose plans the actor reads, by name."""
    named = select(School.id, School.name, School.network).where(
        School.is_active, in_schools(School.id, actor, *PLAN_READERS)
    )
    plans = _plan_of_each(actor)
    ids = sorted(plan[0] for plan in plans.values())
    counted = {column.key: column.count(ids, today) if ids else {} for column in plan_columns()}
    found = []
    for school_id, school, network in db.session.execute(named.order_by(School.name, School.id)):
        plan = plans.get(school_id)
        if plan is None:
            found.append(OverviewRow(school_id, school, network or ""))
            continue
        plan_id, state, tier, first, last = plan
        counts = {key: numbers.get(plan_id, 0) for key, numbers in counted.items()}
        found.append(OverviewRow(school_id, school, network or "", plan_id, state, tier, (first, last), counts))
    return found


def unmet_trainings(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return for each plan how many minimums of training its school does not meet."""
    schools = select(SchoolPlan.id, SchoolPlan.school_id).where(among(SchoolPlan.id, plan_ids))
    by_plan = dict(db.session.execute(schools).all())
    unmet = unmet_minimums(sorted(set(by_plan.values())), today)
    return {plan_id: unmet[school_id] for plan_id, school_id in by_plan.items()}


def _plan_of_each(actor: Actor) -> dict[int, tuple[int, PlanState, str, str, str]]:
    plan = SchoolPlan
    columns = (plan.school_id, plan.id, plan.state, plan.tier, plan.first_year, plan.last_year)
    chosen: Any = select(*columns)
    statement = visible_to(chosen, actor).where(plan.state != PlanState.CLOSED)
    found: dict[int, tuple[int, PlanState, str, str, str]] = {}
    for school_id, *row in db.session.execute(statement.order_by(plan.first_year, plan.number)):
        before = found.get(school_id)
        if before is None or before[1] not in STANDING:
            found[school_id] = (row[0], row[1], row[2], row[3], row[4])
    return found
