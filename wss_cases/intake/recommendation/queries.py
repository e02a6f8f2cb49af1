"""The newest routing answers of everyone in an incident, and the plan they make."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Actor, may_know_of_housing
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import routed_people
from wss_cases.intake.recommendation.rules import Answered, Plan, plan_of
from wss_cases.routing.engine.vocabulary import FollowUpKind, Kind
from wss_cases.routing.rule_sets import RoutingAnswer


def people_of_each(incident_ids: Sequence[int]) -> dict[int, list[IncidentPerson]]:
    """People of several incidents with their students, in one query; the caller has checked the incidents."""
    people: dict[int, list[IncidentPerson]] = defaultdict(list)
    for person in _people.rows(incident_ids).scalars():
        people[person.incident_id].append(person)
    return people


@Prepared
def _people(among_ids: Narrow) -> Any:
    one = IncidentPerson
    named = select(one).options(joinedload(one.student), joinedload(one.staff), joinedload(one.other_school))
    return named.where(among_ids(one.incident_id)).order_by(one.id)


def latest_answers(people: dict[int, list[IncidentPerson]], ids: Sequence[int]) -> dict[int, list[Answered]]:
    """Newest answers for everyone who is routed now, by incident; the caller has checked the incidents."""
    newest = {(row.incident_id, row.incident_person_id): row for row in _answers.rows(ids)}
    latest: dict[int, list[Answered]] = {}
    for incident_id in ids:
        who: Iterable[IncidentPerson | None] = routed_people(people.get(incident_id, [])) or [None]
        theirs = [(person, newest.get((incident_id, person.id if person else None))) for person in who]
        latest[incident_id] = [Answered(person, row.facts, row.answer) for person, row in theirs if row is not None]
    return latest


@Prepared
def _answers(among_ids: Narrow) -> Any:
    one = RoutingAnswer
    columns = select(one.incident_id, one.incident_person_id, one.facts, one.answer)
    return columns.where(among_ids(one.incident_id)).order_by(one.id)


@dataclass(frozen=True)
class Situation:
    """The people of an incident, their newest answers and the resulting plan."""

    people: list[IncidentPerson]
    answers: list[Answered]
    plan: Plan


def shown_to(actor: Actor, school_id: int, now: Situation) -> Situation:
    """The situation as this person may see it: only coordinators see a need for housing support."""
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
    """Situations of several incidents in two queries; the caller has checked them."""
    people = people_of_each(ids)
    answers = latest_answers(people, ids)
    return {
        number: Situation(people[number], answers[number], plan_of(answers[number], people[number])) for number in ids
    }


def situation(incident_id: int) -> Situation:
    """The situation of one incident; the caller has checked it."""
    return situations([incident_id])[incident_id]
