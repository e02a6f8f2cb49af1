"""Reading resources as a list: narrowed, in the order of a column, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, case, func, literal, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked, worded
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
from wss_cases.plans.money.resources.queries import visible_to
from wss_cases.plans.money.resources.rules import Money
from wss_cases.plans.money.resources.states import EntryKind, ResourceKind
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.roster.directory.models import School

PAGE = 50
BY_SCHOOL: Final = Order("school")
NEVER: Final = date(9999, 12, 31)


class Standing(Labelled):
    """What a list of resources is narrowed to besides their kind."""

    VACANT = "vacant", _l("Vacant positions")
    OVER = "over", _l("Over the plan")


@dataclass(frozen=True)
class Wanted:
    """Which resources are asked for; None narrows nothing."""

    school_id: int | None = None
    kind: ResourceKind | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Listed:
    """One resource of the list, with its school's name and its money."""

    resource: PlanResource
    school: str
    money: Money


def _entered(kind: EntryKind) -> ColumnElement[int]:
    """Return, in SQL, what was entered of a kind for the resource of the row around it."""
    entered = select(func.coalesce(func.sum(ResourceEntry.amount_cents), 0))
    of_row = entered.where(ResourceEntry.resource_id == PlanResource.id, ResourceEntry.kind == kind)
    return of_row.correlate(PlanResource).scalar_subquery()


def _over() -> ColumnElement[int]:
    """Return, in SQL, by how much more is committed or spent than planned; what `Money.over` says."""
    committed, spent = _entered(EntryKind.COMMITTED), _entered(EntryKind.SPENT)
    used = case((committed > spent, committed), else_=spent)
    return case((used > PlanResource.planned_cents, used - PlanResource.planned_cents), else_=0)


def _sorted_by(order: Order) -> ColumnElement[Any]:
    # a position that stands open longest has the smallest day, so the most days
    open_from = func.coalesce(PlanResource.vacant_since, literal(NEVER, Date))
    by: dict[str, Any] = {
        "what": worded(PlanResource.title),
        "school": worded(School.name),
        "planned": PlanResource.planned_cents,
        "open": open_from,
    }
    if order.key == "kind":
        return ranked(PlanResource.kind, ResourceKind.labels())
    if order.key in ("committed", "spent"):
        return _entered(EntryKind(order.key))
    column: ColumnElement[Any] = _over() if order.key == "over" else by[order.key]
    return column


def listed(
    actor: Actor, wanted: Wanted, order: Order, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[Listed]:
    """Return resources of plans that are not closed, in an order, behind the one whose id is `after`."""
    by = _sorted_by(order)
    # more days open is an earlier day
    down = order.down != (order.key == "open")
    columns = (PlanResource, School.name, _entered(EntryKind.COMMITTED), _entered(EntryKind.SPENT))
    last = None
    if after is not None:
        row = db.session.execute(_narrowed(select(by).select_from(PlanResource), actor, Wanted(), after)).first()
        last = (row[0], after) if row is not None else None
    every: Any = select(*columns).select_from(PlanResource)
    statement = _narrowed(every, actor, wanted)
    found = db.session.execute(in_order(statement, PlanResource.id, by, down=down, limit=limit, last=last))
    return [Listed(row[0], row[1], Money(row[0].planned_cents, int(row[2]), int(row[3]))) for row in found]


def _narrowed(statement: Select[Any], actor: Actor, wanted: Wanted, only: int | None = None) -> Select[Any]:
    statement = statement.join(School, School.id == PlanResource.school_id)
    statement = visible_to(statement.join(SchoolPlan, SchoolPlan.id == PlanResource.plan_id), actor)
    statement = statement.where(SchoolPlan.state != PlanState.CLOSED)
    if only is not None:
        return statement.where(PlanResource.id == only)
    if wanted.school_id is not None:
        statement = statement.where(PlanResource.school_id == wanted.school_id)
    if wanted.kind is not None:
        statement = statement.where(PlanResource.kind == wanted.kind)
    if wanted.standing is Standing.VACANT:
        statement = statement.where(PlanResource.vacant_since.is_not(None))
    if wanted.standing is Standing.OVER:
        statement = statement.where(_over() > 0)
    return statement
