"""The weekly count: how much is overdue, and belongs to others, at a school one administers and in cases one leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.accounts.coverage import near
from wss_cases.accounts.teams import teams_at
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import known_to
from wss_cases.followups.reminders.queries import overdue_quietly
from wss_cases.foundation.db import db


@dataclass(frozen=True)
class Overdue:
    """How many follow-ups of others are overdue at schools one administers, and in cases one leads elsewhere."""

    at_schools: int
    in_cases: int


def weekly_people(school_ids: Sequence[int], day: date, now: datetime) -> list[tuple[int, int]]:
    """Return (person, school) of whoever administers one of these schools, or leads a case there, with something
    overdue that escalates to nobody."""
    here = and_(FollowUp.school_id.in_(school_ids), overdue_quietly(day))
    leads = select(Case.lead_id, FollowUp.school_id).join(Case, Case.id == FollowUp.case_id).where(here)
    found = {(row[0], row[1]) for row in db.session.execute(leads.distinct()) if row[0] is not None}
    late = set(db.session.scalars(select(FollowUp.school_id).where(here).distinct()))
    for school_id, team in teams_at(late, now).items():
        found.update((user_id, school_id) for user_id in team.get(Role.ADMINISTRATOR, ()))
    return sorted(found)


def weekly_count(actor: Actor, day: date, now: datetime) -> Overdue:
    """Return what is overdue for a person and for those they stand in for today; what they own themselves is not
    counted, their own digest has it."""
    standing = [row for row in near(actor.user_id, now) if row.cover_id == actor.user_id]
    reach = actor.school_ids(*CASE_TEAM)
    teams = teams_at({row.school_id for row in standing}, now)
    administers = actor.school_ids(Role.ADMINISTRATOR) | {
        row.school_id for row in standing if row.user_id in teams[row.school_id].get(Role.ADMINISTRATOR, ())
    }
    leads = [and_(Case.lead_id == actor.user_id, FollowUp.school_id.in_(sorted(reach)))]
    leads += [and_(Case.lead_id == row.user_id, FollowUp.school_id == row.school_id) for row in standing]
    elsewhere = and_(or_(*leads), FollowUp.school_id.not_in(sorted(administers)))
    others = or_(FollowUp.owner_id.is_(None), FollowUp.owner_id != actor.user_id)
    late = (overdue_quietly(day), others, known_to(actor))
    return Overdue(_count(*late, FollowUp.school_id.in_(sorted(administers & reach))), _count(*late, elsewhere))


def _count(*wanted: ColumnElement[bool]) -> int:
    statement = select(func.count(FollowUp.id)).outerjoin(Case, Case.id == FollowUp.case_id).where(*wanted)
    return db.session.scalar(statement) or 0
