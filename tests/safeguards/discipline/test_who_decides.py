"""Who decides is said first and handed on; a removal begins on a school day, on verified facts; the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.intake.making import NOW
from tests.safeguards.discipline.making import NOT_HEARD, OSS, PACKET, Removing
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.making import close
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.safeguards.discipline.messages import notice_for
from wss_cases.safeguards.discipline.recording.acts import hand_to_administrators
from wss_cases.safeguards.discipline.removals.models import DisciplineKind


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Removing:
    at("2026-11-24 11:00")
    return Removing()


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    db.session.rollback()
    return refusal.value.field


def test_a_deans_five_days_are_refused_before_anything_else_and_handed_on(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    dean = scene.place.actor("dean")
    wrong = {"who": dean, "days": 5, "starts_on": date(2026, 11, 28), "student_id": scene.witness.id}
    assert refused(lambda: scene.remove(**wrong)) == "days"
    client = client_as(scene.place.dean)
    address = f"/incidents/{scene.incident.id}/discipline"
    answer = client.submit(address, {"kind": OSS.value, "days": "5", "reason": "", "starts_on": ""}, holding="days")
    assert answer.status_code == 400
    assert "decided by the school’s administrator" in answer.text and "Enter the reason." not in answer.text
    assert client.submit(address, action=f"{address}/hand-on").status_code == 303
    assert not scene.actions()
    assert "hand-on" not in client_as(scene.place.administrator).page(address).text


def asked(scene: Removing) -> dict[int | None, FollowUp]:
    """What asks the administrators, by its owner."""
    rows = db.session.scalars(db.select(FollowUp).filter_by(incident_id=scene.incident.id, kind="removal_decision"))
    return {fresh(row).owner_id: fresh(row) for row in rows}


def hand_on(scene: Removing) -> dict[int | None, FollowUp]:
    hand_to_administrators(Invocation(scene.place.actor("dean"), NOW), scene.incident.id, scene.student.id)
    return asked(scene)


def test_a_hand_off_reaches_every_administrator_and_the_decision_of_one_closes_all(scene: Removing) -> None:
    """It reached the first by name alone, and stayed open when another had decided."""
    deputy = make_user(Role.ADMINISTRATOR, scene.place.school, name="A deputy")
    make_user(Role.ADMINISTRATOR, SchoolFactory())
    person = next(one.id for one in scene.incident.people if one.student_id == scene.student.id)
    rows = hand_on(scene)
    assert set(rows) == {scene.place.administrator.id, deputy.id}
    assert all(row.incident_person_id == person and row.single_mail and row.same_day for row in rows.values())
    assert refused(lambda: hand_on(scene)) == "", "they are asked once"
    scene.remove(scene.place.actor("dean"))
    assert {row.state for row in asked(scene).values()} == {FollowUpState.OPEN}, "a dean's two days decide nothing"
    scene.remove(acting(deputy), days=4, starts_on=date(2026, 12, 1), **PACKET)
    assert {(row.state, row.outcome) for row in asked(scene).values()} == {(FollowUpState.DONE, "done")}


def test_one_administrator_who_decides_that_there_is_no_removal_answers_for_all(scene: Removing) -> None:
    deputy = make_user(Role.ADMINISTRATOR, scene.place.school, name="A deputy")
    own = hand_on(scene)[deputy.id]
    other_child = scene.place.report((scene.witness, PersonRole.CAUSED_HARM))
    hand_to_administrators(Invocation(scene.place.actor("dean"), NOW), other_child.id, scene.witness.id)
    call = Invocation(acting(deputy), NOW, version=own.version)
    assert refused(lambda: close(call, own.id, "no_removal", Evidence())) == "note", "with its reason"
    close(call, own.id, "no_removal", Evidence(note="A circle was agreed instead."))
    rows = asked(scene)
    assert {(row.state, row.outcome) for row in rows.values()} == {(FollowUpState.DONE, "no_removal")}
    assert rows[scene.place.administrator.id].outcome_note == "", "whose words they are stays with whose they are"
    others = db.session.scalars(
        db.select(FollowUp.state).filter_by(incident_id=other_child.id, kind="removal_decision")
    )
    assert set(others) == {FollowUpState.OPEN}


def test_a_removal_begins_on_a_school_day_and_a_suspension_on_verified_facts(scene: Removing) -> None:
    assert refused(lambda: scene.remove(starts_on=date(2026, 11, 28))) == "starts_on"
    fresh(scene.incident).state = IncidentState.UNDER_REVIEW
    db.session.commit()
    assert refused(lambda: scene.remove(**NOT_HEARD)) == "facts_verified"
    assert scene.remove(**NOT_HEARD, kind=DisciplineKind.SENT_HOME, days=1), "who is sent home is counted"
    assert scene.remove(facts_verified=True)
    fresh(scene.incident).state = IncidentState.ROUTED
    db.session.commit()
    assert refused(lambda: scene.remove(**NOT_HEARD, starts_on=date(2026, 11, 30))) == "facts_verified"
    sent, ticked = scene.actions()
    assert sent.facts_verified_at is None
    assert ticked.facts_verified_by_id == ticked.recorded_by_id and ticked.facts_verified_at == ticked.recorded_at
    said = "The school verified the facts and heard the student: "
    letters = [notice_for(one, fresh(scene.student), "en", date(2026, 11, 24)).text for one in (ticked, sent)]
    assert [said in letter for letter in letters] == [True, False]


def test_the_letter_says_of_the_return_what_is_true_when_it_is_printed(scene: Removing) -> None:
    scene.remove(days=1, starts_on=date(2026, 11, 24), kind=DisciplineKind.EARLY_PICK_UP)
    scene.remove()
    picked_up, suspended = scene.actions()

    def said(action: Any, day: int) -> str:
        text = notice_for(action, fresh(scene.student), "en", date(2026, 11, day)).text
        return next(line for line in text.splitlines() if "return" in line or "comes back" in line)

    assert said(picked_up, 24).startswith("The school will talk with you about how your child comes back.")
    assert said(picked_up, 30).startswith("This time has passed.") and said(suspended, 30).startswith(
        "This time has passed."
    )
    assert said(suspended, 24).startswith("Planning for the return starts today")
    assert said(suspended, 25).startswith("Planning for the return has started")


def test_the_letter_says_whom_to_phone_and_when_to_come_back_and_prints_nothing_unasked(scene: Removing) -> None:
    fresh(scene.place.school).phone = "312-555-0100"
    db.session.commit()
    scene.remove(support_services="See the social worker.")
    scene.remove(days=4, starts_on=date(2026, 12, 1), **PACKET)
    short, long = scene.actions()
    letter = notice_for(short, fresh(scene.student), "en", date(2026, 11, 24)).text
    assert "312-555-0100" in letter and "First day back:" in letter and "Nov 27" in letter
    assert "social worker" not in letter
    assert "School work and a call every day." in notice_for(long, fresh(scene.student), "en", date(2026, 11, 24)).text
    fresh(scene.place.school).phone = ""
    db.session.commit()
    assert "____" in notice_for(fresh(short), fresh(scene.student), "en", date(2026, 11, 24)).text
