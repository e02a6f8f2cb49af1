"""Reading the practice log: what the actor may see, what they held last, and the totals of a school year."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, extract, func, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import at_local, district_zone, local_date, zone_of
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway
from wss_cases.practice.log.models import PracticeEntry

READERS = (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)
PAGE = 25
LOOKED_AT = 40
MOST_GROUPS = 4

load_entry = by_id(PracticeEntry)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of entries to those of the case team's schools, and to their own where somebody works."""
    own = or_(PracticeEntry.logged_by_id == actor.user_id, PracticeEntry.led_by_id == actor.user_id)
    theirs = and_(own, in_schools(PracticeEntry.school_id, actor, *STAFF))
    return statement.where(or_(theirs, in_schools(PracticeEntry.school_id, actor, *CASE_TEAM)))


def entries(actor: Actor, school_id: int, before_id: int | None) -> list[PracticeEntry]:
    """Return the newest entries of a school that the actor may see, one more than a page holds."""
    statement = newest(visible_to(select(PracticeEntry), actor), PracticeEntry, PAGE + 1, before_id, school_id)
    return list(db.session.scalars(statement))


def get_entry(actor: Actor, practice_id: int) -> PracticeEntry:
    """Return one entry. Raises NotFound."""
    statement = visible_to(select(PracticeEntry), actor).where(PracticeEntry.id == practice_id)
    found: PracticeEntry | None = db.session.scalar(statement)
    return existing(found)


def own_entries(user_id: int | None, school_id: int) -> list[PracticeEntry]:
    """Return what somebody logged last at a school, the newest first."""
    mine = select(PracticeEntry).where(PracticeEntry.logged_by_id == user_id, PracticeEntry.taken_back_at.is_(None))
    return list(db.session.scalars(newest(mine, PracticeEntry, LOOKED_AT, None, school_id)))


def groups_of(mine: Sequence[PracticeEntry]) -> list[tuple[int | None, str]]:
    """Return the classes and places that somebody named last: grade and name."""
    named = dict.fromkeys((entry.grade, entry.place) for entry in mine if entry.place)
    return list(named)[:MOST_GROUPS]


def totals(actor: Actor, school_id: int | None, year: str) -> Sequence[Any]:
    """Return what was held in a school year, by month, kind and purpose: times, students, adults, minutes."""
    entry, (first, last) = PracticeEntry, school_year_bounds(year)
    parts = (extract("year", entry.held_on), extract("month", entry.held_on), entry.kind, entry.purpose)
    sums = (func.count(), func.sum(entry.students), func.sum(entry.adults), func.sum(entry.minutes))
    statement = select(*parts, *sums).where(
        in_schools(entry.school_id, actor, *READERS), entry.held_on.between(first, last), entry.taken_back_at.is_(None)
    )
    if school_id is not None:
        statement = statement.where(entry.school_id == school_id)
    return db.session.execute(statement.group_by(*parts)).all()


def case_circles(actor: Actor, school_id: int | None, year: str) -> list[tuple[date, int]]:
    """Return the day and the tier of each meeting of a circle that was held for a case in a school year."""
    first, last = school_year_bounds(year)
    zone = zone_of(school_id) if school_id is not None else district_zone()
    statement = (
        select(CircleMeeting.starts_at, CircleMeeting.school_id, Pathway.tier)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .where(
            in_schools(CircleMeeting.school_id, actor, *READERS),
            CircleMeeting.happened.is_(True),
            CircleMeeting.starts_at.between(at_local(first, 0, 0, zone), at_local(last, 23, 59, zone)),
        )
    )
    if school_id is not None:
        statement = statement.where(CircleMeeting.school_id == school_id)
    return [(local_date(at, zone_of(school)), tier) for at, school, tier in db.session.execute(statement)]
