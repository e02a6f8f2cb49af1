"""Writing down who sits on the committee of a plan. Students are a group: how many, never who."""

from dataclasses import asdict, dataclass
from datetime import date

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.committee.models import PlanMember
from wss_cases.plans.plan.committee.states import MemberGroup
from wss_cases.plans.plan.core.actions import open_plan, part_of
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class Seat:
    """One entry: a person or an organization, or how many students, from a day until a day (None: still)."""

    member_group: MemberGroup
    name: str
    organization: str
    people: int
    starts_on: date
    ends_on: date | None
    named_yes_on: date | None


@use_case
def add_member(uow: UnitOfWork, school_plan_id: int, seat: Seat, anyway: bool = False) -> int:
    """Add an entry to a plan's committee. Raises NotFound, Refused naming the field."""
    plan = open_plan(uow, school_plan_id)
    _check(uow, plan.school_id, seat, anyway)
    member = uow.add(PlanMember(plan_id=plan.id, school_id=plan.school_id, **asdict(seat)))
    uow.record(member, "plan.member_added")
    return member.id


@use_case
def change_member(uow: UnitOfWork, plan_member_id: int, seat: Seat, anyway: bool = False) -> int:
    """Change an entry, or end it on a day. Raises NotFound, Stale, Refused naming the field."""
    member = part_of(uow, PlanMember, plan_member_id, uow.version)
    _check(uow, member.school_id, seat, anyway)
    for name, value in asdict(seat).items():
        setattr(member, name, value)
    uow.record(member, "plan.member_changed")
    return member.id


def _check(uow: UnitOfWork, school_id: int, seat: Seat, anyway: bool) -> None:
    named = seat.name.strip() or seat.organization.strip()
    if seat.member_group is MemberGroup.STUDENT and (named or seat.named_yes_on):
        raise Refused("name", _("Students are never named. Leave the name empty and enter how many."))
    if seat.member_group is not MemberGroup.STUDENT and not named:
        raise Refused("name", _("Enter a name or an organization."))
    if seat.people < 1:
        raise Refused("people", _("Enter a whole number, at least 1."))
    if seat.ends_on is not None and seat.ends_on < seat.starts_on:
        raise Refused("ends_on", _("The last day cannot come before the first."))
    if seat.named_yes_on is not None and seat.named_yes_on > today_at(school_id, uow.now):
        raise Refused("named_yes_on", _("Choose today or an earlier day."))
    refuse_names(school_id, anyway, seat.name, seat.organization)
