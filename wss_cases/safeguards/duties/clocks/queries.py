"""What the sweep reads of legal duties: clocks in hours that end soon or ran out, and whom that reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text

from wss_cases.access.actor import Role
from wss_cases.cases.case.models import Case, CaseIncident
from wss_cases.followups.reminders.queries import Known
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyKind
from wss_cases.safeguards.duties.duty.rules import EARLIEST_WARNING, is_overdue, late_reaches, must_act, warns_at
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY, PERSONAL

RUNS = text("legal_duty.state in ('due', 'verify_first') and legal_duty.clock_escalated_at is null")
"""Written out: the partial index of running clocks is found by these very words."""


@dataclass(frozen=True)
class Clock:
    """One open duty's clock: whom it reminds (`reminded`: it has), and whom it reaches once it ran out (`late`)."""

    duty_id: int
    code: str
    case_id: int | None
    school_id: int
    due_at: datetime
    reminded: bool
    remind: Mapping[int, Why]
    late: Mapping[int, Why]


def running(now: datetime) -> ColumnElement[bool]:
    """Open duties whose clock has run out or ends soon, and that has not told so yet."""
    return and_(RUNS, LegalDuty.due_at <= now + EARLIEST_WARNING)


def clocks(known: Known, wanted: ColumnElement[bool], limit: int, *, lock: bool) -> tuple[list[Clock], int | None]:
    """Return the clocks of up to `limit` duties by id that have something to say, and the last id seen."""
    case_id = (
        select(func.min(CaseIncident.case_id))
        .where(CaseIncident.incident_id == LegalDuty.incident_id)
        .scalar_subquery()
    )
    statement = (
        select(
            LegalDuty.id, LegalDuty.code, LegalDuty.state, LegalDuty.due_at, LegalDuty.clock_reminded_at,
            LegalDuty.owner_id,
            LegalDuty.school_id, LegalDutyKind.clock_hours, Case.id.label("case_id"), Case.lead_id, School.time_zone,
        )
        .join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id)
        .join(School, School.id == LegalDuty.school_id)
        .outerjoin(Case, Case.id == case_id)
        .where(wanted)
        .order_by(LegalDuty.id)
        .limit(limit)
    )  # fmt: skip
    if lock:
        statement = statement.with_for_update(of=LegalDuty, skip_locked=True)
    rows = db.session.execute(statement).all()
    known.learn_schools({row.school_id: row.time_zone for row in rows})
    known.learn_people(number for row in rows for number in (row.lead_id, row.owner_id))
    batch = [clock for row in rows if (clock := _clock(known, row)) is not None]
    return batch, rows[-1].id if rows else None


def clock_of(now: datetime, duty_id: int) -> Clock | None:
    """Return one open duty's clock at this instant, whatever was told before; None where it says nothing."""
    known = Known(now)
    open_one = and_(LegalDuty.id == duty_id, LegalDuty.state.in_(OPEN_DUTY))
    return next(iter(clocks(known, open_one, 1, lock=False)[0]), None)


def _clock(known: Known, row: Any) -> Clock | None:
    personal = row.code in PERSONAL
    team = known.team(row.school_id)
    lead_id = row.lead_id if known.works(row.lead_id, row.school_id, on_team=True) else None
    warning = warns_at(row.due_at, row.clock_hours)
    remind: dict[int, Why] = {}
    late: dict[int, Why] = {}
    if warning is not None and warning <= known.now:
        here = personal and known.works(row.owner_id, row.school_id, on_team=False)
        own: dict[int, Why] = {row.owner_id: Why.ACTS} if here else {}
        remind = own if personal else known.with_covers(must_act(team), row.school_id, None)
    if is_overdue(row.state, row.due_at, known.now, row.clock_hours):
        late = (
            dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)
            if personal
            else known.with_covers(late_reaches(lead_id, team), row.school_id, None)
        )
    if not remind and not late:
        return None
    reminded = row.clock_reminded_at is not None
    # a mandated-reporter duty stands in no case's history, and nobody who stands in for them learns of it
    case_id = None if personal else row.case_id
    return Clock(row.id, row.code, case_id, row.school_id, row.due_at, reminded, remind, late)
