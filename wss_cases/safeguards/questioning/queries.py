"""Reading the questionings of students; lists start from what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.questioning.models import Questioning, QuestioningNotice


@dataclass(frozen=True)
class QuestioningRow:
    """One questioning with its student and the attempts to tell the guardian, the oldest first."""

    record: Questioning
    student: Student
    notices: Sequence[QuestioningNotice]

    @property
    def results(self) -> list[str]:
        """The results of the attempts."""
        return [notice.result for notice in self.notices]


load_questioning = by_id(Questioning)


def get_questioning(actor: Actor, questioning_id: int) -> QuestioningRow:
    """Return a questioning at a school where the actor is on the case team. Raises NotFound."""
    statement = (
        select(Questioning, Student)
        .join(Student, Student.id == Questioning.student_id)
        .where(Questioning.id == questioning_id, in_view(Questioning, actor, *CASE_TEAM))
    )
    row = existing(db.session.execute(statement).first())
    return QuestioningRow(row[0], row[1], notices_of(questioning_id))


def notices_of(questioning_id: int) -> list[QuestioningNotice]:
    """Return the attempts to tell the guardian, the oldest first; the caller has checked the questioning."""
    statement = select(QuestioningNotice).where(QuestioningNotice.questioning_id == questioning_id)
    return list(db.session.scalars(statement.order_by(QuestioningNotice.at, QuestioningNotice.id)))


def questionings_of(incident_id: int) -> list[tuple[Questioning, Student]]:
    """Return the questionings on a report; the caller has checked the report."""
    statement = (
        select(Questioning, Student)
        .join(Student, Student.id == Questioning.student_id)
        .where(Questioning.incident_id == incident_id)
        .order_by(Questioning.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def students_of(incident_id: int) -> list[Student]:
    """Return the students of a report, whatever their part in it; the caller has checked the report."""
    named = select(IncidentPerson.student_id).where(IncidentPerson.incident_id == incident_id)
    return list(db.session.scalars(select(Student).where(Student.id.in_(named)).order_by(Student.id)))
