"""A school with a coordinator, a case, and a follow-up that is due, for the tests of reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.followups.core.models import FollowUp
from wss_cases.roster.directory.models import School, Student

CANARY = "Zephyrine Quillfeather"


@dataclass
class Scene:
    school: School
    coordinator: UserAccount
    case: Case
    student: Student

    def due(self, on: date = date(2026, 11, 24), **more: Any) -> FollowUp:
        """Add a follow-up of the case, owned by the coordinator unless `owner_id` says otherwise."""
        values = {"owner_id": self.coordinator.id, "title": f"Call {CANARY}"} | more
        made: FollowUp = FollowUpFactory(school_id=self.school.id, case_id=self.case.id, due_on=on, **values)
        return made


def scene(**account: Any) -> Scene:
    """Return a school in Chicago whose student carries the canary's name."""
    school = SchoolFactory()
    coordinator = make_user(Role.COORDINATOR, school, **account)
    student = StudentFactory(
        school=school, given_name=CANARY.split()[0], family_name=CANARY.split()[1], student_number="CANARY77"
    )
    # in process: a case still in intake would wait in its lead's digest
    case = CaseFactory(school_id=school.id, lead_id=coordinator.id, state=CaseState.IN_PROCESS)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    return Scene(school, coordinator, case, student)
