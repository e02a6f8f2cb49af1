"""What a law requires is told by two people, or by one and reviewed; an emergency is dated, named and reviewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StaffMemberFactory, StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from tests.safeguards.police.test_review import NOW, Scene, mails
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole, WhenPrecision
from wss_cases.intake.corrections.people import name_people
from wss_cases.journal.models import AuditEntry, Disclosure
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, Raised
from wss_cases.safeguards.duties.duty.raising import raise_duties
from wss_cases.safeguards.duties.pages import raise_by_hand
from wss_cases.safeguards.police.asking import call_first, open_by_law
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import (
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.pages import withdraw
from wss_cases.safeguards.police.review.queries import first_persons
from wss_cases.safeguards.police.second_person import correct, review_afterwards, second
from wss_cases.workday.my_day.queries import waiting_for
from wss_cases.workday.sweep import sweep

DANGER = "A student held a knife to another's throat."


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    return Scene()


def call(user: UserAccount, now: datetime = NOW) -> Invocation:
    return Invocation(acting(user), now)


def by_hand(scene: Scene, code: str = "attack_on_staff") -> int:
    """The dean raises a duty by hand and asks to tell the police, alone."""
    given = {"code": code, "because": "A written complaint.", "aware_at": NOW, "facts": "due"}
    duty_id = raise_by_hand(call(scene.dean), scene.incident.id, **given)
    return open_by_law(call(scene.dean), scene.incident.id, duty_id=duty_id, source_how="saw")


def found(review_id: int) -> PoliceReview:
    return db.session.get_one(PoliceReview, review_id, populate_existing=True)


def waits(user: UserAccount) -> int:
    """How many police notifications wait for this person as the second one."""
    return waiting_for(acting(user), date(2026, 11, 24)).police_seconds


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    db.session.rollback()
    return refused.value.field


def test_a_duty_by_hand_opens_after_a_second_person_of_the_school_verified_it(scene: Scene, session: Any) -> None:
    review_id = by_hand(scene)
    assert (found(review_id).state, found(review_id).seconding) == (ReviewState.SECONDING, Seconding.WAITS)
    assert mails(session, "police.seconding") == {scene.head.id}, "the school's others first"
    assert waits(scene.head) == 1 and not waits(scene.dean)
    refusal(lambda: record_notification(call(scene.dean), review_id, **scene.told()))
    refusal(lambda: second(call(scene.dean), review_id, verified="yes", reason="I know."))
    mailbox = make_user(Role.ADMINISTRATOR, scene.school, first_setup=False)
    refusal(lambda: second(call(mailbox), review_id, verified="yes", reason="Me again."))
    with pytest.raises(NotFound):
        second(call(make_user(Role.COORDINATOR, scene.school)), review_id, verified="yes", reason="No standing.")
    second(call(scene.head), review_id, verified="yes", reason="I read the complaint.")
    record_notification(call(scene.dean), review_id, **scene.told())
    row = found(review_id)
    assert (row.state, row.seconding, row.review_due_on) == (ReviewState.NOTIFIED, Seconding.SECONDED, None)


def test_facts_of_one_person_ask_for_a_second_and_those_of_two_do_not(scene: Scene) -> None:
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id, "code": "drug_incident"}
    duty = LegalDutyFactory(verified_by_id=scene.dean.id, verified_at=NOW, verified_how="I looked.", **placed)
    for reporter, state in ((scene.dean, ReviewState.SECONDING), (scene.head, ReviewState.ALLOWED)):
        fresh(scene.incident).reporter_id = reporter.id
        db.session.commit()
        review_id = open_by_law(call(scene.dean), scene.incident.id, duty_id=duty.id)
        assert found(review_id).state is state
        withdraw(call(scene.dean), review_id, reason="Not yet.")


def test_the_reporter_counts_only_for_what_the_report_itself_says(scene: Scene) -> None:
    for who, code, state in (
        (scene.dean, "drug_incident", ReviewState.SECONDING),
        (scene.reporter, "drug_delivery", ReviewState.ALLOWED),
    ):
        with unit_of_work(acting(who), NOW) as uow:
            raise_duties(uow, fresh(scene.incident), {code: Raised(DutyState.DUE, ("D2",))})
        duty_id = db.session.scalar(db.select(LegalDuty.id).where(LegalDuty.code == code))
        review_id = open_by_law(call(scene.dean), scene.incident.id, duty_id=duty_id)
        assert found(review_id).state is state, code
        assert scene.reporter.id not in first_persons(found(review_id)) or who is scene.reporter


def test_it_opens_for_one_when_nobody_answers_and_is_reviewed_within_a_school_day(scene: Scene, session: Any) -> None:
    review_id = by_hand(scene)
    sweep(NOW + timedelta(minutes=7))
    assert mails(session, "police.seconding") == {scene.head.id}
    sweep(NOW + timedelta(minutes=8))
    assert mails(session, "police.seconding") == {scene.head.id, scene.district.id, scene.deputy.id}, "then the network"
    sweep(NOW + timedelta(minutes=14))
    assert found(review_id).state is ReviewState.SECONDING
    # the record does not wait for the next sweep
    later = NOW + timedelta(minutes=15)
    record_notification(call(scene.dean, later), review_id, **scene.told())
    row = found(review_id)
    assert (row.state, row.seconding) == (ReviewState.NOTIFIED, Seconding.NOT_SECONDED)
    assert row.review_due_on == date(2026, 11, 25) and mails(session, "police.second_review") == {scene.head.id}
    refusal(lambda: review_afterwards(call(scene.dean, later), review_id, confirms="yes", reason="Mine."))
    review_afterwards(call(scene.head, later), review_id, confirms="yes", reason="It applied.")
    assert found(review_id).second_approves is True


def test_the_sweep_opens_it_too_and_tells_who_asked(scene: Scene, session: Any) -> None:
    review_id = by_hand(scene)
    sweep(NOW + timedelta(minutes=15))
    assert (found(review_id).state, found(review_id).seconding) == (ReviewState.ALLOWED, Seconding.NOT_SECONDED)
    assert mails(session, "police.answered") == {scene.dean.id}


def test_a_refusal_keeps_it_closed_until_the_deputy_says_otherwise(scene: Scene, session: Any) -> None:
    review_id = by_hand(scene)
    second(call(scene.head), review_id, verified="no", reason="There is no complaint.")
    assert mails(session, "police.seconding") == {scene.head.id, scene.deputy.id}
    sweep(NOW + timedelta(days=2))
    assert found(review_id).state is ReviewState.SECONDING, "silence after a refusal opens nothing"
    other = make_user(Role.ADMINISTRATOR, scene.school)
    refusal(lambda: second(call(other), review_id, verified="yes", reason="I say so."))
    second(call(scene.deputy), review_id, verified="no", reason="No.")
    assert found(review_id).state is ReviewState.REFUSED
    again = open_by_law(call(scene.dean), scene.incident.id, duty_id=found(review_id).duty_id)
    assert found(again).answer_by is None, "asked again it goes to the deputy alone"
    second(call(scene.deputy), again, verified="yes", reason="Now there is one.")
    record_notification(call(scene.dean), again, **scene.told())


def test_a_gun_and_what_nobody_can_second_open_at_once(scene: Scene, session: Any) -> None:
    gun = found(by_hand(scene, "firearm_or_gun_threat"))
    assert (gun.state, gun.seconding) == (ReviewState.ALLOWED, Seconding.NOT_SECONDED)
    for person in (scene.head, scene.district, scene.deputy):
        fresh(person).first_setup = False
    db.session.commit()
    alone = found(by_hand(scene))
    assert (alone.state, alone.seconding) == (ReviewState.ALLOWED, Seconding.NOT_SECONDED)


def test_a_gun_of_which_one_is_told_opens_at_once_and_says_who_said_it(
    scene: Scene, session: Any, client_as: Callable[[Any], Any]
) -> None:
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id, "code": "firearm_or_gun_threat"}
    duty = LegalDutyFactory(state=DutyState.VERIFY_FIRST, raised_by_id=scene.dean.id, raised_because="So.", **placed)
    db.session.commit()
    dean, address = client_as(scene.dean), f"/incidents/{scene.incident.id}/police-review"
    assert "Firearm or threat of gun violence" in dean.page(address).text, "nobody waits until it is verified"
    for given, words in (
        ({}, "Choose how you know of it."),
        ({"source_how": "parent"}, "Write who told you."),
        ({"source_name": "Rosa Vidal"}, "Choose how you know of it."),
    ):
        refused = dean.submit(f"{address}/required-by-law", {"duty_id": str(duty.id), **given})
        assert refused.status_code == 400 and words in refused.text, given
    source = {"source_how": "parent", "source_name": "Rosa Vidal"}
    assert dean.submit(f"{address}/required-by-law", {"duty_id": str(duty.id), **source}).status_code == 303
    (review,) = session.scalars(db.select(PoliceReview)).all()
    assert (review.state, review.seconding) == (ReviewState.ALLOWED, Seconding.NOT_SECONDED)
    text = dean.page(f"/police-reviews/{review.id}").text
    for words in ("Opened on one person’s word", "told by a parent · Rosa Vidal", "On whose word", scene.dean.name):
        assert words in text, words
    assert "told by a parent · Rosa Vidal" in dean.page(f"/duties/{duty.id}").text
    record_notification(call(scene.dean), review.id, **scene.told())
    head, afterwards = client_as(scene.head), f"/police-reviews/{review.id}/second-review"
    assert "told by a parent · Rosa Vidal" in head.page(afterwards).text, "the second look comes after, and sees it"
    assert head.submit(afterwards, {"confirms": "no", "reason": "It was a toy."}).status_code == 303
    text = head.page(f"/police-reviews/{review.id}").text
    assert "No call made in good faith is used against anyone." in text
    assert "“required by law, not confirmed”: never avoidable, never by who called." in text
    (audited,) = session.scalars(db.select(AuditEntry.changes).where(AuditEntry.action == "duty.source_said"))
    assert "Rosa Vidal" not in str(audited)


def test_a_gun_that_the_report_names_asks_no_second_source(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    with unit_of_work(acting(scene.reporter), NOW) as uow:
        raised = {"firearm_or_gun_threat": Raised(DutyState.DUE, ("D1",))}
        (duty,) = raise_duties(uow, fresh(scene.incident), raised)
    address = f"/incidents/{scene.incident.id}/police-review/required-by-law"
    assert client_as(scene.dean).submit(address, {"duty_id": str(duty.id)}).status_code == 303
    (review,) = db.session.scalars(db.select(PoliceReview)).all()
    assert (review.state, review.seconding) == (ReviewState.ALLOWED, Seconding.NOT_NEEDED)


def test_an_emergency_that_was_not_confirmed_says_how_it_counts(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    review_id = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
    review_afterwards(call(scene.head), review_id, confirms="no", reason="It was a pencil.")
    text = client_as(scene.dean).page(f"/police-reviews/{review_id}").text
    assert "No call made in good faith is used against anyone." in text
    assert "“emergency not confirmed”: never avoidable, never by who called." in text


@pytest.mark.parametrize("in_place_of", [True, False])
def test_a_child_whom_only_one_person_named_is_in_no_notification_until_another_says_so(
    scene: Scene, session: Any, client_as: Callable[[Any], Any], in_place_of: bool
) -> None:
    child = StudentFactory(school=scene.school)
    unknown = IncidentPersonFactory(
        incident_id=scene.incident.id, kind=PersonKind.NOT_IDENTIFIED, student_id=None, role=PersonRole.CAUSED_HARM
    )
    db.session.commit()
    who = CapturedPerson(PersonKind.STUDENT, child.id, role=PersonRole.CAUSED_HARM)
    name_people(call(scene.dean), scene.incident.id, [who], unknown.id if in_place_of else None)
    review_id = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    both = scene.told(danger=DANGER, student_ids=[scene.student.id, child.id])
    with pytest.raises(Refused, match="only you named") as refused:
        record_notification(call(scene.dean), review_id, **both)
    assert refused.value.field == "student_ids" and child.shown_name in str(refused.value)
    db.session.rollback()
    record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
    assert set(session.scalars(db.select(NotifiedStudent.student_id))) == {scene.student.id}
    given = {"guardian_result": "not_yet", "rights_sheet": "not_yet", "student_ids": [str(child.id)]}
    address = f"/police-reviews/{review_id}/what-followed"
    assert client_as(scene.dean).submit(address, given).status_code == 400, "not by the same person later either"
    assert client_as(scene.head).submit(address, given).status_code == 303
    assert set(session.scalars(db.select(NotifiedStudent.student_id))) == {scene.student.id, child.id}
    assert set(session.scalars(db.select(Disclosure.student_id))) == {scene.student.id, child.id}


def test_a_party_seconds_and_reviews_nothing(scene: Scene, session: Any) -> None:
    other = make_user(Role.ADMINISTRATOR, scene.school)
    staff = StaffMemberFactory(email=scene.head.email, school_id=scene.school.id)
    values = {"kind": PersonKind.STAFF, "student_id": None, "role": PersonRole.HARMED}
    IncidentPersonFactory(incident_id=scene.incident.id, staff_id=staff.id, **values)
    review_id = by_hand(scene)
    assert mails(session, "police.seconding") == {other.id}
    with pytest.raises(Refused, match="You are involved in what happened"):
        second(call(scene.head), review_id, verified="yes", reason="It was me.")
    second(call(other), review_id, verified="yes", reason="I read the complaint.")
    emergency = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    record_notification(call(scene.dean), emergency, **scene.told(danger=DANGER))
    assert mails(session, "police.second_review") == {other.id}
    with pytest.raises(Refused, match="or are involved in what happened, so someone else reviews it"):
        review_afterwards(call(scene.head), emergency, confirms="yes", reason="It was me.")


def test_the_pages_tell_nobody_to_wait(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    review_id = by_hand(scene)
    words = "No one has to wait to make a call that the law requires"
    for user, address in (
        (scene.dean, f"/incidents/{scene.incident.id}/police-review"),
        (scene.dean, f"/incidents/{scene.incident.id}/police-review/required-by-law"),
        (scene.dean, f"/police-reviews/{review_id}"),
        (scene.head, f"/police-reviews/{review_id}/verify"),
    ):
        assert words in client_as(user).page(address).text, address
    assert "1 police notification is waiting for a second person" in client_as(scene.head).page("/my-day").text
    given = {"verified": "yes", "reason": "I read the complaint."}
    assert client_as(scene.head).submit(f"/police-reviews/{review_id}/verify", given).status_code == 303
    assert found(review_id).state is ReviewState.ALLOWED


@pytest.mark.parametrize(
    ("precision", "called", "asked"),
    [
        (WhenPrecision.EXACT, "2026-11-24T15:59:00", True),
        (WhenPrecision.EXACT, "2026-11-24T16:30:00", False),
        (WhenPrecision.EXACT, "2026-11-24T18:00:00", True),
        (WhenPrecision.EARLIER_TODAY, "2026-11-23T16:40:00", False),
        (WhenPrecision.EARLIER_TODAY, "2026-11-23T16:20:00", True),
        (WhenPrecision.EXACT, "2020-01-01T12:00:00", True),
    ],
)
def test_an_odd_time_of_an_emergency_is_asked_about_and_kept_with_its_reason(
    scene: Scene, precision: WhenPrecision, called: str, asked: bool
) -> None:
    incident = fresh(scene.incident)
    incident.occurred_at, incident.submitted_at = NOW - timedelta(hours=1), NOW - timedelta(minutes=30)
    incident.when_precision = precision
    db.session.commit()
    at = datetime.fromisoformat(f"{called}+00:00")
    if asked:
        assert refusal(lambda: call_first(call(scene.dean), incident.id, called_at=at)) == "time_reason"
    review_id = call_first(
        call(scene.dean), incident.id, called_at=at, time_reason="The clock of my phone." if asked else ""
    )
    row = found(review_id)
    assert row.called_at == at and bool(row.time_reason) is asked
    assert row.record_due_at == (NOW if asked else at) + timedelta(hours=1)
    told = scene.told(danger=DANGER, notified_at=at, time_reason="The clock of my phone.")
    record_notification(call(scene.dean), review_id, **told)
    made = db.session.scalars(db.select(PoliceNotification)).one()
    assert made.local_date >= date(2026, 11, 23), "no chart begins with an odd year"


@pytest.mark.parametrize("danger", ["x", "xx", "...", "aaaa", " "])
def test_an_emergency_names_its_danger_in_words(scene: Scene, danger: str) -> None:
    review_id = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    assert refusal(lambda: record_notification(call(scene.dean), review_id, **scene.told(danger=danger))) == "danger"


def test_an_emergency_is_reviewed_by_another_and_a_correction_asks_anew(scene: Scene, session: Any) -> None:
    review_id = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
    assert found(review_id).review_due_on == date(2026, 11, 25)
    assert waits(scene.head) == 1
    review_afterwards(call(scene.head), review_id, confirms="no", reason="It was a pencil.")
    assert found(review_id).second_approves is False and not waits(scene.head)
    times = {"notified_at": NOW, "called_at": NOW}
    refusal(lambda: correct(call(scene.dean), review_id, **times, why=" ", danger=DANGER))
    refusal(lambda: correct(call(scene.dean), review_id, **times, why="Why", danger="x"))
    asked = correct(
        call(scene.dean), review_id, **times, why="It was earlier.", danger=f"{DANGER} Twice.", time_reason="Odd."
    )  # fmt: skip
    assert asked == review_id
    row = found(review_id)
    assert (row.corrections, row.second_at, row.danger) == ("It was earlier.", None, f"{DANGER} Twice.")
    assert waits(scene.head) == 1


def test_what_no_one_of_the_school_reviewed_in_time_goes_to_the_network(scene: Scene, session: Any) -> None:
    review_id = call_first(call(scene.dean), scene.incident.id, called_at=NOW)
    record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
    sweep(NOW + timedelta(days=1))
    assert mails(session, "police.second_review") == {scene.head.id}
    late = NOW + timedelta(days=2)
    sweep(late)
    sweep(late)
    assert mails(session, "police.second_review") == {scene.head.id, scene.district.id, scene.deputy.id}
    review_afterwards(call(scene.deputy, late), review_id, confirms="yes", reason="I spoke with the officer.")


def test_the_reason_of_an_odd_time_is_asked_for_only_after_the_refusal(
    scene: Scene, client_as: Callable[[Any], Any]
) -> None:
    dean, address = client_as(scene.dean), f"/incidents/{scene.incident.id}/police-review/emergency"
    assert "Why this time is right" not in dean.page(address).text
    odd = {"called_at": "2026-11-20T09:00"}
    refused = dean.submit(address, odd)
    assert refused.status_code == 400 and "Why this time is right" in refused.text
