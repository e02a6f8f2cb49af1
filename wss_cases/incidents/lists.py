"""Filters of lists of reports, with their labels; the outcomes pages use the same."""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache, lru_cache
from typing import Any

from babel.dates import format_skeleton, format_time
from sqlalchemy import Select, case, extract, func, or_, select

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.database import Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.school_time import weekday_name
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked, staged, worded
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.incident.states import UNDECIDED, WAITING, IncidentState, PersonRole, Place
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import NAME
from wss_cases.roster.directory.rules import name_on_screen

PAGE = 20
COUNTED = "counted"
GROUPS: dict[str, frozenset[IncidentState]] = {
    "todo": frozenset({IncidentState.RETURNED}),
    "submitted": WAITING,
    "done": frozenset(IncidentState) - WAITING - {IncidentState.RETURNED},
    COUNTED: frozenset(IncidentState) - {IncidentState.DUPLICATE},
}
"""Values of the `state` parameter that stand for several states; "counted" is what outcomes count."""

EVERY = {**GROUPS, "all": frozenset(IncidentState)}
"""States of each tab of the list."""

ACTED = (PersonRole.CAUSED_HARM, PersonRole.BOTH)
"""Roles whose behavior and grade are counted."""


LISTED = (
    "id",
    "reference",
    "school_id",
    "tile",
    "location_code",
    "occurred_at",
    "state",
    "danger_now",
    "outcome_reason",
)
"""Columns of a report in a list."""


NEWEST = Order("number", down=True)


def filtered(
    actor: Actor, narrow: IncidentFilter, order: Order = NEWEST, behind: int | None = None, limit: int = PAGE,
    labels: Mapping[str, Any] | None = None,
) -> Sequence[Any]:  # fmt: skip
    """Visible reports that pass the filter, in an order, after the report `behind`, with `LISTED` and the reporter.
    `labels` sort a column of codes in the reader's language."""
    by = sorted_by(order, labels or {})
    columns = [getattr(Incident, name) for name in (*LISTED, "reporter_id")]
    statement = visible_to(select(*columns), actor).where(*conditions_of(narrow))
    last = _place_of(actor, by, behind) if behind is not None else None
    return db.session.execute(in_order(statement, Incident.id, by, down=order.down, limit=limit, last=last)).all()


def sorted_by(order: Order, labels: Mapping[str, Any]) -> Any:
    """Sort key of a list's column, never null; `labels` are those of its codes."""
    if order.key == "what":
        return ranked(Incident.tile, labels)
    if order.key == "where":
        return ranked(Incident.location_code, labels)
    return _SORTED.get(order.key, Incident.id)


_FIRST_NAME = (
    select(func.min(Student.search_key_family))
    .join(IncidentPerson, IncidentPerson.student_id == Student.id)
    .where(IncidentPerson.incident_id == Incident.id)
    .correlate(Incident)
    .scalar_subquery()
)
_REPORTER = select(UserAccount.name).where(UserAccount.id == Incident.reporter_id).correlate(Incident)
_SORTED: Mapping[str, Any] = {
    "who": worded(_FIRST_NAME),
    "when": Incident.occurred_at,
    "reporter": worded(_REPORTER.scalar_subquery()),
    "danger": case((Incident.danger_now.is_(True), 0), else_=1),
    "state": staged(Incident.state, IncidentState),
}


def _place_of(actor: Actor, by: Any, incident_id: int) -> tuple[Any, int] | None:
    """Sort key and id of the last report on the previous page."""
    if by is Incident.id:
        return incident_id, incident_id
    row = db.session.execute(visible_to(select(by, Incident.id).where(Incident.id == incident_id), actor)).first()
    return (row[0], row[1]) if row is not None else None


def counts_by_group(actor: Actor, narrow: IncidentFilter) -> Mapping[str, int]:
    """Number of visible reports by group of states and in "all", ignoring the state filter. Without filters other
    than the school only undecided groups are counted: the others would mix this year's reports with old ones that
    are still visible."""
    without_state = replace(narrow, state=None)
    bare = without_state.is_empty
    counted: Any = select(Incident.state, func.count()).group_by(Incident.state)
    statement = visible_to(counted, actor, live=bare).where(*conditions_of(without_state))
    first = first_in_view(actor, narrow.school, *STAFF)
    counts: Counter[IncidentState] = Counter()
    for part in [statement] if bare else _by_age(statement, first, *_bounds(narrow)):
        counts.update({row[0]: row[1] for row in db.session.execute(part)})
    groups = {name: states for name, states in EVERY.items() if not bare or states <= UNDECIDED}
    return {name: sum(counts.get(state, 0) for state in states) for name, states in groups.items()}


def _by_age(statement: Select[Any], in_view: date | None, first: date | None, last: date | None) -> list[Select[Any]]:
    """Split a select of reports at the visibility date, so that only the few old ones check what keeps them visible.
    A half outside `first` to `last` is left out."""
    if in_view is None:
        return [statement]
    halves = []
    if last is None or last >= in_view:
        halves.append(statement.where(Incident.local_date >= in_view))
    if first is None or first < in_view:
        halves.append(statement.where(Incident.local_date < in_view))
    return halves


def conditions_of(narrow: IncidentFilter) -> list[Any]:
    """Conditions of a filter; outcomes count by the same."""
    return [*_when(narrow), *_what(narrow)]


def _when(narrow: IncidentFilter) -> list[Any]:
    conditions = []
    first, last = _bounds(narrow)
    if first is not None:
        conditions.append(Incident.local_date >= first)
    if last is not None:
        conditions.append(Incident.local_date <= last)
    if narrow.hour is not None:
        conditions.append(Incident.local_minute.between(narrow.hour * 60, narrow.hour * 60 + 59))
    if narrow.weekday is not None:
        conditions.append(extract("dow", Incident.local_date) == (narrow.weekday + 1) % 7)
    return conditions


def _bounds(narrow: IncidentFilter) -> tuple[date | None, date | None]:
    firsts, lasts = [narrow.from_day], [narrow.to_day]
    if narrow.year:
        first, last = school_year_bounds(narrow.year)
        firsts.append(first)
        lasts.append(last)
    if narrow.month:
        first = date(int(narrow.month[:4]), int(narrow.month[5:]), 1)
        firsts.append(first)
        lasts.append(first.replace(day=monthrange(first.year, first.month)[1]))
    return (
        max((day for day in firsts if day is not None), default=None),
        min((day for day in lasts if day is not None), default=None),
    )


def _what(narrow: IncidentFilter) -> list[Any]:
    conditions: list[Any] = []
    if narrow.school is not None:
        conditions.append(Incident.school_id == narrow.school)
    if narrow.tile:
        conditions.append(Incident.tile == narrow.tile)
    if narrow.place:
        conditions.append(or_(Incident.location_code == narrow.place, Incident.place == narrow.place))
    if narrow.group == "none":
        conditions.append(Incident.behavior_group.is_(None))
    elif narrow.group:
        conditions.append(Incident.behavior_group.between(int(narrow.group[0]), int(narrow.group[-1])))
    if narrow.state:
        states = GROUPS.get(narrow.state) or {IncidentState(narrow.state)}
        conditions.append(Incident.state.in_(sorted(states)))
        if narrow.state == COUNTED:
            conditions.append(Incident.counts())
    if narrow.behavior:
        coded = select(IncidentPerson.incident_id).join(BehaviorCode).where(IncidentPerson.role.in_(ACTED))
        conditions.append(Incident.id.in_(coded.where(BehaviorCode.code == narrow.behavior)))
    if narrow.grade is not None:
        graded = select(IncidentPerson.incident_id).where(IncidentPerson.role.in_(ACTED))
        conditions.append(Incident.id.in_(graded.where(IncidentPerson.grade == narrow.grade)))
    return conditions


def students_in(incident_ids: Collection[int]) -> dict[int, list[str]]:
    """Names of the students of these reports; the caller has checked the reports."""
    names: dict[int, list[str]] = {}
    for incident_id, *name in _STUDENTS.rows(sorted(incident_ids)):
        names.setdefault(incident_id, []).append(name_on_screen(*name))
    return names


_STUDENTS = Prepared(
    lambda narrow: (
        select(IncidentPerson.incident_id, *NAME)
        .join(Student, Student.id == IncidentPerson.student_id)
        .where(narrow(IncidentPerson.incident_id))
        .order_by(IncidentPerson.id)
    )
)


A_MONDAY = date(2026, 11, 2)
KINDS_OF_PLACE = {place.value: label for place, label in Place.labels().items()}
"""Kinds of place that a list can be filtered by, besides single places."""


def trait_words(narrow: IncidentFilter, behaviors: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Label of each filter by its parameter; a code without a label stays a code."""
    words = {
        "month": month_words(date.fromisoformat(f"{narrow.month}-01")) if narrow.month else "",
        "behavior": behaviors.get(narrow.behavior, narrow.behavior) if narrow.behavior else "",
        "place": str(KINDS_OF_PLACE.get(narrow.place) or places.get(narrow.place, narrow.place))
        if narrow.place
        else "",
        "hour": "" if narrow.hour is None else _("From %(hour)s", hour=hour_words(narrow.hour)),
        "weekday": "" if narrow.weekday is None else weekday_words(narrow.weekday),
        "grade": grade_words(narrow.grade),
        "group": _group(narrow.group),
    }
    return {name: text for name, text in words.items() if text}


def _group(group: str | None) -> str:
    if group == "none":
        return _("Not coded yet")
    return _("Group %(number)s", number=group.replace("-", "–")) if group else ""


def hour_words(hour: int) -> str:
    """An hour of the day: "8 am"."""
    return _hour(hour % 24, locale_code())


@cache
def _hour(hour: int, language: str) -> str:
    return format_time(time(hour), "h a", locale=language).lower()


def month_words(first: date) -> str:
    """A month with its year: "Nov 2026"."""
    return _month(first, locale_code())


@lru_cache(maxsize=512)
def _month(first: date, language: str) -> str:
    return format_skeleton("yMMM", first, locale=language)


def weekday_words(weekday: int) -> str:
    """The weekday, 0 for Monday, capitalized."""
    words = weekday_name(A_MONDAY + timedelta(days=weekday))
    return words[:1].upper() + words[1:]


def openable_student(actor: Actor, person: IncidentPerson) -> int | None:
    """The student whose page the actor may open; None for anyone else, and for a student who has left their schools."""
    student = person.student
    return student.id if student is not None and can(actor, Permission.STUDENT_READ, student) else None


def named_people(
    actor: Actor, people: Mapping[int, Sequence[IncidentPerson]], name_of: Callable[[IncidentPerson], str]
) -> dict[int, list[tuple[str, int | None]]]:
    """The people of each report as (name, the student whose page the actor may open)."""
    return {
        number: [(name_of(one), openable_student(actor, one)) for one in theirs] for number, theirs in people.items()
    }
