"""Queries and rules of follow-up templates: which are in force for whom, and how many open follow-ups each made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.states import CHECK_INS
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _l
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind

EVENTS: dict[str, Any] = {
    "routed": _l("An incident was routed"),
    "text_added": _l("Text was added to a decided report"),
    "routed_ask_first": _l("An incident was routed, and a student may not be safe at home"),
    "routed_article_26a": _l("An incident was routed to the resource person of Article 26A"),
    "agreement_made": _l("An agreement was made"),
    "agreement_term_made": _l("A term of an agreement was written"),
    "circle_proposed": _l("A circle was proposed"),
    "care_opened": _l("A concern about a student was reported"),
    "meeting_postponed": _l("A meeting was postponed"),
    "meeting_no_show": _l("Someone did not come to a meeting"),
    "meeting_walked_out": _l("Someone left a meeting, and it ended there"),
    "meeting_held": _l("A meeting was held"),
    "mentoring_missed": _l("A mentoring session was missed"),
    "safety_plan_agreed": _l("A safety plan was agreed"),
    "happened_again": _l("Something happened again in a case"),
    "student_moved": _l("A student of a case changed school"),
    "interpreter_needed": _l("A family needs an interpreter"),
    "family_copy_asked": _l("A family asked for a copy of the record"),
    "pathway_started": _l("A pathway began"),
    "pathway_completed": _l("A pathway was completed"),
    "pathway_ended_early": _l("A pathway ended early"),
    "pathway_declined": _l("A pathway was declined or left"),
}

ASKED_FIRST = frozenset({"routed_ask_first", "routed_article_26a"})
"""Events whose templates say whom to ask before a call home."""

IN_PATHWAY = frozenset(event for event in EVENTS if event.startswith(("pathway_", "meeting_"))) | {"agreement_made"}
"""Events of a pathway. Their templates may be limited to one pathway."""

TIMED = IN_PATHWAY | {
    "mentoring_missed",
    "safety_plan_agreed",
    "happened_again",
    "student_moved",
    "interpreter_needed",
    "family_copy_asked",
}
"""Events whose templates set the due date. For other events they set the words, and rules set the day."""


SCHOOL_WEEK = 5

NEVER_MERGED = CHECK_INS | {"safety_plan", "safety_plan_review"}

MOST_DAYS_AHEAD = 400
"""Days farther away are taken for typing errors, because a change that began on one could not be undone, only followed
by a later one.
"""


@dataclass(frozen=True)
class Sample:
    """The follow-up that a template would make of a sample event, and its due date."""

    template: FollowUpTemplate
    due_on: date


def applicable(in_force: Iterable[FollowUpTemplate], pathway_kind: str) -> list[FollowUpTemplate]:
    """The templates that apply: a school's own in place of the district's, and only those of the pathway.

    A template without a pathway applies in every pathway and outside of them.
    """
    rows = list(in_force)
    replaced = {row.instead_of_id for row in rows if row.school_id is not None} - {None}
    return [
        row
        for row in rows
        if (row.school_id is not None or row.series not in replaced) and fits(row.pathway, pathway_kind)
    ]


def once_a_week(rows: Iterable[FollowUpTemplate]) -> list[FollowUpTemplate]:
    """Templates without repetition: of the same kind within a school week only the earliest, in order of delay.

    Check-ins and safety plans stay, because each asks a person at its own time.
    """
    chosen: list[FollowUpTemplate] = []
    for row in sorted(rows, key=lambda row: row.due_in_school_days):
        near = (row.due_in_school_days - other.due_in_school_days for other in chosen if other.kind == row.kind)
        if row.kind in NEVER_MERGED or all(apart >= SCHOOL_WEEK for apart in near):
            chosen.append(row)
    return chosen


def fits(wanted: str, pathway_kind: str) -> bool:
    """Whether a template for pathway `wanted` applies to a pathway of this kind ('': to all)."""
    if not wanted:
        return True
    family = PATHWAY_OF[Kind(pathway_kind)].value if pathway_kind in set(Kind) else ""
    return wanted in (pathway_kind, family)


def due_on(template: FollowUpTemplate, from_day: date, days: SchoolDays) -> date:
    """The due date of a template's follow-up after an event on `from_day`, in the school's own days."""
    return days.add(from_day, template.due_in_school_days)


def too_far(day: date, today: date) -> bool:
    """Whether a day is too far away for a template to begin or end, or for a preview."""
    return (day - today).days > MOST_DAYS_AHEAD


def sample(templates: Iterable[FollowUpTemplate], from_day: date, days: SchoolDays) -> list[Sample]:
    """The follow-ups that these templates would make of an event on `from_day`, the first due first."""
    made = [Sample(template, due_on(template, from_day, days)) for template in templates]
    return sorted(made, key=lambda result: (result.due_on, result.template.series))


SERIES = func.coalesce(FollowUpTemplate.series_id, FollowUpTemplate.id)
IN_ORDER = (
    FollowUpTemplate.event,
    FollowUpTemplate.kind,
    FollowUpTemplate.due_in_school_days,
    FollowUpTemplate.starts_on,
    FollowUpTemplate.id,
)


def may_write(row: FollowUpTemplate) -> Permission:
    """The permission to write a template: for the district's, or for a school's own."""
    own = row.school_id is not None
    return Permission.FOLLOWUP_TEMPLATE_OWN if own else Permission.FOLLOWUP_TEMPLATE_EDIT


def get_template(actor: Actor, template_id: int) -> FollowUpTemplate:
    """A template that the actor may change. Raises NotFound."""
    row = db.session.get(FollowUpTemplate, template_id)
    if row is None or not can(actor, may_write(row), row):
        raise NotFound
    return row


def district_template(template_id: int) -> FollowUpTemplate:
    """A template of the district without a later version. Raises NotFound."""
    row = db.session.get(FollowUpTemplate, template_id)
    if row is None or row.school_id is not None or row.ends_on is not None:
        raise NotFound
    return row


def template_in_force(kind: str, school_id: int | None, day: date, event: str = "") -> FollowUpTemplate | None:
    """The template that words a kind on a date: the school's own, else the district's first. With `event`, only
    templates of that event, in which others are asked before a call home.
    """
    asked_first = FollowUpTemplate.event == event if event else FollowUpTemplate.event.not_in(sorted(ASKED_FIRST))
    statement = (
        select(FollowUpTemplate)
        .where(FollowUpTemplate.kind == kind, asked_first, _of_school(school_id), *_in_force(day))
        .order_by(FollowUpTemplate.school_id.is_(None), FollowUpTemplate.due_in_school_days, FollowUpTemplate.id)
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def templates_for(event: str, school_id: int | None, day: date, pathway_kind: str = "") -> list[FollowUpTemplate]:
    """The templates that apply to an event on a date, in a pathway of this kind ('': in none)."""
    statement = select(FollowUpTemplate).where(FollowUpTemplate.event == event, _of_school(school_id), *_in_force(day))
    in_force = db.session.scalars(statement.order_by(FollowUpTemplate.due_in_school_days, FollowUpTemplate.id))
    return once_a_week(applicable(list(in_force), pathway_kind))


def templates_on(day: date, school_id: int | None) -> list[FollowUpTemplate]:
    """Every present or future template of the district and of a school, by event, kind and delay."""
    statement = select(FollowUpTemplate).where(_not_over(day), _of_school(school_id))
    return list(db.session.scalars(statement.order_by(*IN_ORDER)))


def schools_own(day: date) -> dict[int, int]:
    """How many schools have, or will have, their own version of each of the district's series."""
    statement = (
        select(FollowUpTemplate.instead_of_id, func.count(FollowUpTemplate.school_id.distinct()))
        .where(FollowUpTemplate.instead_of_id.is_not(None), _not_over(day))
        .group_by(FollowUpTemplate.instead_of_id)
    )
    return {int(row[0] or 0): row[1] for row in db.session.execute(statement)}


def own_of(series: int, school_id: int, day: date) -> FollowUpTemplate | None:
    """The school's version of a series of the district's, present or future."""
    statement = select(FollowUpTemplate).where(
        FollowUpTemplate.instead_of_id == series, FollowUpTemplate.school_id == school_id, _not_over(day)
    )
    return db.session.scalars(statement.order_by(FollowUpTemplate.id.desc()).limit(1)).one_or_none()


def open_made_from(actor: Actor) -> dict[int, int]:
    """How many open follow-ups each series made, at the schools whose templates the actor may change."""
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
