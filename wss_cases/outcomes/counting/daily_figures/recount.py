"""Counting incidents from their own rows, day by day: what daily figures are made of and checked against."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, literal, literal_column, select, union_all

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.lists.queries import ACTED
from wss_cases.outcomes.counting.daily_figures.rules import DayFigure
from wss_cases.outcomes.counting.scope.queries import could_lead_to_police

SchoolDay = tuple[int, date]
TOGETHER = 0
"""Stands for a school where schools are counted together."""


def figures_of_school(school_id: int, days: Collection[date] | None = None) -> dict[date, DayFigure]:
    """Return what a school's incidents add up to on each day on which any counts (of these days, or of all)."""
    conditions: list[ColumnElement[bool]] = [
        Incident.school_id == school_id, Incident.state != IncidentState.DUPLICATE
    ]  # fmt: skip
    if days is not None:
        conditions.append(Incident.local_date.in_(sorted(days)))
    return {day: figure for (_school, day), figure in count_days(conditions).items()}


def count_days(conditions: Sequence[ColumnElement[bool]], by_school: bool = False) -> dict[SchoolDay, DayFigure]:
    """Return what the incidents that meet these conditions add up to, by (school or 0, day), in one query."""
    figures: dict[SchoolDay, DayFigure] = {}
    for part, school_id, day, key, number in db.session.execute(union_all(*_branches(conditions, by_school))):
        figures.setdefault((school_id, day), DayFigure()).count(part, key, number)
    return figures


def _branches(conditions: Sequence[ColumnElement[bool]], by_school: bool) -> list[Any]:
    columns = {"hour": Incident.local_minute // 60, "place": Incident.location_code, "group": Incident.behavior_group}
    branches = [_branch(part, func.count(), by_school, column) for part, column in columns.items()]
    all_of_them = _branch("incidents", func.count(), by_school)
    serious = _branch("serious", func.count(), by_school).where(could_lead_to_police())
    people = and_(IncidentPerson.incident_id == Incident.id, IncidentPerson.role.in_(ACTED))
    incidents = func.count(Incident.id.distinct())
    behavior = (
        _branch("behavior", incidents, by_school, BehaviorCode.code)
        .outerjoin(IncidentPerson, people)
        .outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id)
    )
    grade = _branch("grade", incidents, by_school, IncidentPerson.grade).outerjoin(IncidentPerson, people)
    return [one.where(*conditions) for one in (all_of_them, serious, *branches, behavior, grade)]


def _branch(part: str, number: Any, by_school: bool, column: Any = None) -> Any:
    school = Incident.school_id if by_school else literal_column(str(TOGETHER))
    key = literal_column("''") if column is None else cast(column, String(60))
    grouped = [*([Incident.school_id] if by_school else []), Incident.local_date]
    statement = select(
        literal(part).label("part"), school.label("school"), Incident.local_date, key.label("key"),
        number.label("number"),
    ).select_from(Incident)  # fmt: skip
    return statement.group_by(*grouped, *([] if column is None else [key]))
