"""A follow-up counts on the day of what was done, not of its typing; that day lies between its cause and today."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.intake.making import Place
from tests.mail.making import scene
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision.actions import decide
from wss_cases.intake.decision.rules import Choice
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm

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


def test_a_conversation_counts_on_its_own_day(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 11:00")
    place = Place()
    report = place.report((place.students[0], PersonRole.CAUSED_HARM), code="disruption", tile="disruption")
    decide(Invocation(place.actor(), clock.now(), "light", version=report.version), report.id, Choice())
    at("2026-11-30 10:00")
    client, address = client_as(place.dean), f"/review/{report.id}/conversation"
    said = {"outcome": "understood", "note": "Both spoke."}
    refused = client.submit(address, said | {"held_on": "2026-11-20"})
    assert refused.status_code == 400 and "Both spoke." in refused.get_data(as_text=True)
    assert client.submit(address, said | {"held_on": "2026-11-25"}).status_code == 303
    row = session.scalar(select(FollowUp).filter_by(incident_id=report.id, kind="conversation"))
    assert (row.closed_on, row.closed_on <= row.due_on) == (date(2026, 11, 25), True)


def test_a_term_counts_on_the_day_on_which_it_was_kept(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    world = make_world()
    circle = PathwayFactory(case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id)
    row = FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, pathway_id=circle.id, owner_id=world.coordinator.id,
        kind="agreement_term", due_on=date(2026, 12, 1),
    )  # fmt: skip
    agreement = Agreement(
        pathway_id=circle.id, case_id=world.case.id, school_id=world.school.id, agreed_on=date(2026, 11, 24),
    )  # fmt: skip
    agreement.terms.append(AgreementTerm(position=1, text="Sorry", due_on=date(2026, 12, 1), follow_up_id=row.id))
    session.add(agreement)
    session.commit()
    at("2026-12-10 10:00")
    client = client_as(world.coordinator)
    address = f"/cases/{world.case.id}/pathways/{circle.id}/terms/{agreement.terms[0].id}"
    for wrong in ("2026-12-10", "2026-11-20", "2026-12-11"):
        assert client.submit(address, {"state": "kept", "on_day": wrong}).status_code == 400
    assert client.submit(address, {"state": "kept", "on_day": "2026-11-30"}).status_code == 303
    assert fresh(row).closed_on == date(2026, 11, 30)


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-01", "1899-01-01"])
def test_a_day_before_the_incident_or_to_come_is_refused(session: Any, at: Any, client_as: Any, day: str) -> None:
    at("2026-11-30 10:00")
    world = make_world()
    row = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id)
    answer = client_as(world.coordinator).submit(f"/follow-ups/{row.id}", CALL | {"on_day": day, "note": "Kept words"})
    assert answer.status_code == 400
    assert "Kept words" in answer.get_data(as_text=True)
    assert fresh(row).state is FollowUpState.OPEN
