"""A return through its pages, at a desk without JavaScript: every refusal keeps what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.pathways.reengagement.making import Removed
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import PathwayState


@pytest.fixture
def removed(session: Any, at: Any) -> Removed:
    at("2026-11-24 11:00")
    return Removed()


def open_kinds(removed: Removed) -> list[str]:
    wanted = select(FollowUp).where(FollowUp.pathway_id == removed.row.id, FollowUp.state == FollowUpState.OPEN)
    return sorted(row.kind for row in db.session.scalars(wanted))


def test_from_the_plan_to_the_outcome(removed: Removed, client_as: Any, at: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    assert "Back in 3 school days (Fri, Nov 27)" in client.page("/returns").text
    early = client.submit(f"{page}/return", {"return_on": "2026-11-20", "supporters": "An aunt", "agreed": "y"})
    assert "cannot be before the first day away" in early.text and "An aunt" in early.text
    given = {"return_on": "2026-11-27", "supporters": "An aunt", "work_missed": "Two essays", "agreed": "y"}
    assert client.submit(f"{page}/return", given).status_code == 303
    assert removed.row.state is PathwayState.PREPARING and open_kinds(removed) == ["work_missed"]
    far = client.submit(f"{page}/return/meeting", {"day": "2026-12-18", "time": "09:00", "place": "Room 12"})
    assert "at most 5 school days from it" in far.text and "Room 12" in far.text
    near = {"day": "2026-11-25", "time": "09:00", "place": "Room 12"}
    assert client.submit(f"{page}/return/meeting", near).status_code == 303
    assert open_kinds(removed) == ["reentry_meeting", "work_missed"]
    at("2026-11-25 10:00")
    client = client_as(removed.place.coordinator)
    assert "Record whether the re-entry meeting took place" in client.page(page).text
    client.submit(f"{page}/return/meeting/answer", {"happened": "student_away"})
    assert "needs a new date" in client.page(page).text
    client.submit(f"{page}/return/meeting", {"day": "2026-11-27", "time": "09:00", "place": "Room 12"})
    at("2026-11-27 10:00")
    client = client_as(removed.place.coordinator)
    client.submit(f"{page}/return/meeting/answer", {"happened": "held"})
    assert client.submit(f"{page}/return/back", {"on": "2026-11-27"}).status_code == 303
    assert open_kinds(removed) == ["reengagement_review", "reengagement_review", "work_missed"]
    at("2026-12-04 10:00")
    client = client_as(removed.place.coordinator)
    silent = client.submit(f"{page}/return/review", {"answer": "needs_more"})
    assert "what is needed now" in silent.text
    soon = client.submit(f"{page}/return/complete", {"outcome": "settled"})
    assert "Review the return once" in soon.text
    client.submit(f"{page}/return/review", {"answer": "support_goes_on"})
    assert client.submit(f"{page}/return/complete", {"outcome": "settled"}).status_code == 303
    assert (removed.row.state, removed.row.outcome) == (PathwayState.COMPLETED, "settled")
    assert open_kinds(removed) == []
    assert "Back in class and settled" in client.page(page).text
    assert "No one is away" in client.page("/returns").text


def test_a_meeting_that_nobody_wants_is_not_asked_for_again(removed: Removed, client_as: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    client.submit(f"{page}/return", {"agreed": "y"})
    assert "Plan the re-entry meeting" in client.page(page).text
    client.submit(f"{page}/return/meeting/answer", {"happened": "not_wanted"})
    text = client.page(page).text
    assert "does not want a meeting" in text and "Plan the re-entry meeting" not in text


def test_the_common_pages_lead_to_the_return(removed: Removed, client_as: Any) -> None:
    client = client_as(removed.place.coordinator)
    page = f"/cases/{removed.row.case_id}/pathways/{removed.row.id}"
    assert client.get(f"{page}/start").location.endswith("/return/back")
    assert client.get(f"{page}/complete").location.endswith("/return/complete")
    asks = db.session.scalars(select(FollowUp).where(FollowUp.pathway_id == removed.row.id)).one()
    assert client.get(f"/follow-ups/{asks.id}/return").location.endswith("/return")
    assert "Plan the return with the student" in client.page(f"/follow-ups/{asks.id}").text
