"""Whom the rows behind a number are about, as the other lists of the school name them: for who may see the report."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.queries import students_seen
from wss_cases.followups.about import about
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.lists import students_in
from wss_cases.outcomes.reports.drill_down.queries import Behind
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceReview

OF_ONE_PERSON: Final = ("harmed", "repeats")
"""Lists whose rows are one person's entry in a report."""
Names = dict[int, list[str]]


def whom_behind(actor: Actor, name: str, rows: Sequence[Behind]) -> Names:
    """Return the names on screen of whom each row of a list is about, by the row's id; nobody's of a report or case
    that the actor may not see, and of those without a student."""
    ids = [row.id for row in rows]
    if not ids:
        return {}
    if name == "follow_ups":
        found = about(actor, db.session.scalars(select(FollowUp).where(FollowUp.id.in_(ids))))
        return {key: list(one.students) for key, one in found.items() if one.students}
    if name == "removals":
        action = DisciplineAction
        return _each(
            select(action.id, Student).join(Student, Student.id == action.student_id).where(action.id.in_(ids))
        )
    if name in OF_ONE_PERSON:
        person, seen = IncidentPerson, _seen(actor, [row.target for row in rows])
        entries = select(person.id, Student).join(Student, Student.id == person.student_id)
        return _each(entries.where(person.id.in_(ids), person.incident_id.in_(seen)))
    if rows[0].kind == "case":
        targets = {row.id: row.target for row in rows}
        names = students_seen(actor, set(targets.values()))
    else:
        targets = _reviewed(ids) if name == "refusals" else {row.id: row.target for row in rows}
        names = students_in(db.session.scalars(_seen(actor, targets.values())).all())
    return {key: names[target] for key, target in targets.items() if target in names}


def _seen(actor: Actor, incident_ids: Iterable[int]) -> Any:
    return visible_to(select(Incident.id).where(Incident.id.in_(sorted(set(incident_ids)))), actor)


def _each(statement: Any) -> Names:
    return {key: [student.shown_name] for key, student in db.session.execute(statement)}


def _reviewed(ids: Sequence[int]) -> dict[int, int]:
    review = PoliceReview
    return {
        row[0]: row[1] for row in db.session.execute(select(review.id, review.incident_id).where(review.id.in_(ids)))
    }
