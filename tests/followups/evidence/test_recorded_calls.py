"""A guardian who was reached, on record at the report, is called for nowhere else; a voicemail closes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.intake.making import Place
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.pages.pages import record_guardian_contact
from wss_cases.intake.decision.actions import decide
from wss_cases.intake.decision.rules import Choice
from wss_cases.intake.duplicates.pages import merge_into


@pytest.mark.parametrize("kind", ["guardian_contact", "guardian_contact_harmed"])
@pytest.mark.parametrize(("result", "state"), [("reached", FollowUpState.DONE), ("voicemail", FollowUpState.OPEN)])
def test_a_guardian_reached_closes_the_call_that_was_asked_for(
    session: Any, kind: str, result: str, state: Any
) -> None:
    world = make_world()
    mine, other = world.incident.people
    values = {"school_id": world.school.id, "case_id": world.case.id, "kind": kind}
    asked, others = (FollowUpFactory(**values, incident_person_id=one.id) for one in (mine, other))
    attempt = {"person": str(mine.id), "at": NOW, "manner": "phone", "result": result, "language": "es"}
    record_guardian_contact(Invocation(world.actor, NOW), world.incident.id, **attempt)
    row = fresh(asked)
    assert (row.state, row.closed_on) == (state, TODAY if state is FollowUpState.DONE else None)
    assert row.evidence.get("language", "") == ("es" if state is FollowUpState.DONE else "")
    assert fresh(others).state is FollowUpState.OPEN


@pytest.mark.parametrize(("result", "state"), [("reached", FollowUpState.DONE), ("voicemail", FollowUpState.OPEN)])
def test_a_guardian_whom_the_reporter_reached_is_not_to_be_called_after_the_decision(
    session: Any, result: str, state: Any
) -> None:
    place = Place()
    caused, harmed, _third = place.students
    incident = place.report((caused, PersonRole.CAUSED_HARM), (harmed, PersonRole.HARMED))
    attempt = {"person": str(incident.people[0].id), "at": NOW, "manner": "phone", "result": result}
    record_guardian_contact(Invocation(place.actor("reporter"), NOW), incident.id, **attempt)
    decide(Invocation(place.actor(), NOW, version=fresh(incident).version), incident.id, Choice())
    calls = select(FollowUp.kind, FollowUp.state).where(FollowUp.kind.like("guardian_contact%"))
    asked = dict(db.session.execute(calls).all())
    assert asked == {"guardian_contact": state, "guardian_contact_harmed": FollowUpState.OPEN}


@pytest.mark.parametrize("decided_first", [True, False])
def test_what_a_merged_report_says_of_a_call_counts_in_the_one_that_stays(session: Any, decided_first: bool) -> None:
    place = Place()
    caused, harmed, _third = place.students
    parts = ((caused, PersonRole.CAUSED_HARM), (harmed, PersonRole.HARMED))
    stays, other = place.report(*parts), place.report(*parts)
    attempt = {"person": str(other.people[0].id), "at": NOW, "manner": "phone", "result": "reached"}
    record_guardian_contact(Invocation(place.actor("reporter"), NOW), other.id, **attempt)
    for step in (0, 1) if decided_first else (1, 0):
        row = fresh((stays, other)[step])
        call = Invocation(place.actor(), NOW, version=row.version)
        if step:
            merge_into(call, row.id, stays.reference)
        else:
            decide(call, row.id, Choice())
    calls = select(FollowUp.kind, FollowUp.state).where(
        FollowUp.kind.like("guardian_contact%"), FollowUp.state != FollowUpState.CANCELLED
    )
    asked = dict(db.session.execute(calls).all())
    assert asked == {"guardian_contact": FollowUpState.DONE, "guardian_contact_harmed": FollowUpState.OPEN}
