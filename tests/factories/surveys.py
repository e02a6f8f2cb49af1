"""Schools with people who can be asked, rounds of the survey, and answers; by the use cases that people call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh, one_commit
from tests.factories.roster import (
    EnrolmentFactory,
    GuardianFactory,
    SchoolFactory,
    StaffMemberFactory,
    StudentFactory,
    StudentGuardianFactory,
)
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.roster.directory.models import School
from wss_cases.surveys.answering import answer, open_code
from wss_cases.surveys.links import show_slips
from wss_cases.surveys.pages import make_slips, open_round
from wss_cases.surveys.rounds import SurveyGroup

EVERYONE = frozenset(SurveyGroup)
NOTICE, OPENS, CLOSES = date(2026, 11, 2), date(2026, 11, 16), date(2026, 11, 27)


@dataclass
class Asked:
    """A school, its administrator, and its students by name with a guardian each."""

    school: School
    head: Any
    students: list[Any]
    names: list[str]
    guardians: list[Any]

    @property
    def call(self) -> Invocation:
        return Invocation(acting(self.head), clock.now())


def school_to_ask(students: int, staff: int = 2) -> Asked:
    """Make a school with so many ninth-graders, each with a guardian, and staff with addresses."""
    school = SchoolFactory(phone="773-555-0100")
    head = make_user(Role.ADMINISTRATOR, school)
    names = [f"Quillan Number{number}" for number in range(students)]
    with one_commit():
        enrolled = [_student(school, name) for name in names]
        guardians = [GuardianFactory() for _one in enrolled]
        for student, guardian in zip(enrolled, guardians, strict=True):
            EnrolmentFactory(student=student)
            StudentGuardianFactory(student=student, guardian=guardian, guardian_id=guardian.id)
        for number in range(staff):
            StaffMemberFactory(school=school, email=f"staff{number}.{school.id}@school.example")
    kept = [[fresh(one) for one in people] for people in (enrolled, guardians)]
    return Asked(school, head, kept[0], names, kept[1])


def _student(school: School, name: str) -> Any:
    given, family = name.split()
    return StudentFactory(school=school, given_name=given, family_name=family)


def begin(asked: Asked, groups: Iterable[SurveyGroup] = EVERYONE, *, wall: bool = False, **dates: date) -> int:
    """Plan a round as the administrator, a week and more after families were told. Returns its id."""
    days = {"opens_on": OPENS, "closes_on": CLOSES, "notice_on": NOTICE} | dates
    return open_round(asked.call, asked.school.id, groups=list(groups), wall=wall, **days)


def slip_codes(asked: Asked, round_id: int, group: SurveyGroup = SurveyGroup.STUDENT) -> list[str]:
    """Make slips for everyone of a group without a link, and return the codes on their sheet."""
    make_slips(asked.call, round_id, group=group)
    return [one.code for one in show_slips(asked.call, round_id, group)]


def answer_by(code: str, group: SurveyGroup = SurveyGroup.STUDENT, key: str = "", **values: int) -> None:
    """Answer by a code now; the page's own key is the code's unless one is given."""
    opened = open_code(code, clock.now())
    assert opened is not None
    answer(opened, group, values or {"safe": 3}, key or code, clock.now())
