"""Committees seat people and organizations by name, and students as a number."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.factories.roster import StudentFactory
from wss_cases.foundation.db import db
from wss_cases.plans.plan.committee import PlanMember


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"member_group": "student", "name": "Ana"}, "Students are never named"),
        ({"member_group": "student", "named_yes_on": "2026-09-01"}, "Students are never named"),
        ({"member_group": "parent"}, "Enter a name or an organization."),
        ({"member_group": "parent", "name": "Zenobia Quill"}, "This may name a student"),
        ({"member_group": "parent", "name": "Rosa Lee", "people": "0"}, "at least 1"),
        ({"member_group": "parent", "name": "Rosa Lee", "ends_on": "2026-01-01"}, "cannot come before"),
        ({"member_group": "parent", "name": "Rosa Lee", "named_yes_on": "2027-01-01"}, "today or an earlier day"),
        ({"name": "Rosa Lee"}, "Choose a group."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(school, principal, plan, client_as, values, words):
    StudentFactory(school=school, given_name="Zenobia", family_name="Quill")
    refused = client_as(principal).submit(f"/safety-plans/{plan.id}/committee/new", values)
    assert refused.status_code == 400 and words in refused.text
    assert db.session.scalar(select(PlanMember.id)) is None


def test_students_are_a_number_and_others_have_names(principal, plan, client_as):
    client, url = client_as(principal), f"/safety-plans/{plan.id}/committee"
    assert client.submit(f"{url}/new", {"member_group": "student", "people": "6"}).status_code == 303
    labor = {"member_group": "labor", "organization": "Teachers Union"}
    assert client.submit(f"{url}/new", labor).status_code == 303
    member = db.session.scalars(select(PlanMember).where(PlanMember.organization != "")).one()
    shown = client.page(url).text
    assert "6 students" in shown and "Teachers Union" in shown
    client.submit(f"/safety-plans/committee/{member.id}", {"ends_on": member.starts_on.isoformat()})
    assert db.session.scalars(select(PlanMember.ends_on).where(PlanMember.id == member.id)).one() == member.starts_on
