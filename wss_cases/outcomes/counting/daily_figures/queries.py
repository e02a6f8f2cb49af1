"""Reading the daily figures. They are exact at any moment: days that the scheduler has not processed yet are counted
from the incidents. Where there are too many such days, or no figures yet, everything is counted from the incidents."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.foundation.database import Prepared
from wss_cases.foundation.db import Base, Id, db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import ACTED, conditions_of
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.scope.queries import (
    Asked,
    PreparedOfScope,
    could_lead_to_police,
    counted,
    once_in_view,
    reads_all,
    within,
)
from wss_cases.outcomes.counting.scope.rules import Scope

BREAKDOWNS: Final = ("hour", "place", "group", "behavior", "grade")
NOT_KNOWN: Final = ""
"""The key of an unknown value in a stored figure."""


@dataclass
class DayFigure:
    """The incidents of one day: how many, how many could have led to the police, and breakdown to {key: incidents}."""

    incidents: int = 0
    serious: int = 0
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, part: str, key: str | None, number: int) -> None:
        """Add one counted row."""
        if part in ("incidents", "serious"):
            setattr(self, part, getattr(self, part) + number)
            return
        keys = self.parts.setdefault(part, {})
        keys[key or NOT_KNOWN] = keys.get(key or NOT_KNOWN, 0) + number

    def add(self, other: "DayFigure") -> None:
        self.incidents += other.incidents
        self.serious += other.serious
        for part, keys in other.parts.items():
            for key, number in keys.items():
                self.count(part, key, number)

    def row(self) -> dict[str, Any]:
        return {"incidents": self.incidents, "serious": self.serious, "parts": self.parts}


@dataclass
class Parts:
    """The breakdowns of a period's incidents: part to {key: number of incidents}; key None is not known."""

    total: int = 0
    serious: int = 0
    by_day: dict[date, int] = field(default_factory=dict)
    hour: dict[str | None, int] = field(default_factory=dict)
    place: dict[str | None, int] = field(default_factory=dict)
    group: dict[str | None, int] = field(default_factory=dict)
    behavior: dict[str | None, int] = field(default_factory=dict)
    grade: dict[str | None, int] = field(default_factory=dict)
    months: dict[date, dict[str | None, int]] = field(default_factory=dict)
    """By behavior again, for each month (its first day)."""


def parts_from(days: Iterable[tuple[date, DayFigure, int]]) -> Parts:
    """The sum of (day, figure, times). Times -1 subtracts a figure."""
    parts = Parts()
    for day, figure, times in days:
        parts.total += times * figure.incidents
        parts.serious += times * figure.serious
        _add(parts.by_day, day, times * figure.incidents)
        month = parts.months.setdefault(day.replace(day=1), {})
        for part, keys in figure.parts.items():
            _add_all(month if part == "behavior" else getattr(parts, part), keys, times)
    for month in parts.months.values():
        for behavior, number in month.items():
            _add(parts.behavior, behavior, number)
    for part in BREAKDOWNS:
        setattr(parts, part, _known(getattr(parts, part)))
    parts.by_day = _known(parts.by_day)
    parts.months = {month: _known(numbers) for month, numbers in parts.months.items()}
    return parts


def _add(numbers: dict[Any, int], key: Any, number: int) -> None:
    numbers[key] = numbers.get(key, 0) + number


def _add_all(sums: dict[str | None, int], keys: dict[str, int], times: int) -> None:
    for key, number in keys.items():  # this loop runs thousands of times on a page, so it stays as plain as possible
        known = key or None
        sums[known] = sums.get(known, 0) + times * number


def _known(numbers: dict[Any, int]) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}


ONLY_ROW = 1


class DailyFigure(Base):
    """One school's figures of a day with incidents. `parts` is breakdown to {key: incidents}, '' for not known."""

    __tablename__ = "daily_figure"

    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    incidents: Mapped[int] = mapped_column(Integer)
    serious: Mapped[int] = mapped_column(Integer)
    parts: Mapped[dict[str, Any]]


class DistrictFigure(Base):
    """One day's sum over all schools. `counted_with` is the last audit row processed when the day was added up."""

    __tablename__ = "district_figure"

    day: Mapped[date] = mapped_column(primary_key=True)
    incidents: Mapped[int] = mapped_column(Integer)
    serious: Mapped[int] = mapped_column(Integer)
    parts: Mapped[dict[str, Any]]
    counted_with: Mapped[int] = mapped_column(server_default="0")


class FigureState(Base):
    """How far the figures follow the journal: a single row.

    `upto` is the last audit row processed. `built_at` is None until every school was counted once. `counted_school_id`
    is the last school counted by a running recount, None when none runs.
    """

    __tablename__ = "figure_state"
    __table_args__ = (CheckConstraint("id = 1", name="only_row"),)

    id: Mapped[Id]
    upto: Mapped[int]
    counted_at: Mapped[datetime]
    built_at: Mapped[datetime | None]
    counted_school_id: Mapped[int | None]


class SavedView(Base):
    """A report's filters that a person saved under a name. What the view shows is decided again whenever it is
    opened."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(80))
    narrowed: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]


SchoolDay = tuple[int, date]
TOGETHER = 0
"""Stands in for the school id where schools are counted together."""
MOST_BEHIND = 300
"""Unprocessed audit rows that a page still handles itself; with more it counts everything from the incidents."""
UNRECKONED = "unreckoned_days"
READ = "incident.read"
"""The audit action of reading an incident, which changes no figure and is far more frequent than all others."""
MOVED = "figures.moved"
"""The audit action that names days of a school from which incidents were removed."""


def changes_after(upto: int, limit: int, last: int | None = None) -> Sequence[Any]:
    """Id, action, object_id and changes of the audit rows after `upto` (up to `last`, if given) that may have changed
    figures, the oldest first."""
    named = {"upto": upto, "last": last, "limit": limit}
    return db.session.execute(_changes(last is not None), named).all()


@cache
def _changes(up_to_the_last: bool) -> Any:
    entry = AuditEntry
    about_incidents = and_(entry.object_type == Incident.__tablename__, entry.action != READ)
    statement = select(entry.id, entry.action, entry.object_id, entry.changes).where(
        entry.id > bindparam("upto"), or_(about_incidents, entry.action == MOVED)
    )
    if up_to_the_last:
        statement = statement.where(entry.id <= bindparam("last"))
    return statement.order_by(entry.id).limit(bindparam("limit", type_=Integer()))


def days_of(changes: Iterable[Any]) -> set[SchoolDay]:
    """Every (school, day) whose figures these audit rows may have changed: where an incident stands now, where it stood
    before, and where it was removed."""
    days: set[SchoolDay] = set()
    before: dict[int, list[dict[str, Any]]] = {}
    for change in changes:
        if change.action == MOVED and change.object_id is not None:
            days |= {(change.object_id, date.fromisoformat(day)) for day in change.changes["days"][1]}
        elif change.object_id is not None:
            before.setdefault(change.object_id, []).append(change.changes)
    if not before:
        return days
    for incident_id, school_id, day in _STANDS.rows(sorted(before)):
        schools, dates = {school_id}, {day}
        for changed in before[incident_id]:
            schools |= {old for old in changed.get("school_id", [])[:1] if old is not None}
            dates |= {date.fromisoformat(old) for old in changed.get("local_date", [])[:1] if old}
        days |= {(school, on) for school in schools for on in dates}
    return days


_STANDS = Prepared(
    lambda narrow: select(Incident.id, Incident.school_id, Incident.local_date).where(narrow(Incident.id))
)
"""The school and day of each incident now."""


def parts_of(actor: Actor, scope: Scope, weekday: int | None = None) -> Parts:
    """Every breakdown of a scope's incidents, or of those on one weekday (Monday is 0)."""
    unreckoned = _unreckoned_of(scope)
    if unreckoned is None:
        return counted_parts(actor, scope, *([] if weekday is None else conditions_of(IncidentFilter(weekday=weekday))))
    moved = ((day, figure, 1) for (_school, day), figure in _moved(actor, scope, unreckoned).items())
    days = [*_stored(actor, scope, unreckoned), *moved]
    return parts_from(day for day in days if weekday is None or day[0].weekday() == weekday)


def total_of(actor: Actor, scope: Scope) -> int:
    """The number of a scope's incidents, without breakdowns."""
    unreckoned = _unreckoned_of(scope)
    if unreckoned is None:
        return db.session.scalar(select(func.count()).select_from(Incident).where(*counted(actor, scope))) or 0
    return int(_TOTAL.row(actor, scope, bool(unreckoned), moved=tuple(unreckoned))[0])


def total_asked(scope: Scope) -> list[Asked]:
    """What `total_of` reads, to be read together with other queries; empty where it counts every incident."""
    unreckoned = _unreckoned_of(scope)
    return [] if unreckoned is None else [_TOTAL.asked(bool(unreckoned), moved=tuple(unreckoned))]


def _total(actor: Actor, scope: Scope, has_moved: bool) -> Any:
    days = _figures(actor, scope, has_moved).subquery()
    stored = select(func.coalesce(func.sum(days.c.incidents * days.c.times), 0)).scalar_subquery()
    if not has_moved:
        return select(stored)
    anew = select(func.count()).select_from(Incident).where(*counted(actor, scope), _is_moved(Incident))
    return select(stored + anew.scalar_subquery())


_TOTAL = PreparedOfScope(_total)


def totals_by_school(actor: Actor, scope: Scope) -> dict[int, int]:
    """The number of incidents by school id; schools without any are missing."""
    unreckoned = _unreckoned_of(scope)
    if unreckoned is None:
        number = select(Incident.school_id, func.count()).where(*counted(actor, scope))
        return {row[0]: row[1] for row in db.session.execute(number.group_by(Incident.school_id))}
    own = DailyFigure
    stored = select(own.school_id, func.sum(own.incidents)).where(*within(actor, scope, own.school_id, own.day))
    if unreckoned:
        stored = stored.where(~tuple_(own.school_id, own.day).in_(unreckoned))
    totals = {row[0]: int(row[1]) for row in db.session.execute(stored.group_by(own.school_id))}
    for (school_id, _day), figure in _moved(actor, scope, unreckoned).items():
        totals[school_id] = totals.get(school_id, 0) + figure.incidents
    return totals


def counted_parts(actor: Actor, scope: Scope, *more: Any) -> Parts:
    by_day = count_days([*counted(actor, scope), *more])
    return parts_from((day, figure, 1) for (_school, day), figure in by_day.items())


def unreckoned_days() -> list[SchoolDay] | None:
    """The days that changed since the scheduler last processed the journal; None when the figures cannot be used."""
    return once_in_view(UNRECKONED, _unreckoned)


def _unreckoned_of(scope: Scope) -> list[SchoolDay] | None:
    """The unprocessed days within a scope; None when the figures cannot be used."""
    days = unreckoned_days()
    if days is None:
        return None
    return [
        (school, day) for school, day in days if scope.first <= day <= scope.last and scope.school_id in (None, school)
    ]


def _unreckoned() -> list[SchoolDay] | None:
    state = FigureState
    upto = db.session.scalar(select(state.upto).where(state.id == ONLY_ROW, state.built_at.is_not(None)))
    if upto is None:
        return None
    changes = changes_after(upto, MOST_BEHIND + 1)
    return None if len(changes) > MOST_BEHIND else sorted(days_of(changes))


def _stored(actor: Actor, scope: Scope, without: Sequence[SchoolDay]) -> list[tuple[date, DayFigure, int]]:
    rows = _FIGURES.rows(actor, scope, bool(without), moved=without)
    return [(row[0], DayFigure(*row[1:4]), row[4]) for row in rows]


def _figures(actor: Actor, scope: Scope, has_moved: bool) -> Any:
    """One statement, so that no write of figures can come between the sum and its parts."""
    own, all_of_them = DailyFigure, DistrictFigure
    of_schools = _columns(own, 1).where(*within(actor, scope, own.school_id, own.day))
    if reads_all(actor, scope):
        together = _columns(all_of_them, 1).where(all_of_them.day.between(scope.first, scope.last))
        taken_back = _columns(own, -1).where(own.day.between(scope.first, scope.last), _is_moved(own))
        return union_all(together, taken_back) if has_moved else together
    return of_schools.where(~_is_moved(own)) if has_moved else of_schools


def _is_moved(model: Any) -> ColumnElement[bool]:
    day = Incident.local_date if model is Incident else model.day
    return tuple_(model.school_id, day).in_(bindparam("moved", expanding=True))


def _columns(model: Any, times: int) -> Any:
    return select(model.day, model.incidents, model.serious, model.parts, literal_column(str(times)).label("times"))


def _moved(actor: Actor, scope: Scope, days: Sequence[SchoolDay]) -> dict[SchoolDay, DayFigure]:
    return _added_up(_MOVED.rows(actor, scope, moved=days)) if days else {}


def figures_of_school(school_id: int, days: Collection[date] | None = None) -> dict[date, DayFigure]:
    """A school's figures by day, of these days or of all, counted from its incidents."""
    conditions: list[ColumnElement[bool]] = [
        Incident.school_id == school_id, Incident.counts()
    ]  # fmt: skip
    if days is not None:
        conditions.append(Incident.local_date.in_(sorted(days)))
    return {day: figure for (_school, day), figure in count_days(conditions).items()}


def count_days(conditions: Sequence[ColumnElement[bool]], by_school: bool = False) -> dict[SchoolDay, DayFigure]:
    """The figures of the incidents that meet these conditions by (school or 0, day), in one query."""
    return _added_up(db.session.execute(union_all(*_branches(conditions, by_school))))


def _added_up(rows: Iterable[Any]) -> dict[SchoolDay, DayFigure]:
    figures: dict[SchoolDay, DayFigure] = {}
    for part, school_id, day, key, number in rows:
        figures.setdefault((school_id, day), DayFigure()).count(part, key, number)
    return figures


def _branches(conditions: Sequence[ColumnElement[bool]], by_school: bool) -> list[Any]:
    """The selects of each breakdown of the incidents that meet these conditions, which are looked up once."""
    serious = case((could_lead_to_police(), 1), else_=0).label("serious")
    columns = (Incident.id, Incident.school_id, Incident.local_date, Incident.local_minute, Incident.location_code)
    base = select(*columns, Incident.behavior_group, serious).where(*conditions).cte("found").c
    keys = {"hour": base.local_minute // 60, "place": base.location_code, "group": base.behavior_group}
    branches = [_branch(base, part, func.count(), by_school, column) for part, column in keys.items()]
    all_of_them = _branch(base, "incidents", func.count(), by_school)
    could = _branch(base, "serious", func.count(), by_school).where(base.serious == 1)
    people = and_(IncidentPerson.incident_id == base.id, IncidentPerson.role.in_(ACTED))
    incidents = func.count(base.id.distinct())
    behavior = (
        _branch(base, "behavior", incidents, by_school, BehaviorCode.code)
        .outerjoin(IncidentPerson, people)
        .outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id)
    )
    grade = _branch(base, "grade", incidents, by_school, IncidentPerson.grade).outerjoin(IncidentPerson, people)
    return [all_of_them, could, *branches, behavior, grade]


def _branch(incidents: Any, part: str, number: Any, by_school: bool, column: Any = None) -> Any:
    school = incidents.school_id if by_school else literal_column(str(TOGETHER))
    key = literal_column("''") if column is None else cast(column, String(60))
    grouped = [*([incidents.school_id] if by_school else []), incidents.local_date]
    statement = select(
        literal(part).label("part"), school.label("school"), incidents.local_date, key.label("key"),
        number.label("number"),
    ).select_from(incidents.id.table)  # fmt: skip
    return statement.group_by(*grouped, *([] if column is None else [key]))


_FIGURES = PreparedOfScope(_figures)
_MOVED = PreparedOfScope(
    lambda actor, scope: union_all(*_branches([*counted(actor, scope), _is_moved(Incident)], by_school=True))
)
