"""What the morning's sweep reads of referrals: partners that are late, and whom that reaches, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from wss_cases.cases.case.models import Case
from wss_cases.followups.reminders.queries import Known
from wss_cases.followups.reminders.rules import Why, levels_of, people_reached
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import day_in, local_date
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.rules import waits_until
from wss_cases.pathways.referrals.referral.states import AWAITS_ANSWER, ReferralState
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.pages import Kind


@dataclass(frozen=True)
class Late:
    """A referral whose partner is late: by how many school days since `due_on`, and whom that reaches."""

    referral_id: int
    case_id: int
    school_id: int
    due_on: date
    days: int
    people: Mapping[int, Why]


def late_referrals(now: datetime, school_ids: Collection[int]) -> list[Late]:
    """Return the late partners of these schools: they reach the case's lead first, then the administrators.

    Of a need for housing support they reach its owner where the lead may not know, then the coordinators."""
    return _late(now, Referral.school_id.in_(school_ids))


def late_referral(now: datetime, referral_id: int) -> Late | None:
    """Return one referral as `late_referrals` does; None when nobody is late with it."""
    return next(iter(_late(now, Referral.id == referral_id)), None)


def _late(now: datetime, wanted: Any) -> list[Late]:
    day = day_in(School.time_zone, now)
    whose = (Referral.id, Referral.case_id, Referral.school_id, Case.lead_id, School.time_zone)
    hung = (Pathway.kind, Pathway.owner_id)
    statement = (
        select(*whose, *hung, Referral.state, Referral.answer_by, Referral.first_service_by)
        .join(School, School.id == Referral.school_id)
        .join(Case, Case.id == Referral.case_id)
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .where(
            wanted,
            Pathway.state.in_(LIVE),
            or_(
                Referral.state.in_(AWAITS_ANSWER) & (Referral.answer_by < day),
                (Referral.state == ReferralState.ACCEPTED) & (Referral.first_service_by < day),
            ),
        )
        .order_by(Referral.id)
    )
    rows = db.session.execute(statement).all()
    known = Known(now)
    known.learn_schools({row.school_id: row.time_zone for row in rows})
    known.learn_people(user_id for row in rows for user_id in (row.lead_id, row.owner_id))
    return [late for row in rows if (late := _reaching(known, row)) is not None]


def _reaching(known: Known, row: Any) -> Late | None:
    due_on = waits_until(row)
    if due_on is None:
        return None
    late = known.days(row.school_id).between(due_on, local_date(known.now, row.time_zone))
    of_housing = row.kind == Kind.HOUSING_BASIC_NEEDS
    lead_id, owner_id = (
        who if known.acts(who, row.school_id, of_housing=of_housing) else None for who in (row.lead_id, row.owner_id)
    )
    levels = levels_of(late, known.escalates_after)
    people: dict[int, Why] = {owner_id: Why.ACTS} if of_housing and owner_id is not None and levels else {}
    first, team = lead_id or (owner_id if of_housing else None), known.team(row.school_id, of_housing=of_housing)
    for level in levels:
        people = people_reached(level, None, first, team) | people
    recipients = known.with_covers(people, row.school_id, None, of_housing=of_housing)
    return Late(row.id, row.case_id, row.school_id, due_on, late, recipients) if recipients else None
