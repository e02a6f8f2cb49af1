"""Every name of students and their families, for the finder of names."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.roster.directory.models import Guardian, Student, StudentGuardian
from wss_cases.roster.directory.rules import name_on_screen
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.spellings import Named

COLUMNS: Any = (
    Student.id, Student.given_name, Student.middle_name, Student.preferred_given_name, Student.family_name,
    Student.preferred_family_name, Student.student_number, Student.sourced_id,
)  # fmt: skip
NOBODY = Named("", (), ())


def finder_around(own_id: int, ids: Iterable[int], also: Iterable[Named] = (), school: Iterable[Named] = ()) -> Finder:
    """A finder of these students in a text about another one, also by their siblings and guardians.

    The student's own family is searched for only where it is among them; `also` are others involved, `school` students
    who are not. No one has the id 0.
    """
    near_ids = set(ids)
    near_ids = (near_ids | (siblings(near_ids) - siblings({own_id}))) - {own_id}
    own = next(iter(students_named(select(*COLUMNS).where(Student.id == own_id))), NOBODY)
    near = students_named(select(*COLUMNS).where(Student.id.in_(sorted(near_ids))))
    return Finder(own, [*near, *_families(near_ids, own_id), *also], school)


def finder_beside(stay: Iterable[Named], out: Iterable[Named]) -> Finder:
    """A finder that removes some people from a text in which others may stay: a name of both stays."""
    staying = list(stay)
    given, family = (name for one in staying for name in one.given), (name for one in staying for name in one.family)
    return Finder(Named("", tuple(given), tuple(family)), out)


def names_at_school(school_id: int, text: str) -> list[str]:
    """The words of a text that name an active student of a school, for a text that may name none."""
    return finder_at_school(school_id).of_school(text) if text.strip() else []


def finder_at_school(school_id: int) -> Finder:
    """A finder of the active students of a school for any number of texts."""
    here = students_named(select(*COLUMNS).where(Student.school_id == school_id, Student.is_active))
    return Finder(NOBODY, (), here)


def siblings(ids: Iterable[int]) -> set[int]:
    """The children who share a guardian with one of these, including these."""
    theirs, other = aliased(StudentGuardian), aliased(StudentGuardian)
    statement = (
        select(other.student_id)
        .join(theirs, theirs.guardian_id == other.guardian_id)
        .where(theirs.student_id.in_(sorted(ids)))
    )
    return set(db.session.scalars(statement))


def _families(ids: Iterable[int], own_id: int) -> list[Named]:
    """The guardians of these children, who identify a child, except the student's own."""
    own = select(StudentGuardian.guardian_id).where(StudentGuardian.student_id == own_id)
    return guardians_named(StudentGuardian.student_id.in_(sorted(ids)), Guardian.id.not_in(own))


def guardians_named(*which: Any) -> list[Named]:
    """Guardians for the finder; the conditions may limit whose they are."""
    statement = (
        select(Guardian.id, Guardian.name)
        .join(StudentGuardian, StudentGuardian.guardian_id == Guardian.id)
        .where(*which)
        .distinct()
    )
    return [called(name) for _id, name in db.session.execute(statement)]


def called(name: str) -> Named:
    """A person for the finder of whom only a whole name is recorded."""
    return Named(name, (name,), ())


def students_named(statement: Select[Any]) -> list[Named]:
    """Students for the finder; the statement selects COLUMNS."""
    return [
        Named(
            label=name_on_screen(given, family, preferred, preferred_family),
            given=tuple(name for name in (given, middle, preferred) if name),
            family=tuple(name for name in (family, preferred_family) if name),
            numbers=tuple(each for each in (number, sourced) if each),
        )
        for _id, given, middle, preferred, family, preferred_family, number, sourced in db.session.execute(statement)
    ]


def refuse_names(school_id: int, anyway: bool, *texts: str, also: Iterable[str] = ()) -> None:
    """Raise Refused, for the field `anyway`, when a text may name a student of the school and no one confirmed it.

    `also`: words already found to name others.
    """
    if anyway:
        return
    refuse_found([*names_at_school(school_id, "\n".join(texts)), *also])


def refuse_found(words: Iterable[str]) -> None:
    """Raise Refused, for the field `anyway`, when a text has words that may name a student."""
    if question := asked_about(words):
        raise Refused("anyway", question)


def asked_about(words: Iterable[str]) -> str:
    """The question about words that may name a student; '' for none."""
    names = ", ".join(dict.fromkeys(words))
    return _("This may name a student: %(names)s. Leave out names, or confirm below.", names=names) if names else ""
