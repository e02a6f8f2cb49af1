"""Reading for the review: the latest answer for everyone of an incident, and the plan they come to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Actor
from wss_cases.access.housing import may_know_of_housing
from wss_cases.foundation.db import among, db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import routed_people
from wss_cases.intake.recommendation.rules import Answered, Plan, plan_of
from wss_cases.routing.engine.states import FollowUpKind, Kind
from wss_cases.routing.rule_sets.models import RoutingAnswer


def people_of_each(incident_ids: Sequence[int]) -> dict[int, list[IncidentPerson]]:
    """Return the people of several incidents with their students, in one query; the caller has checked them."""
    people: dict[int, list[IncidentPerson]] = defaultdict(list)
    statement = (
        select(IncidentPerson)
        .where(among(IncidentPerson.incident_id, incident_ids))
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
    statement = select(RoutingAnswer).where(among(RoutingAnswer.incident_id, ids)).order_by(RoutingAnswer.id)
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
    if may_know_of_housing(actor, school_id):
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
