"""The practice log: circles and similar practices that no incident called for. No student is named, and nothing said
there is recorded.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.pathways.circles.plans.queries import CirclePlanKind, shelf_of, used_before


class PracticeKind(Labelled):
    """The kind of practice."""

    COMMUNITY = "community", _l("Community circle")
    CHECK_IN = "check_in", _l("Check-in")
    CHAT = "chat", _l("Restorative chat")
    PEACE_ROOM = "peace_room", _l("Peace room visit")
    STAFF = "staff", _l("Staff circle")
    FAMILY = "family", _l("Family circle")


class Purpose(Labelled):
    """The purpose of a practice."""

    START = "start", _l("Start of the day or week")
    BELONGING = "belonging", _l("Get to know each other")
    LEARNING = "learning", _l("Learn together")
    CELEBRATE = "celebrate", _l("Celebrate")
    AFTER = "after", _l("After something happened")


class Leader(Labelled):
    """Who led it, when not a named member of staff."""

    STAFF = "staff", _l("A member of the staff")
    OUTSIDE = "outside", _l("A circle keeper from outside the school")
    STUDENTS = "students", _l("Students, with a trained adult")


SECOND_TIER: Final = frozenset({PracticeKind.CHAT, PracticeKind.PEACE_ROOM})
"""Kinds for some students rather than for all."""

SENTENCES: dict[str, Any] = {
    "practice.logged": _l("Logged"),
    "practice.corrected": _l("Corrected"),
    "practice.taken_back": _l("Withdrawn"),
}


LONGEST_PLACE = 60


class PracticeEntry(Versioned, Base):
    """A circle, check-in or visit: when, where, what, who led it, how many came and for how long."""

    __tablename__ = "practice_entry"
    __table_args__ = (
        Index("ix_practice_entry_school", "school_id", "held_on"),
        Index("ix_practice_entry_logged_by", "logged_by_id", "school_id"),
        Index("ix_practice_entry_plan", "plan_id"),
        CheckConstraint("students >= 0 and adults >= 0 and students + adults > 0", name="somebody_came"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(leader = 'staff') = (led_by_id is not null)", name="led_by"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    held_on: Mapped[date]
    kind: Mapped[PracticeKind] = mapped_column(named_enum(PracticeKind, "kind"))
    purpose: Mapped[Purpose | None] = mapped_column(named_enum(Purpose, "purpose"))
    grade: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="")
    leader: Mapped[Leader] = mapped_column(named_enum(Leader, "leader"))
    led_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("circle_plan.id", ondelete="set null"))
    students: Mapped[int]
    adults: Mapped[int]
    minutes: Mapped[int]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    logged_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]


PAGE = 25
LOOKED_AT = 40
MOST_GROUPS = 4

load_entry = by_id(PracticeEntry)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select to entries of the actor's case teams, and the actor's own at schools where they work."""
    own = or_(PracticeEntry.logged_by_id == actor.user_id, PracticeEntry.led_by_id == actor.user_id)
    theirs = and_(own, in_schools(PracticeEntry.school_id, actor, *STAFF))
    return statement.where(or_(theirs, in_schools(PracticeEntry.school_id, actor, *CASE_TEAM)))


def entries(actor: Actor, school_id: int, before_id: int | None) -> list[PracticeEntry]:
    """The newest entries of a school that the actor may see, one more than a page shows."""
    statement = newest(visible_to(select(PracticeEntry), actor), PracticeEntry, PAGE + 1, before_id, school_id)
    return list(db.session.scalars(statement))


def get_entry(actor: Actor, practice_id: int) -> PracticeEntry:
    """An entry that the actor may see. Raises NotFound."""
    statement = visible_to(select(PracticeEntry), actor).where(PracticeEntry.id == practice_id)
    entry: PracticeEntry | None = db.session.scalar(statement)
    return existing(entry)


def own_entries(user_id: int | None, school_id: int) -> list[PracticeEntry]:
    """The latest entries that an account logged at a school, newest first."""
    mine = select(PracticeEntry).where(PracticeEntry.logged_by_id == user_id, PracticeEntry.taken_back_at.is_(None))
    return list(db.session.scalars(newest(mine, PracticeEntry, LOOKED_AT, None, school_id)))


def groups_of(mine: Sequence[PracticeEntry]) -> list[tuple[int | None, str]]:
    """The latest (grade, class or place) in one's own entries."""
    groups = dict.fromkeys((entry.grade, entry.place) for entry in mine if entry.place)
    return list(groups)[:MOST_GROUPS]


def plans_to_follow(actor: Actor, school_id: int) -> dict[int, str]:
    """The plans that a logged circle may have followed: id to title. First the school's community circles that the
    actor may read, newest first, then its shelf. Ready-made plans are left out, because they are copied first.
    """
    community = [plan for plan in used_before(actor, school_id) if plan.kind is CirclePlanKind.COMMUNITY]
    return {plan.id: plan.title for plan in (*community, *shelf_of(actor, school_id))}
