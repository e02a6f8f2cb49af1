"""Reading follow-up templates: what is in force for whom, and how many open follow-ups a template made."""

from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.templates.rules import applicable, once_a_week
from wss_cases.followups.templates.states import ASKED_FIRST
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound

SERIES = func.coalesce(FollowUpTemplate.series_id, FollowUpTemplate.id)
IN_ORDER = (
    FollowUpTemplate.event,
    FollowUpTemplate.kind,
    FollowUpTemplate.due_in_school_days,
    FollowUpTemplate.starts_on,
    FollowUpTemplate.id,
)


def may_write(row: FollowUpTemplate) -> Permission:
    """Return what it takes to write a template: the district's, or a school's own."""
    own = row.school_id is not None
    return Permission.FOLLOWUP_TEMPLATE_OWN if own else Permission.FOLLOWUP_TEMPLATE_EDIT


def get_template(actor: Actor, template_id: int) -> FollowUpTemplate:
    """Return a template that the actor may change. Raises NotFound."""
    row = db.session.get(FollowUpTemplate, template_id)
    if row is None or not can(actor, may_write(row), row):
        raise NotFound
    return row


def district_template(template_id: int) -> FollowUpTemplate:
    """Return a template of the district's that no newer one follows. Raises NotFound."""
    row = db.session.get(FollowUpTemplate, template_id)
    if row is None or row.school_id is not None or row.ends_on is not None:
        raise NotFound
    return row


def template_in_force(kind: str, school_id: int | None, day: date, event: str = "") -> FollowUpTemplate | None:
    """Return the template that gives a kind its words on a date: the school's own, else the district's first; of those
    for an event in which others are asked first, where one is given."""
    asked_first = FollowUpTemplate.event == event if event else FollowUpTemplate.event.not_in(sorted(ASKED_FIRST))
    statement = (
        select(FollowUpTemplate)
        .where(FollowUpTemplate.kind == kind, asked_first, _of_school(school_id), *_in_force(day))
        .order_by(FollowUpTemplate.school_id.is_(None), FollowUpTemplate.due_in_school_days, FollowUpTemplate.id)
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def templates_for(event: str, school_id: int | None, day: date, pathway_kind: str = "") -> list[FollowUpTemplate]:
    """Return what is made when something happens, on a date, in a pathway of this kind ('': in none)."""
    statement = select(FollowUpTemplate).where(FollowUpTemplate.event == event, _of_school(school_id), *_in_force(day))
    in_force = db.session.scalars(statement.order_by(FollowUpTemplate.due_in_school_days, FollowUpTemplate.id))
    return once_a_week(applicable(list(in_force), pathway_kind))


def templates_on(day: date, school_id: int | None) -> list[FollowUpTemplate]:
    """Return every template in force or yet to come, of the district and of one school, by event, kind and delay."""
    statement = select(FollowUpTemplate).where(_not_over(day), _of_school(school_id))
    return list(db.session.scalars(statement.order_by(*IN_ORDER)))


def schools_own(day: date) -> dict[int, int]:
    """Return in how many schools a version of their own stands, or will, in place of a series of the district's."""
    statement = (
        select(FollowUpTemplate.instead_of_id, func.count(FollowUpTemplate.school_id.distinct()))
        .where(FollowUpTemplate.instead_of_id.is_not(None), _not_over(day))
        .group_by(FollowUpTemplate.instead_of_id)
    )
    return {int(row[0] or 0): row[1] for row in db.session.execute(statement)}


def own_of(series: int, school_id: int, day: date) -> FollowUpTemplate | None:
    """Return the school's version in place of a series of the district's, in force or yet to come."""
    statement = select(FollowUpTemplate).where(
        FollowUpTemplate.instead_of_id == series, FollowUpTemplate.school_id == school_id, _not_over(day)
    )
    return db.session.scalars(statement.order_by(FollowUpTemplate.id.desc()).limit(1)).one_or_none()


def open_made_from(actor: Actor) -> dict[int, int]:
    """Return how many open follow-ups each series made, at the schools whose templates the actor may change."""
    statement: Any = (
        select(SERIES, func.count(FollowUp.id))
        .join(FollowUp, FollowUp.template_id == FollowUpTemplate.id)
        .where(FollowUp.state == FollowUpState.OPEN)
        .group_by(SERIES)
    )
    if not actor.everywhere(Role.DISTRICT):
        statement = statement.where(FollowUp.school_id.in_(sorted(actor.school_ids(Role.ADMINISTRATOR))))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _of_school(school_id: int | None) -> Any:
    return or_(FollowUpTemplate.school_id.is_(None), FollowUpTemplate.school_id == school_id)


def _not_over(day: date) -> Any:
    return or_(FollowUpTemplate.ends_on.is_(None), FollowUpTemplate.ends_on >= day)


def _in_force(day: date) -> tuple[Any, Any]:
    return FollowUpTemplate.starts_on <= day, _not_over(day)
