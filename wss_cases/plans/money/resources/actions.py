"""Writing down what a strategy needs, and what was committed and spent of it."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import NotFound, Refused, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.money.amounts.rules import MOST_CENTS, Unreadable, check_day
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
from wss_cases.plans.money.resources.queries import correction_of
from wss_cases.plans.money.resources.rules import takes_resources
from wss_cases.plans.money.resources.states import EntryKind, ResourceKind
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.goals.models import PlanStrategy
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class Needed:
    """What a strategy needs: amounts in cents, the share of a full-time position in hundredths.

    Job code, share and days are a position's alone; it is filled or vacant.
    """

    kind: ResourceKind
    title: str
    planned_cents: int
    job_code: str = ""
    fte_hundredths: int | None = None
    filled_on: date | None = None
    vacant_since: date | None = None


@dataclass(frozen=True)
class Paid:
    """An amount in cents that was committed or spent, on which day, and a note."""

    kind: EntryKind
    amount_cents: int
    on_day: date
    note: str = ""


@use_case
def add_resource(uow: UnitOfWork, strategy_id: int, needed: Needed, anyway: bool = False) -> int:
    """Add what a strategy needs. Raises NotFound, Refused naming the field, and, unless `anyway`, for what may name a
    student, as the others here do."""
    return write_resource(uow, strategy_id, needed, anyway)


def write_resource(uow: UnitOfWork, strategy_id: int, needed: Needed, anyway: bool) -> int:
    """Step: add what a strategy needs; for use cases. Returns its id. Raises NotFound, Refused as adding does."""
    strategy = existing(uow.session.get(PlanStrategy, strategy_id, with_for_update=True))
    if strategy.removed_on is not None:
        raise NotFound
    row = PlanResource(
        school_id=strategy.school_id, plan_id=strategy.plan_id, strategy_id=strategy.id, made_at=uow.now,
        made_by_id=uow.actor.user_id, **vars(needed),
    )  # fmt: skip
    require(uow.actor, Permission.PLAN_MONEY_WRITE, row)
    _check_plan(uow, strategy.plan_id)
    check_needed(needed, today_at(strategy.school_id, uow.now))
    refuse_names(strategy.school_id, anyway, needed.title)
    uow.add(row)
    uow.record(row, "plan_resource.added", kind=row.kind.value)
    return row.id


@use_case
def change_resource(uow: UnitOfWork, resource_id: int, needed: Needed, anyway: bool = False) -> int:
    """Change what a strategy needs; its entries stay. Raises NotFound, Stale, Refused naming the field."""
    row = uow.load(PlanResource, resource_id, Permission.PLAN_MONEY_WRITE, uow.version)
    _check_plan(uow, row.plan_id)
    check_needed(needed, today_at(row.school_id, uow.now))
    refuse_names(row.school_id, anyway, needed.title)
    for name, value in vars(needed).items():
        setattr(row, name, value)
    uow.record(row, "plan_resource.changed", kind=row.kind.value)
    return row.id


@use_case
def add_entry(uow: UnitOfWork, resource_id: int, paid: Paid, anyway: bool = False) -> int:
    """Write down what was committed or spent; more than was planned is taken, and said. Returns the entry's id."""
    row = write_entry(uow, resource_id, paid)
    refuse_names(row.school_id, anyway, paid.note)
    return row.id


def write_entry(uow: UnitOfWork, resource_id: int, paid: Paid) -> ResourceEntry:
    """Step: add an entry to a resource; for use cases. Raises NotFound, Refused naming the field."""
    resource = uow.load(PlanResource, resource_id, Permission.PLAN_MONEY_WRITE)
    if not 0 < paid.amount_cents <= MOST_CENTS:
        raise Refused("amount", _("Enter an amount above $0."))
    try:
        check_day(paid.on_day, today_at(resource.school_id, uow.now))
    except Unreadable as why:
        raise Refused("on_day", str(why)) from why
    row = ResourceEntry(
        school_id=resource.school_id, resource_id=resource.id, made_at=uow.now, made_by_id=uow.actor.user_id,
        **vars(paid),
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "resource_entry.added", kind=row.kind.value)
    return row


@use_case
def correct_entry(uow: UnitOfWork, entry_id: int, reason: str, anyway: bool = False) -> int:
    """Take an entry back by a counter-entry that names it; both stay. Returns the resource's id.

    Raises NotFound; Refused without a reason, for a counter-entry, and for what was taken back already.
    """
    wrong = existing(uow.session.get(ResourceEntry, entry_id))
    resource = uow.load(PlanResource, wrong.resource_id, Permission.PLAN_MONEY_WRITE)
    if resource.school_id != wrong.school_id:
        raise NotFound
    refuse_blank("reason", reason, _("Write what was wrong."))
    refuse_names(resource.school_id, anyway, reason)
    if wrong.corrects_id is not None:
        raise Refused("", _("This is a correction. Add a new entry instead."))
    if correction_of(wrong.id) is not None:
        raise Refused("", _("This entry was already corrected."))
    row = ResourceEntry(
        school_id=wrong.school_id, resource_id=wrong.resource_id, kind=wrong.kind, amount_cents=-wrong.amount_cents,
        on_day=wrong.on_day, note=reason, corrects_id=wrong.id, made_at=uow.now, made_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "resource_entry.corrected", kind=row.kind.value)
    return resource.id


def _check_plan(uow: UnitOfWork, plan_id: int) -> None:
    plan = uow.session.get_one(SchoolPlan, plan_id)
    if not takes_resources(plan.state):
        raise Refused("", _("This plan is closed. Its resources no longer change."))


def check_needed(needed: Needed, today: date) -> None:
    """Raise Refused, naming the field, for what no resource can be."""
    refuse_blank("title", needed.title, _("Write what it is."))
    if not 0 <= needed.planned_cents <= MOST_CENTS:
        raise Refused("planned", _("Write the amount in dollars, such as $1,234.56."))
    of_position = {"job_code": needed.job_code, "fte": needed.fte_hundredths, "filled_on": needed.filled_on}
    of_position["vacant_since"] = needed.vacant_since
    if needed.kind is not ResourceKind.POSITION:
        for field, value in of_position.items():
            if value:
                raise Refused(field, _("Only a position has this. Choose Position, or clear it."))
        return
    if needed.filled_on is None and needed.vacant_since is None:
        raise Refused("vacant_since", _("Enter the day it was filled, or since when it is vacant."))
    for field, day in (("filled_on", needed.filled_on), ("vacant_since", needed.vacant_since)):
        if day is not None:
            try:
                check_day(day, today)
            except Unreadable as why:
                raise Refused(field, str(why)) from why
    if needed.filled_on and needed.vacant_since and needed.filled_on > needed.vacant_since:
        raise Refused("vacant_since", _("It was filled after that. Clear this day if the position is filled now."))
