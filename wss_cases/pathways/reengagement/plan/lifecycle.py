"""What every use case of a return begins and ends with."""

from datetime import date

from sqlalchemy import select

from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import load_live
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.pathways.reengagement.plan.queries import plan_of
from wss_cases.routing.engine.pages import Pathway as Family

MEETING, WORK = "reentry_meeting", "work_missed"


def load_return(uow: UnitOfWork, pathway_id: int, version: int | None) -> tuple[Pathway, ReengagementPlan]:
    """Lock a live return with its plan, a new one where there is none yet; `version` is the plan's.

    Raises Refused, NotFound, Stale.
    """
    row = load_live(uow, pathway_id, None, Family.REENGAGEMENT)
    plan = plan_of(row.id)
    if plan is not None and version is not None and plan.version != version:
        raise Stale
    if plan is None:
        student_id = row.participant.student_id if row.participant is not None else None
        plan = ReengagementPlan.of(row, student_id=student_id)
    return row, plan


def meeting_day(uow: UnitOfWork, plan: ReengagementPlan) -> date:
    """Return the school-local date of the planned meeting."""
    if plan.meeting_at is None:
        raise NotFound
    return local_date(plan.meeting_at, zone_of(plan.school_id))


def expect_back(uow: UnitOfWork, cause_key: str, was: date | None, away_from: date, on: date | None) -> None:
    """Move the day of return of a removal that was corrected, shortened or reversed.

    Not where the student is back already, or another removal or a person has set another day since.
    """
    wanted = select(ReengagementPlan).where(ReengagementPlan.cause_key == cause_key)
    plan = uow.session.scalars(wanted.with_for_update()).one_or_none()
    if plan is None or plan.returned_on is not None or plan.return_on != was:
        return
    on = max(on, away_from) if on is not None else None
    if (plan.meeting_at is not None and on is None) or (plan.away_from, plan.return_on) == (away_from, on):
        return
    plan.away_from, plan.return_on = away_from, on
    uow.record(plan, "reengagement.return_moved", on=on.isoformat() if on is not None else "")
