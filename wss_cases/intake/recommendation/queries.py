"""Reading for the review: the queue in its order, and the latest answer for everyone of an incident."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import routed_people
from wss_cases.incidents.incident.states import WAITING
from wss_cases.intake.recommendation.rules import Answered, Plan, plan_of
from wss_cases.routing.engine.states import FollowUpKind, Kind
from wss_cases.routing.rule_sets.models import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY

PAGE = 25
REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)


def _its_duties() -> tuple[ColumnElement[bool], ...]:
    return LegalDuty.incident_id == Incident.id, LegalDuty.state.in_(OPEN_DUTY), shared()


def _order() -> Any:
    return case((Incident.danger_now, 0), (exists().where(*_its_duties()), 1), else_=2)


def _waiting(statement: Select[Any], actor: Actor, school_id: int | None) -> Select[Any]:
    statement = statement.where(in_schools(Incident.school_id, actor, *REVIEWERS), Incident.state.in_(WAITING))
    return statement.where(Incident.school_id == school_id) if school_id is not None else statement


def queue_count(actor: Actor, school_id: int | None) -> int:
    """Return how many reports wait for a decision at a school (None: everywhere the actor reviews)."""
    return db.session.scalar(_waiting(select(func.count(Incident.id)), actor, school_id)) or 0


def queue(actor: Actor, school_id: int | None, after: int | None = None) -> Sequence[Any]:
    """Return up to one more than a page of waiting reports: danger, then duties, then the longest waiting.

    Rows of a report's columns with `order` (0 danger, 1 an open duty, 2 the rest) and how many `duties` are open.
    `after` is the id of the last report of the page before.
    """
    order = _order()
    duties = select(func.count(LegalDuty.id)).where(*_its_duties()).scalar_subquery()
    columns = (
        Incident.id, Incident.reference, Incident.school_id, Incident.tile, Incident.location_code,
        Incident.occurred_at, Incident.submitted_at, Incident.danger_now,
        order.label("order"), duties.label("duties"), Incident.version, Incident.weapon, Incident.injury,
        (Incident.narrative != "").label("has_text"),
    )  # fmt: skip
    statement = _waiting(select(*columns), actor, school_id)
    last = _place_of(actor, after) if after is not None else None
    if last is not None:
        later = or_(Incident.submitted_at > last[1], and_(Incident.submitted_at == last[1], Incident.id > last[2]))
        statement = statement.where(or_(order > last[0], and_(order == last[0], later)))
    return db.session.execute(statement.order_by(order, Incident.submitted_at, Incident.id).limit(PAGE + 1)).all()


def _place_of(actor: Actor, incident_id: int) -> Any:
    statement = select(_order(), Incident.submitted_at, Incident.id).where(
        Incident.id == incident_id, in_schools(Incident.school_id, actor, *REVIEWERS)
    )
    return db.session.execute(statement).first()


def people_of_each(incident_ids: Sequence[int]) -> dict[int, list[IncidentPerson]]:
    """Return the people of several incidents with their students, in one query; the caller has checked them."""
    people: dict[int, list[IncidentPerson]] = defaultdict(list)
    statement = (
        select(IncidentPerson)
        .where(IncidentPerson.incident_id.in_(incident_ids))
        .options(
            joinedload(IncidentPerson.student),
            joinedload(IncidentPerson.staff),
            joinedload(IncidentPerson.other_school),
        )
        .order_by(IncidentPerson.id)
    )
    for person in db.session.scalars(statement):
        people[person.incident_id].append(person)
    return people


def latest_answers(people: dict[int, list[IncidentPerson]], ids: Sequence[int]) -> dict[int, list[Answered]]:
    """Return the newest answer for everyone who is routed now, by incident; the caller has checked them."""
    statement = select(RoutingAnswer).where(RoutingAnswer.incident_id.in_(ids)).order_by(RoutingAnswer.id)
    newest: dict[tuple[int, int | None], RoutingAnswer] = {}
    for answer in db.session.scalars(statement):
        newest[answer.incident_id, answer.incident_person_id] = answer
    latest: dict[int, list[Answered]] = {}
    for incident_id in ids:
        who: Iterable[IncidentPerson | None] = routed_people(people.get(incident_id, [])) or [None]
        theirs = [(person, newest.get((incident_id, person.id if person else None))) for person in who]
        latest[incident_id] = [Answered(person, row.facts, row.answer) for person, row in theirs if row is not None]
    return latest


@dataclass(frozen=True)
class Situation:
    """The people of an incident, their newest answers and the plan these come to."""

    people: list[IncidentPerson]
    answers: list[Answered]
    plan: Plan


def shown_to(actor: Actor, school_id: int, now: Situation) -> Situation:
    """Return a situation as somebody may see it: a need for housing support is seen by the coordinator alone."""
    if actor.covers(school_id, Role.COORDINATOR):
        return now
    plan = replace(
        now.plan,
        items=tuple(item for item in now.plan.items if item.kind is not Kind.HOUSING_BASIC_NEEDS),
        waiting=tuple(item for item in now.plan.waiting if item.kind is not Kind.HOUSING_BASIC_NEEDS),
        follow_ups=tuple(one for one in now.plan.follow_ups if one.kind is not FollowUpKind.LIAISON),
    )
    return replace(now, plan=plan)


def situations(ids: Sequence[int]) -> dict[int, Situation]:
    """Return people, answers and plan of several incidents in two queries; the caller has checked them."""
    people = people_of_each(ids)
    answers = latest_answers(people, ids)
    return {
        number: Situation(people[number], answers[number], plan_of(answers[number], people[number])) for number in ids
    }


def situation(incident_id: int) -> Situation:
    """Return people, answers and plan of one incident; the caller has checked it."""
    return situations([incident_id])[incident_id]
