"""What the demo school recorded of removals by other names, an appeal, a time-out and a questioning, by the acts."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.access.invocation import Invocation
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.casework.access.one_case import open_one
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.story.world import World
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.appeals import ask_appeal
from wss_cases.safeguards.discipline.recording.pages import record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, AskedBy, DisciplineKind
from wss_cases.safeguards.questioning.pages import record_notice, record_questioning
from wss_cases.safeguards.questioning.queries import QuestionedBy
from wss_cases.safeguards.restraint.models import RestraintKind
from wss_cases.safeguards.restraint.pages import record_restraint

OTHER_NAMES = (DisciplineKind.EARLY_PICK_UP, DisciplineKind.BUS_REMOVAL)
"""Removals that are often not called so."""
YOUNGEST = 3
"""From this grade on the demo removes at all."""


def add_last_resorts(world: World, now: datetime) -> None:
    """Let the administrator record one of each on the newest reports, and the district open one case."""
    place = world.places[0]
    head = world.calls(place.head, now)
    chances = _chances(place.id)
    before = world.calendar.school_days.add(world.day(now), -1)
    for kind, (incident_id, student_id) in zip(OTHER_NAMES, chances, strict=False):
        action = record_discipline(head, incident_id, **_removal(student_id, kind, before))
        if kind is DisciplineKind.EARLY_PICK_UP:
            ask_appeal(head, action, asked_by=AskedBy.GUARDIAN, asked_name="The guardian", asked_on=world.day(now))
    for incident_id, student_id in chances[2:3]:
        record_restraint(head, incident_id, **_time_out(student_id, before))
    for incident_id, student_id in chances[-1:]:
        _question(head, incident_id, student_id)
    newest = select(Case.reference).where(Case.school_id == place.id, Case.state.in_(OPEN))
    reference = db.session.scalar(newest.order_by(Case.id.desc()).limit(1))
    if reference is not None:
        open_one(world.calls(world.district, now), reference, "The family asked the network for help.")


def _chances(school_id: int) -> list[tuple[int, int]]:
    """Return (report, student reported to have caused harm) of the newest routed reports, each student once."""
    statement = (
        select(Incident.id, IncidentPerson.student_id)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .join(Student, Student.id == IncidentPerson.student_id)
        .where(
            Incident.school_id == school_id,
            Incident.state == IncidentState.ROUTED,
            IncidentPerson.role == PersonRole.CAUSED_HARM,
            Student.school_id == school_id,
            Student.grade >= YOUNGEST,
            Student.has_iep.is_not(True),
            Student.has_504.is_not(True),
        )
        .order_by(Incident.id.desc(), IncidentPerson.id)
    )
    found: list[tuple[int, int]] = []
    for incident_id, student_id in db.session.execute(statement.limit(50)):
        if student_id is not None and all(incident_id != one[0] and student_id != one[1] for one in found):
            found.append((incident_id, student_id))
    return found


def _removal(student_id: int, kind: DisciplineKind, day: date) -> dict[str, Any]:
    return {
        "student_id": student_id, "kind": kind, "days": 1, "starts_on": day, "ends_on": day,
        "reason": "Asked for by the school after what happened; written down as what it is.",
        "disability": Answer.NO, "suspected": Answer.NO, "facts_verified": True,
        "student_said": "I wanted to go home anyway.",
    }  # fmt: skip


def _time_out(student_id: int, day: date) -> dict[str, Any]:
    began = moment(day, 13 * 60 + 10)
    return {
        "student_id": student_id, "kind": RestraintKind.TIME_OUT, "started_at": began,
        "ended_at": began + timedelta(minutes=10),
        "danger": "Things were thrown and others stood close.", "tried": "Talking, and clearing the room.",
        "staff_present": "Two trained adults", "harm": "none",
        "guardian_told_at": began + timedelta(hours=1), "guardian_manner": "phone",
    }  # fmt: skip


def _question(head: Invocation, incident_id: int, student_id: int) -> None:
    """Somebody asked to question a student; the guardian was rung and not reached, so it has not begun."""
    wants = {
        "student_id": student_id, "asked_by": QuestionedBy.SCHOOL_SECURITY, "begun": "no",
        "who": "The security office", "why": "What the student saw.",
    }  # fmt: skip
    questioning = record_questioning(head, incident_id, **wants)
    record_notice(head, questioning, at=head.now, manner="phone", result="no_answer")
