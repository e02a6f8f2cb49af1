"""Opening a case, its people and its lead."""

from datetime import date

import pytest

from tests.cases.making import NOW, TODAY, actor_for, make_incident, make_user, make_world
from tests.factories.cases import CaseFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.cases.case import queries
from wss_cases.cases.case.actions import advance, open_case
from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import propose


def _open(actor, *incidents, lead_id=None):
    with unit_of_work(actor, NOW) as uow:
        return open_case(
            uow,
            [uow.session.get(Incident, incident.id) for incident in incidents],
            tier=2,
            lead_id=lead_id,
            review_on=date(2026, 12, 4),
        )


def test_opening_copies_people_and_joins_the_parts(session):
    school = SchoolFactory(code="DHS")
    first, second = StudentFactory(school=school), StudentFactory(school=school)
    one = make_incident(school, (first, PersonRole.CAUSED_HARM), (second, PersonRole.HARMED))
    two = make_incident(school, (first, PersonRole.HARMED))
    actor = actor_for(make_user(school))
    case = _open(actor, one, two)
    assert case.reference == "DHS-0001"
    people = queries.participants_of(case.id)
    assert [(p.student_id, p.role) for p in people] == [(first.id, PersonRole.BOTH), (second.id, PersonRole.HARMED)]
    assert [i.id for i in queries.incidents_of(case.id)] == [one.id, two.id]
    assert [c.id for c in queries.cases_of_incident(two.id)] == [case.id]
    (entry,) = case_history(case.id)
    assert one.reference in sentence(entry)


def test_a_case_needs_an_incident(session):
    school = SchoolFactory()
    with pytest.raises(Refused):
        _open(actor_for(make_user(school)))


def test_the_lead_with_the_fewest_open_cases_is_chosen(session):
    school = SchoolFactory()
    busy, free = make_user(school), make_user(school)
    CaseFactory(school_id=school.id, lead_id=busy.id)
    assert queries.choose_lead(school.id, TODAY) == free.id
    assert queries.choose_lead(SchoolFactory().id, TODAY) is None


def test_another_school_does_not_see_the_case(session):
    world, other = make_world(), make_world()
    assert queries.get_case(world.actor, world.case.id).id == world.case.id
    with pytest.raises(NotFound):
        queries.get_case(other.actor, world.case.id)


def test_a_proposed_pathway_stands_in_the_history(session):
    world = make_world()
    with unit_of_work(world.actor, NOW) as uow:
        pathway = propose(
            uow,
            queries.get_case(world.actor, world.case.id),
            pathway="circle",
            kind="peer_conference",
            for_whom="both",
            participant_id=None,
            tier=2,
            rules=["P3"],
            start_by=None,
            owner_id=world.coordinator.id,
        )
    assert pathway.id
    assert [sentence(e) for e in case_history(world.case.id)] == ["Peer conference proposed"]


def test_a_kind_of_another_family_is_refused(session):
    world = make_world()
    with unit_of_work(world.actor, NOW) as uow:
        case = queries.get_case(world.actor, world.case.id)
        with pytest.raises(Refused):
            propose(
                uow, case, pathway="mentoring", kind="peer_conference", for_whom="both", participant_id=None,
                tier=2, rules=[], start_by=None, owner_id=None,
            )  # fmt: skip


def test_a_case_advances_and_never_goes_back_by_itself(session):
    world = make_world(state=CaseState.IN_PROCESS)
    with unit_of_work(world.actor, NOW) as uow:
        case = queries.get_case(world.actor, world.case.id)
        advance(uow, case, CaseState.PREPARING)
        assert case.state is CaseState.IN_PROCESS
        advance(uow, case, CaseState.MONITORING)
    assert queries.get_case(world.actor, world.case.id).state is CaseState.MONITORING
