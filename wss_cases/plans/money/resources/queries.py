"""Reading resources and their entries, and adding them up."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import among, by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
from wss_cases.plans.money.resources.rules import Money
from wss_cases.plans.money.resources.states import EntryKind, ResourceKind
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import STANDING
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy

CENTS = 100

load_resource = by_id(PlanResource)
load_entry = by_id(ResourceEntry)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of resources to the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanResource.school_id, actor, *PLAN_READERS))


def entries_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of entries to the schools whose plans the actor reads."""
    return statement.where(in_schools(ResourceEntry.school_id, actor, *PLAN_READERS))


def get_resource(actor: Actor, plan_resource_id: int) -> PlanResource:
    """Return one resource. Raises NotFound."""
    wanted = visible_to(select(PlanResource), actor).where(PlanResource.id == plan_resource_id)
    found: PlanResource | None = db.session.scalar(wanted)
    return existing(found)


def get_entry(actor: Actor, resource_entry_id: int) -> ResourceEntry:
    """Return one entry. Raises NotFound."""
    wanted = entries_visible_to(select(ResourceEntry), actor).where(ResourceEntry.id == resource_entry_id)
    found: ResourceEntry | None = db.session.scalar(wanted)
    return existing(found)


def entries_of(actor: Actor, resource_id: int) -> Sequence[ResourceEntry]:
    """Return the entries of a resource, the latest first."""
    wanted = entries_visible_to(select(ResourceEntry), actor).where(ResourceEntry.resource_id == resource_id)
    found: Sequence[ResourceEntry] = db.session.scalars(wanted.order_by(ResourceEntry.id.desc())).all()
    return found


def correction_of(entry_id: int) -> ResourceEntry | None:
    """Return the counter-entry of an entry, where it has one."""
    return db.session.scalar(select(ResourceEntry).where(ResourceEntry.corrects_id == entry_id))


def resources_of(actor: Actor, plan_id: int) -> Sequence[PlanResource]:
    """Return the resources of a plan, by strategy, in the order in which they were written."""
    wanted = visible_to(select(PlanResource), actor).where(PlanResource.plan_id == plan_id)
    found: Sequence[PlanResource] = db.session.scalars(wanted.order_by(PlanResource.strategy_id, PlanResource.id)).all()
    return found


def summed(kind: EntryKind) -> ColumnElement[int]:
    """Return, in SQL, the sum of the entries of a kind; of a select that joins entries."""
    return func.coalesce(func.sum(case((ResourceEntry.kind == kind, ResourceEntry.amount_cents), else_=0)), 0)


def money_of(actor: Actor, resource_ids: Collection[int]) -> dict[int, Money]:
    """Return planned, committed and spent of these resources, in one query."""
    wanted: Any = (
        select(
            PlanResource.id, PlanResource.planned_cents, summed(EntryKind.COMMITTED), summed(EntryKind.SPENT)
        )
        .outerjoin(ResourceEntry, ResourceEntry.resource_id == PlanResource.id)
        .where(PlanResource.id.in_(resource_ids))
        .group_by(PlanResource.id, PlanResource.planned_cents)
    )  # fmt: skip
    return {row[0]: Money(row[1], int(row[2]), int(row[3])) for row in db.session.execute(visible_to(wanted, actor))}


def planned_dollars(plan_ids: Sequence[int], _today: date) -> dict[int, int]:
    """Return the whole dollars that each plan plans to use; the caller has checked the plans."""
    planned = select(PlanResource.plan_id, func.sum(PlanResource.planned_cents)).group_by(PlanResource.plan_id)
    return _dollars(planned.where(among(PlanResource.plan_id, plan_ids)))


def spent_dollars(plan_ids: Sequence[int], _today: date) -> dict[int, int]:
    """Return the whole dollars spent so far for each plan; the caller has checked the plans."""
    spent = select(PlanResource.plan_id, summed(EntryKind.SPENT)).group_by(PlanResource.plan_id)
    entered = spent.join(ResourceEntry, ResourceEntry.resource_id == PlanResource.id)
    return _dollars(entered.where(among(PlanResource.plan_id, plan_ids)))


def _dollars(statement: Select[int, int]) -> dict[int, int]:
    return {plan_id: int(cents or 0) // CENTS for plan_id, cents in db.session.execute(statement)}


def money_by_kind(
    actor: Actor, school_ids: Collection[int] | None = None, *, plan_id: int | None = None
) -> dict[int, dict[ResourceKind, Money]]:
    """Return for each school the money of the plan that stands there, by kind of resource.

    Without schools: of all whose plans the actor reads. `plan_id`: of this plan instead, whatever its state. Two
    queries, however many schools there are; a school without a resource is left out.
    """
    found: defaultdict[int, dict[ResourceKind, Money]] = defaultdict(dict)
    keys = (PlanResource.school_id, PlanResource.kind)
    planned: Any = select(*keys, func.sum(PlanResource.planned_cents))
    for school_id, kind, cents in db.session.execute(_of_plans(planned, actor, school_ids, plan_id).group_by(*keys)):
        found[school_id][kind] = Money(planned=int(cents))
    entered: Any = select(*keys, summed(EntryKind.COMMITTED), summed(EntryKind.SPENT))
    entered = entered.join(ResourceEntry, ResourceEntry.resource_id == PlanResource.id)
    for school_id, kind, committed, spent in db.session.execute(
        _of_plans(entered, actor, school_ids, plan_id).group_by(*keys)
    ):
        found[school_id][kind] += Money(committed=int(committed), spent=int(spent))
    return dict(found)


def _of_plans(
    statement: Select[Any], actor: Actor, school_ids: Collection[int] | None, plan_id: int | None
) -> Select[Any]:
    statement = visible_to(statement, actor)
    if school_ids is not None:
        statement = statement.where(PlanResource.school_id.in_(school_ids))
    if plan_id is not None:
        return statement.where(PlanResource.plan_id == plan_id)
    standing = select(SchoolPlan.id).where(SchoolPlan.state.in_(STANDING))
    return statement.where(PlanResource.plan_id.in_(standing))


def strategies_of(actor: Actor, plan_id: int) -> list[tuple[int, str]]:
    """Return id and words of each strategy of a plan, by goal and in their order."""
    wanted = (
        select(PlanStrategy.id, PlanStrategy.if_words)
        .join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
        .where(PlanStrategy.removed_on.is_(None), PlanGoal.removed_on.is_(None))
        .where(PlanStrategy.plan_id == plan_id, in_schools(PlanStrategy.school_id, actor, *PLAN_READERS))
        .order_by(PlanGoal.component, PlanGoal.position, PlanStrategy.position, PlanStrategy.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def titles_of(ids: Collection[int]) -> dict[int, str]:
    """Return the titles of these resources; the caller has checked them."""
    rows = db.session.execute(select(PlanResource.id, PlanResource.title).where(PlanResource.id.in_(sorted(ids))))
    return {row[0]: row[1] for row in rows}
