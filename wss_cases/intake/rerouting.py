"""Route undecided reports again under new rules, after an upgrade or when a district published them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import DomainError, Unavailable
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import Capture, CapturedPerson
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.report.rules import Answered, with_signs
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import School, StaffMember
from wss_cases.routing.rule_sets import RoutingAnswer, rule_set_in_force, signs_on

BATCH = 20
"""Most reports routed per tick."""
ALARMS_FOR = timedelta(days=1)
"""No alarms are sent for reports older than this."""


def route_by_new_rules(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Route a batch of undecided reports not answered by the rules in force, newest first; returns how many were
    `routed`. A report that fails does not stop the others."""
    routed = 0
    try:
        due = _due(now)
    except Unavailable:
        return {"routed": 0}
    for incident_id in due:
        if not share.goes_on():
            break
        try:
            routed += _route(incident_id, now)
        except DomainError:
            continue
    return {"routed": routed}


def _route(incident_id: int, now: datetime) -> bool:
    with unit_of_work(SYSTEM, now) as uow:
        incident = uow.session.get_one(Incident, incident_id, with_for_update=True)
        in_force = rule_set_in_force(today_at(incident.school_id, now))
        if incident.state not in UNDECIDED or _newest(incident_id) == in_force.id:
            return False
        _read_signs(incident, today_at(incident.school_id, now))
        uow.record(incident, "incident.routed_by_new_rules")
        route_incident(uow, incident, alarms=now - incident.submitted_at <= ALARMS_FOR)
        return True


def _read_signs(incident: Incident, day: date) -> None:
    """Mark facts unknown that the day's signs point to, in a report that was never read for signs; known facts stay."""
    if incident.signs or incident.tile not in set(Tile):
        return
    known = {name: value for name, value in (incident.facts or {}).items() if value is not None}
    own = db.session.scalars(select(StaffMember.id).where(StaffMember.user_id == incident.reporter_id)).all()
    people = (CapturedPerson(who.kind, who.student_id or who.staff_id, role=who.role) for who in incident.people)
    capture = Capture(
        school_id=incident.school_id,
        danger_now=incident.danger_now,
        tile=Tile(incident.tile),
        location_code=incident.location_code,
        occurred_at=incident.occurred_at,
        people=tuple(people),
        narrative=incident.narrative,
    )
    read = with_signs(capture, signs_on(day), Answered(known, (), settled=False), {}, own)
    incident.facts, incident.signs = {**read.facts, **known}, [dict(sign) for sign in read.signs]


def _due(now: datetime) -> Sequence[int]:
    newest = _answers().where(RoutingAnswer.incident_id == Incident.id).correlate(Incident).scalar_subquery()
    # Joined through the schools, to use the index on school and state.
    waiting = (
        select(Incident.id)
        .join(School, School.id == Incident.school_id)
        .where(Incident.state.in_(sorted(UNDECIDED)), newest != rule_set_in_force(today_at(None, now)).id)
    )
    return db.session.scalars(waiting.order_by(Incident.id.desc()).limit(BATCH)).all()


def _newest(incident_id: int) -> int | None:
    return db.session.scalar(_answers().where(RoutingAnswer.incident_id == incident_id))


def _answers() -> Select[int]:
    return select(RoutingAnswer.rule_set_id).order_by(RoutingAnswer.id.desc()).limit(1)
