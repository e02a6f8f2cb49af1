"""What the demo school recorded of removals by other names, an appeal, a time-out and a questioning, by the acts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor, Invocation
from wss_cases.accounts.grants import actor_of
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.casework.access import open_one
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.appeals import ask_appeal
from wss_cases.safeguards.discipline.recording.acts import record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, AskedBy, DisciplineKind
from wss_cases.safeguards.questioning.models import QuestionedBy
from wss_cases.safeguards.questioning.pages import record_notice, record_questioning
from wss_cases.safeguards.restraint import RestraintKind, record_restraint

OTHER_NAMES = (DisciplineKind.EARLY_PICK_UP, DisciplineKind.BUS_REMOVAL)
"""Removals that are often not called so."""
YOUNGEST = 3
"""From this grade on the demo removes at all."""


def add_last_resorts(school_id: int, administrator_id: int, district_id: int, now: datetime) -> None:
    """Let an administrator record one of each on the newest reports, and the district open one case."""
    head, district = actor_of(administrator_id, now), actor_of(district_id, now)
    if head is None or district is None:
        return
    chances = _chances(school_id)
    for kind, (incident_id, student_id) in zip(OTHER_NAMES, chances, strict=False):
        action = record_discipline(Invocation(head, now), incident_id, **_removal(school_id, student_id, kind, now))
        if kind is DisciplineKind.EARLY_PICK_UP:
            _appeal(head, action, now)
    for incident_id, student_id in chances[2:3]:
        record_restraint(Invocation(head, now), incident_id, **_time_out(student_id, now))
    for incident_id, student_id in chances[-1:]:
        _question(head, incident_id, student_id, now)
    newest = select(Case.reference).where(Case.school_id == school_id, Case.state.in_(OPEN))
    reference = db.session.scalar(newest.order_by(Case.id.desc()).limit(1))
    if reference is not None:
        open_one(Invocation(district, now), reference, "The family asked the network for help.")


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


def _removal(school_id: int, student_id: int, kind: DisciplineKind, now: datetime) -> dict[str, Any]:
    today = local_date(now, DEFAULT_ZONE)
    day = school_days(school_id).add(today, -1)
    return {
        "student_id": student_id, "kind": kind, "days": 1, "starts_on": day, "ends_on": day,
        "reason": "Asked for by the school after what happened; written down as what it is.",
        "disability": Answer.NO, "suspected": Answer.NO, "facts_verified": True,
    }  # fmt: skip


def _appeal(actor: Actor, action_id: int, now: datetime) -> None:
    asked_on = local_date(now, DEFAULT_ZONE)
    asked = {"asked_by": AskedBy.GUARDIAN, "asked_name": "The guardian", "asked_on": asked_on}
    ask_appeal(Invocation(actor, now), action_id, **asked)


def _time_out(student_id: int, now: datetime) -> dict[str, Any]:
    began = now - timedelta(hours=20)
    return {
        "student_id": student_id, "kind": RestraintKind.TIME_OUT, "started_at": began,
        "ended_at": began + timedelta(minutes=10),
        "danger": "Things were thrown and others stood close.", "tried": "Talking, and clearing the room.",
        "staff_present": "Two trained adults", "harm": "none",
        "guardian_told_at": began + timedelta(hours=1), "guardian_manner": "phone",
    }  # fmt: skip


def _question(actor: Actor, incident_id: int, student_id: int, now: datetime) -> None:
    """Somebody asked to question a student; the guardian was rung and not reached, so it has not begun."""
    wants = {
        "student_id": student_id, "asked_by": QuestionedBy.SCHOOL_SECURITY, "begun": "no",
        "who": "The security office", "why": "What the student saw.",
    }  # fmt: skip
    questioning = record_questioning(Invocation(actor, now), incident_id, **wants)
    record_notice(Invocation(actor, now), questioning, at=now, manner="phone", result="no_answer")
