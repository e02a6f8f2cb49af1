"""Reading why support was opened without an incident, and whether a student has it already."""

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.mentoring.opening.models import SupportStart
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student
from wss_cases.routing.engine.pages import Kind


def get_student_to_support(actor: Actor, student_id: int) -> Student:
    """Return a student for whom the actor may open support. Raises NotFound."""
    student = get_student(actor, student_id)
    require(actor, Permission.SUPPORT_OPEN, student)
    return student


def living_support(student_id: int, school_id: int, kind: Kind) -> Pathway | None:
    """Return the live pathway of this kind that a student has at a school, with or without an incident."""
    statement = (
        select(Pathway)
        .join(CaseParticipant, CaseParticipant.id == Pathway.participant_id)
        .where(CaseParticipant.student_id == student_id, Pathway.school_id == school_id)
        .where(Pathway.kind == kind, Pathway.state.in_(LIVE))
    )
    return db.session.scalars(statement.order_by(Pathway.id)).first()


def start_of(case_id: int) -> SupportStart | None:
    """Return why a case without an incident was opened; None for any other case. The caller has checked the case."""
    return db.session.scalar(select(SupportStart).where(SupportStart.case_id == case_id))
