"""Which incidents a replay is about, read in batches with the facts and the answer that routed them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, select, true

from wss_cases.foundation.db import among, db
from wss_cases.incidents.models import Incident, IncidentPerson
from wss_cases.roster.models import Student
from wss_cases.routing.models import RoutingAnswer, RuleSet
from wss_cases.routing.replay import Part, RoutedIncident

BATCH = 2000
"""Incidents read at once: some ten megabytes."""
GROUPS = ("race_ethnicity", "sex", "has_iep", "has_504", "is_english_learner")
"""What the roster tells students apart by. A value that is not known is a group of its own, ''."""


@dataclass(frozen=True)
class Period:
    """Incidents of these days, of one school or of all; an end that is None is open."""

    starts_on: date | None = None
    ends_on: date | None = None
    school_id: int | None = None


def _in(period: Period) -> ColumnElement[bool]:
    """Incidents of a period that were routed at all, whatever became of them."""
    return and_(
        exists().where(RoutingAnswer.incident_id == Incident.id),
        Incident.local_date >= period.starts_on if period.starts_on else true(),
        Incident.local_date <= period.ends_on if period.ends_on else true(),
        Incident.school_id == period.school_id if period.school_id is not None else true(),
    )


def count_routed(period: Period) -> int:
    """Return how many incidents of a period were routed."""
    return db.session.scalar(select(func.count()).select_from(Incident).where(_in(period))) or 0


def routed_after(period: Period, incident_id: int, limit: int = BATCH) -> list[RoutedIncident]:
    """Return the next incidents of a period by id, each with the parts of the act that routed it last."""
    ids = select(Incident.id).where(_in(period), Incident.id > incident_id).order_by(Incident.id)
    found = list(db.session.scalars(ids.limit(limit)))
    return _with_parts(found) if found else []


def all_routed(period: Period) -> Iterator[list[RoutedIncident]]:
    """Yield every routed incident of a period, batch by batch."""
    last = 0
    while batch := routed_after(period, last):
        last = batch[-1].id
        yield batch


def _with_parts(ids: Sequence[int]) -> list[RoutedIncident]:
    statement = (
        select(
            Incident.id,
            Incident.reference,
            Incident.school_id,
            RoutingAnswer.id,
            RoutingAnswer.incident_person_id,
            RoutingAnswer.created_at,
            RuleSet.name,
            RuleSet.number,
            cast(RoutingAnswer.facts, Text),
            cast(RoutingAnswer.answer, Text),
            *(getattr(Student, name) for name in GROUPS),
        )
        .join(RoutingAnswer, RoutingAnswer.incident_id == Incident.id)
        .join(RuleSet, RuleSet.id == RoutingAnswer.rule_set_id)
        .outerjoin(IncidentPerson, IncidentPerson.id == RoutingAnswer.incident_person_id)
        .outerjoin(Student, Student.id == IncidentPerson.student_id)
        .where(among(Incident.id, ids))
        .order_by(Incident.id, RoutingAnswer.id)
    )
    rows = db.session.execute(statement)
    return [_incident(list(rows_of)) for _id, rows_of in groupby(rows, key=lambda row: row[0])]


def _incident(rows: list[Any]) -> RoutedIncident:
    """The newest answer for everyone of the last act; an answer for somebody since taken out of it counts no more."""
    last = max(row[5] for row in rows)
    newest = {row[4]: row for row in rows if row[5] == last}
    return RoutedIncident(rows[0][0], rows[0][1], rows[0][2], tuple(_part(row) for row in newest.values()))


def _part(row: Any) -> Part:
    groups = {name: _group(value) for name, value in zip(GROUPS, row[10:], strict=True)}
    return Part(row[3], row[4], f"{row[6]} v{row[7]}", row[8], row[9], groups)


def _group(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""
