"""Whose names are looked for in a copy: all around what happened, their families, the school's other students."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.pathways.circles.circle.models import CircleSupporter
from wss_cases.pathways.circles.circle.states import SupporterRelation
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.roster.directory.models import Enrolment, Guardian, Student, StudentGuardian
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.spellings import Named

COLUMNS: Any = (
    Student.id, Student.given_name, Student.middle_name, Student.preferred_given_name, Student.family_name,
    Student.preferred_family_name, Student.student_number, Student.sourced_id,
)  # fmt: skip


def finder_for(release: FamilyRelease) -> Finder:
    """Return what finds every other child in the texts of one copy."""
    own_id = release.student_id
    case_ids = list(
        db.session.scalars(select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(release.incident_ids)))
    )
    together = select(CaseIncident.incident_id).where(CaseIncident.case_id.in_(case_ids))
    incident_ids = {*release.incident_ids, *db.session.scalars(together)}
    near_ids = _students_in(incident_ids, case_ids) | {own_id}
    near_ids |= _siblings(near_ids)
    near_ids -= {own_id}
    own = _named(select(*COLUMNS).where(Student.id == own_id))[0]
    near = _named(select(*COLUMNS).where(Student.id.in_(near_ids)))
    near += _families(near_ids, own_id) + _described(incident_ids, case_ids, own_id)
    return Finder(own, near, _named(_at_school(release.school_id, near_ids | {own_id})))


def _students_in(incident_ids: Iterable[int], case_ids: Sequence[int]) -> set[int]:
    on_reports = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(sorted(incident_ids)))
    in_cases = select(CaseParticipant.student_id).where(CaseParticipant.case_id.in_(case_ids))
    return {one for one in (*db.session.scalars(on_reports), *db.session.scalars(in_cases)) if one is not None}


def _siblings(ids: Iterable[int]) -> set[int]:
    """Return the children who share a guardian with one of these."""
    theirs, other = aliased(StudentGuardian), aliased(StudentGuardian)
    statement = (
        select(other.student_id)
        .join(theirs, theirs.guardian_id == other.guardian_id)
        .where(theirs.student_id.in_(sorted(ids)))
    )
    return set(db.session.scalars(statement))


def _families(ids: Iterable[int], own_id: int) -> list[Named]:
    """Return the guardians of these children, who tell who a child is, but for the student's own."""
    own = select(StudentGuardian.guardian_id).where(StudentGuardian.student_id == own_id)
    statement = (
        select(Guardian.id, Guardian.name)
        .join(StudentGuardian, StudentGuardian.guardian_id == Guardian.id)
        .where(StudentGuardian.student_id.in_(sorted(ids)), Guardian.id.not_in(own))
        .distinct()
    )
    return [Named(name, (name,), ()) for _id, name in db.session.execute(statement)]


def _described(incident_ids: Iterable[int], case_ids: Sequence[int], own_id: int) -> list[Named]:
    """Return the names that stand in descriptions of people who are in no roster, and of who supports a party."""
    people = select(IncidentPerson.description).where(
        IncidentPerson.incident_id.in_(sorted(incident_ids)), IncidentPerson.student_id.is_(None)
    )
    parts = select(CaseParticipant.description).where(
        CaseParticipant.case_id.in_(case_ids), CaseParticipant.student_id.is_(None)
    )
    own = select(CaseParticipant.id).where(CaseParticipant.student_id == own_id)
    supporters = select(CircleSupporter.name).where(
        CircleSupporter.case_id.in_(case_ids),
        or_(CircleSupporter.participant_id.not_in(own), CircleSupporter.relation != SupporterRelation.FAMILY),
    )
    described = [*db.session.scalars(people), *db.session.scalars(parts)]
    names = {word for text in described for word in text.split() if len(word) > 2 and word[0].isupper()}
    names |= set(db.session.scalars(supporters))
    return [Named(name, (name,), ()) for name in sorted(names)]


def _at_school(school_id: int, but: Iterable[int]) -> Select[Any]:
    was_here = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    return select(*COLUMNS).where(
        or_(Student.school_id == school_id, Student.id.in_(was_here)), Student.id.not_in(sorted(but))
    )


def _named(statement: Select[Any]) -> list[Named]:
    return [
        Named(
            label=f"{preferred or given} {preferred_family or family}".strip(),
            given=tuple(name for name in (given, middle, preferred) if name),
            family=tuple(name for name in (family, preferred_family) if name),
            numbers=tuple(each for each in (number, sourced) if each),
        )
        for _id, given, middle, preferred, family, preferred_family, number, sourced in db.session.execute(statement)
    ]
