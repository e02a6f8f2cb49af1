"""A call to the police counts wherever it is recorded: also on a step of a legal duty, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.roster import two_parents
from tests.factories.safeguards import LegalDutyFactory, duty_kind
from tests.safeguards.police.test_avoidable import made_at
from tests.safeguards.police.test_review import NOW, Scene, mails
from tests.safeguards.police.test_second_person import DANGER, by_hand, call, found
from wss_cases.access.actor import Invocation
from wss_cases.contacts import add_sergeant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.reports.drill_down import rows_behind
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyKindStep, StepWhom, whom_of
from wss_cases.safeguards.duties.duty.queries import steps_of
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.police.asking import call_first
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import (
    NotificationGround,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.second_person import review_afterwards, second


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    return Scene()


def duty_of(scene: Scene, code: str, **more: Any) -> LegalDuty:
    """An open duty of the scene's report, raised by what its reporter wrote."""
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id}
    duty: LegalDuty = LegalDutyFactory(code=code, **placed, **more)
    db.session.commit()
    return duty


def step_of(duty: LegalDuty, words: str) -> LegalDutyKindStep:
    return next(row.step for row in steps_of(duty) if words in row.step.whom_en)


def discharge(by: Invocation, duty_id: int, what: str, whom: str = "911", **told: Any) -> int:
    """Record with a duty that somebody called, by phone and now."""
    given = {"what_was_done": what, "told_whom": whom, "channel": "phone", "done_at": NOW}
    return SCHOOL_ACTS["discharge"](by, duty_id, **given | told)


def notifications() -> list[PoliceNotification]:
    return list(db.session.scalars(db.select(PoliceNotification).order_by(PoliceNotification.id)))


def test_a_call_recorded_with_the_duty_counts_as_a_notification_required_by_law(scene: Scene, session: Any) -> None:
    duty = duty_of(scene, "drug_incident")
    told = {"reference": "HZ9", "student_ids": [scene.student.id]}
    discharge(call(scene.dean), duty.id, "The local police were called.", "Officer Lee", **told)
    made = made_at(scene)
    assert made.by_door == {NotificationGround.REQUIRED_BY_LAW: 1} and (made.students, made.avoidable) == (1, 0)
    (one,) = notifications()
    assert (one.told_whom, one.report_number, one.notified_at, one.local_date) == (
        "Officer Lee", "HZ9", NOW, date(2026, 11, 24),
    )  # fmt: skip
    review = found(one.review_id)
    assert (review.state, review.seconding, review.duty_id) == (
        ReviewState.NOTIFIED, Seconding.NOT_NEEDED, duty.id,
    )  # fmt: skip
    year = Scope(scene.school.id, "2026-27", date(2026, 8, 1), date(2026, 11, 24), date(2026, 11, 24))
    listed, every = rows_behind(acting(scene.head), year, "notifications", None, "", "")
    assert every == 1 and listed[0].reference == scene.incident.reference


def test_a_call_on_one_of_several_steps_counts_and_the_others_do_not(scene: Scene) -> None:
    duty = duty_of(scene, "firearm_or_gun_threat")
    for words in ("principal", "guardian"):
        told = {"told_whom": "Someone there", "channel": "phone", "done_at": NOW}
        SCHOOL_ACTS["step"](call(scene.dean), duty.id, step_id=step_of(duty, words).id, **told)
    assert not notifications()
    no = {"outcome": "not_applicable", "note": "It was a drawing."}
    SCHOOL_ACTS["step"](call(scene.dean), duty.id, step_id=step_of(duty, "local police").id, **no)
    assert not notifications(), "a step that does not apply is no call"


@pytest.mark.parametrize("code", ["drug_incident", "attack_on_staff", "drug_delivery"])
def test_what_one_person_raised_and_told_alone_is_marked_and_reviewed(scene: Scene, session: Any, code: str) -> None:
    review = found(by_hand(scene, code))
    assert review.state is ReviewState.SECONDING
    discharge(call(scene.dean), review.duty_id or 0, "I called.")
    row = found(review.id)
    assert (row.state, row.seconding) == (ReviewState.NOTIFIED, Seconding.NOT_SECONDED), "the review that waited"
    assert row.review_due_on == date(2026, 11, 25) and mails(session, "police.second_review") == {scene.head.id}
    review_afterwards(call(scene.head), review.id, confirms="no", reason="There was none.")
    assert (made_at(scene).instances, made_at(scene).avoidable) == (1, 1)


def test_a_call_that_the_report_has_already_is_asked_about_and_counted_once(scene: Scene) -> None:
    emergency = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    record_notification(call(scene.dean), emergency, **scene.told(danger=DANGER))
    duty = duty_of(scene, "drug_incident")
    with pytest.raises(Refused, match=r"already recorded on this report: 911, .*11:00") as refused:
        discharge(call(scene.dean), duty.id, "I called.")
    assert refused.value.field == "same_call"
    db.session.rollback()
    discharge(call(scene.dean), duty.id, "I called.", same_call="yes")
    assert fresh(duty).state is DutyState.DISCHARGED and len(notifications()) == 1
    other = duty_of(scene, "attack_on_staff")
    discharge(call(scene.dean), other.id, "I called.", "Officer Lee", same_call="no")
    assert [one.told_whom for one in notifications()] == ["911", "Officer Lee"]


def test_a_notification_that_fills_the_steps_of_its_duty_counts_once(scene: Scene) -> None:
    review_id = by_hand(scene)
    second(call(scene.head), review_id, verified="yes", reason="I read the complaint.")
    duty = db.session.get_one(LegalDuty, found(review_id).duty_id)
    steps = tuple(row.step.id for row in steps_of(duty))
    record_notification(call(scene.dean), review_id, **scene.told(step_ids=steps))
    assert fresh(duty).state is DutyState.DISCHARGED and len(notifications()) == 1


def test_witnesses_and_people_harmed_are_named_in_no_call_on_a_step(scene: Scene) -> None:
    duty = duty_of(scene, "drug_incident")
    with pytest.raises(Refused) as refused:
        discharge(call(scene.dean), duty.id, "I called.", student_ids=[scene.harmed.id])
    assert refused.value.field == "student_ids"
    db.session.rollback()
    assert not notifications() and fresh(duty).state is DutyState.DUE, "nothing of it was saved"


def test_the_page_of_a_step_says_to_call_the_police_and_never_a_parent(
    scene: Scene, client_as: Callable[[Any], Any]
) -> None:
    two_parents(scene.student)
    sergeant = {"police_district": "7", "name": "Officer Ada Lee", "phone": "312 555 0100"}
    add_sergeant(call(scene.head), scene.school.id, **sergeant)
    duty, dean = duty_of(scene, "firearm_or_gun_threat"), client_as(scene.dean)
    for row in steps_of(duty):
        page = dean.get(f"/duties/{duty.id}/steps/{row.step.position}").text
        words, is_police = row.step.whom_en, "police" in row.step.whom_en
        assert ("Officer Ada Lee" in page, "tel:3125550100" in page) == (is_police, is_police), words
        assert ("Berenice Goldleaf" in page) is ("guardian" in words), words


def test_the_form_of_a_duty_records_the_call_with_its_students(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    duty, dean = duty_of(scene, "drug_incident"), client_as(scene.dean)
    address = f"/duties/{duty.id}/discharge"
    page = dean.page(address).text
    assert "No School Sergeant is in the directory" in page and "already recorded" not in page
    given = {
        "what_was_done": "I called the local police.", "told_whom": "Officer Lee", "channel": "phone",
        "student_ids": [str(scene.student.id)],
    }  # fmt: skip
    assert dean.submit(address, given).status_code == 303
    named = db.session.scalars(db.select(NotifiedStudent.student_id)).all()
    assert (list(named), len(notifications())) == ([scene.student.id], 1)
    again = duty_of(scene, "attack_on_staff")
    address = f"/duties/{again.id}/discharge"
    refused = dean.submit(address, given)
    assert refused.status_code == 400 and "Is this a call that is already recorded" in refused.text
    token = dean.csrf_token(address)
    sent = {**given, "csrf_token": token, "version": "1", "done_at": "2026-11-24T11:00", "same_call": "yes"}
    assert dean.post(address, data=sent).status_code == 303
    assert len(notifications()) == 1


def test_the_words_of_every_first_step_say_whom_it_tells(session: Any) -> None:
    told = {
        code: {whom_of(code, step.whom_en) for step in _steps(code)}
        for code in ("drug_incident", "drug_delivery", "attack_on_staff", "firearm_report_chicago")
    }
    assert set(map(frozenset, told.values())) == {frozenset({StepWhom.POLICE})}
    assert [whom_of("firearm_or_gun_threat", step.whom_en) for step in _steps("firearm_or_gun_threat")] == [
        StepWhom.OTHERS, StepWhom.POLICE, StepWhom.FAMILY,
    ]  # fmt: skip
    assert {whom_of("clear_and_present_danger", step.whom_en) for step in _steps("clear_and_present_danger")} == {
        StepWhom.OTHERS
    }, "a portal; no officer is called"


def _steps(code: str) -> list[LegalDutyKindStep]:
    kind = duty_kind(code)
    statement = db.select(LegalDutyKindStep).where(LegalDutyKindStep.kind_id == kind.id)
    return list(db.session.scalars(statement.order_by(LegalDutyKindStep.position)))


def test_a_review_that_was_open_is_used_and_no_second_one_begins(scene: Scene) -> None:
    review_id = by_hand(scene)
    second(call(scene.head), review_id, verified="yes", reason="I read the complaint.")
    later = NOW + timedelta(minutes=5)
    discharge(call(scene.dean, later), found(review_id).duty_id or 0, "I called.")
    assert found(review_id).state is ReviewState.NOTIFIED
    assert db.session.scalar(db.select(db.func.count(PoliceReview.id))) == 1


def test_the_table_says_where_no_step_names_the_police(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    words, page = "No step names the police", client_as(scene.district)
    assert words not in page.page("/duties/table").text
    step = _steps("drug_incident")[0]
    step.whom_en = "The office"
    db.session.commit()
    assert page.page("/duties/table").text.count(words) == 1
