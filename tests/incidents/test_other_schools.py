"""What a school is told of the other side of an incident: kinds and roles, kept as they are where it happened."""

from __future__ import annotations

from typing import Any

from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.incidents.other_schools import pass_on
from wss_cases.journal.unit_of_work import unit_of_work


def told(host: Incident, part: Incident) -> list[tuple[PersonKind, PersonRole]]:
    """What the part shows of the host's people after another passing on."""
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.no_audit()
        pass_on(uow, uow.session.get_one(Incident, host.id))
    return [(person.kind, person.role) for person in fresh(part).people if person.other_school_id == host.school_id]


def test_a_role_of_the_other_side_follows_what_is_known_where_it_happened(session: Any) -> None:
    here, there = SchoolFactory(), SchoolFactory()
    host = make_incident(here, [StudentFactory(school=here)], PersonRole.HARMED)
    part = make_incident(
        there, [StudentFactory(school=there)], PersonRole.CAUSED_HARM, part_of_id=host.id, happened_at_id=here.id
    )
    assert told(host, part) == [(PersonKind.NOT_IDENTIFIED, PersonRole.HARMED)]
    assert told(host, part) == [(PersonKind.NOT_IDENTIFIED, PersonRole.HARMED)], "told once"
    [person] = fresh(host).people
    person.role = PersonRole.WITNESS
    db.session.commit()
    assert told(host, part) == [(PersonKind.NOT_IDENTIFIED, PersonRole.INVOLVED)]
