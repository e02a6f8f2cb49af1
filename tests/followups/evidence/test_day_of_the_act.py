"""A follow-up counts on the day of what was done, not of its typing; that day lies between its cause and today."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cases.making import make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.mail.making import scene
from wss_cases.followups.core.models import FollowUpState

CALL = {"outcome": "reached", "manner": "phone", "attempts": "1"}


def test_a_contact_written_down_days_later_counts_on_its_own_day(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-30 10:00")
    here = scene()
    row = here.due(date(2026, 11, 24), kind="contact_person_harmed")
    client_as(here.coordinator).submit(f"/follow-ups/{row.id}", CALL | {"on_day": "2026-11-24"})
    assert (fresh(row).state, fresh(row).closed_on) == (FollowUpState.DONE, date(2026, 11, 24))


def test_what_closes_by_a_sentence_has_its_day_too(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-30 10:00")
    here = scene()
    client, row = client_as(here.coordinator), here.due(date(2026, 11, 24), kind="repair_step")
    said = {"outcome": "done", "note": "The teacher saw it"}
    assert 'value="2026-11-30"' in client.get(f"/follow-ups/{row.id}").get_data(as_text=True)
    client.submit(f"/follow-ups/{row.id}", said | {"on_day": "2026-11-25"})
    assert fresh(row).closed_on == date(2026, 11, 25)


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-01", "1899-01-01"])
def test_a_day_before_the_incident_or_to_come_is_refused(session: Any, at: Any, client_as: Any, day: str) -> None:
    at("2026-11-30 10:00")
    world = make_world()
    row = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id)
    answer = client_as(world.coordinator).submit(f"/follow-ups/{row.id}", CALL | {"on_day": day, "note": "Kept words"})
    assert answer.status_code == 400
    assert "Kept words" in answer.get_data(as_text=True)
    assert fresh(row).state is FollowUpState.OPEN
