"""The review queue in its order: alarms, legal duties, then the longest waiting; with filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal, or_, select, true, tuple_

from wss_cases.access.actor import Actor, Role
from wss_cases.access.prepared import PreparedFor
from wss_cases.foundation.db import db
from wss_cases.foundation.tables.columns import Order
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import reviewed_by
from wss_cases.incidents.incident.states import WAITING
from wss_cases.incidents.lists import sorted_by
from wss_cases.intake.assignment import REVIEWERS, Assignment
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared

PAGE = 12
"""Rows that fit on four phone screens, also in Spanish."""
FIRST = Order("first")
MINE, UNASSIGNED = "mine", "unassigned"
DANGER, DUTY = "danger", "duty"


@dataclass(frozen=True)
class Narrow:
    """Filters of the queue, named like the parameters of its address. `whose`: mine or unassigned; `first`: danger
    or duty; `kind`: a tile; `place`: a code of the list; `days`: waited at least so many days."""

    whose: str = ""
    first: str = ""
    kind: str = ""
    place: str = ""
    days: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Queue:
    """One person's queue at a school (None: wherever they review). `reviewers` are the ids of all reviewers there;
    `of_office`: reports that the actor decides for the district's office, at any school."""

    actor: Actor
    school_id: int | None
    now: datetime
    reviewers: frozenset[int]
    of_office: tuple[int, ...] = ()

    def reviewed(self) -> ColumnElement[bool]:
        """Condition of the reports that the actor reviews here."""
        own = reviewed_by(self.actor, *REVIEWERS)
        if self.school_id is not None:
            own = and_(own, Incident.school_id == self.school_id)
        return or_(own, Incident.id.in_(self.of_office)) if self.of_office else own

    @property
    def is_of_one_school(self) -> bool:
        """Whether it is the whole queue of one school, which has prepared statements."""
        return self.school_id is not None and not self.of_office

    def waiting(self, *columns: Any) -> Select[Any]:
        assigned = select(*columns).outerjoin(Assignment, Assignment.incident_id == Incident.id)
        return assigned.where(self.reviewed(), Incident.state.in_(WAITING))

    def conditions(self, narrow: Narrow) -> list[ColumnElement[bool]]:
        """Conditions of a waiting report that passes the filters."""
        conditions = [*self._whose(narrow.whose)]
        if narrow.first == DANGER:
            conditions.append(is_alarm())
        if narrow.first == DUTY:
            conditions.append(exists().where(*_its_duties()))
        if narrow.kind:
            conditions.append(Incident.tile == narrow.kind)
        if narrow.place:
            conditions.append(Incident.location_code == narrow.place)
        if narrow.days:
            conditions.append(Incident.submitted_at <= self.now - timedelta(days=narrow.days))
        return conditions

    def _whose(self, whose: str) -> list[ColumnElement[bool]]:
        if whose == MINE:
            return [Assignment.assignee_id == self.actor.user_id]
        # People whose role has ended review nothing any more.
        reviewers: Any = bindparam("reviewers", sorted(self.reviewers), expanding=True)
        nobody = or_(Assignment.assignee_id.is_(None), Assignment.assignee_id.not_in(reviewers))
        return [nobody] if whose == UNASSIGNED else []


def _its_duties() -> tuple[ColumnElement[bool], ...]:
    return LegalDuty.incident_id == Incident.id, LegalDuty.state.in_(OPEN_DUTY), shared()


def is_alarm() -> ColumnElement[bool]:
    """Condition of alarms; reports from before there were alarms count by their danger."""
    return or_(Incident.danger_now, Incident.alarm.is_not(None))


def _urgency() -> ColumnElement[int]:
    """0 for an alarm, 1 for an open duty, otherwise 2."""
    return case((is_alarm(), 0), (exists().where(*_its_duties()), 1), else_=2)


def queue_counts(queue: Queue, narrow: Narrow) -> Mapping[str, int]:
    """Counts of waiting reports: all that pass, and of each `whose` and `first` when only that filter is changed."""
    if narrow == Narrow() and queue.is_of_one_school:
        row = _all_counted.rows(queue.actor, school=queue.school_id, reviewers=sorted(queue.reviewers)).one()
    else:
        row = db.session.execute(_counted(queue, narrow)).one()
    return dict(zip(_apart(narrow), row, strict=True))


def _apart(narrow: Narrow) -> dict[str, Narrow]:
    return {
        "": narrow,
        **{f"whose={name}": replace(narrow, whose=name) for name in ("", MINE, UNASSIGNED)},
        **{f"first={name}": replace(narrow, first=name) for name in (DANGER, DUTY)},
    }


def _counted(queue: Queue, narrow: Narrow) -> Any:
    fits = (and_(true(), *queue.conditions(one)) for one in _apart(narrow).values())
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in fits]
    return queue.waiting(*sums).select_from(Incident)


@PreparedFor
def _all_counted(actor: Actor) -> Any:
    return _counted(_queue_at_school(actor), Narrow())


def _queue_at_school(actor: Actor) -> Queue:
    """Queue of the parameter `school` with its `reviewers`, for prepared statements."""
    school: Any = bindparam("school")
    return Queue(actor, school, datetime.max.replace(tzinfo=UTC), frozenset())


def queue_page(
    queue: Queue, narrow: Narrow, order: Order = FIRST, labels: Mapping[str, Any] | None = None,
    after: int | None = None, limit: int | None = None,
) -> Sequence[Any]:  # fmt: skip
    """Up to `limit` waiting reports that pass (default: a page and one more), by default danger, duties, then the
    longest waiting. Rows have the number of open `duties` and the assignee. `labels` are the labels of a sorted
    column's codes; `after` is the last report of the page before."""
    if narrow == Narrow() and order == FIRST and after is None and queue.is_of_one_school:
        first: Sequence[Any] = _first.rows(queue.actor, school=queue.school_id, limit=limit or PAGE + 1).all()
        return first
    keys = _keys(order, labels or {})
    statement = _listed(queue).where(*queue.conditions(narrow))
    last = _place_of(queue, keys, after) if after is not None else None
    if last is not None:
        place = tuple_(*keys)
        mark = tuple_(*(literal(value, key.type) for key, value in zip(keys, last, strict=True)))
        statement = statement.where(place < mark if order.down else place > mark)
    sorted_ = [key.desc() if order.down else key for key in keys]
    return db.session.execute(statement.order_by(*sorted_).limit(limit or PAGE + 1)).all()


@PreparedFor
def _first(actor: Actor) -> Any:
    return _listed(_queue_at_school(actor)).order_by(*_keys(FIRST, {})).limit(bindparam("limit"))


def _listed(queue: Queue) -> Select[Any]:
    duties = select(func.count(LegalDuty.id)).where(*_its_duties()).scalar_subquery()
    columns = (
        Incident.id, Incident.reference, Incident.school_id, Incident.tile, Incident.location_code, Incident.state,
        Incident.occurred_at, Incident.submitted_at, Incident.danger_now, Incident.reporter_id, Incident.shown_words(),
        duties.label("duties"), Incident.version, Incident.weapon, Incident.injury, Incident.alarm, Incident.facts,
        (Incident.narrative != "").label("has_text"), Assignment.assignee_id,
    )  # fmt: skip
    return queue.waiting(*columns).select_from(Incident)


def _keys(order: Order, labels: Mapping[str, Any]) -> tuple[Any, ...]:
    """Sort keys, never null, the id last."""
    if order.key == FIRST.key:
        return _urgency(), Incident.submitted_at, Incident.id
    if order.key == "waiting":
        return Incident.submitted_at, Incident.id
    return sorted_by(order, labels), Incident.id


def _place_of(queue: Queue, keys: Sequence[Any], incident_id: int) -> Any:
    statement = select(*keys).where(Incident.id == incident_id, queue.reviewed())
    return db.session.execute(statement).first()


def reviewed_schools(actor: Actor, school_id: int | None) -> set[int]:
    return {school_id} if school_id is not None else set(actor.school_ids(Role.DEAN, Role.ADMINISTRATOR))
