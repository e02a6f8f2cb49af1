"""Schools, students, guardians, staff, enrolments and calendars for tests; every name is made up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import (
    CalendarDay,
    Enrolment,
    Guardian,
    GuardianLimit,
    School,
    StaffMember,
    Student,
    StudentGuardian,
)
from wss_cases.roster.directory.rules import DayKind, Restriction, search_key

GIVEN = ("Amara", "Bruno", "Celeste", "Dario", "Esme", "Farid", "Greta", "Hugo", "Imani", "Jonas")
FAMILY = ("Appleyard", "Birchwood", "Cloverfield", "Dunmore", "Eastlake", "Fernhill", "Goldleaf", "Hazelton")


class SchoolFactory(Factory):
    """A high school of grades 9 to 12."""

    class Meta:
        model = School

    source = "test"
    sourced_id = factory.Sequence(lambda n: f"school-{n}")
    name = factory.Sequence(lambda n: f"Willow Street High School {n}")
    code = factory.Sequence(lambda n: f"WS{n}")
    kind = "high"
    low_grade = 9
    high_grade = 12


class StudentFactory(Factory):
    """An active ninth-grader at `school` (a new one by default), not yet enrolled by dates."""

    class Meta:
        model = Student
        exclude = ("school",)

    school = factory.SubFactory(SchoolFactory)
    school_id = factory.LazyAttribute(lambda made: made.school.id if made.school else None)
    source = "test"
    sourced_id = factory.Sequence(lambda n: f"student-{n}")
    student_number = factory.Sequence(lambda n: f"{50_000_000 + n}")
    given_name = factory.Sequence(lambda n: GIVEN[n % len(GIVEN)])
    family_name = factory.Sequence(lambda n: FAMILY[n % len(FAMILY)])
    preferred_given_name = ""
    preferred_family_name = ""
    middle_name = ""
    search_key = factory.LazyAttribute(
        lambda made: search_key(
            made.given_name, made.family_name, made.preferred_given_name, made.preferred_family_name
        )
    )
    search_key_family = factory.LazyAttribute(lambda made: fold(made.family_name))
    grade = 9


class EnrolmentFactory(Factory):
    """A student's time at their school: from last August, still there."""

    class Meta:
        model = Enrolment
        exclude = ("student",)

    student = factory.SubFactory(StudentFactory)
    student_id = factory.LazyAttribute(lambda made: made.student.id)
    school_id = factory.LazyAttribute(lambda made: made.student.school_id)
    grade = factory.LazyAttribute(lambda made: made.student.grade)
    starts_on = date(2026, 8, 24)


class GuardianFactory(Factory):
    """An adult who answers in English."""

    class Meta:
        model = Guardian

    source = "test"
    sourced_id = factory.Sequence(lambda n: f"guardian-{n}")
    name = factory.Sequence(lambda n: f"{GIVEN[(n + 3) % len(GIVEN)]} {FAMILY[n % len(FAMILY)]}")
    language = "en"
    phone = factory.Sequence(lambda n: f"312-555-{n % 10000:04d}")
    email = factory.Sequence(lambda n: f"guardian{n}@family.example")


class StudentGuardianFactory(Factory):
    """Makes a guardian the parent of a student: pass `student` and, if wanted, `guardian`."""

    class Meta:
        model = StudentGuardian
        exclude = ("student",)

    student = factory.SubFactory(StudentFactory)
    guardian = factory.SubFactory(GuardianFactory)
    student_id = factory.LazyAttribute(lambda made: made.student.id)
    relation = "parent"
    is_primary = True


class StaffMemberFactory(Factory):
    """A teacher at `school` (a new one by default) without an account."""

    class Meta:
        model = StaffMember
        exclude = ("school",)

    school = factory.SubFactory(SchoolFactory)
    school_id = factory.LazyAttribute(lambda made: made.school.id)
    source = "test"
    sourced_id = factory.Sequence(lambda n: f"staff-{n}")
    name = factory.Sequence(lambda n: f"{GIVEN[(n + 5) % len(GIVEN)]} {FAMILY[(n + 2) % len(FAMILY)]}")
    search_key = factory.LazyAttribute(lambda made: search_key(made.name))
    email = factory.Sequence(lambda n: f"staff{n}@district.example")
    role = "teacher"


def keep_off(student: Any, guardian: Any, **more: Any) -> None:
    """Record an order that keeps a guardian from a student."""
    values = {
        "may_contact": False,
        "may_receive_records": False,
        "restriction": Restriction.CUSTODY_ORDER,
        "restricted_on": date(2026, 11, 3),
    }
    db.session.add(GuardianLimit(student_id=student.id, guardian_id=guardian.id, **values | more))
    db.session.commit()


def two_parents(student: Any) -> None:
    """Give a student two parents; a custody order keeps the father, Aldous Quillfeather, away."""
    for name, relation in (("Aldous Quillfeather", "father"), ("Berenice Goldleaf", "mother")):
        parent = GuardianFactory(name=name)
        StudentGuardianFactory(student=student, guardian=parent, relation=relation, is_primary=relation == "father")
        if relation == "father":
            keep_off(student, parent)


def make_calendar(
    first: date, last: date, *, closed: Collection[date] = (), half: Collection[date] = (), school_id: int | None = None
) -> None:
    """Write every date from `first` to `last`: weekdays are school days but those in `closed`."""

    def kind(day: date) -> DayKind:
        if day in half:
            return DayKind.HALF
        return DayKind.CLOSED if day in closed or day.weekday() > 4 else DayKind.SCHOOL

    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    db.session.add_all(
        CalendarDay(school_year=clock.school_year(day), school_id=school_id, day=day, kind=kind(day)) for day in days
    )
    db.session.commit()
