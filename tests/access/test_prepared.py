"""A statement that is kept for all who hold the same roles shows each their own, and not one row more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import one_commit
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.prepared import PreparedFor
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to

ROLES = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)


@pytest.mark.both_databases
def test_each_of_one_kind_sees_their_own(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    with one_commit():
        schools = [SchoolFactory() for _number in range(3)]
    people = [make_user(role, None if role is Role.DISTRICT else school) for school in schools for role in ROLES]
    for school in schools:
        report = make_incident(school)
        for person in people:
            FollowUpFactory(school_id=school.id, owner_id=person.id, incident_id=report.id)
    of_two = make_user(Role.DEAN, schools[0])
    RoleGrantFactory(user_id=of_two.id, role=Role.REPORTER, school_id=schools[1].id)
    built: list[Actor] = []

    def build(actor: Actor) -> Any:
        built.append(actor)
        return visible_to(select(FollowUp.id), actor)

    kept = PreparedFor(build)
    actors = [acting(one) for one in (*people, of_two)]
    back = replace(actors[0], past_students=frozenset({1}))
    for actor in (*actors, *actors, back, SYSTEM):
        plain = set(session.scalars(visible_to(select(FollowUp.id), actor)))
        assert set(kept.rows(actor).scalars()) == plain, actor
    # of a kind once; of two schools, with past years open and for the system each time
    assert len(built) == len(ROLES) + 2 + 2
    assert len({frozenset(kept.rows(actor).scalars()) for actor in actors}) > len(ROLES)
