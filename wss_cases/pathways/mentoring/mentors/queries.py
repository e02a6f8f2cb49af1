"""Queries: a school's mentors, which places are taken, and possible mentors for a student."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import STAFF
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup, MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import Candidate, ranked
from wss_cases.routing.engine.pages import Kind


def mentors_at(school_id: int, active_only: bool = False) -> list[Mentor]:
    """The mentors of a school, active ones first, then by name; the caller has checked the school."""
    statement = select(Mentor).where(Mentor.school_id == school_id)
    if active_only:
        statement = statement.where(Mentor.is_active)
    return list(db.session.scalars(statement.order_by(Mentor.is_active.desc(), Mentor.name, Mentor.id)))


def groups_at(school_id: int) -> list[MentoringGroup]:
    """The groups of a school with their mentors, active ones first, then by name."""
    statement = (
        select(MentoringGroup)
        .options(joinedload(MentoringGroup.mentor))
        .where(MentoringGroup.school_id == school_id)
        .order_by(MentoringGroup.is_active.desc(), MentoringGroup.name, MentoringGroup.id)
    )
    return list(db.session.scalars(statement))


def places_taken(school_id: int) -> dict[int, int]:
    """The current students of each mentor outside groups, as counts by mentor, in one query."""
    return _taken(MentoringPlan.mentor_id, MentoringPlan.school_id == school_id, MentoringPlan.group_id.is_(None))


def group_places_taken(school_id: int) -> dict[int, int]:
    """The current students of each group, as counts by group, in one query."""
    return _taken(MentoringPlan.group_id, MentoringPlan.school_id == school_id)


def _taken(by: Any, *conditions: Any) -> dict[int, int]:
    statement = (
        select(by, func.count())
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .where(by.is_not(None), Pathway.state.in_(LIVE), *conditions)
        .group_by(by)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def open_matches(mentor_id: int) -> Sequence[Any]:
    """(plan, pathway) of a mentor's current students, in groups too; the caller has checked the mentor."""
    statement = (
        select(MentoringPlan, Pathway)
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .options(
            joinedload(MentoringPlan.group),
            joinedload(Pathway.case),
            joinedload(Pathway.participant).joinedload(CaseParticipant.student),
        )
        .where(MentoringPlan.mentor_id == mentor_id, Pathway.state.in_(LIVE))
        .order_by(MentoringPlan.id)
    )
    return db.session.execute(statement).all()


def candidates(row: Pathway, language: str | None, goal: str, today: date) -> list[Candidate]:
    """Possible mentors for a pathway's student, or groups for group mentoring, the best first.

    The place of the present match counts as free, so that a plan can be saved again.
    """
    current = db.session.execute(
        select(MentoringPlan.mentor_id, MentoringPlan.group_id).where(MentoringPlan.pathway_id == row.id)
    ).first()
    mentor_id, group_id = (current[0], current[1]) if current is not None else (None, None)
    if row.kind == Kind.GROUP:
        taken = group_places_taken(row.school_id)
        groups = [group for group in groups_at(row.school_id) if group.is_active and group.mentor.is_active]
        offers: Sequence[tuple[Mentor, MentoringGroup | None, int]] = [
            (group.mentor, group, taken.get(group.id, 0) - (group.id == group_id)) for group in groups
        ]
    else:
        taken = places_taken(row.school_id)
        own = mentor_id if group_id is None else None
        offers = [
            (mentor, None, taken.get(mentor.id, 0) - (mentor.id == own))
            for mentor in mentors_at(row.school_id, active_only=True)
        ]
    return ranked(offers, language, goal, today)


def staff_accounts(school_id: int, day: date) -> dict[int, str]:
    """Accounts at a school that could mentor: id to name, sorted by name."""
    people = {user_id: name for role in STAFF for user_id, name in holders(role, school_id, day)}
    return dict(sorted(people.items(), key=lambda item: item[1].casefold()))
