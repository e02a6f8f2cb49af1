"""Handing cases over: one, several, or all that a person leads. Circles' privileged notes never pass along."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from wss_cases.access.housing import may_know_of_housing
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import colleagues
from wss_cases.cases.case.models import Case
from wss_cases.cases.progress import open_only, write_note
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.followups.core.queries import tells_of_housing
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.invitations.actions import tell_planned
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.pathways.common.queries import team_of
from wss_cases.pathways.common.states import LIVE
from wss_cases.routing.engine.pages import Kind

HANDED_OVER = "case.handed_over"


@use_case
def hand_over(uow: UnitOfWork, case_id: int, to_id: int, note: str) -> int:
    """Give a case to another person of the school's team, with a note; what the former lead had open goes along.

    Raises Refused without a note, for the present lead, or for somebody outside the team.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    _give(uow, case, to_id, note)
    if to_id != uow.actor.user_id:
        uow.notify(to_id, "case_assigned", case, f"case-assigned:{case.id}:{to_id}:{uow.now:%Y%m%d%H%M%S}")
    return case.id


@use_case
def hand_over_many(uow: UnitOfWork, case_ids: Sequence[int], from_id: int | None, to_id: int, note: str) -> int:
    """Give several cases of one lead to another person, all or none, with one note on each; they are told once.

    Returns how many. Raises Refused without a case, for one that is closed or no longer that lead's, and as
    `hand_over` does.
    """
    if not case_ids:
        raise Refused("cases", _("Choose at least one case."))
    for case_id in sorted(set(case_ids)):
        case = uow.load(Case, case_id, Permission.CASE_WORK)
        if case.lead_id != from_id:
            raise Refused("cases", _("Case %(reference)s now has another coordinator.", reference=case.reference))
        _give(uow, case, to_id, note)
    receiver = uow.session.get(UserAccount, to_id)
    if receiver is not None and to_id != uow.actor.user_id:
        key = f"cases-handed-over:{to_id}:{uow.actor.user_id}:{uow.now:%Y%m%d%H%M%S%f}"
        uow.notify(to_id, "cases_handed_over", receiver, key)
    return len(set(case_ids))


def _give(uow: UnitOfWork, case: Case, to_id: int, note: str) -> None:
    open_only(case)
    people = team_of(case.school_id, today_at(case.school_id, uow.now))
    if to_id not in people or to_id == case.lead_id:
        raise Refused("to", _("Choose the new coordinator of the case."))
    if not note.strip():
        raise Refused("note", _("Write what the next person needs to know."))
    former, case.lead_id = case.lead_id, to_id
    uow.record(case, HANDED_OVER, to=people[to_id], former=str(former or ""))
    write_note(uow, case, note)
    _pass_on(uow, case, former, to_id, people[to_id])
    tell_planned(uow, CircleMeeting.case_id == case.id)


def _pass_on(uow: UnitOfWork, case: Case, former: int | None, to_id: int, name: str) -> None:
    """Give what the former lead had open to the new one, but for what is not theirs to know of.

    Where the former lead might not know of a need for housing, it stayed with whoever led the case before.
    """
    receiver, before = colleagues([to_id], uow.now)[to_id], _kept_back_by(uow, case, former)
    of_case = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state == FollowUpState.OPEN)
    theirs = _owned_by(FollowUp.owner_id, former, before, tells_of_housing())
    open_rows = of_case.where(follow_ups_known_to(receiver), theirs)
    for follow_up in uow.session.scalars(open_rows.order_by(FollowUp.id)):
        follow_up.owner_id, follow_up.snoozed_until = to_id, None
        uow.record(follow_up, "followup.reassigned", owner=name)
    live = select(Pathway).where(Pathway.case_id == case.id, Pathway.state.in_(LIVE), pathways_known_to(receiver))
    theirs = _owned_by(Pathway.owner_id, former, before, Pathway.kind == Kind.HOUSING_BASIC_NEEDS)
    for pathway in uow.session.scalars(live.where(theirs).order_by(Pathway.id)):
        pathway.owner_id = to_id
        uow.record(pathway, "pathway.owner", what=pathway.kind, to=name)


def _owned_by(
    owner: Any, former: int | None, before: Collection[int], of_housing: ColumnElement[bool]
) -> ColumnElement[bool]:
    kept_back = and_(of_housing, owner.in_(sorted(before)))
    return or_(owner.is_(None), owner == former, kept_back)


def _kept_back_by(uow: UnitOfWork, case: Case, former: int | None) -> set[int]:
    """The leads before one who might not know of a need for housing: none where the former lead may."""
    known = colleagues([former], uow.now).get(former) if former is not None else None
    if known is not None and may_know_of_housing(known, case.school_id):
        return set()
    over = select(TimelineEntry.data).where(TimelineEntry.case_id == case.id, TimelineEntry.kind == HANDED_OVER)
    leads = {data.get("former") for data in uow.session.scalars(over)}
    return {int(lead_id) for lead_id in leads if lead_id}
