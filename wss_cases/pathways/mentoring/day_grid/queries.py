"""Reading the cards of one day at a school: those that the actor may mark, in one query."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased, joinedload

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.access.visibility import in_view
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay, Mentor, MentoringPlan, MentoringSession
from wss_cases.pathways.mentoring.plan.queries import LOGGED, is_team, told_apart
from wss_cases.roster.directory.pages import initials_of


@dataclass(frozen=True)
class CardOfDay:
    """One student's card with what stands on it today and on the school day before, and today's log."""

    pathway_id: int
    name: str
    card: DailyCard
    today: DailyCardDay | None
    before: DailyCardDay | None
    session: MentoringSession | None


def cards_of_day(
    actor: Actor, school_id: int, today: date, before: date, pathway_id: int | None = None
) -> list[CardOfDay]:
    """Return the cards of a school that the actor marks, by name: the team those of all, a mentor their own.

    With `pathway_id` the one of that pathway, or none.
    """
    now, then = aliased(DailyCardDay), aliased(DailyCardDay)
    plan, log = MentoringPlan, MentoringSession
    own = and_(Mentor.user_id == actor.user_id, Mentor.is_active, in_schools(plan.school_id, actor, *STAFF))
    statement: Any = (
        select(plan, Pathway, DailyCard, now, then, log)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .join(DailyCard, DailyCard.pathway_id == plan.pathway_id)
        .outerjoin(Mentor, Mentor.id == plan.mentor_id)
        .outerjoin(now, and_(now.card_id == DailyCard.id, now.on_day == today))
        .outerjoin(then, and_(then.card_id == DailyCard.id, then.on_day == before))
        .outerjoin(log, and_(log.pathway_id == plan.pathway_id, log.on_day == today))
        .options(joinedload(Pathway.participant).joinedload(CaseParticipant.student))
        .where(plan.school_id == school_id, Pathway.kind == Kind.CHECK_IN_CHECK_OUT, Pathway.state.in_(LOGGED))
        .where(or_(own, in_view(Pathway, actor, *CASE_TEAM, live=True)))
    )
    if pathway_id is not None:
        statement = statement.where(Pathway.id == pathway_id)
    rows = {row[1].id: row for row in db.session.execute(statement)}
    known = told_apart((row[0], row[1]) for row in rows.values())
    cards = [CardOfDay(own.pathway.id, _name(actor, own), *rows[own.pathway.id][2:]) for own in known]
    return sorted(cards, key=lambda one: (one.name.casefold(), one.pathway_id))


def _name(actor: Actor, own: Any) -> str:
    """The team knows a student by the whole name, or by initials if they chose so; a mentor by the given name."""
    if not is_team(actor, own.plan) or own.student is None:
        return str(own.name)
    return initials_of(own.student.shown_name) if actor.initials else str(own.student.shown_name)
