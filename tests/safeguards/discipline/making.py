"""A report with a student who caused harm, and removals of that student as a form gives them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.base import fresh
from tests.factories.safeguards import DisciplineActionFactory
from tests.intake.making import NOW, Place
from wss_cases.access.actor import Actor, Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.safeguards.discipline.recording.acts import record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, DisciplineAction, DisciplineKind, Tried

OSS = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION
SHORT: dict[str, Any] = {
    "kind": OSS, "days": 2, "starts_on": date(2026, 11, 25), "reason": "Hit a student.", "disability": Answer.NO,
    "suspected": Answer.NO, "facts_verified": True, "student_said": "That he was pushed first.",
    "length_reason": "One day was not enough for the last time.",
}  # fmt: skip
NOT_HEARD: dict[str, Any] = {"facts_verified": False, "student_said": ""}
PACKET: dict[str, Any] = {
    "answers": dict.fromkeys(Tried, "Offered by phone before this system."),
    "disruption": "A threat to use a knife.",
    "support_services": "School work and a call every day.",
}
"""What an exclusion needs where the record has no offer."""


class Removing:
    """A school's team, one student who caused harm, one who was harmed, one witness."""

    def __init__(self, **student: Any) -> None:
        self.place = Place()
        self.student, self.harmed, self.witness = self.place.students
        self.know(**student)
        self.incident: Incident = self.place.report(
            (self.student, PersonRole.CAUSED_HARM), (self.harmed, PersonRole.HARMED), (self.witness, PersonRole.WITNESS)
        )

    def know(self, **of_student: Any) -> None:
        """Let the roster say something else of the student."""
        found = fresh(self.student)
        for name, value in of_student.items():
            setattr(found, name, value)
        db.session.commit()

    def away_before(self, days: int, **more: Any) -> DisciplineAction:
        """An earlier removal of the student this school year."""
        made: DisciplineAction = DisciplineActionFactory(
            **{"school_id": self.place.school.id, "student_id": self.student.id, "days": days, **more}
        )
        return made

    def remove(self, who: Actor | None = None, key: str | None = None, **changes: Any) -> int:
        """Record a removal; by the administrator unless somebody else is given."""
        answers = {f"answer_{what.value}": words for what, words in changes.pop("answers", {}).items()}
        given = {**SHORT, "student_id": self.student.id, **changes, **answers}
        actor = who or self.place.actor("administrator")
        return record_discipline(Invocation(actor, NOW, key), self.incident.id, **given)

    @staticmethod
    def actions() -> list[DisciplineAction]:
        """Every discipline action there is."""
        return list(db.session.scalars(select(DisciplineAction).order_by(DisciplineAction.id)))
