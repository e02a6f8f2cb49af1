"""Reading duties, discipline actions and notifications; lists start from what the actor may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.incidents.models import Incident, IncidentPerson
from wss_cases.incidents.states import PersonRole
from wss_cases.roster.models import Student
from wss_cases.safeguards.models import DisciplineAction, LegalDuty, LegalDutyKind, PoliceNotification
from wss_cases.safeguards.states import OPEN_DUTY

Statement = TypeVar("Statement", bound=Select[Any])
SECOND_LOOK = (Role.DEAN, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class DutyRow:
    """An open duty with its kind and the report it hangs on."""

    duty: LegalDuty
    kind: LegalDutyKind
    reference: str


def visible_to(statement: Statement, actor: Actor) -> Statement:
    """Keep the duties of the schools in which the actor is on the case team."""
    return statement.where(in_schools(LegalDuty.school_id, actor, *CASE_TEAM))


def load_duty(duty_id: int) -> LegalDuty | None:
    """Return a duty by id for the policy engine; None when there is none."""
    return db.session.get(LegalDuty, duty_id)


def get_duty(actor: Actor, duty_id: int) -> DutyRow:
    """Return a duty that the actor may see. Raises NotFound."""
    found = db.session.execute(visible_to(_rows().where(LegalDuty.id == duty_id), actor)).first()
    if found is None:
        raise NotFound
    return DutyRow(*found)


def open_duties(actor: Actor, school_id: int | None) -> list[DutyRow]:
    """Return the open duties of one school (None: of every school the actor reaches), the soonest clock first."""
    statement = visible_to(_rows().where(LegalDuty.state.in_(OPEN_DUTY)), actor)
    if school_id is not None:
        statement = statement.where(LegalDuty.school_id == school_id)
    ordered = statement.order_by(LegalDuty.due_at.is_(None), LegalDuty.due_at, LegalDuty.id).limit(500)
    return [DutyRow(*row) for row in db.session.execute(ordered)]


def open_duty_count(actor: Actor) -> int:
    """Return how many duties are open at the schools where the actor is on the case team."""
    if not actor.has(*CASE_TEAM):
        return 0
    counted = visible_to(select(func.count(LegalDuty.id)).where(LegalDuty.state.in_(OPEN_DUTY)), actor)
    return db.session.scalar(counted) or 0


def second_look_count(actor: Actor) -> int:
    """Return how many open duties somebody else proposed as not applicable, for the actor to take the second look."""
    if not actor.has(*SECOND_LOOK):
        return 0
    proposed = select(func.count(LegalDuty.id)).where(
        in_schools(LegalDuty.school_id, actor, *SECOND_LOOK),
        LegalDuty.state.in_(OPEN_DUTY),
        LegalDuty.proposed_by_id != actor.user_id,
    )
    return db.session.scalar(proposed) or 0


def duties_of(incident_id: int) -> list[DutyRow]:
    """Return every duty that an incident raised, open ones first; the caller has checked the incident."""
    rows = [DutyRow(*row) for row in db.session.execute(_rows().where(LegalDuty.incident_id == incident_id))]
    return sorted(rows, key=lambda row: (row.duty.state not in OPEN_DUTY, row.duty.id))


def _rows() -> Select[Any]:
    columns: Any = select(LegalDuty, LegalDutyKind, Incident.reference)
    joined: Select[Any] = columns.join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id).join(
        Incident, Incident.id == LegalDuty.incident_id
    )
    return joined


def kinds_in_force(codes: Iterable[str], day: date) -> dict[str, LegalDutyKind]:
    """Return the rows of the duty table for these codes on a date."""
    statement = select(LegalDutyKind).where(
        LegalDutyKind.code.in_(sorted(codes)),
        LegalDutyKind.starts_on <= day,
        or_(LegalDutyKind.ends_on.is_(None), LegalDutyKind.ends_on >= day),
    )
    rows = db.session.scalars(statement.order_by(LegalDutyKind.starts_on))
    return {kind.code: kind for kind in rows}


def students_who_caused_harm(incident_id: int) -> list[Student]:
    """Return the students reported to have caused harm in an incident; the caller has checked the incident."""
    statement = (
        select(Student)
        .join(IncidentPerson, IncidentPerson.student_id == Student.id)
        .where(
            IncidentPerson.incident_id == incident_id,
            IncidentPerson.role.in_([PersonRole.CAUSED_HARM, PersonRole.BOTH]),
        )
        .order_by(IncidentPerson.id)
    )
    return list(db.session.scalars(statement))


def discipline_of(incident_id: int) -> list[DisciplineAction]:
    """Return the discipline actions recorded on an incident; the caller has checked the incident."""
    statement = select(DisciplineAction).where(DisciplineAction.incident_id == incident_id)
    return list(db.session.scalars(statement.order_by(DisciplineAction.id)))


def notifications_of(incident_id: int) -> list[PoliceNotification]:
    """Return the police notifications recorded on an incident; the caller has checked the incident."""
    statement = select(PoliceNotification).where(PoliceNotification.incident_id == incident_id)
    return list(db.session.scalars(statement.order_by(PoliceNotification.id)))


def user_name(user_id: int | None) -> str:
    """Return a staff member's name, '' for nobody."""
    if user_id is None:
        return ""
    return db.session.scalar(select(UserAccount.name).where(UserAccount.id == user_id)) or ""
