"""Reading circle plans: one, the shelf to copy from, and what is planned."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, and_, column, false, or_, select, table, true

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.access.visibility import in_view
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.states import CirclePlanKind

PRACTICE = table(
    "practice_entry", column("id"), column("school_id"), column("plan_id"), column("held_on", Date),
    column("taken_back_at"),
)  # fmt: skip
"""The practice log is kept above; these columns are all that plans need of it."""
MOST = 40
"""Plans of one sort on the shelf."""

load_circle_plan = by_id(CirclePlan)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans to those that the actor may read; `rules.reads_plan` says the same of one."""
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
    """Return one plan that the actor may read. Raises NotFound."""
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.id == circle_plan_id)
    found: CirclePlan | None = db.session.scalar(statement)
    return existing(found)


def plan_of(pathway_id: int) -> CirclePlan | None:
    """Return the plan of a circle, None while it has none; the caller has checked the circle."""
    found: CirclePlan | None = _of_circles.rows([pathway_id]).scalar()
    return found


@Prepared
def _of_circles(among_ids: Narrow) -> Any:
    return select(CirclePlan).where(among_ids(CirclePlan.pathway_id))


def ready_made(actor: Actor, language: str) -> Sequence[CirclePlan]:
    """Return the ready-made plans in a language, those in English where there is none in it."""
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.kind == CirclePlanKind.TEMPLATE)
    plans = db.session.scalars(statement.order_by(CirclePlan.id)).all()
    return [one for one in plans if one.language == language] or [one for one in plans if one.language == "en"]


def shelf_of(actor: Actor, school_id: int) -> Sequence[CirclePlan]:
    """Return what stands on a school's shelf, by title."""
    statement = _at(actor, school_id, CirclePlanKind.SHELF).order_by(CirclePlan.title, CirclePlan.id)
    return db.session.scalars(statement.limit(MOST)).all()


def used_before(actor: Actor, school_id: int) -> Sequence[CirclePlan]:
    """Return the plans of a school's circles and community circles that the actor may read, the newest first."""
    statement = _at(actor, school_id, CirclePlanKind.CIRCLE, CirclePlanKind.COMMUNITY)
    return db.session.scalars(statement.order_by(CirclePlan.written_at.desc(), CirclePlan.id.desc()).limit(MOST)).all()


def followed_on(actor: Actor, plan: CirclePlan) -> list[date]:
    """Return the latest days of logged circles that followed a plan, at the schools where the actor works; newest
    first. What was taken out of the log is none."""
    entry = PRACTICE.c
    statement = select(entry.held_on).where(entry.plan_id == plan.id, entry.taken_back_at.is_(None))
    mine = statement.where(in_schools(entry.school_id, actor, *STAFF)).order_by(entry.held_on.desc(), entry.id.desc())
    return list(db.session.scalars(mine.limit(MOST)))


def kept_on(actor: Actor, days: Sequence[tuple[int, date]]) -> Sequence[CirclePlan]:
    """Return the community circles that the actor plans to keep on these days, each of a school: (school id, day)."""
    if not days:
        return []
    on_its_day = or_(*(and_(CirclePlan.school_id == at, CirclePlan.planned_on == day) for at, day in days))
    statement = visible_to(select(CirclePlan), actor).where(CirclePlan.keeper_id == actor.user_id, on_its_day)
    return db.session.scalars(statement.order_by(CirclePlan.id)).all()


def _at(actor: Actor, school_id: int, *kinds: CirclePlanKind) -> Select[Any]:
    return visible_to(select(CirclePlan), actor).where(CirclePlan.school_id == school_id, CirclePlan.kind.in_(kinds))
