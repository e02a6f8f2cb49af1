"""Copies for families in the demo school, made by the acts themselves: one to look through, one released."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.invocation import Invocation
from wss_cases.demo.story.world import World
from wss_cases.foundation.db import db
from wss_cases.incidents.additions import add_addendum
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.records.family_copies.copy.models import Manner, Part
from wss_cases.records.family_copies.copy.pages import suspects_abuse
from wss_cases.records.family_copies.copy.rules import is_eligible
from wss_cases.records.family_copies.draft.actions import decide, hand_on, release
from wss_cases.records.family_copies.request import ask
from wss_cases.roster.directory.models import Student, StudentGuardian

WANTED = 2
TEXT = "{} says that {} began it, and that {} was only standing there."


def make_copies(world: World, now: datetime) -> None:
    """Let two families ask; the first copy is still to be looked through, the second was given to its family."""
    place = world.places[0]
    first, second = world.calls(place.coordinator, now), world.calls(place.head, now)
    day = world.calendar.school_days.add(world.day(now), -2)
    for at, (incident_id, own_id, guardian_id) in enumerate(_chances(place.id, world.day(now))[:WANTED]):
        _add_words(first, incident_id, own_id)
        made = ask(first, own_id, **_asked(incident_id, guardian_id, day))
        if at:
            decide(first, made, {}, [], the_rest=True)
            hand_on(first, made)
            release(second, made, manner=Manner.IN_PERSON, identity="Known to the office")


def _asked(incident_id: int, guardian_id: int, day: date) -> dict[str, Any]:
    return {
        "who": str(guardian_id), "asked_on": day, "purpose": "A meeting with the counselor", "language": "en",
        "reports": [incident_id], "parts": list(Part), "orders_checked": True,
    }  # fmt: skip


def _chances(school_id: int, today: date) -> list[tuple[int, int, int]]:
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
    found: dict[int, tuple[int, int, int]] = {}
    for incident, student, guardian_id in db.session.execute(statement.limit(200)):
        if (
            not suspects_abuse(incident)
            and not is_eligible(student.birth_date, today)
            and _is_told_apart(incident, student)
        ):
            found.setdefault(incident.id, (incident.id, student.id, guardian_id))
    return list(found.values())


def _is_told_apart(incident: Incident, own: Student) -> bool:
    """Whether no other student of a report shares a name with this one: a person would have to read such a copy."""
    others = [person.student for person in incident.people if person.student and person.student_id != own.id]
    return all(_names(own).isdisjoint(_names(other)) for other in others)


def _names(student: Student) -> set[str]:
    return set(f"{student.given_name} {student.family_name} {student.shown_name}".split())


def _add_words(call: Invocation, incident_id: int, own_id: int) -> None:
    """Add what a witness said, with the names that people write down."""
    incident = db.session.get_one(Incident, incident_id)
    people = [person.student for person in incident.people if person.student is not None]
    own = next(student for student in people if student.id == own_id)
    other = next(student for student in people if student.id != own_id)
    initials = f"{other.given_name[0]}.{other.family_name[0]}."
    text = TEXT.format(own.shown_name, other.shown_name, initials)
    add_addendum(call, incident_id, text)
