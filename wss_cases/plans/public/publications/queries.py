"""Reading publications: those of a school, and what anyone reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from wss_cases.access.actor import Actor, in_schools
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import PLAN_READERS
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.public.figures import Published
from wss_cases.plans.public.publications.models import PUBLIC_PAGES, PlanPublication, from_plain
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting
from wss_cases.roster.directory.models import School

MOST_VOICES = 100


@dataclass(frozen=True)
class Entry:
    """A school in the list of all that publish: its years and day as its page says them, and its plan of today."""

    school_id: int
    name: str
    years: str
    as_of: str
    plan: SchoolPlan


load_publication = by_id(PlanPublication)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of publications, those that ended among them, to the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanPublication.school_id, actor, *PLAN_READERS))


def get_publication(actor: Actor, publication_id: int) -> PlanPublication:
    """Return one publication. Raises NotFound."""
    statement = visible_to(select(PlanPublication), actor).where(PlanPublication.id == publication_id)
    found: PlanPublication | None = db.session.scalar(statement)
    return existing(found)


def publications_of(actor: Actor, school_id: int) -> Sequence[PlanPublication]:
    statement = visible_to(select(PlanPublication), actor).where(PlanPublication.school_id == school_id)
    found: Sequence[PlanPublication] = db.session.scalars(statement.order_by(PlanPublication.number.desc())).all()
    return found


def read_by_anyone(school_id: int, today: date) -> PlanPublication | None:
    """Return what anyone reads of a school; None where it publishes nothing, or its district does not allow it."""
    live = _live().where(PlanPublication.school_id == school_id)
    return db.session.scalar(live) if PUBLIC_PAGES.on(today) else None


def count_read_by_anyone(today: date) -> int:
    live = _live().with_only_columns(func.count())
    return db.session.scalar(live) or 0 if PUBLIC_PAGES.on(today) else 0


def all_read_by_anyone(language: str, first: int, most: int) -> list[Entry]:
    """Return a part of the schools that publish something, by name, without what their pages say; the caller has asked
    whether the district allows it."""
    said = PlanPublication.content[language]
    columns = (School.id, School.name, said["years"].as_string(), said["as_of"].as_string(), SchoolPlan)
    found = _live().join(SchoolPlan, SchoolPlan.id == PlanPublication.plan_id).with_only_columns(*columns)
    rows = db.session.execute(found.order_by(School.name, School.id).offset(first).limit(most))
    return [Entry(*row) for row in rows]


def all_figures_read() -> list[list[Published]]:
    return [from_plain(figures) for figures in db.session.scalars(_live().with_only_columns(PlanPublication.figures))]


def plan_of(publication: PlanPublication) -> SchoolPlan:
    """Return the plan of a publication as it is today; the caller has checked the publication."""
    return db.session.get_one(SchoolPlan, publication.plan_id)


def _live() -> Any:
    live = (PlanPublication.replaced_at.is_(None), PlanPublication.withdrawn_at.is_(None), School.is_active)
    return select(PlanPublication).join(School, School.id == PlanPublication.school_id).where(*live)


def years_published(school_id: int) -> set[str]:
    rows = select(PlanPublication.figures_year).where(PlanPublication.school_id == school_id)
    return set(db.session.scalars(rows))


def figures_read_now(school_id: int) -> list[Published]:
    live = db.session.scalar(_live().where(PlanPublication.school_id == school_id))
    return from_plain(live.figures) if live is not None else []


def goals_of(plan_id: int) -> Sequence[PlanGoal]:
    """Return the goals that stand in a plan, in their order; the caller has checked the plan."""
    standing = select(PlanGoal).where(PlanGoal.plan_id == plan_id, PlanGoal.removed_on.is_(None))
    return db.session.scalars(standing.order_by(PlanGoal.position)).all()


def members_of(plan_id: int, today: date) -> Sequence[PlanMember]:
    """Return who sits on the committee of a plan today; the caller has checked the plan."""
    sits = (PlanMember.plan_id == plan_id, PlanMember.starts_on <= today)
    open_ended = PlanMember.ends_on.is_(None) | (PlanMember.ends_on >= today)
    return db.session.scalars(select(PlanMember).where(*sits, open_ended).order_by(PlanMember.id)).all()


def voices_between(school_id: int, first: date, last: date) -> list[tuple[MeetingHeard, date]]:
    """Return what was heard at a school's meetings of some days with the day, the latest meeting first; the caller has
    checked the school."""
    rows = select(MeetingHeard, SchoolMeeting.held_on).join(SchoolMeeting, SchoolMeeting.id == MeetingHeard.meeting_id)
    of_school = rows.where(MeetingHeard.school_id == school_id, SchoolMeeting.held_on.between(first, last))
    latest = of_school.order_by(SchoolMeeting.held_on.desc(), MeetingHeard.id).limit(MOST_VOICES)
    return [(row[0], row[1]) for row in db.session.execute(latest)]
