"""Reading the practice log: what the actor may see, and what they held last."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.pathways.circles.plans.queries import shelf_of, used_before
from wss_cases.pathways.circles.plans.states import CirclePlanKind
from wss_cases.practice.log.models import PracticeEntry

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


def plans_to_follow(actor: Actor, school_id: int) -> dict[int, str]:
    """Return the plans that a logged circle may have followed, id to title: community circles' of the school that the
    actor may read, the newest first, then those of its shelf. A ready-made plan is copied first."""
    community = [one for one in used_before(actor, school_id) if one.kind is CirclePlanKind.COMMUNITY]
    return {one.id: one.title for one in (*community, *shelf_of(actor, school_id))}
