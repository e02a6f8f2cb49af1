"""The State's file of students: one row for each student and removal. What no record says stays empty."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, case, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.collections.identity import Known, numbers_of
from wss_cases.outcomes.collections.state import rules
from wss_cases.outcomes.collections.state.queries import types_of
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents.rendering import Report, about, head
from wss_cases.roster.directory.models import Enrolment, School, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import WITHOUT_END, DisciplineAction
from wss_cases.safeguards.discipline.removals.rules import Span, dates_of

_NUMBER = case((School.identifier != "", School.identifier), else_=School.sourced_id)


def state_students(
    actor: Actor, scope: Scope, school: str | None, known: Known, codes: Mapping[str, str]
) -> tuple[Report, dict[int, int]]:
    """Return the file, and the students in it with a school of theirs; `codes` are the State's for kinds of removal."""
    chosen = [*removed(actor, scope), DisciplineAction.kind.in_(rules.KINDS)]
    types = types_of(select(DisciplineAction.incident_id).where(*chosen, DisciplineAction.incident_id.is_not(None)))
    found = db.session.execute(_removals(chosen)).all()
    homes = _homes(chosen)
    calendars = {school_id: school_days(school_id) for school_id in {one.DisciplineAction.school_id for one in found}}
    rows, turns = [], Counter[tuple[int, date | None]]()
    for one in found:
        action, student, day = one.DisciplineAction, one.Student, one.local_date
        turns[student.id, day] += 1
        calendar, kind = calendars[action.school_id], action.kind.value
        rows.append([
            student.student_number, rules.letters(student.family_name), rules.letters(student.given_name),
            _day(student.birth_date), numbers_of(_home(homes, student.id, day or action.starts_on), known).state,
            numbers_of(one.identifier, known).state, _day(day), f"{turns[student.id, day]:02d}", one.reference or "",
            kind, codes.get(kind, ""), types.get(action.incident_id, ""),
            rules.NO_DISABILITY if student.has_iep is False else "",
            rules.duration(_dates(action, calendar), calendar),
        ])  # fmt: skip
    document = head("state_students", scope, school) | {
        "rows": [dict(zip(rules.STUDENT_COLUMNS, row, strict=True)) for row in rows]
    }
    report = Report("state_students", document, rules.STUDENT_COLUMNS, rows, _about(scope, school, rows))
    return report, {one.Student.id: one.DisciplineAction.school_id for one in found}


def _removals(chosen: list[Any]) -> Any:
    return (
        select(DisciplineAction, Student, _NUMBER.label("identifier"), Incident.local_date, Incident.reference)
        .join(Student, Student.id == DisciplineAction.student_id)
        .join(School, School.id == DisciplineAction.school_id)
        .outerjoin(Incident, Incident.id == DisciplineAction.incident_id)
        .where(*chosen)
        .order_by(DisciplineAction.starts_on, DisciplineAction.id)
    )


def _homes(chosen: list[Any]) -> list[Row[Any]]:
    """Return where the students of these removals were enrolled, and when."""
    theirs = select(DisciplineAction.student_id).where(*chosen)
    statement = select(Enrolment.student_id, _NUMBER.label("identifier"), Enrolment.starts_on, Enrolment.ends_on)
    joined = statement.join(School, School.id == Enrolment.school_id).where(Enrolment.student_id.in_(theirs))
    return list(db.session.execute(joined.order_by(Enrolment.starts_on.desc(), Enrolment.id)))


def _home(homes: list[Row[Any]], student_id: int, day: date) -> str:
    there = (
        one.identifier
        for one in homes
        if one.student_id == student_id and one.starts_on <= day and (one.ends_on is None or day <= one.ends_on)
    )
    return next(there, "")


def _dates(action: DisciplineAction, calendar: SchoolDays) -> Iterable[date]:
    """Return the school days that a removal says it takes: none where it is shorter than one, or has no end."""
    if not action.days and not (action.kind in WITHOUT_END and action.ends_on):
        return ()
    return dates_of(Span(action.kind, action.days, action.starts_on, action.ends_on), calendar)


def _about(scope: Scope, school: str | None, rows: list[list[Any]]) -> list[tuple[str, str]]:
    empty = {name: sum(not row[at] for row in rows) for at, name in enumerate(rules.STUDENT_COLUMNS)}
    told = ", ".join(f"{name} {number}" for name, number in empty.items() if number)
    return [*about(scope.year, school), (_("Cells left empty, by column: no record says it"), told or "0")]


def _day(day: date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""
