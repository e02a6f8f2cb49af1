"""A simple fight makes few cards, each naming a person: one call per family, one visit per person and week."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from tests.intake.making import NOW, Place, set_facts
from wss_cases.access.actor import Invocation
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.about import about, cards
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import for_case
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.recommendation import situation
from wss_cases.intake.review.presenters import addable
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind

CAUSED, HARMED, BOTH = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH
MOST_CARDS = 6


def decided(place: Place, *parts: tuple[Any, PersonRole], **facts: Any) -> Any:
    incident = place.report(*parts)
    incident = set_facts(incident, **facts) if facts else incident
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice())
    [case] = cases_of_incident(incident.id)
    return case


@pytest.mark.parametrize("roles", [(BOTH, BOTH), (CAUSED, HARMED)])
def test_a_fight_of_two_makes_at_most_six_cards_that_each_name_a_person(place: Place, roles: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, roles[0]), (two, roles[1]), mutual=roles[0] is BOTH, injury="minor")
    actor = place.actor("coordinator")
    rows, days = for_case(actor, case.id), school_days(place.school.id)
    whom = about(actor, rows, call=True)
    made = cards(rows, lambda row: whom[row.id].person, lambda _school, first, last: days.between(first, last))
    assert 0 < len(made) <= MOST_CARDS
    assert all(card.person for card in made)
    assert sum(len(card.rows) for card in made) == len(rows) > len(made)


def test_one_family_is_called_once_for_both_parts_and_the_rules_of_both_are_kept(place: Place, session: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, BOTH), (two, BOTH), mutual=True)
    rows = list(session.scalars(select(FollowUp).filter_by(case_id=case.id)))
    calls = [row for row in rows if row.kind.startswith("guardian_contact")]
    assert Counter(row.incident_person_id for row in calls).most_common(1)[0][1] == 1
    assert [row.rules for row in calls] == [["F1", "F9"]] * 2
    met = [row.incident_person_id for row in rows if row.kind == "pre_meetings"]
    assert sorted(met) == sorted(row.incident_person_id for row in calls)


def test_a_mutual_fight_gives_each_one_conversation_and_offers_no_second(place: Place, client_as: Any) -> None:
    one, two, _third = place.students
    one.grade = two.grade = 1
    report = set_facts(place.report((one, BOTH), (two, BOTH)), mutual=True)
    talks = [item for item in situation(report.id).plan.items if item.kind is Kind.CONVERSATION]
    assert sorted(item.person_id or 0 for item in talks) == sorted(person.id for person in report.people)
    assert all(item.start == 1 and len(item.because) == 2 and "P15" in item.rules for item in talks), "of both parts"
    page = client_as(place.dean).page(f"/review/{report.id}").text
    assert "(reported to have caused and experienced harm)" in page
    offered = [added.kind for _whom, kinds in addable(situation(report.id)) for added, _words in kinds]
    assert offered and Kind.CONVERSATION not in offered


def test_what_the_law_and_a_safety_plan_ask_stays(place: Place, session: Any) -> None:
    one, two, _third = place.students
    case = decided(place, (one, CAUSED), (two, HARMED), bullying=True)
    kinds = Counter(row.kind for row in session.scalars(select(FollowUp).filter_by(case_id=case.id)))
    assert kinds["safety_plan"] == 1
    assert kinds["check_in_person_harmed"] == 2
    assert kinds["guardian_contact"] == kinds["guardian_contact_harmed"] == 1
