"""Possible duplicates, and pairs of reports that a reviewer marked as different events."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, UniqueConstraint, and_, not_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor, Role, in_schools
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import DUPLICATE_WINDOW
from wss_cases.incidents.incident.states import UNDECIDED


class ToldApart(Base):
    """Two similar reports of different events; `lower_id` is the older one."""

    __tablename__ = "incident_told_apart"
    __table_args__ = (UniqueConstraint("lower_id", "higher_id"), CheckConstraint("lower_id < higher_id", name="order"))

    id: Mapped[Id]
    lower_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    higher_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


def may_be_same(one: Any, other: Any, students: Iterable[int | None], others: Iterable[int | None]) -> bool:
    """Whether two reports may be of one event: same school, within two hours, and a shared student or the same place
    and kind. `students` and `others` are their student ids; None is an unidentified person."""
    if one.school_id != other.school_id or abs(one.occurred_at - other.occurred_at) > DUPLICATE_WINDOW:
        return False
    shared = {number for number in students if number is not None} & set(others)
    return bool(shared) or (one.location_code == other.location_code and one.tile == other.tile)


def stays(one: Any, other: Any) -> Any:
    """The report that stays after a merge: the decided one, otherwise the older one."""
    decided = [row for row in (one, other) if row.state not in UNDECIDED]
    return decided[0] if len(decided) == 1 else min(one, other, key=lambda row: row.id)


def pair_of(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


MOST = 3
"""Most possible duplicates shown for one report."""
MOST_CANDIDATES = 300
SHOWN = (
    Incident.id, Incident.reference, Incident.school_id, Incident.tile, Incident.location_code, Incident.occurred_at,
    Incident.state, Incident.reporter_id, Incident.shown_words(), Incident.facts,
)  # fmt: skip


def possible_duplicates(rows: Sequence[Any], actor: Actor) -> dict[int, list[Any]]:
    """Up to three possible duplicates of each report, oldest first, without those marked as different or hidden from
    the actor. `rows` have the columns `SHOWN`; the caller has checked them."""
    if not rows:
        return {}
    others = db.session.execute(
        select(*SHOWN)
        .where(*_about(rows), Incident.counts(), _reviewed(actor), or_(*(_near(row) for row in rows)))
        .order_by(Incident.id)
        .limit(MOST_CANDIDATES)
    ).all()
    students = _students({row.id for row in (*rows, *others)})
    likely = {
        row.id: [
            other
            for other in others
            if other.id != row.id and may_be_same(row, other, students[row.id], students[other.id])
        ]
        for row in rows
    }
    apart = told_apart({row.id for row in rows}) if any(likely.values()) else set()
    return {
        number: [other for other in twins if pair_of(number, other.id) not in apart][:MOST]
        for number, twins in likely.items()
    }


def _reviewed(actor: Actor) -> ColumnElement[bool]:
    """Reports visible to a reviewer; district staff see only reports of their office and of schools where they have
    a role."""
    known = not_(Incident.closed_to(actor))
    if not actor.has(Role.DISTRICT):
        return known
    return and_(known, or_(in_schools(Incident.school_id, actor, *STAFF), Incident.for_office(actor)))


def _about(rows: Sequence[Any]) -> tuple[ColumnElement[bool], ...]:
    """Limits the search to these schools and days, so that a cached PostgreSQL plan does not scan the whole
    district. One day more on either side, because two hours may pass midnight."""
    days = {today_at(row.school_id, row.occurred_at) for row in rows}
    apart = timedelta(days=1)
    return (
        Incident.school_id.in_(sorted({row.school_id for row in rows})),
        Incident.local_date.between(min(days) - apart, max(days) + apart),
    )


def _near(row: Any) -> Any:
    return and_(
        Incident.school_id == row.school_id,
        Incident.occurred_at.between(row.occurred_at - DUPLICATE_WINDOW, row.occurred_at + DUPLICATE_WINDOW),
    )


def _students(ids: Collection[int]) -> Mapping[int, set[int]]:
    students: dict[int, set[int]] = defaultdict(set)
    for incident_id, student_id in _in_reports.rows(ids):
        students[incident_id].add(student_id)
    return students


@Prepared
def _in_reports(among_ids: Narrow) -> Any:
    columns = select(IncidentPerson.incident_id, IncidentPerson.student_id)
    return columns.where(among_ids(IncidentPerson.incident_id), IncidentPerson.student_id.is_not(None))


def told_apart(ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs marked as different that include one of these ids; the caller has checked them."""
    return {(lower, higher) for lower, higher in _apart.rows(ids)}


@Prepared
def _apart(among_ids: Narrow) -> Any:
    columns = select(ToldApart.lower_id, ToldApart.higher_id)
    return columns.where(or_(among_ids(ToldApart.lower_id), among_ids(ToldApart.higher_id)))


def apart_from(incident_id: int) -> Sequence[Any]:
    """Reports (id, reference) marked as different from this one; the caller has checked it."""
    numbers = [lower if higher == incident_id else higher for lower, higher in told_apart([incident_id])]
    statement = select(Incident.id, Incident.reference).where(Incident.id.in_(numbers)).order_by(Incident.id)
    return db.session.execute(statement).all() if numbers else []
