"""The facts of a report put right: who may, what stays of it, and what routing would now change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.intake.making import Place
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.queries import cases_of_incident, place_words
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import sentence
from wss_cases.outcomes.counting.daily_figures.queries import figures_of_school
from wss_cases.pathways.common.models import Pathway
from wss_cases.safeguards.duties.duty.models import LegalDuty

CAUSED, HARMED, WITNESS = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.WITNESS


def in_spanish(words: str) -> str:
    with force_locale("es"):
        return _(words)


def fight(place: Place, **more: Any) -> Any:
    one, other, third = place.students
    return place.report((one, CAUSED), (other, HARMED), (third, WITNESS), injury="minor", **more)


def decided(place: Place, **more: Any) -> Any:
    report = fight(place, **more)
    decide(Invocation(place.actor(), clock.now(), "decided", version=report.version), report.id, Choice())
    return fresh(report)


def correct(client: Any, report: Any, **values: Any) -> Any:
    said = {"reason": "I looked at the camera."} | values
    return client.submit(f"/incidents/{report.id}/correct", said, holding="reason")


def field(report: Any, index: int, name: str) -> str:
    return f"p{fresh(report).people[index].id}_{name}"


def said_of(report: Any) -> str:
    return "\n".join(sentence(entry) for entry in history("incident", report.id))


def test_a_reporter_corrects_until_review_begins_and_what_it_was_stays(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report = fight(place)
    reporter = client_as(place.reporter)
    assert "Correct the facts" in reporter.page(f"/incidents/{report.id}").text
    values = {"location": "cafeteria", "occurred": "2026-11-24T09:05", "injury": "none", "tile": "pushing"}
    answer = correct(reporter, report, **values, **{field(report, 2, "role"): "harmed"})
    assert answer.status_code == 303, answer.text
    now = fresh(report)
    assert (now.location_code, now.local_minute, now.injury, now.tile) == ("cafeteria", 545, "none", "pushing")
    assert now.facts["injury"] == "none" and now.people[2].role is HARMED
    told = said_of(report)
    was, now_at = (place_words([code])[code] for code in ("hallway", "cafeteria"))
    assert f"Corrected: Where. Before: {was}. Now: {now_at}. Reason: I looked at the camera." in told
    third = place.students[2].shown_name
    assert f"Corrected for {third}: Role. Before: Witness. Now: Person harmed" in told
    entry = select(AuditEntry).where(AuditEntry.action == "incident.corrected", AuditEntry.object_id == report.id)
    changes = {name: pair for one in db.session.scalars(entry) for name, pair in one.changes.items()}
    assert changes["location_code"] == ["hallway", "cafeteria"] and changes["tile"] == ["fight", "pushing"]
    entry = select(AuditEntry).where(AuditEntry.action == "incident.person_changed")
    assert [one.changes["role"] for one in db.session.scalars(entry)] == [["witness", "harmed"]]
    kept = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "incident.corrected"))
    assert {"en": "Pushing", "es": str(in_spanish("Pushing"))} in [entry.data["now"] for entry in kept]
    # once a dean has done anything the reporter asks a dean
    client_as(place.dean).submit(f"/review/{report.id}/facts", {"verified": "unknown"}, holding="verified")
    page = client_as(place.reporter).get(f"/incidents/{report.id}/correct")
    assert "The review of this report has started." in page.text
    assert "/correct" not in client_as(place.reporter).get(f"/incidents/{report.id}").text
    assert correct(client_as(place.dean), report, location="yard").status_code == 303


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": " "}, "Enter the reason in a sentence."),
        ({}, "This is what the report already says"),
        ({"occurred": "2026-11-25T09:00"}, "This time is in the future."),
    ],
)
def test_a_correction_says_what_and_why(
    place: Place, client_as: Callable[[Any], Any], values: dict[str, str], words: str
) -> None:
    report = fight(place)
    answer = correct(client_as(place.dean), report, **values)
    assert answer.status_code == 400 and words in answer.text
    assert db.session.scalar(select(TimelineEntry).where(TimelineEntry.kind == "incident.corrected")) is None


def test_neither_a_coordinator_nor_another_reporter_corrects(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = fight(place)
    page = client_as(place.coordinator).get(f"/incidents/{report.id}/correct")
    assert "The review of this report has started." in page.text
    other = make_user(Role.REPORTER, place.school)
    assert client_as(other).get(f"/incidents/{report.id}/correct").status_code == 404


def test_after_the_decision_a_duty_is_raised_at_once_and_the_rest_is_shown_and_added_by_one_tap(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    """After the decision nothing could be corrected; what the right facts ask for was never asked."""
    report = decided(place)
    case = cases_of_incident(report.id)[0]
    before = {row.id: row.state for row in db.session.scalars(select(Pathway).where(Pathway.case_id == case.id))}
    at("2026-11-24 13:00")
    dean = client_as(place.dean)
    assert 'id="changes"' not in dean.get(f"/review/{report.id}").text
    answer = correct(dean, report, weapon="firearm", **{field(report, 2, "role"): "harmed"})
    assert answer.status_code == 303
    duties = {duty.code for duty in db.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == report.id))}
    assert "firearm_or_gun_threat" in duties
    page = dean.get(f"/review/{report.id}").text
    assert "The facts were corrected after the decision" in page and "Violence intervention" in page
    made = "contact_person_harmed"
    third = fresh(report).people[2].id
    calls = select(FollowUp).where(FollowUp.kind == made, FollowUp.incident_person_id == third)
    assert db.session.scalar(calls) is None
    for key in (f"{made}:1:{third}", f"violence_intervention:caused_harm:{fresh(report).people[0].id}"):
        token = dean.csrf_token(f"/review/{report.id}")
        data = {"csrf_token": token, "named": key}
        assert dean.post(f"/review/{report.id}/add", data=data).status_code == 303
        assert dean.post(f"/review/{report.id}/add", data=data).status_code == 400
    assert db.session.scalar(calls).case_id == case.id
    kinds = {row.kind for row in db.session.scalars(select(Pathway).where(Pathway.case_id == case.id))}
    assert "violence_intervention" in kinds
    after = {row.id: row.state for row in db.session.scalars(select(Pathway).where(Pathway.id.in_(before)))}
    assert after == before


def test_a_report_without_a_case_shows_its_own_follow_ups_alone(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    """It listed every open follow-up of the district that hangs on no case."""

    def light(student: Any) -> Any:
        report = place.report((student, CAUSED), code="disruption", tile="disruption")
        decide(Invocation(place.actor(), clock.now(), version=report.version), report.id, Choice())
        assert cases_of_incident(report.id) == []
        return fresh(report)

    own, *others = [light(student) for student in place.students]
    at("2026-11-24 13:00")
    dean = client_as(place.dean)
    assert correct(dean, own, **{field(own, 0, "role"): "witness"}).status_code == 303
    [changes] = [one for one in dean.page(f"/review/{own.id}").find_all() if one.get("id") == "changes"]
    shown = {a.get("href") for a in changes.find_all("a") if "/follow-ups/" in (a.get("href") or "")}
    of = {one.id: set(db.session.scalars(select(FollowUp.id).filter_by(incident_id=one.id))) for one in (own, *others)}
    assert len(of[own.id]) == 2 and all(of.values())
    assert shown == {f"/follow-ups/{number}" for number in of[own.id]}


def test_what_is_no_longer_named_goes_on_and_is_shown(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    report = decided(place, tile="bullying", facts={"bullying": True})
    case = cases_of_incident(report.id)[0]
    at("2026-11-24 13:00")
    dean = client_as(place.dean)
    assert correct(dean, report, **{field(report, 1, "role"): "witness"}).status_code == 303
    page = dean.get(f"/review/{report.id}").text
    assert "The corrected facts no longer call for this." in page and "First contact with the person harmed" in page
    rows = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.kind == "contact_person_harmed")
    assert [row.state.value for row in db.session.scalars(rows)] == ["open"]
    assert case.participants[1].role is WITNESS
    duty = db.session.scalar(select(LegalDuty).where(LegalDuty.code == "bullying_notice"))
    assert duty.state.value == "due"


def test_a_report_of_the_wrong_school_goes_to_the_right_one_with_its_duties(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    right = SchoolFactory()
    new_dean = make_user(Role.DEAN, right)
    db.session.add(
        RoleGrant(user_id=place.reporter.id, role=Role.REPORTER, school_id=right.id, starts_on=clock.now().date())
    )
    db.session.commit()
    report = place.report((None, CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    elsewhere = place.report((place.students[0], CAUSED))
    reporter = client_as(place.reporter)
    assert correct(reporter, report, school_id=str(right.id)).status_code == 303
    now = fresh(report)
    assert now.school_id == right.id and now.reference.startswith(right.code) and now.state is IncidentState.SUBMITTED
    duties = list(db.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == report.id)))
    assert duties and {duty.school_id for duty in duties} == {right.id}
    assert client_as(place.dean).get(f"/incidents/{report.id}").status_code == 404
    assert now.reference in client_as(new_dean).get(f"/review/{report.id}").text
    answer = correct(client_as(place.reporter), elsewhere, school_id=str(right.id))
    assert answer.status_code == 400 and "is not a student of this school" in answer.text


def accept(place: Place, report: Any, key: str) -> None:
    decide(Invocation(place.actor(), clock.now(), key, version=fresh(report).version), report.id, Choice())


def why(client: Any, address: str) -> Any:
    return client.submit(address, {"reason": "It was another day."}, holding="reason")


def test_a_withdrawn_report_stands_as_withdrawn_and_in_no_count(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    assert figures_of_school(place.school.id)
    reporter = client_as(place.reporter)
    assert "Withdraw the report" in reporter.page(f"/incidents/{report.id}").text
    assert why(reporter, f"/incidents/{report.id}/withdraw").status_code == 303
    page = reporter.page(f"/incidents/{report.id}").text
    assert "Withdrawn" in page and "The reporter withdrew it" in page
    assert figures_of_school(place.school.id) == {}
    dean = client_as(place.dean)
    assert report.reference not in dean.page("/review").text
    assert report.reference not in dean.page("/incidents?state=counted").text
    # a dean can open it again, with a reason
    assert dean.submit(f"/review/{report.id}/reopen", {"reason": " "}, holding="reason").status_code == 400
    assert why(dean, f"/review/{report.id}/reopen").status_code == 303
    assert fresh(report).state is IncidentState.UNDER_REVIEW and figures_of_school(place.school.id)


def test_where_a_duty_hangs_on_it_a_dean_is_asked(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    reporter = client_as(place.reporter)
    assert why(reporter, f"/incidents/{report.id}/withdraw").status_code == 303
    assert "The deans and administrators have been asked." in reporter.page(f"/incidents/{report.id}").text
    assert fresh(report).state is IncidentState.SUBMITTED
    asked = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "incident.withdrawal_asked")
    assert set(db.session.scalars(asked)) == {place.dean.id, place.administrator.id}
    page = client_as(place.dean).get(f"/review/{report.id}").get_data(as_text=True)
    assert page.index("The reporter asks to withdraw this report") < page.index('class="cols"'), "at the top"
    assert "It was another day." in page.partition('class="cols"')[0]
    words = reporter.page(f"/incidents/{report.id}").text
    assert "Withdraw the report" not in words and "You asked to withdraw it on" in words
    assert "The deans and administrators have been asked." in reporter.get(f"/incidents/{report.id}/withdraw").text, (
        "once"
    )


def test_a_dean_asks_the_others_about_her_own_report_too(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    dean = client_as(place.dean)
    report.reporter_id = place.dean.id
    db.session.commit()
    assert "Ask for a decision" in dean.page(f"/incidents/{report.id}/withdraw").text
    assert why(dean, f"/incidents/{report.id}/withdraw").status_code == 303
    assert fresh(report).state is IncidentState.SUBMITTED
    asked = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "incident.withdrawal_asked")
    assert set(db.session.scalars(asked)) == {place.administrator.id}


def test_nobody_withdraws_a_report_under_review(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    assert "review of this report has started" in client_as(place.reporter).get(f"/incidents/{report.id}/withdraw").text


def test_a_decided_report_opened_again_is_decided_without_making_anything_twice(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    report = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    case_id = cases_of_incident(report.id)[0].id

    def made() -> tuple[int, ...]:
        counts = (select(func.count(one.id)).where(one.case_id == case_id) for one in (FollowUp, Pathway))
        return tuple(db.session.scalar(count) or 0 for count in counts)

    before = made()
    at("2026-11-24 12:00")
    assert why(client_as(place.dean), f"/review/{report.id}/reopen").status_code == 303
    accept(place, report, "two")
    assert made() == before and fresh(report).state is IncidentState.ROUTED
    assert len(cases_of_incident(report.id)) == 1


def test_a_person_not_identified_is_named_after_the_decision(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    """Once decided nobody could be named."""
    report = place.report((None, CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    unknown, other = fresh(report).people[0].id, place.students[1].id
    at("2026-11-24 12:00")
    dean, named = client_as(place.dean), place.students[0]
    values = {"people": str(named.id), "in_place_of": str(unknown)}
    token = dean.csrf_token(f"/incidents/{report.id}/people")
    data = values | {"csrf_token": token, "request_key": "named"}
    assert dean.post(f"/incidents/{report.id}/people", data=data).status_code == 303
    assert fresh(report).people[0].student_id == named.id
    assert {one.student_id for one in cases_of_incident(report.id)[0].participants} == {named.id, other}
    page = dean.page(f"/review/{report.id}").text
    assert "The corrected facts also call for this." in page and f"({named.shown_name})" in page
    assert db.session.get_one(Incident, report.id).state is IncidentState.ROUTED
