"""The money of a plan: sums, what is left or exceeded, how long a position has been vacant, and the list of
resources."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from wss_cases.access.actor import Actor, in_schools
from wss_cases.foundation.db import among, by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.journal.models import TimelineEntry
from wss_cases.plans.money.resources.models import CORRECTED, EntryKind, PlanResource, ResourceEntry, ResourceKind
from wss_cases.plans.plan.core.models import PLAN_READERS, STANDING, PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy


@dataclass(frozen=True)
class Money:
    """Amounts in cents: planned, committed, spent."""

    planned: int = 0
    committed: int = 0
    spent: int = 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.planned + other.planned, self.committed + other.committed, self.spent + other.spent)

    @property
    def used(self) -> int:
        """The amount no longer free. Spent money was committed before, so the larger of the two counts."""
        return max(self.committed, self.spent)

    @property
    def over(self) -> int:
        """By how much the money committed or spent exceeds the plan; 0 where it does not."""
        return max(self.used - self.planned, 0)


def days_open(resource: Any, today: date) -> int | None:
    """For how many days a position has been vacant; None where it is not."""
    return None if resource.vacant_since is None else max((today - resource.vacant_since).days, 0)


def takes_resources(state: PlanState) -> bool:
    """Whether resources of a plan in this state can be added and changed. Entries can be added until the plan is
    closed."""
    return state is not PlanState.CLOSED


CENTS = 100

load_resource = by_id(PlanResource)
load_entry = by_id(ResourceEntry)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select of resources, limited to schools whose plans the actor may read."""
    return statement.where(in_schools(PlanResource.school_id, actor, *PLAN_READERS))


def entries_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select of entries, limited to schools whose plans the actor may read."""
    return statement.where(in_schools(ResourceEntry.school_id, actor, *PLAN_READERS))


def get_resource(actor: Actor, plan_resource_id: int) -> PlanResource:
    """One resource. Raises NotFound."""
    wanted = visible_to(select(PlanResource), actor).where(PlanResource.id == plan_resource_id)
    row: PlanResource | None = db.session.scalar(wanted)
    return existing(row)


def get_entry(actor: Actor, resource_entry_id: int) -> ResourceEntry:
    """One entry. Raises NotFound."""
    wanted = entries_visible_to(select(ResourceEntry), actor).where(ResourceEntry.id == resource_entry_id)
    row: ResourceEntry | None = db.session.scalar(wanted)
    return existing(row)


def entries_of(actor: Actor, resource_id: int) -> Sequence[ResourceEntry]:
    """The entries of a resource, the latest first."""
    wanted = entries_visible_to(select(ResourceEntry), actor).where(ResourceEntry.resource_id == resource_id)
    entries: Sequence[ResourceEntry] = db.session.scalars(wanted.order_by(ResourceEntry.id.desc())).all()
    return entries


def corrections_of(entry_ids: Collection[int]) -> Sequence[TimelineEntry]:
    """The history of corrections of these entries, the latest first. The caller has checked the entries."""
    wanted = select(TimelineEntry).where(
        TimelineEntry.subject_type == ResourceEntry.__tablename__,
        TimelineEntry.subject_id.in_(entry_ids),
        TimelineEntry.kind == CORRECTED,
    )
    return db.session.scalars(wanted.order_by(TimelineEntry.id.desc())).all()


def resources_of(actor: Actor, plan_id: int) -> Sequence[PlanResource]:
    """The resources of a plan, by strategy, in the order of entry."""
    wanted = visible_to(select(PlanResource), actor).where(PlanResource.plan_id == plan_id)
    rows: Sequence[PlanResource] = db.session.scalars(wanted.order_by(PlanResource.strategy_id, PlanResource.id)).all()
    return rows


def summed(kind: EntryKind) -> ColumnElement[int]:
    """In SQL, the sum of the entries of a kind, in a select that joins entries."""
    return func.coalesce(func.sum(case((ResourceEntry.kind == kind, ResourceEntry.amount_cents), else_=0)), 0)


def money_of(actor: Actor, resource_ids: Collection[int]) -> dict[int, Money]:
    """The money planned, committed and spent of these resources, in one query."""
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
    """The whole dollars that each plan plans to use. The caller has checked the plans."""
    planned = select(PlanResource.plan_id, func.sum(PlanResource.planned_cents)).group_by(PlanResource.plan_id)
    return _dollars(planned.where(among(PlanResource.plan_id, plan_ids)))


def spent_dollars(plan_ids: Sequence[int], _today: date) -> dict[int, int]:
    """The whole dollars spent so far for each plan. The caller has checked the plans."""
    spent = select(PlanResource.plan_id, summed(EntryKind.SPENT)).group_by(PlanResource.plan_id)
    entered = spent.join(ResourceEntry, ResourceEntry.resource_id == PlanResource.id)
    return _dollars(entered.where(among(PlanResource.plan_id, plan_ids)))


def _dollars(statement: Select[int, int]) -> dict[int, int]:
    return {plan_id: int(cents or 0) // CENTS for plan_id, cents in db.session.execute(statement)}


def money_by_kind(
    actor: Actor, school_ids: Collection[int] | None = None, *, plan_id: int | None = None
) -> dict[int, dict[ResourceKind, Money]]:
    """For each school, the money of the plan in force there, by kind of resource.

    Without `school_ids`, for all schools whose plans the actor may read. `plan_id`: for this plan instead, whatever its
    state. Two queries, whatever the number of schools; schools without a resource are left out.
    """
    by_school: defaultdict[int, dict[ResourceKind, Money]] = defaultdict(dict)
    keys = (PlanResource.school_id, PlanResource.kind)
    planned: Any = select(*keys, func.sum(PlanResource.planned_cents))
    for school_id, kind, cents in db.session.execute(_of_plans(planned, actor, school_ids, plan_id).group_by(*keys)):
        by_school[school_id][kind] = Money(planned=int(cents))
    entered: Any = select(*keys, summed(EntryKind.COMMITTED), summed(EntryKind.SPENT))
    entered = entered.join(ResourceEntry, ResourceEntry.resource_id == PlanResource.id)
    for school_id, kind, committed, spent in db.session.execute(
        _of_plans(entered, actor, school_ids, plan_id).group_by(*keys)
    ):
        by_school[school_id][kind] += Money(committed=int(committed), spent=int(spent))
    return dict(by_school)


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
    """Id and text of each strategy of a plan, by goal and in order."""
    wanted = (
        select(PlanStrategy.id, PlanStrategy.if_words)
        .join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
        .where(PlanStrategy.removed_on.is_(None), PlanGoal.removed_on.is_(None))
        .where(PlanStrategy.plan_id == plan_id, in_schools(PlanStrategy.school_id, actor, *PLAN_READERS))
        .order_by(PlanGoal.component, PlanGoal.position, PlanStrategy.position, PlanStrategy.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def titles_of(ids: Collection[int]) -> dict[int, str]:
    """The titles of these resources. The caller has checked them."""
    rows = db.session.execute(select(PlanResource.id, PlanResource.title).where(PlanResource.id.in_(sorted(ids))))
    return {row[0]: row[1] for row in rows}
