"""Circle plans: opening, talking piece, values, rounds, closing. Never what was said in a circle, never a
child's name."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    column,
    false,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools
from wss_cases.access.visibility import in_view, sees
from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l


class CirclePlanKind(Labelled):
    """What a plan belongs to."""

    TEMPLATE = "template", _l("Ready-made plan")
    SHELF = "shelf", _l("On our school's shelf")
    CIRCLE = "circle", _l("Circle for a case")
    COMMUNITY = "community", _l("Community circle")


OWN_KINDS: Final = (CirclePlanKind.COMMUNITY, CirclePlanKind.SHELF)
"""The kinds of plan that staff can make without a case."""

SENTENCES: dict[str, Any] = {
    "circle.plan_written": _l("Circle plan written"),
    "circle.plan_changed": _l("Circle plan changed"),
    "circle.plan_deleted": _l("Circle plan deleted"),
}


MOST_ROUNDS: Final = 30
LONGEST_TITLE, LONGEST_PIECE = 120, 200


@dataclass(frozen=True)
class PlanContent:
    """The content of a plan as typed. `rounds`: one prompt per line, in order; `shared_values`: one per line."""

    title: str = ""
    opening: str = ""
    talking_piece: str = ""
    shared_values: str = ""
    rounds: str = ""
    closing: str = ""

    @property
    def text(self) -> str:
        return "\n".join(getattr(self, part.name) for part in fields(self))


def content_of(plan: Any) -> PlanContent:
    return PlanContent(**{part.name: getattr(plan, part.name) for part in fields(PlanContent)})


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _own(actor: Actor, plan: Any) -> bool:
    return actor.user_id is not None and actor.user_id in (plan.written_by_id, plan.keeper_id)


def reads_plan(actor: Actor, plan: Any) -> bool:
    """Whether the actor may read a plan. Ready-made plans: everyone who works in a school. A school's shelf: its staff.
    The plan of a case's circle: the case team. A community circle: its writer and keeper while they work there, and the
    case team.
    """
    if plan.kind is CirclePlanKind.TEMPLATE:
        return actor.is_system or actor.has(*STAFF)
    if plan.kind is CirclePlanKind.CIRCLE:
        return sees(actor, plan, *CASE_TEAM)
    everyone = plan.kind is CirclePlanKind.SHELF or _own(actor, plan)
    return actor.covers(plan.school_id, *(STAFF if everyone else CASE_TEAM))


def writes_plan(actor: Actor, plan: Any) -> bool:
    """Whether the actor may change a plan: readers may, except ready-made plans. On the shelf only the writer and the
    case team may.
    """
    if plan.kind is CirclePlanKind.TEMPLATE:
        return False
    if plan.kind is CirclePlanKind.SHELF:
        return actor.covers(plan.school_id, *(STAFF if _own(actor, plan) else CASE_TEAM))
    return reads_plan(actor, plan)


class CirclePlan(OfCase, Versioned, Base):
    """A circle plan. It belongs to a circle of a case, or to a day and a keeper (community circle), or to a school's
    shelf, or is ready-made for all schools in one `language`.

    `rounds`: the prompts in order, one per line. `shared_values`: one per line.
    """

    __tablename__ = "circle_plan"
    __table_args__ = (
        Index("uq_circle_plan_pathway", "pathway_id", unique=True),
        Index("ix_circle_plan_school", "school_id", "kind"),
        Index("ix_circle_plan_keeper", "keeper_id", "planned_on"),
        CheckConstraint("(kind = 'template') = (school_id is null)", name="school"),
        CheckConstraint("(kind = 'template') = (language <> '')", name="language"),
        CheckConstraint("(kind = 'circle') = (pathway_id is not null)", name="circle"),
        CheckConstraint("(pathway_id is null) = (case_id is null)", name="case"),
        CheckConstraint("(kind = 'community') = (planned_on is not null)", name="day"),
        CheckConstraint("(planned_on is null) = (keeper_id is null)", name="keeper"),
    )
    PRIVATE = frozenset({"title", "opening", "talking_piece", "shared_values", "rounds", "closing"})

    id: Mapped[Id]
    kind: Mapped[CirclePlanKind] = mapped_column(named_enum(CirclePlanKind, "kind"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    pathway_id: Mapped[int | None] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"))
    planned_on: Mapped[date | None]
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    opening: Mapped[str] = mapped_column(Text, default="", server_default="")
    talking_piece: Mapped[str] = mapped_column(String(LONGEST_PIECE), default="", server_default="")
    shared_values: Mapped[str] = mapped_column(Text, default="", server_default="")
    rounds: Mapped[str] = mapped_column(Text)
    closing: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]


PRACTICE = table(
    "practice_entry", column("id"), column("school_id"), column("plan_id"), column("held_on", Date),
    column("taken_back_at"),
)  # fmt: skip
"""A table of the practice room, which stands above this one: the columns that plans need of it."""
MOST = 40
"""The most plans in each list of the shelf page."""

load_circle_plan = by_id(CirclePlan)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans to those that the actor may read, by the same rule as `reads_plan`."""
    kind, staff = CirclePlan.kind, in_schools(CirclePlan.school_id, actor, *STAFF)
    own = or_(CirclePlan.written_by_id == actor.user_id, CirclePlan.keeper_id == actor.user_id)
    team = in_schools(CirclePlan.school_id, actor, *CASE_TEAM)
    works = true() if actor.is_system or actor.has(*STAFF) else false()
    return statement.where(
        or_(
            and_(kind == CirclePlanKind.TEMPLATE, works),
            and_(kind == CirclePlanKind.CIRCLE, in_view(CirclePlan, actor, *CASE_TEAM)),
            and_(kind == CirclePlanKind.SHELF, staff),
            and_(kind == CirclePlanKind.COMMUNITY, or_(and_(own, staff), team)),
        )
    )


def get_circle_plan(actor: Actor, circle_plan_id: int) -> CirclePlan:
    """A plan that the actor may read. Raises NotFound."""
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.id == circle_plan_id)
    plan: CirclePlan | None = db.session.scalar(statement)
    return existing(plan)


def plan_of(pathway_id: int) -> CirclePlan | None:
    """The plan of a circle, None while it has none; the caller has checked the circle."""
    plan: CirclePlan | None = _of_circles.rows([pathway_id]).scalar()
    return plan


@Prepared
def _of_circles(among_ids: Narrow) -> Any:
    return select(CirclePlan).where(among_ids(CirclePlan.pathway_id))


def ready_made(actor: Actor, language: str) -> Sequence[CirclePlan]:
    """The ready-made plans in a language, or else those in English."""
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.kind == CirclePlanKind.TEMPLATE)
    plans = db.session.scalars(statement.order_by(CirclePlan.id)).all()
    return [plan for plan in plans if plan.language == language] or [plan for plan in plans if plan.language == "en"]


def shelf_of(actor: Actor, school_id: int) -> Sequence[CirclePlan]:
    """The plans on a school's shelf, sorted by title."""
    statement = _at(actor, school_id, CirclePlanKind.SHELF).order_by(CirclePlan.title, CirclePlan.id)
    return db.session.scalars(statement.limit(MOST)).all()


def used_before(actor: Actor, school_id: int) -> Sequence[CirclePlan]:
    """Plans of a school's circles and community circles that the actor may read, newest first."""
    statement = _at(actor, school_id, CirclePlanKind.CIRCLE, CirclePlanKind.COMMUNITY)
    return db.session.scalars(statement.order_by(CirclePlan.written_at.desc(), CirclePlan.id.desc()).limit(MOST)).all()


def followed_on(actor: Actor, plan: CirclePlan) -> list[date]:
    """The latest days on which logged circles followed a plan, at the schools where the actor works, newest first.
    Entries that were taken out of the log do not count.
    """
    entry = PRACTICE.c
    statement = select(entry.held_on).where(entry.plan_id == plan.id, entry.taken_back_at.is_(None))
    mine = statement.where(in_schools(entry.school_id, actor, *STAFF)).order_by(entry.held_on.desc(), entry.id.desc())
    return list(db.session.scalars(mine.limit(MOST)))


def kept_on(actor: Actor, days: Sequence[tuple[int, date]]) -> Sequence[CirclePlan]:
    """Community circles that the actor plans to keep on these days; each day is (school id, day)."""
    if not days:
        return []
    on_its_day = or_(*(and_(CirclePlan.school_id == at, CirclePlan.planned_on == day) for at, day in days))
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.keeper_id == actor.user_id, on_its_day)
    return db.session.scalars(statement.order_by(CirclePlan.id)).all()


def _at(actor: Actor, school_id: int, *kinds: CirclePlanKind) -> Select[Any]:
    return visible_to(select(CirclePlan), actor).where(CirclePlan.school_id == school_id, CirclePlan.kind.in_(kinds))
