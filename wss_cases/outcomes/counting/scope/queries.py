"""Counting what happened, in grouped SQL. Every read starts from the schools whose outcomes the actor may see."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Date, String, and_, bindparam, case, cast, func, or_, select, true

from wss_cases.access.actor import CASE_TEAM, SYSTEM, Actor, Role, in_schools
from wss_cases.foundation.db import db, read_one_view
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import every_place
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.cache import Values, cached_count, stored_key
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.outcomes.counting.scope.rules import Scope, is_recorded, year_before
from wss_cases.roster.directory.models import Enrolment, School
from wss_cases.roster.directory.queries import school_days

Found = TypeVar("Found")
READERS = (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)
HARMED = (PersonRole.HARMED, PersonRole.BOTH)
SERIOUS_GROUP = 4
AT_ONCE = 5000
"""Rows read at a time from results of hundreds of thousands of rows, because the scheduler has little memory."""


def visible_to(statement: Any, actor: Actor, school_column: Any) -> Any:
    return statement.where(in_schools(school_column, actor, *READERS))


def reads_everywhere(actor: Actor) -> bool:
    return actor.is_system or actor.everywhere(*READERS)


def reads_all(actor: Actor, scope: Scope) -> bool:
    """Whether a scope is the whole district: every school is counted, and the actor may see the outcomes of each."""
    return scope.is_all and reads_everywhere(actor)


def by_days(actor: Actor, scope: Scope, *_more: Any) -> Values:
    """The days of a scope of the whole district, on which cached counts depend; None for any other scope."""
    return (scope.first, scope.last, scope.late_before) if reads_all(actor, scope) else None


def had_time(scope: Scope, step: str) -> Scope:
    """The days of a scope whose incidents have had the time of a step of `WINDOWS`, by the calendar of its school or
    district. The rest is too recent to tell."""
    return scope.aged(school_days(scope.school_id), WINDOWS[step])


def by_age(*steps: str) -> Callable[..., Values]:
    """A function like `by_days` for counts that take only what has had the time of these steps."""

    def values(actor: Actor, scope: Scope) -> Values:
        days = by_days(actor, scope)
        return days and (*days, scope.as_of, *(had_time(scope, step).last for step in steps))

    return values


def streamed(statement: Any) -> Iterable[Any]:
    """The rows of a statement with very many rows, read in batches."""
    read_one_view()
    return db.session.execute(statement, execution_options={"yield_per": AT_ONCE})


def once_in_view(what: Any, find: Callable[[], Found]) -> Found:
    """The result of `find`, computed once while a page reads from one instant; elsewhere computed on each call."""
    session: Any = db.session()
    seen: dict[Any, Found] = {} if session.seen_in_view is None else session.seen_in_view
    if what not in seen:
        seen[what] = find()
    return seen[what]


def within_schools(actor: Actor, scope: Scope, school_column: Any) -> list[ColumnElement[bool]]:
    """Conditions that limit rows to the schools of a scope."""
    conditions = [in_schools(school_column, actor, *READERS)]
    if scope.school_id is not None:
        conditions.append(school_column == scope.school_id)
    if scope.network is not None:
        conditions.append(school_column.in_(select(School.id).where(School.network == scope.network)))
    return conditions


def within(actor: Actor, scope: Scope, school_column: Any, day_column: Any) -> list[ColumnElement[bool]]:
    return [*within_schools(actor, scope, school_column), day_column.between(scope.first, scope.last)]


def counted(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of an incident that counts: every submitted one except duplicates."""
    return [*within(actor, scope, Incident.school_id, Incident.local_date), Incident.counts()]


class PreparedOfScope:
    """A statement about a scope, built once per kind of scope because building takes longer than executing.

    `build` takes a reader, a scope and whatever else distinguishes statements (`shape`). The scope holds bind
    parameters for its school, network, first and last day, so `build` may only compare these with columns.
    """

    def __init__(self, build: Callable[..., Any]) -> None:
        self.build = build
        self._built = cache(lambda kind, shape: build(SYSTEM, _named(*kind), *shape))

    def rows(self, actor: Actor, scope: Scope, *shape: Any, **values: Any) -> Any:
        """The rows of a scope. `values` are those of the parameters that `build` itself binds."""
        if reads_everywhere(actor) or actor.covers(scope.school_id, *READERS):
            statement = self._built((scope.school_id is not None, scope.network is not None), shape)
        else:  # some schools or none: limited to those of the reader
            statement = self.build(actor, scope, *shape)
        of_scope = {"school": scope.school_id, "network": scope.network, "first": scope.first, "last": scope.last}
        return db.session.execute(statement, {**of_scope, **values})

    def row(self, actor: Actor, scope: Scope, *shape: Any, **values: Any) -> Any:
        """The single row of a counting statement, or the row that `read_together` has read for it."""
        read = (self, actor, scope, shape, tuple(values.items()))
        return once_in_view(read, lambda: self.rows(actor, scope, *shape, **values).one())

    def asked(self, *shape: Any, **values: Any) -> "Asked":
        return self, shape, values


Asked = tuple[PreparedOfScope, tuple[Any, ...], dict[str, Any]]


def read_together(actor: Actor, scope: Scope, requests: Sequence[Asked]) -> None:
    """Read the single row of each of these in one statement, while a page reads from one instant."""
    session: Any = db.session()
    if session.seen_in_view is None:
        return
    values: dict[str, Any] = {}
    for name, value in chain.from_iterable(given.items() for _one, _shape, given in requests):
        if values.setdefault(name, value) != value:
            raise RuntimeError(f"two statements that are read together bind {name} differently")
    rows: list[list[Any]] = [[] for _one in requests]
    together = _TOGETHER.rows(actor, scope, *((triple, shape) for triple, shape, _given in requests), **values).one()
    for name, value in together._mapping.items():
        rows[int(name.split("_")[1])].append(value)
    for (statement, shape, given), row in zip(requests, rows, strict=True):
        once_in_view((statement, actor, scope, shape, tuple(given.items())), partial(tuple, row))


def _joined(actor: Actor, scope: Scope, *parts: tuple[PreparedOfScope, tuple[Any, ...]]) -> Any:
    each = [part.build(actor, scope, *shape).subquery() for part, shape in parts]
    columns = [
        column.label(f"of_{number}_{place}")
        for number, select_ in enumerate(each)
        for place, column in enumerate(select_.c)
    ]
    joined: Any = each[0]
    for part in each[1:]:
        joined = joined.join(part, true())
    return select(*columns).select_from(joined)


_TOGETHER = PreparedOfScope(_joined)


def _named(of_school: bool, of_network: bool) -> Scope:
    """A scope with bind parameters in place of its values."""
    named: dict[str, Any] = {name: bindparam(name, type_=Date()) for name in ("first", "last")}
    named |= {"school_id": bindparam("school") if of_school else None, "year": "", "today": date.min}
    named["network"] = bindparam("network") if of_network else None
    return Scope(**named)


def could_lead_to_police() -> ColumnElement[bool]:
    """Condition of the denominator of the avoidable-notification rate: behavior group 4 or higher, weapon, substance or
    injury."""
    return or_(
        Incident.behavior_group >= SERIOUS_GROUP,
        Incident.weapon.not_in(("none", "not_known")),
        Incident.substance.not_in(("none", "not_known")),
        Incident.injury.in_(("minor", "needed_care")),
    )


def _by_days_asked(actor: Actor, scope: Scope, days: Sequence[date], grade: int | None = None) -> Values:
    return (scope.first, scope.last, *days) if grade is None and reads_all(actor, scope) else None


@cached_count("enrolled", version=1, depends_on=_by_days_asked)
def enrolled_on(actor: Actor, scope: Scope, days: Sequence[date], grade: int | None = None) -> list[int]:
    """How many enrolments (of a grade, if given) stood on each of these dates, in one query."""
    _one, shape, named = enrolled_asked(days, grade)
    return [int(value or 0) for value in _ENROLLED_ON.row(actor, scope, *shape, **named)]


def enrolled_asked(days: Sequence[date], grade: int | None = None) -> Asked:
    """What `enrolled_on` reads, for `read_together`."""
    named = {f"day_{number}": day for number, day in enumerate(days)}
    return _ENROLLED_ON.asked(tuple(named), grade is not None, grade=grade, **named)


def _on_days(actor: Actor, scope: Scope, days: Sequence[str], of_grade: bool) -> Any:
    sums = [func.sum(case((and_(*enrolled_at(bindparam(day, type_=Date()))), 1), else_=0)) for day in days]
    statement = _enrolled(actor, scope, *sums)
    return statement.where(Enrolment.grade == bindparam("grade")) if of_grade else statement


_ENROLLED_ON = PreparedOfScope(_on_days)


def enrolled_within(actor: Actor, scope: Scope, grade: int | None = None) -> Any:
    statement = _enrolled(actor, scope, func.count(Enrolment.student_id.distinct()))
    return statement if grade is None else statement.where(Enrolment.grade == grade)


def _enrolled(actor: Actor, scope: Scope, *columns: Any) -> Any:
    return select(*columns).where(
        Enrolment.starts_on <= scope.last, not_ended(scope.first), *within_schools(actor, scope, Enrolment.school_id)
    )


def enrolled_at(day: Any) -> tuple[ColumnElement[bool], ...]:
    return Enrolment.starts_on <= day, not_ended(day)


def not_ended(day: Any) -> ColumnElement[bool]:
    return or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day)


def place_words(codes: Sequence[str], locale: str) -> dict[str, str]:
    wanted, words = frozenset(codes), every_place(locale)
    return {code: label for code, label in words.items() if code in wanted}


def school_named(actor: Actor, text: str) -> tuple[int, str] | None:
    """(id, name) of the school with this id, code or number; None unless the actor may see its outcomes."""
    named = or_(School.code == text, School.identifier == text, cast(School.id, String(20)) == text)
    statement = visible_to(select(School.id, School.name), actor, School.id).where(named)
    row = db.session.execute(statement.order_by(School.id).limit(1)).first()
    return None if row is None else (row[0], row[1])


def schools_reached(actor: Actor) -> int:
    statement = visible_to(select(func.count()).select_from(School), actor, School.id).where(School.is_active)
    return db.session.scalar(statement) or 0


def of_all_schools(actor: Actor, school_id: int | None, *values: Any) -> Values:
    """The arguments that a count of all schools is cached by. None for other counts, which are not cached."""
    return values if school_id is None and reads_everywhere(actor) else None


def first_year_counted(actor: Actor, school_id: int | None) -> date | None:
    """The date of the first incident in the actor's schools; None when there is none."""
    return once_in_view(("first_year", actor, school_id), lambda: _first_year(actor, school_id))


@cached_count("first_year", version=2, depends_on=of_all_schools)
def _first_year(actor: Actor, school_id: int | None) -> date | None:
    day: date | None = _FIRST.rows(actor, Scope(school_id, "", date.min, date.max, date.max)).scalar_one()
    return day


def first_year_key(actor: Actor, school_id: int | None) -> str | None:
    """The key under which that date is stored, for `read_ahead`."""
    return stored_key(_first_year, actor, school_id)


def _first(actor: Actor, scope: Scope) -> Any:
    # each school's first date comes from an index; the minimum over all incidents would scan them all
    first = select(func.min(Incident.local_date)).where(Incident.school_id == School.id).correlate(School)
    earliest = select(func.min(first.scalar_subquery())).select_from(School)
    return earliest.where(*within_schools(actor, scope, School.id))


_FIRST = PreparedOfScope(_first)


def networks_of(actor: Actor) -> list[str]:
    """The networks of the active schools whose outcomes the actor may see."""
    named: Any = select(School.network).distinct().where(School.network.is_not(None), School.is_active)
    return [name for name in db.session.scalars(visible_to(named, actor, School.id).order_by(School.network)) if name]


def recorded_year_before(actor: Actor, scope: Scope) -> Scope | None:
    """The same days of the year before; None where records had not begun by their first weeks. Such a year is not
    recorded, which is not the same as zero."""
    earlier = year_before(scope, school_days(scope.school_id))
    return earlier if is_recorded(first_year_counted(actor, scope.school_id), earlier.first) else None


def may_list(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor may open lists of this school. Its case team may; the district sees numbers only."""
    return school_id is not None and actor.covers(school_id, *CASE_TEAM)
