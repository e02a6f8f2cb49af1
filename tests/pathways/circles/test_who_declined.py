"""Who declined is never told: not to a dean, not to the other family; the others hear that a meeting is not planned."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import LATER, consent, keep, make_circle, prepare, record_consent, screen
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseResult
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.states import OUTCOME_LABELS, OUTCOMES
from wss_cases.followups.evidence import Evidence
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.meeting import pages as meeting_pages
from wss_cases.pathways.common.models import PathwayState
from wss_cases.records.family_copies.copy.pages import _cases


@pytest.fixture
def circle(world):
    row = make_circle(world)
    screen(keep(world, row), row)
    prepare(world, row)
    consent(world, row)
    record_consent(Invocation(world.actor, NOW), row.id, world.people[1].id, False, None, TODAY)
    return row


def pages(client: Any, circle: Any, world: Any) -> str:
    base = f"/cases/{circle.case_id}/pathways/{circle.id}"
    parts = ["", "/meeting", f"/parties/{world.people[0].id}", f"/parties/{world.people[1].id}"]
    return "\n".join(client.page(f"{base}{part}").text for part in parts)


@pytest.mark.parametrize("role", [Role.DEAN, Role.ADMINISTRATOR])
def test_who_decides_discipline_reads_only_that_a_meeting_is_not_planned(world, circle, client_as, role):
    user = make_user(world.school, role)
    text = pages(client_as(user), circle, world)
    assert "No meeting is scheduled" in text
    for told in ("does not want to take part", "Does not take part", "Wants to take part", "wants to take part"):
        assert told not in text, told
    checked = client_as(user).page(f"/cases/{circle.case_id}/pathways/{circle.id}/parties/{world.people[1].id}")
    assert not [
        one
        for one in checked.find_all("input")
        if "checked" in one.attributes and one.get("name") in ("answer", "ready")
    ]
    with pytest.raises(Refused, match="No meeting is scheduled") as refused:
        meeting_pages.plan_meeting(
            Invocation(actor_for(user), NOW), circle.id, starts_at=LATER, room="1", keeper_id=world.coordinator.id
        )
    assert "wish" not in str(refused.value)


def test_the_coordinator_who_prepares_it_knows(world, circle, client_as):
    assert "does not want to take part" in pages(client_as(world.coordinator), circle, world)


def test_a_copy_for_either_family_says_the_same(world, circle):
    row = fresh(circle)
    row.state, row.ended_at, row.participant_id = PathwayState.DECLINED, NOW, world.people[0].id
    case = fresh(world.case)
    case.state, case.result = "closed", CaseResult.DECLINED.value
    db.session.commit()
    lines = [line.text for one in _cases(world.actor, world.students[0].id, [world.incident]) for line in one.lines]
    assert "No meeting is scheduled" in lines and "Declined" not in lines


def test_the_words_of_a_check_in_lie_under_seal_and_are_read_with_a_trace(world, circle, client_as, session):
    row = FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, pathway_id=circle.id, kind="agreement_check_in",
        owner_id=world.coordinator.id,
    )  # fmt: skip
    said = Evidence("She said it is better at home.", manner="in_person", on_day=TODAY, who="Ana", attempts=1)
    making.close(Invocation(world.actor, NOW), row.id, "keeping", said)
    kept = session.execute(select(FollowUp.__table__).where(FollowUp.id == row.id)).mappings().one()
    assert kept["state"] == "done" and "better at home" not in str(dict(kept)) and kept["sealed_text"]
    assert "better at home" in client_as(world.coordinator).page(f"/follow-ups/{row.id}").text
    assert session.scalar(select(AuditEntry.actor_id).filter_by(action="followup.words_read")) == world.coordinator.id


@pytest.mark.parametrize(("role", "reads"), [(Role.DEAN, False), (Role.COORDINATOR, True)])
def test_the_words_of_a_check_in_stay_with_who_heard_them(world, circle, client_as, role, reads):
    row = FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, pathway_id=circle.id, kind="agreement_check_in",
        owner_id=world.coordinator.id, state="done", outcome="keeping", outcome_note="She said it is better at home.",
        closed_at=NOW, closed_on=TODAY, closed_by_id=world.coordinator.id,
    )  # fmt: skip
    page = client_as(make_user(world.school, role)).page(f"/follow-ups/{row.id}").text
    assert ("better at home" in page) == reads


@pytest.mark.parametrize("kind", ["pre_meetings", "circle", "plan_meeting", "after_no_show", "completion_meeting"])
def test_no_follow_up_about_somebody_says_that_they_declined(session, kind):
    assert [words for one in OUTCOMES[kind] if "declin" in (words := str(OUTCOME_LABELS[one])).casefold()] == []
