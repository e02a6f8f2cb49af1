"""What stands in the next two weeks for the cases of one or more leads: meetings, sessions, returns."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, Select, String, bindparam, cast, literal, null, or_, select, union_all

from wss_cases.access.actor import Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import visible_to
from wss_cases.foundation.db import UtcDateTime
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.mentoring.plan.models import MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import coming_days, last_day_of
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Pathway as Family

AHEAD = timedelta(days=14)
CIRCLE, SESSION, REENTRY, RETURN = "circle", "session", "reentry", "return"
OF_SOME: dict[str, Any] = {
    "at": UtcDateTime(),
    "place": String(200),
    "on_day": Date(),
    "rhythm": MentoringPlan.rhythm.type,
    "weeks": Integer(),
}
"""What is read of some kinds of things alone."""


class Entry(NamedTuple):
    """One thing of a day: what it is, when and where (`at` None: some time that day), and of which pathway."""

    day: date
    what: str
    case_id: int
    pathway_id: int
    reference: str
    kind: str
    at: datetime | None = None
    place: str = ""


def calendar(
    actor: Actor, school_id: int, lead_ids: Collection[int] | None, today: date, zone: str, days: SchoolDays
) -> list[Entry]:
    """Return what stands in the fourteen days from today, by day and hour, in one query."""
    start, end = at_local(today, 0, 0, zone), at_local(today + AHEAD, 0, 0, zone)
    found = _entries.rows(actor, school=school_id, start=start, end=end, today=today, last=today + AHEAD)
    rows = [row for row in found if lead_ids is None or row.lead_id in lead_ids]
    coming, last = coming_days(days, today), today + AHEAD - timedelta(days=1)
    entries: list[Entry] = []
    for row in rows:
        of = (row.case_id, row.pathway_id, row.reference, row.kind)
        if row.what == SESSION:
            until = min(last, last_day_of(row.on_day, row.weeks) or last)
            entries += [Entry(day, SESSION, *of) for day in coming(row.rhythm, row.on_day, until)]
            continue
        if row.at is not None and start <= row.at < end:
            entries.append(Entry(local_date(row.at, zone), row.what, *of, row.at, row.place))
        if row.on_day is not None and today <= row.on_day < today + AHEAD:
            entries.append(Entry(row.on_day, RETURN, *of))
    return sorted(entries, key=lambda entry: (entry.day, entry.at or end, entry.reference))


@PreparedFor
def _entries(actor: Actor) -> Any:
    """Return the select of what may stand there of a `school` from `start` to `end`, which begin `today` and the day
    after the `last`."""
    # what hangs on a case names its school too, by which it is found sooner; not by its lead: a planner takes it
    # that hardly a case of a school is theirs, and goes through all plans of the school for each
    here = Case.school_id == bindparam("school")
    return union_all(
        *(visible_to(part.where(here), actor, live=True) for part in (_circles(), _returns(), _sessions()))
    )


def _select(what: str, of: Any, **columns: Any) -> Select[Any]:
    """Return a select of one kind of thing of open cases, with the columns of all kinds."""
    given = [columns.get(name, cast(null(), type_)).label(name) for name, type_ in OF_SOME.items()]
    return (
        select(
            literal(what, String(20)).label("what"), *given, Case.id.label("case_id"), of.pathway_id, Case.reference,
            Pathway.kind, Case.lead_id,
        )
        .join(Case, Case.id == of.case_id)
        .join(Pathway, Pathway.id == of.pathway_id)
    )  # fmt: skip


def _circles() -> Select[Any]:
    one = CircleMeeting
    soon = (one.starts_at >= bindparam("start"), one.starts_at < bindparam("end"))
    return _select(CIRCLE, one, at=one.starts_at, place=one.room).where(
        *soon, one.happened.is_(None), one.school_id == bindparam("school")
    )


def _returns() -> Select[Any]:
    plan = ReengagementPlan
    meets = (plan.meeting_at >= bindparam("start")) & (plan.meeting_at < bindparam("end"))
    returns = (plan.return_on >= bindparam("today")) & (plan.return_on < bindparam("last"))
    return _select(REENTRY, plan, at=plan.meeting_at, place=plan.meeting_place, on_day=plan.return_on).where(
        or_(meets, returns),
        Pathway.pathway == Family.REENGAGEMENT,
        Pathway.state.in_((PathwayState.PREPARING, PathwayState.ACTIVE)),
        Pathway.school_id == bindparam("school"),
    )


def _sessions() -> Select[Any]:
    plan = MentoringPlan
    return _select(SESSION, plan, rhythm=plan.rhythm, on_day=plan.starts_on, weeks=plan.weeks).where(
        Pathway.pathway == Family.MENTORING,
        Pathway.state == PathwayState.ACTIVE,
        Pathway.school_id == bindparam("school"),
        plan.rhythm.is_not(None),
        plan.starts_on.is_not(None),
    )
