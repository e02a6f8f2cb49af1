"""Finishing the details at the desk, and what stands afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import behavior_code, make_incident
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory, StudentGuardianFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.incidents.changes import answer_question
from wss_cases.incidents.incident.models import Addendum, GuardianContact, IncidentDraft
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.queries import behavior_of_tile, people_of, priors
from wss_cases.incidents.incident.rules import Details, PersonDetails, code_set_for
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, Tile
from wss_cases.intake.report.actions import complete_details
from wss_cases.intake.review.acts import ask_reporter
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import LegalDuty

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@pytest.fixture
def school(session: Any) -> Any:
    return SchoolFactory()


@pytest.fixture
def dean(school: Any) -> Any:
    return make_user(Role.DEAN, school)


@pytest.fixture
def fight(school: Any, dean: Any) -> Any:
    students = [StudentFactory(school=school), StudentFactory(school=school)]
    return make_incident(school, students, reporter_id=dean.id, narrative="They hit each other.")


def part(incident: Any, index: int, field: str) -> str:
    return f"p{people_of(incident.id)[index].id}_{field}"


def fill(client: Any, incident: Any, **more: Any) -> Any:
    return client.submit(f"/incidents/{incident.id}/details", more, holding="location")


def finish(client: Any, incident: Any, **more: Any) -> Any:
    assert fill(client, incident, **more).status_code == 303
    return client.submit(f"/incidents/{incident.id}/details/check")


def test_details_go_through_the_check_page(client_as: Any, fight: Any, dean: Any) -> None:
    client = client_as(dean)
    answers = {
        part(fight, 0, "role"): "caused_harm", part(fight, 1, "role"): "harmed", part(fight, 1, "injury"): "minor",
        part(fight, 0, "motivation"): "peer_attention", "injury": "minor", "weapon": "none", "location": "gym",
        "bias_basis": "not_known", "bullying": "no", "verified": "yes", "immediate_action": "Parted them.",
        part(fight, 0, "family_text"): "Your child was in a fight.",
    }  # fmt: skip
    assert fill(client, fight, **answers).status_code == 303
    assert fresh(fight).details_completed_at is None
    page = client.page(f"/incidents/{fight.id}/details/check").text
    assert "Gym or locker room" in page
    assert "Not provided" in page
    assert "Change" in page
    assert "Submit the details" in page
    done = client.submit(f"/incidents/{fight.id}/details/check")
    assert done.status_code == 303
    saved = fresh(fight)
    assert (saved.location_code, saved.injury, saved.weapon, saved.substance) == ("gym", "minor", "none", None)
    assert saved.facts["bias"] is None
    assert saved.facts["bullying"] is False
    assert "sexual" not in saved.facts
    caused, harmed = people_of(fight.id)
    assert (caused.role, harmed.role) == (PersonRole.CAUSED_HARM, PersonRole.HARMED)
    assert caused.family_text == "Your child was in a fight."
    assert harmed.behavior is None
    assert saved.immediate_action == "Parted them."
    assert saved.narrative == "They hit each other."
    assert not list(db.session.scalars(db.select(IncidentDraft)))
    (answer,) = db.session.scalars(db.select(RoutingAnswer).where(RoutingAnswer.incident_id == fight.id))
    assert answer.facts["harmed"] == "student"
    assert "bias" not in answer.facts
    assert "submitted" in client.page(done.location).text


def test_only_a_reviewer_is_asked_whether_it_was_mutual(client_as: Any, school: Any, fight: Any, dean: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    own = make_incident(school, [StudentFactory(school=school)], reporter_id=reporter.id, number=77)
    assert "mutual" not in client_as(reporter).form(f"/incidents/{own.id}/details", holding="location").names
    assert "mutual" in client_as(dean).form(f"/incidents/{fight.id}/details", holding="location").names


def test_more_text_is_added_and_never_replaces(client_as: Any, fight: Any, dean: Any) -> None:
    client = client_as(dean)
    finish(client, fight, more="A third one watched.", immediate_action="First.")
    finish(client, fight, immediate_action="Second.")
    assert fresh(fight).narrative == "They hit each other."
    assert fresh(fight).immediate_action == "First."
    texts = list(db.session.scalars(db.select(Addendum.text).order_by(Addendum.id)))
    assert texts == ["A third one watched.", "Second."]
    client.submit(f"/incidents/{fight.id}", {"text": "And a fourth."}, action="/addendum")
    assert list(db.session.scalars(db.select(Addendum.text)))[-1] == "And a fourth."
    assert client.submit(f"/incidents/{fight.id}", {"text": "  "}, action="/addendum").status_code == 400
    private = db.session.scalars(db.select(AuditEntry.changes).where(AuditEntry.action == "incident.details_completed"))
    assert "First." not in str(list(private))


def test_details_draft_is_kept_and_own(client_as: Any, school: Any, fight: Any, dean: Any) -> None:
    client = client_as(dean)
    data = dict(client.form(f"/incidents/{fight.id}/details", holding="location").values()) | {"weapon": "other"}
    assert client.post(f"/incidents/{fight.id}/details/draft", data=data | {"extra": "x"}).status_code == 200
    assert client.form(f"/incidents/{fight.id}/details", holding="location").values()["weapon"] == ["other"]
    kept = db.session.scalars(db.select(IncidentDraft)).one().payload
    assert "extra" not in kept
    assert "csrf_token" not in kept
    other = make_user(Role.DEAN, school)
    assert client_as(other).form(f"/incidents/{fight.id}/details", holding="location").values()["weapon"] == [""]


def test_a_person_is_added_and_an_unknown_one_named(client_as: Any, school: Any, dean: Any) -> None:
    incident = make_incident(school, reporter_id=dean.id)
    client = client_as(dean)
    address = f"/incidents/{incident.id}/details"
    data = dict(client.form(address, holding="location").values())
    assert (
        client.post(
            address, data=data | {"add": "1", "kind": "not_identified", "description": "red jacket"}
        ).status_code
        == 303
    )
    (unknown,) = people_of(incident.id)
    assert (unknown.kind, unknown.description) == (PersonKind.NOT_IDENTIFIED, "red jacket")
    student, staff = StudentFactory(school=school), StaffMemberFactory(school=school)
    data = dict(client.form(address, holding="location").values())
    named = data | {"add": "1", "people": str(student.id), "in_place_of": str(unknown.id)}
    assert client.post(address, data=named).status_code == 303
    data = dict(client.form(address, holding="location").values())
    assert client.post(address, data=data | {"add": "1", "people": f"staff:{staff.id}"}).status_code == 303
    first, second = people_of(incident.id)
    assert (first.id, first.kind, first.student_id) == (unknown.id, PersonKind.STUDENT, student.id)
    assert (second.kind, second.staff_id) == (PersonKind.STAFF, staff.id)
    data = dict(client.form(address, holding="location").values())
    for wrong in ({"people": str(student.id)}, {"people": str(StudentFactory().id)}, {}, {"kind": "student"}):
        assert client.post(address, data=data | {"add": "1"} | wrong).status_code == 400
    assert len(people_of(incident.id)) == 2


def test_find_on_the_details_page_keeps_the_answers(client_as: Any, school: Any, fight: Any, dean: Any) -> None:
    StaffMemberFactory(school=school, name="Zora Teacher", search_key="zora teacher")
    client = client_as(dean)
    data = dict(client.form(f"/incidents/{fight.id}/details", holding="location").values())
    page = client.post(
        f"/incidents/{fight.id}/details", data=data | {"find": "people", "people_q": "zo", "more": "Kept."}
    )
    assert page.status_code == 200
    assert "Zora Teacher" in page.get_data(as_text=True)
    assert "Kept." in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("grade", "day", "expected"),
    [(2, date(2024, 8, 25), "groups"), (2, date(2024, 8, 26), "prek2"), (-1, date(2026, 1, 1), "prek2"),
     (3, date(2026, 1, 1), "groups"), (None, date(2026, 1, 1), "groups")],
)  # fmt: skip
def test_code_set_by_grade_and_date(grade: int | None, day: date, expected: str) -> None:
    assert code_set_for(grade, day) == expected


def test_every_tile_has_a_code_in_each_set_or_none(session: Any) -> None:
    none = {Tile.WEAPON, Tile.SUBSTANCE, Tile.WORRIED, Tile.OTHER, Tile.PRIVATE}
    for tile in Tile:
        for grade in (0, 9):
            code = behavior_of_tile(tile, grade, date(2026, 11, 24))
            assert (code is None) == (tile in none), (tile, grade)


def test_what_a_report_leaves_open_is_shown_as_not_answered_and_stays_open(
    client_as: Any, fight: Any, dean: Any
) -> None:
    opened = {"gun_violence_threat": "unknown", "sexual": "unknown", "weapon": "unknown", "mutual": "unknown"}
    fight.facts = opened | {"verified": "unknown"}
    db.session.commit()
    client = client_as(dean)
    shown = client.form(f"/incidents/{fight.id}/details", holding="location").values()
    assert not [name for name in opened if shown.get(name, [""]) != [""]]
    assert shown["verified"] == ["unknown"]
    assert finish(client, fight).status_code == 303
    assert fresh(fight).facts.items() >= (opened | {"verified": "unknown"}).items()


def test_a_behavior_of_the_other_set_is_refused(fight: Any, dean: Any) -> None:
    person = people_of(fight.id)[0]
    wrong = PersonDetails(person.id, PersonRole.CAUSED_HARM, behavior_code_id=behavior_code("rough_play", "prek2").id)
    with pytest.raises(Refused):
        complete_details(Invocation(acting(dean), NOW), fight.id, Details("hallway", people=(wrong,)))
    assert fresh(fight).details_completed_at is None


def test_a_stale_form_is_told(fight: Any, dean: Any) -> None:
    seen = fight.version
    complete_details(Invocation(acting(dean), NOW, version=seen), fight.id, Details("hallway"))
    with pytest.raises(Stale):
        complete_details(Invocation(acting(dean), NOW, version=seen), fight.id, Details("yard"))
    assert fresh(fight).location_code == "hallway"


def test_bullying_by_the_desk_raises_its_duty(client_as: Any, fight: Any, dean: Any) -> None:
    finish(client_as(dean), fight, bullying="yes")
    assert "bullying_notice" in set(db.session.scalars(db.select(LegalDuty.code)))


def returned(fight: Any, dean: Any) -> None:
    with unit_of_work(acting(dean), NOW) as uow:
        incident = uow.session.get(type(fight), fight.id)
        set_state(uow, incident, IncidentState.RETURNED, question="Who began?")


def test_the_reporter_answers_the_question(client_as: Any, school: Any, dean: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    incident = make_incident(school, [StudentFactory(school=school)], reporter_id=reporter.id)
    returned(incident, dean)
    told = db.session.scalars(db.select(OutboxMessage)).one()
    assert (told.recipient_id, told.kind) == (reporter.id, "incident.returned")
    client = client_as(reporter)
    assert "Who began?" in client.page(f"/incidents/{incident.id}").text
    assert "To do (1)" in client.page("/incidents?state=todo").text
    sent = client.submit(f"/incidents/{incident.id}", {"answer": "Nobody saw."}, action="/answer")
    assert sent.status_code == 303
    assert fresh(incident).state is IncidentState.SUBMITTED
    assert fresh(incident).answer == "Nobody saw."
    with pytest.raises(Refused):
        answer_question(Invocation(acting(reporter), NOW), incident.id, "Again")


def test_the_reporter_learns_the_outcome_only(client_as: Any, school: Any, dean: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    incident = make_incident(school, [StudentFactory(school=school)], reporter_id=reporter.id)
    with unit_of_work(acting(dean), NOW) as uow:
        found = uow.session.get(type(incident), incident.id)
        set_state(uow, found, IncidentState.ROUTED, note="Secret reasoning")
    assert db.session.scalars(db.select(OutboxMessage)).one().kind == "incident.outcome"
    page = client_as(reporter).page(f"/incidents/{incident.id}").text
    assert "It was decided." in page
    assert "Secret reasoning" not in page
    assert client_as(reporter).get(f"/incidents/{incident.id}/details").status_code == 400


def test_guardian_contact(client_as: Any, school: Any, fight: Any, dean: Any, at: Any) -> None:
    at("2026-11-24 11:00")
    person = people_of(fight.id)[0]
    guardian = StudentGuardianFactory(student=person.student).guardian
    stranger = StudentGuardianFactory(student=StudentFactory(school=school)).guardian
    client = client_as(dean)
    address = f"/incidents/{fight.id}/contacts/new"
    answers = {
        "person": str(person.id), "guardian": str(guardian.id), "at": "2026-11-24T10:50", "manner": "phone",
        "result": "voicemail", "language": "Spanish", "note": "Asked to call back.",
    }  # fmt: skip
    assert client.submit(address, answers).status_code == 303
    contact = db.session.scalars(db.select(GuardianContact)).one()
    assert (contact.guardian_id, contact.result, contact.language) == (guardian.id, "voicemail", "Spanish")
    page = client.page(f"/incidents/{fight.id}").text
    assert "Left a voicemail" in page
    assert "The attempt is recorded" in page
    assert client.submit(address, answers | {"at": "2026-11-24T11:50"}).status_code == 400
    data = dict(client.form(address).values()) | answers
    assert client.post(address, data=data | {"guardian": str(stranger.id)}).status_code == 400
    assert client.post(address, data=data | {"manner": "pigeon"}).status_code == 400
    assert db.session.scalar(db.select(db.func.count(GuardianContact.id))) == 1


def test_a_reporter_sees_the_contact_that_they_recorded_and_no_others(client_as: Any, school: Any, at: Any) -> None:
    at("2026-11-24 11:00")
    reporter, student = make_user(Role.REPORTER, school), StudentFactory(school=school)
    incident = make_incident(school, [student], reporter_id=reporter.id)
    person = people_of(incident.id)[0]
    answers = {"person": str(person.id), "at": "2026-11-24T10:50", "manner": "phone", "result": "voicemail"}
    address = f"/incidents/{incident.id}"
    assert client_as(reporter).submit(f"{address}/contacts/new", answers | {"note": "Mine."}).status_code == 303
    other = client_as(make_user(Role.DEAN, school))
    assert other.submit(f"{address}/contacts/new", answers | {"note": "The dean's."}).status_code == 303
    page = client_as(reporter).page(address)
    assert "Mine." in page.text and "The dean's." not in page.text
    assert "Record an attempt" not in page.text and "Was there another attempt?" in page.text


def test_a_question_is_for_whoever_reported(client_as: Any, school: Any, dean: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    incident = make_incident(school, [StudentFactory(school=school)], reporter_id=reporter.id, danger_now=True)
    own = make_incident(school, [StudentFactory(school=school)], reporter_id=dean.id)
    with pytest.raises(Refused, match="reported this yourself"):
        ask_reporter(Invocation(acting(dean), NOW), own.id, question="What did I see?")
    day = client_as(dean).page("/my-day").text
    assert day.index("Danger reported") < day.index("Waiting for me")
    ask_reporter(Invocation(acting(dean), NOW), incident.id, question="Where?")
    mine = client_as(reporter).page("/my-day").text
    assert mine.index("A question about your report") < mine.index("Nothing is waiting for your decision")
    for client, wanted in ((client_as(reporter), True), (client_as(dean), False)):
        for address in (f"/incidents/{incident.id}", "/incidents"):
            assert ("The dean has a question for you" in client.page(address).text) is wanted, address
    assert "The dean has a question for you" not in client_as(dean).page(f"/review/{incident.id}").text


def test_a_reporter_opens_their_own_report_alone(client_as: Any, school: Any, fight: Any) -> None:
    reporter = make_user(Role.REPORTER, school)
    client, own = client_as(reporter), make_incident(school, reporter_id=reporter.id)
    for incident, status in ((own, 200), (fight, 404)):
        for page in ("", "/details", "/contacts/new", "/saved"):
            assert client.get(f"/incidents/{incident.id}{page}").status_code == status, page


def test_priors(school: Any) -> None:
    student, other = StudentFactory(school=school), StudentFactory(school=school)

    def earlier(day: date, **more: Any) -> Any:
        role = more.pop("role", PersonRole.CAUSED_HARM)
        state = more.pop("state", IncidentState.ROUTED)
        return make_incident(school, [student], role=role, state=state, local_date=day, **more)

    earlier(date(2026, 11, 1))
    earlier(date(2026, 3, 1))
    earlier(date(2026, 11, 24))
    earlier(date(2025, 10, 1))
    earlier(date(2026, 11, 2), state=IncidentState.SUBMITTED)
    earlier(date(2026, 11, 3), outcome_reason="unfounded")
    earlier(date(2026, 11, 4), facts={"self_harm": True})
    earlier(date(2026, 11, 5), role=PersonRole.HARMED)
    assert priors(student.id, date(2026, 11, 24)) == (1, 2)
    assert priors(other.id, date(2026, 11, 24)) == (0, 0)
