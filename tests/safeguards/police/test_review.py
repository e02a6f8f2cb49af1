"""Police-notification reviews: three grounds, two answers, silence, and what a notification hangs on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StudentFactory, two_parents
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.contacts import add_sergeant, sergeants_of
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage, TimelineEntry
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import StaffMember
from wss_cases.safeguards.duties.duty.models import DutyState
from wss_cases.safeguards.duties.duty.queries import steps_of
from wss_cases.safeguards.police.asking import ask, call_first, open_by_law
from wss_cases.safeguards.police.notification import add_what_followed, record_notification
from wss_cases.safeguards.police.review.models import (
    NotificationGround,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
)
from wss_cases.safeguards.police.review.pages import answer_first, answer_second, withdraw
from wss_cases.safeguards.police.review.queries import get_review, reviews
from wss_cases.safeguards.police.settings import set_approver
from wss_cases.workday.sweep import sweep

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
ASKING = {
    "tried": "Talked for an hour.", "alternatives": "A circle.", "guardian_attempts": "Called twice.",
    "supports": "None on record.", "why": "It goes on.", "not_removal": True,
}  # fmt: skip
GUN = "A student held a gun in the hall."
FOLLOWED = {
    "report_number": "HZ1", "guardian_told_at": NOW, "guardian_manner": "phone", "guardian_result": "reached",
    "rights_sheet": "both",
}  # fmt: skip


class Scene:
    """A school of a network with its people, and a report in which one student caused harm."""

    def __init__(self) -> None:
        self.school = SchoolFactory(network="Network 3")
        self.dean = make_user(Role.DEAN, self.school)
        self.head = make_user(Role.ADMINISTRATOR, self.school)
        self.district = make_user(Role.DISTRICT)
        self.deputy = make_user(Role.DISTRICT)
        self.student = StudentFactory(school=self.school)
        self.harmed = StudentFactory(school=self.school)
        self.reporter = make_user(Role.REPORTER, self.school)
        caused = PersonRole.CAUSED_HARM
        self.incident = make_incident(self.school, [self.student], caused, reporter_id=self.reporter.id)
        IncidentPersonFactory(incident_id=self.incident.id, student_id=self.harmed.id, role=PersonRole.HARMED)
        db.session.commit()
        set_approver(
            Invocation(acting(self.district), NOW - timedelta(days=1)), "Network 3", self.district.id, self.deputy.id, 2
        )

    def ask(self, now: datetime = NOW) -> int:
        return ask(Invocation(acting(self.dean), now), self.incident.id, **ASKING)

    def told(self, **more: Any) -> dict[str, Any]:
        return FOLLOWED | {
            "notified_at": NOW, "channel": "phone", "told": "911", "adult_with_student": "Ms. Test, counselor",
            "student_ids": [self.student.id],
        } | more  # fmt: skip


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    return Scene()


def answer(approves: bool, at: datetime = NOW) -> dict[str, Any]:
    return {
        "approves": "yes" if approves else "no", "answered_at": at, "manner": "phone", "reason": "Because.",
    }  # fmt: skip


def state(session: Any, review_id: int) -> ReviewState:
    found = session.get(PoliceReview, review_id, populate_existing=True)
    assert found is not None
    return ReviewState(found.state)


def mails(session: Any, kind: str) -> set[int]:
    return set(session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == kind)))


def restorative(scene: Scene) -> list[int | None]:
    """The students for whom a restorative conversation is proposed."""
    found: list[int | None] = []
    for case in cases_of_incident(scene.incident.id):
        of = {person.id: person.student_id for person in case.participants}
        rows = select(Pathway.participant_id).where(Pathway.case_id == case.id)
        found += [of.get(row) for row in db.session.scalars(rows)]
    return found


def test_two_people_approve_and_the_notification_counts_who_caused_harm(scene: Scene, session: Any) -> None:
    review_id = scene.ask()
    assert mails(session, "police.asked") == {scene.head.id}
    with pytest.raises(Refused, match="does not allow"):
        record_notification(Invocation(acting(scene.dean), NOW), review_id, **scene.told())
    answer_first(Invocation(acting(scene.head), NOW), review_id, **answer(True))
    assert mails(session, "police.second") == {scene.district.id, scene.deputy.id}
    answer_second(Invocation(acting(scene.deputy), NOW), review_id, **answer(True))
    assert mails(session, "police.answered") == {scene.dean.id}
    named = scene.told(student_ids=[scene.harmed.id])
    with pytest.raises(Refused) as refused:
        record_notification(Invocation(acting(scene.dean), NOW), review_id, **named)
    assert refused.value.field == "student_ids"
    record_notification(Invocation(acting(scene.dean), NOW, "once"), review_id, **scene.told())
    record_notification(Invocation(acting(scene.dean), NOW, "once"), review_id, **scene.told())
    assert session.scalars(select(NotifiedStudent.student_id)).all() == [scene.student.id]
    assert session.scalars(select(Disclosure.student_id)).all() == [scene.student.id]
    assert state(session, review_id) is ReviewState.NOTIFIED
    assert restorative(scene) == [scene.student.id]
    made_id = session.scalars(select(PoliceNotification.id)).one()
    add_what_followed(
        Invocation(acting(scene.dean), NOW), made_id, **FOLLOWED, note="The officer left; no ticket."
    )  # fmt: skip
    assert session.scalars(select(PoliceNotification.note)).one() == "The officer left; no ticket."


def test_a_no_of_either_ends_it_and_opens_a_restorative_pathway(scene: Scene, session: Any) -> None:
    first = scene.ask()
    answer_first(Invocation(acting(scene.head), NOW), first, **answer(False))
    second = scene.ask()
    answer_first(Invocation(acting(scene.head), NOW), second, **answer(True))
    answer_second(Invocation(acting(scene.district), NOW), second, **answer(False))
    assert state(session, first) is state(session, second) is ReviewState.REFUSED
    assert restorative(scene) == [scene.student.id], "one, however many reviews end"
    with pytest.raises(Refused):
        record_notification(Invocation(acting(scene.dean), NOW), second, **scene.told())


@pytest.mark.parametrize("name", ["tried", "alternatives", "guardian_attempts", "supports", "why"])
def test_the_third_door_demands_everything_in_writing(scene: Scene, name: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(Invocation(acting(scene.dean), NOW), scene.incident.id, **ASKING | {name: " "})
    assert refused.value.field == name


def test_the_attempts_name_nobody_whom_an_order_keeps_away(scene: Scene, client_as: Callable[[Any], Any]) -> None:
    two_parents(scene.student)
    for name in ("Aldous Quillfeather", "Mr. Quillfeather"):
        given = ASKING | {"guardian_attempts": f"Called {name}."}
        with pytest.raises(Refused, match="No one may contact this person") as refused:
            ask(Invocation(acting(scene.dean), NOW), scene.incident.id, **given)
        assert refused.value.field == "guardian_attempts"
    page = client_as(scene.dean).page(f"/incidents/{scene.incident.id}/police-review/anything-else").text
    assert "Do not contact" in page and "Berenice Goldleaf" in page and "Quillfeather" not in page
    fresh(scene.student).family_name = "Quillfeather"
    db.session.commit()
    given = ASKING | {"guardian_attempts": "Called Ms. Goldleaf about Quillfeather twice."}
    assert ask(Invocation(acting(scene.dean), NOW), scene.incident.id, **given)


def test_it_is_never_a_way_to_remove_a_disruptive_student(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        ask(Invocation(acting(scene.dean), NOW), scene.incident.id, **ASKING | {"not_removal": False})
    assert refused.value.field == "not_removal"


def test_who_answers(scene: Scene, session: Any) -> None:
    """A party and whoever asked step aside for another administrator; nobody but the named two gives the second."""
    other = make_user(Role.ADMINISTRATOR, scene.school)
    staff = StaffMember(
        sourced_id="head", name=scene.head.name, search_key="head", email=scene.head.email, school_id=scene.school.id
    )
    session.add(staff)
    session.flush()
    IncidentPersonFactory(
        incident_id=scene.incident.id, kind=PersonKind.STAFF, student_id=None, staff_id=staff.id, role=PersonRole.HARMED
    )
    stranger, bystander = make_user(Role.ADMINISTRATOR, SchoolFactory()), make_user(Role.DISTRICT)
    review_id = scene.ask()
    assert mails(session, "police.asked") == {other.id}, "not to the party"
    with pytest.raises(Refused, match="involved in what happened"):
        answer_first(Invocation(acting(scene.head), NOW), review_id, **answer(True))
    for nobody in (stranger, scene.dean, scene.district):
        with pytest.raises(NotFound):
            answer_first(Invocation(acting(nobody), NOW), review_id, **answer(True))
    answer_first(Invocation(acting(other), NOW), review_id, **answer(True))
    for nobody in (bystander, other, scene.head, stranger):
        with pytest.raises(NotFound):
            answer_second(Invocation(acting(nobody), NOW), review_id, **answer(True))
    withdraw(Invocation(acting(scene.dean), NOW), review_id, reason="Settled.")
    own = ask(Invocation(acting(scene.head), NOW), scene.incident.id, **ASKING)
    with pytest.raises(Refused, match="someone else"):
        answer_first(Invocation(acting(scene.head), NOW), own, **answer(True))


def test_one_person_with_both_roles_gives_one_answer(scene: Scene) -> None:
    RoleGrantFactory(user_id=scene.district.id, role=Role.ADMINISTRATOR, school_id=scene.school.id)
    review_id = scene.ask()
    answer_first(Invocation(acting(scene.district), NOW), review_id, **answer(True))
    with pytest.raises(Refused, match="second person"):
        answer_second(Invocation(acting(scene.district), NOW), review_id, **answer(True))


@pytest.mark.both_databases
def test_silence_refuses_once_with_history_and_mail(scene: Scene, session: Any) -> None:
    review_id = scene.ask()
    sweep(NOW + timedelta(hours=1, minutes=59))
    assert state(session, review_id) is ReviewState.ASKED
    late = NOW + timedelta(hours=2)
    with pytest.raises(Refused, match="No response means no"):
        answer_first(Invocation(acting(scene.head), late), review_id, **answer(True, late))
    for _again in range(2):
        sweep(late)
    assert state(session, review_id) is ReviewState.REFUSED
    told = select(func.count()).select_from(TimelineEntry).where(TimelineEntry.kind == "police.silence")
    noted = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "police.silence")
    assert session.scalar(told) == session.scalar(noted) == 1
    assert mails(session, "police.answered") == {scene.dean.id}
    assert restorative(scene) == [scene.student.id]
    with pytest.raises(Refused):
        answer_first(Invocation(acting(scene.head), late), review_id, **answer(True, late))


def test_silence_after_the_first_yes_refuses_too(scene: Scene, session: Any) -> None:
    review_id = scene.ask()
    half = NOW + timedelta(hours=1)
    answer_first(Invocation(acting(scene.head), half), review_id, **answer(True, half))
    sweep(half + timedelta(minutes=119))
    assert state(session, review_id) is ReviewState.APPROVED_ONCE
    sweep(half + timedelta(hours=2))
    assert state(session, review_id) is ReviewState.REFUSED


def test_an_emergency_has_an_hour_that_reminds_and_escalates_once(scene: Scene, session: Any) -> None:
    review_id = call_first(Invocation(acting(scene.dean), NOW), scene.incident.id, called_at=NOW)
    assert mails(session, "police.called") == {scene.head.id}
    with pytest.raises(Refused, match="already open"):
        call_first(Invocation(acting(scene.dean), NOW), scene.incident.id, called_at=NOW)
    sweep(NOW)  # the digests of the morning
    for minutes, queued in ((44, 0), (45, 1), (46, 0), (59, 0), (60, 1), (61, 0)):
        instant = NOW + timedelta(minutes=minutes)
        assert sweep(instant, dry_run=True) == sweep(instant) == {"queued": queued}, minutes
    assert mails(session, "police.call_soon") == {scene.dean.id}
    assert mails(session, "police.call_late") == {scene.head.id}
    with pytest.raises(Refused) as refused:
        record_notification(Invocation(acting(scene.dean), NOW), review_id, **scene.told())
    assert refused.value.field == "danger"
    record_notification(Invocation(acting(scene.dean), NOW), review_id, **scene.told(danger="A knife was drawn."))
    assert restorative(scene) == [scene.student.id]


def test_the_law_is_a_duty_of_this_report_that_names_police(scene: Scene, session: Any) -> None:
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id}
    elsewhere = make_incident(scene.school)
    wrong = (
        LegalDutyFactory(code="bullying_notice", **placed),
        LegalDutyFactory(code="drug_incident", state=DutyState.VERIFY_FIRST, **placed),
        LegalDutyFactory(code="drug_incident", school_id=scene.school.id, incident_id=elsewhere.id),
    )
    for duty in wrong:
        with pytest.raises(Refused) as refused:
            open_by_law(Invocation(acting(scene.dean), NOW), scene.incident.id, duty_id=duty.id)
        assert refused.value.field == "duty_id"
    right = LegalDutyFactory(code="firearm_or_gun_threat", **placed)
    review_id = open_by_law(Invocation(acting(scene.dean), NOW), scene.incident.id, duty_id=right.id)
    record_notification(Invocation(acting(scene.dean), NOW), review_id, **scene.told())
    assert session.scalars(select(PoliceNotification.door)).one() is NotificationGround.REQUIRED_BY_LAW


@pytest.mark.both_databases
def test_the_database_refuses_a_notification_that_nothing_permits(scene: Scene, session: Any) -> None:
    review_id = scene.ask()
    review = session.get(PoliceReview, review_id)
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id}
    lies: tuple[Callable[[], Any], ...] = (
        lambda: setattr(review, "permits", True),
        lambda: setattr(review, "state", ReviewState.ALLOWED),
        lambda: session.add(
            PoliceNotification(
                review_id=review_id, door=NotificationGround.OTHER, notified_at=NOW, local_date=NOW.date(), **placed
            )
        ),
        lambda: session.add(
            PoliceNotification(
                review_id=review_id, door=NotificationGround.OTHER, permitted=False, notified_at=NOW,
                local_date=NOW.date(), **placed,
            )
        ),
        lambda: session.add(
            PoliceReview(
                door=NotificationGround.REQUIRED_BY_LAW, state=ReviewState.ALLOWED, permits=True, requested_at=NOW,
                **placed,
            )
        ),
    )  # fmt: skip
    for lie in lies:
        refuses(session, lie)
    for same in ({"first_by_id": scene.head.id, "second_by_id": scene.head.id}, {"first_by_id": scene.dean.id}):
        review = session.get(PoliceReview, review_id, populate_existing=True)
        refuses(session, partial(answered, review, same))


def answered(review: PoliceReview, by: dict[str, int]) -> None:
    for name, value in by.items():
        setattr(review, name, value)
    review.first_at = review.second_at = NOW


def refuses(session: Any, lie: Callable[[], Any]) -> None:
    """The database itself refuses what this writes."""

    def write() -> None:
        with session.begin_nested():
            lie()
            session.flush()

    with pytest.raises(IntegrityError):
        write()


def test_who_reads(scene: Scene) -> None:
    review_id = scene.ask()
    elsewhere, bystander = make_user(Role.ADMINISTRATOR, SchoolFactory()), make_user(Role.DISTRICT)
    for person in (scene.dean, scene.head, scene.district, scene.deputy):
        assert get_review(acting(person), review_id).review.id == review_id
        assert [row.review.id for row in reviews(acting(person), None, None, None, 9)] == [review_id]
    for person in (elsewhere, bystander, make_user(Role.REPORTER, scene.school), make_user(Role.SYSADMIN)):
        assert reviews(acting(person), None, None, None, 9) == []
        with pytest.raises(NotFound):
            get_review(acting(person), review_id)


def test_a_new_approver_gets_what_waits(scene: Scene, session: Any) -> None:
    review_id = scene.ask()
    answer_first(Invocation(acting(scene.head), NOW), review_id, **answer(True))
    new = make_user(Role.DISTRICT)
    with pytest.raises(Refused):
        set_approver(Invocation(acting(scene.district), NOW), "Network 3", scene.head.id, None, 2)
    with pytest.raises(Refused) as refused:
        set_approver(Invocation(acting(scene.district), NOW), "Network 3", new.id, new.id, 2)
    assert refused.value.field == "deputy_id"
    with pytest.raises(NotFound):
        set_approver(Invocation(acting(scene.head), NOW), "Network 3", new.id, None, 2)
    set_approver(Invocation(acting(scene.district), NOW), "Network 3", new.id, None, 2)
    assert new.id in mails(session, "police.second")
    answer_second(Invocation(acting(new), NOW), review_id, **answer(True))
    assert state(session, review_id) is ReviewState.ALLOWED


def test_a_notification_says_by_name_which_guardian_was_told(scene: Scene) -> None:
    two_parents(scene.student)
    call = Invocation(acting(scene.head), NOW)
    review_id = call_first(call, scene.incident.id, called_at=NOW)
    for wrong in ("", "Mr. Quillfeather"):
        with pytest.raises(Refused) as refused:
            record_notification(call, review_id, **scene.told(danger=GUN, guardian_name=wrong))
        assert refused.value.field == "guardian_name"
    record_notification(call, review_id, **scene.told(danger=GUN, guardian_name="Berenice Goldleaf"))


def test_the_sergeant_of_the_school_is_whom_a_notification_names(scene: Scene) -> None:
    add_sergeant(
        Invocation(acting(scene.head), NOW), scene.school.id, police_district="010", name="Old Contact", phone="1"
    )
    add_sergeant(
        Invocation(acting(scene.head), NOW), scene.school.id, police_district="010", name="New Contact", phone="2"
    )
    other = SchoolFactory()
    boss: UserAccount = make_user(Role.ADMINISTRATOR, other)
    foreign = add_sergeant(Invocation(acting(boss), NOW), other.id, police_district="010", name="Foreign", phone="3")
    assert [row.name for row in sergeants_of(scene.school.id)] == ["New Contact"]
    review_id = call_first(Invocation(acting(scene.dean), NOW), scene.incident.id, called_at=NOW)
    told = scene.told(danger="A knife.", told=str(foreign))
    with pytest.raises(Refused) as refused:
        record_notification(Invocation(acting(scene.dean), NOW), review_id, **told)
    assert refused.value.field == "told"


def test_what_the_law_required_is_carried_out_in_the_same_step(scene: Scene, session: Any) -> None:
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id}
    duty = LegalDutyFactory(code="firearm_or_gun_threat", **placed)
    other = LegalDutyFactory(code="drug_incident", **placed)
    dean = acting(scene.dean)
    office, police, guardian = [row.step.id for row in steps_of(duty)]
    [elsewhere] = [row.step.id for row in steps_of(other)]
    for wrong in (elsewhere, 10**9):
        with pytest.raises(Refused) as refused:
            record_notification(
                Invocation(dean, NOW),
                open_by_law(Invocation(dean, NOW), scene.incident.id, duty_id=duty.id),
                **scene.told(step_ids=[wrong]),
            )
        assert refused.value.field == "step_ids"
    review_id = open_by_law(Invocation(dean, NOW), scene.incident.id, duty_id=duty.id)
    record_notification(Invocation(dean, NOW), review_id, **scene.told(step_ids=[police]))
    duty = fresh(duty)
    done = {row.step.id: row.record for row in steps_of(duty) if row.record}
    assert set(done) == {police}
    told = done[police]
    assert (told.told_whom, told.channel, told.reference) == ("911", "phone", "HZ1")
    assert duty.state is DutyState.DUE, "two steps are left"
    # the only step of the other closes it
    review_id = open_by_law(Invocation(dean, NOW), scene.incident.id, duty_id=other.id)
    record_notification(Invocation(dean, NOW), review_id, **scene.told(step_ids=[elsewhere]))
    other = fresh(other)
    assert (other.state, other.reference, other.closed_at) == (DutyState.DISCHARGED, "HZ1", NOW)
    assert {office, guardian} == {row.step.id for row in steps_of(duty) if row.record is None}


def test_who_may_not_discharge_the_duty_records_the_notification_alone(scene: Scene, session: Any) -> None:
    verified = {"verified_by_id": scene.dean.id, "verified_at": NOW, "verified_how": "I looked."}
    duty = LegalDutyFactory(code="drug_incident", school_id=scene.school.id, incident_id=scene.incident.id, **verified)
    coordinator = acting(make_user(Role.COORDINATOR, scene.school))
    review_id = open_by_law(Invocation(coordinator, NOW), scene.incident.id, duty_id=duty.id)
    given = scene.told(step_ids=[steps_of(duty)[0].step.id])
    with pytest.raises(NotFound):
        record_notification(Invocation(coordinator, NOW), review_id, **given)
    record_notification(Invocation(coordinator, NOW), review_id, **scene.told())
    assert fresh(duty).state is DutyState.DUE


@pytest.mark.parametrize(("language", "asked"), [("es", 0), ("es-MX", 0), ("pl", 1)])
def test_a_rights_sheet_that_the_family_cannot_read_asks_for_an_interpreter(
    scene: Scene, session: Any, language: str, asked: int
) -> None:
    fresh(scene.student).language = language
    session.commit()
    dean = acting(scene.dean)
    for _again in range(2):
        record_notification(
            Invocation(dean, NOW),
            call_first(Invocation(dean, NOW), scene.incident.id, called_at=NOW),
            **scene.told(danger=GUN),
        )
    made = session.scalars(select(FollowUp).filter_by(incident_id=scene.incident.id, kind="interpreter")).all()
    assert len(made) == asked
    assert all(row.owner_id == scene.dean.id and row.due_on == date(2026, 11, 26) for row in made)


def test_the_form_ticks_the_only_step_and_says_what_is_left_of_several(
    scene: Scene, session: Any, client_as: Callable[[Any], Any]
) -> None:
    placed = {"school_id": scene.school.id, "incident_id": scene.incident.id}
    one, three = (LegalDutyFactory(code=code, **placed) for code in ("drug_incident", "firearm_or_gun_threat"))
    dean, police = acting(scene.dean), str(steps_of(three)[1].step.id)
    reviews_of_both = [open_by_law(Invocation(dean, NOW), scene.incident.id, duty_id=duty.id) for duty in (one, three)]
    client = client_as(scene.dean)
    filled = {
        "told": "911", "channel": "phone", "adult_with_student": "Ms. Test", "guardian_result": "not_yet",
        "rights_sheet": "not_yet", "report_number": "HZ9",
    }  # fmt: skip
    for review_id, steps in zip(reviews_of_both, ({}, {"step_ids": police}), strict=True):
        address = f"/police-reviews/{review_id}/notification"
        assert client.submit(address, filled | steps).status_code == 303, address
    assert "2 steps of the legal duty are still open" in client.page("/police-reviews").text
    one, three = fresh(one), fresh(three)
    assert (one.state, one.reference) == (DutyState.DISCHARGED, "HZ9")
    assert (three.state, len([row for row in steps_of(three) if row.record])) == (DutyState.DUE, 1)


def test_the_form_names_all_that_is_missing_at_once_in_the_order_of_the_page(
    scene: Scene, session: Any, client_as: Callable[[Any], Any]
) -> None:
    dean = acting(scene.dean)
    address = f"/police-reviews/{call_first(Invocation(dean, NOW), scene.incident.id, called_at=NOW)}/notification"
    client = client_as(scene.dean)
    words = client.submit(address, {"told": "", "channel": "", "guardian_result": ""}).text
    wanted = (
        "Write what the imminent danger was.", "Enter who was told.", "Enter how.", "Enter which adult stays",
        "Answer whether the guardian was reached.", "Answer whether the rights sheet",
    )  # fmt: skip
    places = [words.find(one) for one in wanted]
    assert -1 not in places and places == sorted(places), places
