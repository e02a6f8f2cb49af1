"""A removal recorded by a dean, with the return that it opened."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.factories.base import fresh
from tests.intake.making import NOW, Place
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.safeguards.discipline.recording.acts import record_discipline
from wss_cases.safeguards.discipline.removals.models import Answer, DisciplineKind

HOME: dict[str, Any] = {
    "kind": DisciplineKind.OUT_OF_SCHOOL_SUSPENSION, "days": 2, "starts_on": date(2026, 11, 25),
    "ends_on": date(2026, 11, 26), "reason": "Hit a student.", "disability": Answer.NO, "suspected": Answer.NO,
    "facts_verified": True, "student_said": "Nothing.", "length_reason": "The first time it was one day.",
}  # fmt: skip
"""Away on Wed 25 and Thu 26, back on Fri 27 November 2026."""


class Removed:
    """A school, a report with one student who caused harm, and their removal."""

    def __init__(self, **changes: Any) -> None:
        self.place = Place()
        self.student = self.place.students[0]
        self.incident: Incident = self.place.report(
            (self.student, PersonRole.CAUSED_HARM), (self.place.students[1], PersonRole.HARMED)
        )
        self.coordinator = self.place.actor("coordinator")
        self.remove(**changes)

    def remove(self, request_key: str | None = None, **changes: Any) -> int:
        """Record a removal of the student."""
        given = {**HOME, "student_id": self.student.id, **changes}
        return record_discipline(Invocation(self.place.actor(), NOW, request_key), self.incident.id, **given)

    @property
    def row(self) -> Pathway:
        """The newest return of the school."""
        wanted = db.select(Pathway).where(Pathway.school_id == self.place.school.id, Pathway.pathway == "reengagement")
        found = db.session.scalars(wanted.order_by(Pathway.id.desc())).first()
        assert found is not None
        return fresh(found)  # type: ignore[no-any-return]

    @property
    def plan(self) -> ReengagementPlan:
        """Its plan."""
        wanted = db.select(ReengagementPlan).where(ReengagementPlan.pathway_id == self.row.id)
        return fresh(db.session.scalars(wanted).one())  # type: ignore[no-any-return]
