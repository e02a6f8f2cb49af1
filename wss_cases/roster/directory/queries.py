"""The only place that decides which guardians of a student the school may reach, and how.

Calls, letters, links, copies and printed lists use it: a person kept away by an order has neither name nor number here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, extract, false, literal, or_, select
from sqlalchemy.orm import Session

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role, in_schools
from wss_cases.foundation.code_tables import HeldValues
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import search_words
from wss_cases.foundation.school_time import YEAR_START, known_schools, last_days
from wss_cases.roster.directory.models import (
    CalendarDay,
    Enrolment,
    Guardian,
    GuardianLimit,
    Network,
    School,
    StaffMember,
    Student,
    StudentGuardian,
)
from wss_cases.roster.directory.rules import DayKind, Reach, Restriction, SchoolDays, merge_days, name_on_screen, reach

NAME = (Student.given_name, Student.family_name, Student.preferred_given_name, Student.preferred_family_name)
"""The arguments of `name_on_screen`, in order."""
LEAST_DIGITS = 4
"""Digits from which on a student's number is searched."""


@dataclass(frozen=True)
class FoundPerson:
    """One search result: `number` is the student's number, '' for staff."""

    id: int
    name: str
    grade: int | None = None
    number: str = ""
    role: str = ""


def school_days(school_id: int | None) -> SchoolDays:
    """The school days of a school (None: the district's); Monday to Friday where unknown."""
    return _HELD_DAYS.of(school_id, YEAR_START.said())


def _school_days(school_id: int | None, _years: tuple[tuple[date, str], ...]) -> SchoolDays:
    """The same in one query; the start of school years decides which days belong to one.

    District rows that only repeat the weekday are not read: they are most of a calendar. The last day of a year is,
    because it shows that the year is known.
    """
    named: dict[str, Any] = {"ends": last_days()} | ({} if school_id is None else {"school": school_id})
    rows = db.session.execute(_days(school_id is None), named)
    return SchoolDays(merge_days((row[0], row[1], bool(row[2])) for row in rows))


_HELD_DAYS = HeldValues(_school_days)


@cache
def _days(of_district: bool) -> Any:
    own, day, kind = CalendarDay.school_id.is_not(None), CalendarDay.day, CalendarDay.kind
    at_weekend = extract("dow", day).in_((0, 6))
    as_usual = or_(and_(kind == DayKind.SCHOOL, ~at_weekend), and_(kind == DayKind.CLOSED, at_weekend))
    last = (extract("month", day) * 100 + extract("day", day)).in_(bindparam("ends", expanding=True))
    theirs = false() if of_district else CalendarDay.school_id == bindparam("school")
    districts = and_(CalendarDay.school_id.is_(None), or_(~as_usual, last))
    return select(day, kind, own).where(or_(theirs, districts))


def next_schools(student_ids: Collection[int], last: date) -> dict[int, int]:
    """The next school of each of these students after a last school day, if the roster knows it."""
    statement = select(Student.id, Student.school_id).where(Student.id.in_(sorted(student_ids)))
    now = {row[0]: row[1] for row in db.session.execute(statement) if row[1] is not None}
    later = select(Enrolment.student_id, Enrolment.school_id).where(
        Enrolment.student_id.in_(sorted(student_ids)), Enrolment.starts_on > last
    )
    return now | {row[0]: row[1] for row in db.session.execute(later.order_by(Enrolment.starts_on.desc()))}


def get_school(school_id: int) -> School | None:
    return schools_by_id([school_id]).get(school_id)


def schools_by_id(ids: Collection[int]) -> dict[int, School]:
    """Existing schools with these ids; each is read once per session."""
    return known_schools(ids)


def renamed_networks(session: Session) -> dict[str | None, str]:
    """The names of the networks that the district renamed, by the feed's name."""
    rows = session.execute(select(Network.roster_name, Network.name).where(Network.roster_name.is_not(None)))
    return {row[0]: row[1] for row in rows}


def no_school_yet() -> bool:
    """Whether the roster has no school: no one can work here yet."""
    return db.session.scalar(select(School.id).limit(1)) is None


def other_schools(school_id: int) -> list[School]:
    statement = select(School).where(School.is_active, School.id != school_id).order_by(School.name, School.id)
    return list(db.session.scalars(statement))


def reached_schools(actor: Actor, *roles: Role) -> Collection[int]:
    if actor.is_system or actor.everywhere(*roles):
        return list(db.session.scalars(select(School.id)))
    return actor.school_ids(*roles)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of students to those whose page the actor may open: those of the case team's schools."""
    return statement.where(in_schools(Student.school_id, actor, *CASE_TEAM))


def students_by_id(ids: Iterable[int | None]) -> dict[int, Student]:
    """These students by id, as far as they exist. The caller checks whom the actor may name."""
    wanted = sorted({number for number in ids if number is not None})
    students = db.session.scalars(select(Student).where(Student.id.in_(wanted))) if wanted else ()
    return {student.id: student for student in students}


def get_student(actor: Actor, student_id: int) -> Student:
    """A student whose page the actor may open. Raises NotFound."""
    student: Student = existing(db.session.scalar(visible_to(select(Student), actor).where(Student.id == student_id)))
    return student


def students_matching(
    actor: Actor, school_id: int | None, text: str, limit: int = 10, recent: Select[Any] | None = None
) -> list[FoundPerson]:
    """A select of the ids of the school's students with a name beginning with each typed word, `recent` ones first,
    then by name.

    Or whose number begins with four or more typed digits. Case, accents, apostrophes and Ł do not matter. None for
    fewer than two letters, or for another school's actor.
    """
    words = search_words(text)
    if not words or not _may_search(actor, school_id):
        return []
    row = Student
    statement = select(row.id, *NAME, row.grade, row.student_number).where(
        row.school_id == school_id, row.is_active, named_or_numbered(words)
    )
    if recent is not None:
        statement = statement.order_by(case((row.id.in_(recent), 0), else_=1))
    statement = statement.order_by(row.search_key_family, row.search_key, row.id).limit(limit)
    return [
        FoundPerson(student_id, name_on_screen(*name), grade, number)
        for student_id, *name, grade, number in db.session.execute(statement)
    ]


def staff_matching(actor: Actor, school_id: int | None, text: str, limit: int = 10) -> list[FoundPerson]:
    """The school's staff with a name beginning with each typed word, by name; as `students_matching`."""
    words = search_words(text)
    if not words or not _may_search(actor, school_id):
        return []
    statement = (
        select(StaffMember.id, StaffMember.name, StaffMember.role)
        .where(StaffMember.school_id == school_id, StaffMember.is_active, *holds_words(StaffMember.search_key, words))
        .order_by(StaffMember.search_key, StaffMember.id)
        .limit(limit)
    )
    return [FoundPerson(row[0], row[1], role=row[2]) for row in db.session.execute(statement)]


def _may_search(actor: Actor, school_id: int | None) -> bool:
    return actor.is_system or (school_id is not None and actor.covers(school_id, *STAFF))


def named_or_numbered(words: Sequence[str]) -> Any:
    """The condition that some name of a student begins with each word, or their number with the only word."""
    named = and_(*holds_words(Student.search_key, words))
    [first, *more] = words
    if more or len(first) < LEAST_DIGITS or not first.isdecimal():
        return named
    return or_(named, Student.student_number.startswith(first))


def holds_words(key: Any, words: Sequence[str]) -> list[Any]:
    """The condition that some word of a search key begins with each of these folded words."""
    # folded words contain no % or _; a school's keys are adjacent in the index, so this reads only those
    return [(literal(" ") + key).like(f"% {word}%") for word in words]


def enrolments_of(student_id: int, limit: int = 20) -> Sequence[Any]:
    """(school, grade, starts_on, ends_on) of a student's latest enrollments, newest first; `ends_on` None: still there.
    The caller has checked who may see them."""
    statement = (
        select(School.name.label("school"), Enrolment.grade, Enrolment.starts_on, Enrolment.ends_on)
        .join(School, School.id == Enrolment.school_id)
        .where(Enrolment.student_id == student_id)
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
        .limit(limit)
    )
    return db.session.execute(statement).all()


@dataclass(frozen=True)
class GuardianOf:
    """One guardian of a student, with the roster's relation.

    Without name, number and language when no one may contact them; without number when the office must be asked first.
    """

    id: int
    name: str
    relation: str
    language: str | None
    phone: str
    email: str
    is_primary: bool
    reach: Reach = Reach.OPEN
    may_receive_records: bool | None = None
    restriction: Restriction | None = None
    restricted_on: date | None = None
    link_id: int = 0


def guardians_of(student_id: int) -> list[GuardianOf]:
    """A student's guardians, primary first; the caller has checked who may see them."""
    return guardians_of_each([student_id])[student_id]


def guardians_of_each(student_ids: Collection[int]) -> dict[int, list[GuardianOf]]:
    """`guardians_of` for many students, in one query."""
    linked: dict[int, list[Any]] = {student_id: [] for student_id in student_ids}
    for row in _linked.rows(linked) if linked else ():
        linked[row[1].student_id].append(row)
    return {student_id: _guardians(rows) for student_id, rows in linked.items()}


def _guardians(rows: list[Any]) -> list[GuardianOf]:
    kept_off = [who for who, _link, limit in rows if _is_kept_off(limit)]
    theirs = {line for who in kept_off for line in (_digits(who.phone), who.email.lower()) if line}
    return [_guardian(who, link, limit, kept_off, theirs) for who, link, limit in rows]


def contacts_of(student_id: int) -> list[GuardianOf]:
    """The guardians whom the school may call and write to, the primary one first; see `guardians_of`."""
    return [who for who in guardians_of(student_id) if who.reach is Reach.OPEN]


def languages_of(student_id: int) -> list[str]:
    """The languages of the guardians who may be written to, the primary one's first."""
    return [who.language for who in contacts_of(student_id) if who.language]


@Prepared
def _linked(among_ids: Narrow) -> Any:
    limit = GuardianLimit
    own = and_(limit.student_id == StudentGuardian.student_id, limit.guardian_id == Guardian.id)
    return (
        select(Guardian, StudentGuardian, limit)
        .join(StudentGuardian, StudentGuardian.guardian_id == Guardian.id)
        .outerjoin(limit, own)
        .where(among_ids(StudentGuardian.student_id))
        .order_by(StudentGuardian.is_primary.desc(), Guardian.name, Guardian.id)
    )


def _guardian(
    who: Guardian, link: StudentGuardian, limit: GuardianLimit | None, kept_off: list[Guardian], theirs: set[str]
) -> GuardianOf:
    reached = reach(
        restricted=limit is not None and limit.restriction is not None,
        may_contact=limit.may_contact if limit else None,
        said=limit is not None,
        another_restricted=bool(kept_off),
    )
    if reached is Reach.NEVER:
        return GuardianOf(
            who.id, str(Reach.NEVER.label), "", None, "", "", False, reached, False,
            limit.restriction if limit else None, limit.restricted_on if limit else None, link.id,
        )  # fmt: skip
    # A line that both answer could reach the person who must not be reached.
    phone, email = (text if reached is Reach.OPEN else "" for text in (who.phone, who.email))
    phone, email = "" if _digits(phone) in theirs else phone, "" if email.lower() in theirs else email
    records = limit.may_receive_records if limit else None
    return GuardianOf(
        who.id, who.name, link.relation, who.language, phone, email, link.is_primary, reached, records, link_id=link.id
    )


def _is_kept_off(limit: GuardianLimit | None) -> bool:
    return limit is not None and limit.restriction is not None


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdecimal())[-10:]
