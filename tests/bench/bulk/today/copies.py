"""Copies for families in the demo school, made by the acts themselves: one to look through, one released."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import Actor, Invocation
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.changes import add_addendum
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.records.family_copies.copy.models import Manner, Part, is_eligible
from wss_cases.records.family_copies.copy.pages import suspects_abuse
from wss_cases.records.family_copies.draft import decide, hand_on, release
from wss_cases.records.family_copies.request import ask
from wss_cases.roster.directory.models import Student, StudentGuardian

WANTED = 2
TEXT = "{} says that {} began it, and that {} was only standing there."


def make_copies(school_id: int, coordinator_id: int, administrator_id: int, now: datetime) -> None:
    """Let two families ask; the first copy is still to be looked through, the second was given to its family."""
    first, second = actor_of(coordinator_id, now), actor_of(administrator_id, now)
    if first is None or second is None:
        return
    for at, (incident_id, own_id, guardian_id) in enumerate(_chances(school_id, now)[:WANTED]):
        _add_words(first, incident_id, own_id, now)
        made = ask(Invocation(first, now), own_id, **_asked(incident_id, guardian_id, now))
        if at:
            _give(first, second, made, now)


def _asked(incident_id: int, guardian_id: int, now: datetime) -> dict[str, Any]:
    day = local_date(now, DEFAULT_ZONE) - timedelta(days=2)
    return {
        "who": str(guardian_id), "asked_on": day, "purpose": "A meeting with the counselor", "language": "en",
        "reports": [incident_id], "parts": list(Part), "orders_checked": True,
    }  # fmt: skip


def _give(first: Actor, second: Actor, made: int, now: datetime) -> None:
    decide(Invocation(first, now), made, {}, [], the_rest=True)
    hand_on(Invocation(first, now), made)
    release(Invocation(second, now), made, manner=Manner.IN_PERSON, identity="Known to the office")


def _chances(school_id: int, now: datetime) -> list[tuple[int, int, int]]:
    """Return reports with two students or more, a student of each who has a guardian and is under 18, and that one."""
    several = (
        select(IncidentPerson.incident_id)
        .where(IncidentPerson.student_id.is_not(None))
        .group_by(IncidentPerson.incident_id)
        .having(func.count(IncidentPerson.student_id.distinct()) > 1)
    )
    statement = (
        select(Incident, Student, StudentGuardian.guardian_id)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .join(Student, Student.id == IncidentPerson.student_id)
        .join(StudentGuardian, StudentGuardian.student_id == Student.id)
        .where(Incident.school_id == school_id, Student.school_id == school_id, Incident.id.in_(several))
        .order_by(Incident.id.desc(), Student.id, StudentGuardian.id)
    )
    today = local_date(now, DEFAULT_ZONE)
    found: dict[int, tuple[int, int, int]] = {}
    for incident, student, guardian_id in db.session.execute(statement.limit(200)):
        if not suspects_abuse(incident) and not is_eligible(student.birth_date, today):
            found.setdefault(incident.id, (incident.id, student.id, guardian_id))
    return list(found.values())


def _add_words(actor: Actor, incident_id: int, own_id: int, now: datetime) -> None:
    """Add what a witness said, with the names that people write down."""
    incident = db.session.get_one(Incident, incident_id)
    people = [person.student for person in incident.people if person.student is not None]
    own = next(student for student in people if student.id == own_id)
    other = next(student for student in people if student.id != own_id)
    initials = f"{other.given_name[0]}.{other.family_name[0]}."
    text = TEXT.format(own.shown_name, other.shown_name, initials)
    add_addendum(Invocation(actor, now), incident_id, text)
