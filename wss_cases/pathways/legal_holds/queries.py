"""Which records an open hold keeps as they are. One hold is read by all who delete, shred, clean or move."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, column, or_, select, table
from sqlalchemy.orm import aliased

from wss_cases.access.visibility import finds_any
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds.models import LegalHold

HELPER = table("circle_outside_keeper", column("case_id"), column("student_id"))
"""Circles, which keep it, are a room above: these columns are all that holds need of it."""
OPEN = LegalHold.closed_at.is_(None)


def _students_of(case_id: Any) -> Any:
    # said outright: by itself a statement inside a statement inside another stands alone, and everybody is held
    return (
        select(CaseParticipant.student_id)
        .where(CaseParticipant.case_id == case_id, CaseParticipant.student_id.is_not(None))
        .correlate_except(CaseParticipant)
    )


def circle_held() -> ColumnElement[bool]:
    """Pathways that a hold keeps: on themselves, their case, or a student in it; for a statement over Pathway."""
    on = or_(
        LegalHold.pathway_id == Pathway.id,
        LegalHold.case_id == Pathway.case_id,
        LegalHold.student_id.in_(_students_of(Pathway.case_id)),
    )
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def case_held(case_id: Any) -> ColumnElement[bool]:
    """Whether a hold keeps a case: on itself, on one of its circles, or on a student in it."""
    circles = select(Pathway.id).where(Pathway.case_id == case_id).correlate_except(Pathway)
    on = or_(
        LegalHold.case_id == case_id, LegalHold.pathway_id.in_(circles), LegalHold.student_id.in_(_students_of(case_id))
    )
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def keeps_case(ids: Any, first: date) -> ColumnElement[bool]:
    """An open hold keeps its case in view, when years have passed, and the cases of a student that it is on.

    It joins in no table by its own name: the statement around it may have joined the same ones.
    """
    hold, circle, person = aliased(LegalHold), aliased(Pathway), aliased(CaseParticipant)
    # said outright, as above: by themselves these would be the circles and the students of all cases
    circles = select(circle.id).where(circle.case_id == ids).correlate_except(circle)
    people = select(person.student_id).where(person.case_id == ids).correlate_except(person)
    on = or_(hold.case_id == ids, hold.pathway_id.in_(circles), hold.student_id.in_(people))
    return select(hold.id).where(hold.closed_at.is_(None), on).correlate_except(hold).exists()


def keeps_report(ids: Any, first: date) -> ColumnElement[bool]:
    """An open hold on a student keeps the reports in view in which the student stands."""
    hold, person = aliased(LegalHold), aliased(IncidentPerson)
    joined = select(hold.id).join(person, person.student_id == hold.student_id)
    return finds_any(joined.where(person.incident_id == ids, hold.closed_at.is_(None)))


def student_held(student_id: Any) -> ColumnElement[bool]:
    """Whether a hold keeps a student's record: on themselves, or on a case or circle they are in or helped to keep."""
    cases = cases_of_student(student_id)
    circles = select(Pathway.id).where(Pathway.case_id.in_(cases)).correlate_except(Pathway)
    on = or_(LegalHold.student_id == student_id, LegalHold.case_id.in_(cases), LegalHold.pathway_id.in_(circles))
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def cases_of_student(student_id: Any) -> Any:
    """Return a select of the cases that a student is in, and of those in whose circles they helped."""
    mine = select(CaseParticipant.case_id).where(CaseParticipant.student_id == student_id)
    helped = select(HELPER.c.case_id).where(HELPER.c.student_id == student_id)
    return mine.correlate_except(CaseParticipant).union_all(helped.correlate_except(HELPER))


def is_case_held(case_id: int) -> bool:
    """Whether a hold keeps this case now."""
    return bool(db.session.scalar(select(case_held(case_id))))


def is_student_held(student_id: int) -> bool:
    """Whether a hold keeps this student's record now."""
    return bool(db.session.scalar(select(student_held(student_id))))
