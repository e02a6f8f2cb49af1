"""What casework alone keeps: students of a case who changed school, and cases that the district opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, and_, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant, PlanState, SafetyPlan
from wss_cases.cases.case.queries import visible_to
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import Base, Id, db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.circle.queries import keepers_of
from wss_cases.pathways.circles.circle.rules import sees_terms
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.roster.directory.models import School, Student
from wss_cases.routing.engine.vocabulary import Pathway as Family


class StudentMove(Base):
    """A student of an open case was seen at another school; `continued_as_id` is the case that goes on there.

    The sweep notices each move of a person once (UNIQUE), and makes one follow-up of it.
    """

    __tablename__ = "student_move"
    __table_args__ = (UniqueConstraint("participant_id", "to_school_id"),)

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    to_school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    noticed_at: Mapped[datetime]
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    continued_as_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)


CONCERNED = (PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.INVOLVED)
"""Parts whose leaving matters to a case; a witness's does not."""


@dataclass(frozen=True)
class Moved:
    """A student of a case who is at another school now; `settled`: it goes on there, or need not."""

    participant_id: int
    case_id: int
    name: str
    school_id: int
    school: str
    settled: bool


def moved_in(people: Sequence[CaseParticipant], case: Case) -> list[Moved]:
    """Return the students among a case's people who are at another school now, with what became of it."""
    away = [
        person
        for person in people
        if person.role in CONCERNED
        and person.student is not None
        and person.student.school_id not in (None, case.school_id)
    ]
    if not away:
        return []
    ids = {person.student.school_id for person in away if person.student is not None}
    goes_on = and_(
        StudentMove.to_school_id == School.id, StudentMove.case_id == case.id, StudentMove.continued_as_id.is_not(None)
    )
    columns = select(School.id, School.name, StudentMove.participant_id).outerjoin(StudentMove, goes_on)
    rows = db.session.execute(columns.where(School.id.in_(ids))).all()
    schools = {school_id: name for school_id, name, _person in rows}
    settled = {(person_id, school_id) for school_id, _name, person_id in rows if person_id is not None}
    found = []
    for person in away:
        student = person.student
        if student is not None and student.school_id is not None:
            place = (person.id, student.school_id)
            school = schools.get(student.school_id, "")
            found.append(Moved(person.id, case.id, student.shown_name, student.school_id, school, place in settled))
    return found


def unnoticed(limit: int) -> list[tuple[int, int, int]]:
    """Return (case, participant, new school) of students in open cases whose move nobody noticed yet."""
    known = exists().where(
        StudentMove.participant_id == CaseParticipant.id, StudentMove.to_school_id == Student.school_id
    )
    statement = (
        select(Case.id, CaseParticipant.id, Student.school_id)
        .join(CaseParticipant, CaseParticipant.case_id == Case.id)
        .join(Student, Student.id == CaseParticipant.student_id)
        .where(
            Case.state.in_(OPEN),
            CaseParticipant.role.in_(CONCERNED),
            Student.school_id.is_not(None),
            Student.school_id != Case.school_id,
            ~known,
        )
        .order_by(CaseParticipant.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement) if row[2] is not None]


def own_pathways(case_id: int, participant_id: int) -> list[Pathway]:
    """Return the live pathways of one person alone; a circle belongs to everybody in it and stays."""
    statement = select(Pathway).where(
        Pathway.case_id == case_id,
        Pathway.participant_id == participant_id,
        Pathway.state.in_(LIVE),
        Pathway.pathway != Family.CIRCLE,
    )
    return list(db.session.scalars(statement.order_by(Pathway.id)))


def own_terms(case_id: int, participant_id: int) -> list[AgreementTerm]:
    """Return the open terms that one person owns in the agreements of a case."""
    statement = (
        select(AgreementTerm)
        .join(Agreement)
        .where(
            Agreement.case_id == case_id,
            AgreementTerm.owner_participant_id == participant_id,
            AgreementTerm.state == TermState.OPEN,
        )
    )
    return list(db.session.scalars(statement.order_by(AgreementTerm.position)))


def terms_read_by(actor: Actor, case: Case, participant_id: int) -> list[AgreementTerm]:
    """Return a person's own promises for those who read the agreement's words: its keepers, and the case's lead."""
    return [
        term
        for term in own_terms(case.id, participant_id)
        if sees_terms(actor.user_id, case.lead_id, *keepers_of(term.agreement.pathway_id))
    ]


def own_plan(case_id: int, participant_id: int) -> SafetyPlan | None:
    """Return the safety plan of one person that has not ended; None without one."""
    statement = select(SafetyPlan).where(
        SafetyPlan.case_id == case_id, SafetyPlan.participant_id == participant_id, SafetyPlan.state != PlanState.ENDED
    )
    return db.session.scalars(statement.order_by(SafetyPlan.id.desc())).first()


def linked_case(actor: Actor, case_id: int | None) -> Case | None:
    if case_id is None:
        return None
    return db.session.scalar(visible_to(select(Case).where(Case.id == case_id), actor))


def continued_as(case_id: int) -> list[int]:
    return list(_continued.rows([case_id]).scalars())


@Prepared
def _continued(among_ids: Narrow) -> Any:
    return select(Case.id).where(among_ids(Case.continued_from_id)).order_by(Case.id)
