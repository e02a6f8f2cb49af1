"""Who has left a school no longer reaches there even what was their own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, make_user
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import CASE_TEAM, Role
from wss_cases.accounts.models import RoleGrant
from wss_cases.foundation import clock
from wss_cases.incidents.states import IncidentState

STAFF_ROLES = (Role.REPORTER, *sorted(CASE_TEAM))


@pytest.fixture(params=STAFF_ROLES)
def moved(request: Any, session: Any, client_as: Any) -> dict[str, Any]:
    """A person who reported and was to do something at one school, and then went to another in the same role."""
    left, now_at = SchoolFactory(), SchoolFactory()
    user = make_user(request.param, left)
    student = StudentFactory(school=left, given_name="Zephyrine", family_name="Quillfeather")
    incident = make_incident(left, [student], reporter_id=user.id, state=IncidentState.RETURNED)
    follow_up = FollowUpFactory(school_id=left.id, incident_id=incident.id, owner_id=user.id)
    client = client_as(user)
    assert client.get(f"/incidents/{incident.id}").status_code == 200
    assert client.get(f"/follow-ups/{follow_up.id}").status_code == 200
    grant = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))
    grant.ends_on = clock.now().date() - timedelta(days=2)
    RoleGrantFactory(user_id=user.id, role=request.param, school_id=now_at.id, starts_on=date(2026, 8, 1))
    return {"client": client, "incident": incident, "follow_up": follow_up}


def test_own_reports_and_follow_ups_stay_with_the_school(moved: dict[str, Any]) -> None:
    client, incident, follow_up = moved["client"], moved["incident"], moved["follow_up"]
    report, task = f"/incidents/{incident.id}", f"/follow-ups/{follow_up.id}"
    for address in (
        *(
            report,
            f"{report}/details",
            f"{report}/details/check",
            f"{report}/saved",
            f"{report}/contacts/new",
        ),
        *(task, f"{task}/move", f"{task}/hand-on", f"{task}/cancel"),
    ):
        assert client.get(address).status_code == 404, address
    token = client.csrf_token("/account")
    for address in (f"{report}/addendum", f"{report}/answer", f"{report}/details/draft", task):
        answer = client.post(address, data={"csrf_token": token, "text": "More", "answer": "Yes"})
        assert answer.status_code == 404, address


def test_no_list_shows_them(moved: dict[str, Any]) -> None:
    client, reference = moved["client"], moved["incident"].reference
    for address in (
        "/my-day",
        "/incidents",
        "/incidents?state=todo",
        "/follow-ups",
        "/follow-ups?whose=school",
    ):
        page = client.get(address)
        assert page.status_code == 200, address
        assert reference not in page.get_data(as_text=True), address
