"""Joining an incident to a case: its people come along, and which cannot be joined."""

import pytest

from tests.cases.making import NOW, make_incident, make_world
from tests.factories.base import fresh
from tests.factories.roster import StudentFactory
from wss_cases.access.actor import Invocation
from wss_cases.cases.case.queries import participants_of
from wss_cases.casework.case_page import acts
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.states import IncidentState, PersonRole


@pytest.fixture
def world(session):
    return make_world()


def test_joining_an_incident_brings_its_people(world):
    newcomer = StudentFactory(school=world.school)
    parts = [(newcomer, PersonRole.WITNESS), (world.students[0], PersonRole.HARMED)]
    other = make_incident(world.school, *parts, state=IncidentState.SUBMITTED)
    acts.merge_incident(Invocation(world.actor, NOW), world.case.id, reference=f" {other.reference} ")
    assert fresh(other).state is IncidentState.ROUTED
    roles = {person.student_id: person.role for person in participants_of(world.case.id)}
    assert roles[newcomer.id] is PersonRole.WITNESS
    assert roles[world.students[0].id] is PersonRole.BOTH
    with pytest.raises(Refused):
        acts.merge_incident(Invocation(world.actor, NOW), world.case.id, reference=other.reference)


@pytest.mark.parametrize("which", ["unknown", "other_school", "other_case", "closed"])
def test_incidents_that_cannot_be_joined(world, which):
    stranger = make_world()
    reference = {"unknown": "X-I-1", "other_school": stranger.incident.reference}.get(which, "")
    if which == "other_case":
        second = make_world()
        second.incident.school_id = world.school.id
        db.session.commit()
        reference = second.incident.reference
    if which == "closed":
        reference = make_incident(world.school, state=IncidentState.NO_FURTHER_ACTION).reference
    with pytest.raises(Refused):
        acts.merge_incident(Invocation(world.actor, NOW), world.case.id, reference=reference)
