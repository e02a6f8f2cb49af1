"""Students of two schools in one incident: each school sees, decides and calls about its own alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import StudentFactory
from tests.intake.making import WALL, Place, set_facts
from tests.safeguards.police.test_review import ASKING
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import SHARED_FACTS
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.incidents.other_schools import FACTS, NEVER_TOLD, WHERE_HARMED
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.recommendation import situation
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.records.named_in_error.actions import TakingOut, decide_taking_out
from wss_cases.records.named_in_error.pages import take_out
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.asking import ask, call_first
from wss_cases.safeguards.police.review.models import ReviewState
from wss_cases.safeguards.police.review.queries import reviews_of

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
NUMBER, HERS = "50060070", "50060071"


class Two:
    """A report at one school, and a child of another school whom its reporter knows by number."""

    def __init__(self) -> None:
        self.here, self.there = Place(), Place()
        names = {"given_name": "Zebulon", "family_name": "Quackenbush"}
        self.child = StudentFactory(school=self.there.school, student_number=NUMBER, has_iep=True, **names)
        self.own = StudentFactory(
            school=self.here.school, given_name="Ottoline", family_name="Featherstone", student_number=HERS
        )

    def report(self, role: PersonRole = HARMED, **more: Any) -> Incident:
        return self.here.report((self.own, role), **{"injury": "minor"} | more)

    def part(self) -> Incident:
        found = db.session.scalar(select(Incident).where(Incident.school_id == self.there.school.id))
        assert found is not None
        return fresh(found)


@pytest.fixture
def two(session: Any, at: Callable[..., Any]) -> Two:
    at(WALL)
    return Two()


def tell(client: Any, report: Any, **more: Any) -> Any:
    said = {"number": NUMBER, "role": "caused_harm", "message": "There was a fight in the hallway."} | more
    return client.submit(f"/incidents/{report.id}/other-school", said, holding="message")


def told(two: Two, client_as: Callable[[Any], Any], role: str = "caused_harm", **more: Any) -> tuple[Any, Any]:
    report = two.report(HARMED if role == "caused_harm" else CAUSED, **more)
    answer = tell(client_as(two.here.reporter), report, role=role)
    assert answer.status_code == 303, answer.text
    return fresh(report), two.part()


def kinds(incident: Any) -> set[str]:
    cases = [case.id for case in cases_of_incident(incident.id)]
    rows = db.session.scalars(select(FollowUp).where(FollowUp.case_id.in_(cases)))
    return {row.kind for row in rows}


def test_each_dean_sees_and_decides_about_their_own(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    ours, theirs = client_as(two.here.dean), client_as(two.there.dean)
    for address in (f"/incidents/{report.id}", f"/review/{report.id}", "/review", "/my-day"):
        assert not any(word in ours.page(address).text for word in ("Zebulon", "Quackenbush", NUMBER)), address
    assert f"A student of {two.there.school.name}" in ours.page(f"/review/{report.id}").text
    assert f"Notified: {two.there.school.name}" in ours.page(f"/incidents/{report.id}").text
    for address in (f"/incidents/{part.id}", f"/review/{part.id}", "/review"):
        page = theirs.page(address).text
        assert "Zebulon" in page and not any(word in page for word in ("Ottoline", "Featherstone", HERS)), address
    page = theirs.page(f"/review/{part.id}").text
    assert f"It happened at {two.here.school.name} · {report.reference}" in page
    assert f"A student of {two.here.school.name}" in page and "There was a fight" in page
    for client, number in ((ours, part.id), (theirs, report.id), (client_as(two.there.coordinator), report.id)):
        for address in (f"/incidents/{number}", f"/review/{number}", f"/incidents/{number}/other-school"):
            assert client.get(address).status_code == 404
    mails = list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "incident.part")))
    assert {mail.recipient_id for mail in mails} == {two.there.dean.id, two.there.administrator.id}
    assert {(mail.object_type, mail.object_id) for mail in mails} == {("incident", part.id)}


def test_police_are_told_where_it_happened(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    ours, theirs = client_as(two.here.dean), client_as(two.there.dean)
    for room in ("incidents", "review"):
        assert "Notify police (last resort)" in ours.page(f"/{room}/{report.id}").text
        assert "Notify police (last resort)" not in theirs.page(f"/{room}/{part.id}").text
    for act in ("/required-by-law", "/anything-else"):
        assert theirs.get(f"/incidents/{part.id}/police-review{act}").status_code == 404, act
    with pytest.raises(NotFound):
        ask(Invocation(two.there.actor(), clock.now()), part.id, **ASKING)
    set_facts(part, weapon="firearm")
    assert theirs.get(f"/incidents/{part.id}/police-review/required-by-law").status_code == 200, "a duty known there"


def test_a_call_to_911_is_recorded_at_a_part_too(two: Two, client_as: Callable[[Any], Any]) -> None:
    _report, part = told(two, client_as)
    theirs = client_as(two.there.dean)
    assert "Someone called 911?" in theirs.page(f"/review/{part.id}").text
    page = theirs.page(f"/incidents/{part.id}/police-review").text
    assert "I called 911: start the one-hour record" in page and "Ask for a review" not in page
    assert theirs.get(f"/incidents/{part.id}/police-review/emergency").status_code == 200
    call_first(Invocation(two.there.actor(), clock.now()), part.id, called_at=clock.now())
    assert [review.state for review in reviews_of(part.id)] == [ReviewState.CALLED]


def test_calls_and_meetings_arise_at_each_childs_own_school(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    plan, other = situation(report.id).plan, situation(part.id).plan
    own = {person.id for person in report.people if person.student_id}
    child = {person.id for person in part.people if person.student_id}
    assert {one.person_id for one in plan.follow_ups} <= own | {None} and plan.harmed == own
    assert {one.person_id for one in other.follow_ups} <= child | {None}
    assert other.caused == child and other.harmed == frozenset() and not other.waiting
    for place, incident in ((two.here, report), (two.there, part)):
        seen = fresh(incident).version
        decide(Invocation(place.actor(), clock.now(), f"d{incident.id}", version=seen), incident.id, Choice())
    assert {"guardian_contact_harmed", "contact_person_harmed"} <= kinds(report)
    assert "guardian_contact" not in kinds(report)
    assert {"guardian_contact", "plan_case_manager"} <= kinds(part)
    assert not {"contact_person_harmed", "guardian_contact_harmed", "check_in_person_harmed"} & kinds(part)
    for incident, who in ((report, two.own), (part, two.child)):
        [case] = cases_of_incident(incident.id)
        assert [person.student_id for person in case.participants] == [who.id]


def test_what_is_found_out_goes_over_once_and_overwrites_nothing(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    set_facts(report, weapon="firearm", bullying=True, self_harm=True, abuse_suspected=True)
    part = fresh(part)
    assert part.facts["weapon"] == "firearm" and not {"self_harm", "abuse_suspected"} & part.facts.keys()
    duties = {
        number: set(db.session.scalars(select(LegalDuty.code).where(LegalDuty.incident_id == number)))
        for number in (report.id, part.id)
    }
    assert {"firearm_or_gun_threat", "bullying_notice"} <= duties[report.id]
    assert duties[part.id] == {"bullying_notice", "disability_records"}
    set_facts(part, weapon="lookalike")
    for _time in range(2):
        set_facts(report, verified="yes")
    assert fresh(part).facts["weapon"] == "lookalike" and fresh(part).facts["verified"] == "yes"
    mails = select(func.count(OutboxMessage.id)).where(
        OutboxMessage.kind == "incident.part_changed", OutboxMessage.recipient_id == two.there.dean.id
    )
    assert db.session.scalar(mails) == 1
    set_facts(part, fire_or_bomb=True)
    assert "fire_or_bomb" not in fresh(report).facts  # nothing comes back but by people


def test_every_fact_of_a_report_is_told_or_is_named_as_never_told() -> None:
    told, never = set(FACTS), {*NEVER_TOLD, *WHERE_HARMED}
    assert told | never == set(SHARED_FACTS) and not told & never


def test_the_audit_log_says_what_was_filled_in(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as, injury=None)
    set_facts(report, bullying=True)
    rows = select(AuditEntry).where(AuditEntry.action == "incident.part_filled", AuditEntry.object_id == part.id)
    [*_before, last] = db.session.scalars(rows.order_by(AuditEntry.id))
    before, after = last.changes["facts"]
    assert "bullying" not in before and after["bullying"] is True


def test_it_counts_where_it_happened(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    counted = set(db.session.scalars(select(Incident.id).where(Incident.counts())))
    assert report.id in counted and part.id not in counted
    assert part.id in set(db.session.scalars(select(Incident.id).where(Incident.stands())))


def test_details_with_a_mistake_come_back_though_another_school_is_in_it(
    two: Two, client_as: Callable[[Any], Any]
) -> None:
    report, _part = told(two, client_as)
    reporter = client_as(two.here.reporter)
    answer = reporter.post(f"/incidents/{report.id}/details", data={"csrf_token": reporter.csrf_token("/account")})
    assert answer.status_code == 400 and f"A student of {two.there.school.name}" in answer.text


def test_a_number_tells_no_name_and_is_not_tried_at_will(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, client = two.report(), client_as(two.here.reporter)
    for number in (NUMBER[:-1], NUMBER + "1", "Quackenbush", HERS, "%"):
        answer = tell(client, report, number=number)
        assert answer.status_code == 400 and "No student of another school" in answer.text, number
    assert db.session.scalar(select(func.count(Incident.id))) == 1
    tell(client, report)
    for _number in range(4):
        tell(client, report, number="1")
    answer = tell(client_as(two.here.reporter), report, number=NUMBER)
    assert "Too many numbers were tried today." in answer.text
    rows = list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "student_number.sought")))
    assert len(rows) == 10 and {row.actor_id for row in rows} == {two.here.reporter.id}
    assert not any("Zebulon" in str(row.changes) for row in rows)


def test_what_goes_over_names_no_student_here(two: Two, client_as: Callable[[Any], Any]) -> None:
    report = two.report()
    answer = tell(client_as(two.here.reporter), report, message="He hit Ottoline.")
    assert answer.status_code == 400 and "Leave out the names of students here: Ottoline" in answer.text
    assert "He hit Ottoline." in answer.text
    assert db.session.scalar(select(func.count(Incident.id))) == 1


def test_a_colleague_of_that_school_says_who_it_was(two: Two, client_as: Callable[[Any], Any]) -> None:
    report = two.report()
    there = {"number": "", "school": str(two.there.school.id), "description": "a boy in a red jacket"}
    assert tell(client_as(two.here.reporter), report, **there).status_code == 303
    part = two.part()
    [unknown] = [person for person in part.people if person.other_school_id is None]
    named = {"people": str(two.child.id), "in_place_of": str(unknown.id)}
    dean, address = client_as(two.there.dean), f"/incidents/{part.id}/people"
    form = dict(dean.form(address, holding="in_place_of").values())
    answer = dean.post(address, data={name: form[name] for name in ("csrf_token", "request_key", "version")} | named)
    assert answer.status_code == 303, answer.text
    own = [person for person in fresh(part).people if person.other_school_id is None]
    assert [person.student_id for person in own] == [two.child.id], "in place of the one who was described"
    assert "Zebulon" not in client_as(two.here.dean).page(f"/review/{report.id}").text
    assert tell(client_as(two.here.reporter), report).status_code == 400  # there already
    assert tell(client_as(two.here.reporter), report, number="").status_code == 400


def test_nobody_tells_of_a_report_that_is_not_theirs(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as)
    address = f"/incidents/{part.id}/other-school"
    assert client_as(two.there.dean).get(address).status_code == 404  # a part is told of where it happened
    stranger = make_user(Role.REPORTER, two.here.school)
    assert client_as(stranger).get(f"/incidents/{report.id}/other-school").status_code == 404
    report.state = IncidentState.CLOSED
    db.session.commit()
    assert client_as(two.here.reporter).get(f"/incidents/{report.id}/other-school").status_code == 404
    assert client_as(two.here.dean).get(f"/incidents/{report.id}/other-school").status_code == 200
    asked = client_as(two.there.dean).submit(f"/review/{part.id}/question", {"question": "Who?"}, holding="question")
    assert asked.status_code == 400 and "It was reported at another school." in asked.text


def test_named_in_error_is_masked_where_it_happened_too(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as, narrative="Zebulon Quackenbush hit somebody.")
    [child] = [person for person in part.people if person.student_id]
    administrator = acting(two.there.administrator)
    call = Invocation(administrator, clock.now(), "out", version=part.version)
    waits = take_out(call, part.id, person_id=child.id, reason="Not he.")
    decide_taking_out(Invocation(two.there.actor(), clock.now(), "yes"), waits, agrees=True)
    assert "Zebulon" not in fresh(report).narrative and fresh(child).student_id is None
    page = client_as(two.here.dean).page(f"/review/{report.id}").text
    assert f"{two.there.school.name} found that one of its own students was named in error" in page


def wrong(two: Two, client: Any, report: Any, why: str = "I read 70 for 71 on the card.") -> Any:
    told_there = [one.id for one in fresh(report).people if one.other_school_id == two.there.school.id]
    return client.submit(f"/incidents/{report.id}/told/{told_there[0]}/take-back", {"reason": why}, holding="reason")


def test_a_wrong_number_is_taken_back_at_both_schools(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as, "harmed", code="disruption", tile="disruption", injury="none")
    reporter, dean = client_as(two.here.reporter), client_as(two.there.dean)
    here, [child] = report.id, [person.id for person in part.people if person.student_id]
    assert "it was someone else" in reporter.page(f"/incidents/{report.id}").text
    assert wrong(two, reporter, report, " ").status_code == 400
    assert "Leave out the names of students here: Ottoline" in wrong(two, reporter, report, "Ottoline said so.").text
    assert wrong(two, reporter, report).status_code == 303
    # here: somebody not identified, whom the right school can be told of; there: nothing but the question to its dean
    assert {one.other_school_id for one in fresh(report).people} == {None}
    page = client_as(two.here.dean).page(f"/incidents/{report.id}").text
    assert f"{two.there.school.name} is told that the student was named in error. Reason: I read 70" in page
    assert fresh(part).is_withdrawn and part.reference not in dean.page("/review").text
    page = dean.page(f"/incidents/{part.id}").text
    assert f"{two.here.school.name} withdraws what it shared" in page and "Agree: remove the student" in page
    mails = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "named_in_error.asked")
    assert set(db.session.scalars(mails)) == {two.there.dean.id, two.there.administrator.id}
    [waits] = db.session.scalars(select(TakingOut).where(TakingOut.incident_id == part.id))
    for who, agrees in ((two.here.dean, True), (two.there.coordinator, True)):
        with pytest.raises((NotFound, Refused)):
            decide_taking_out(Invocation(acting(who), clock.now(), f"no{who.id}"), waits.id, agrees=agrees)
    decide_taking_out(Invocation(two.there.actor(), clock.now(), "yes"), waits.id, agrees=True)
    assert db.session.get_one(IncidentPerson, child).student_id is None
    assert "was named in error" in client_as(two.here.dean).page(f"/review/{here}").text


def test_what_there_is_begun_is_not_withdrawn_from_here(two: Two, client_as: Callable[[Any], Any]) -> None:
    report, part = told(two, client_as, danger_now=True)
    stranger = make_user(Role.REPORTER, two.here.school)
    here, [ours] = report.id, [one for one in report.people if one.other_school_id]
    for client in (client_as(stranger), client_as(two.there.dean)):
        assert client.get(f"/incidents/{report.id}/told/{ours.id}/take-back").status_code == 404
    assert wrong(two, client_as(two.here.dean), report).status_code == 303
    assert fresh(part).state is IncidentState.SUBMITTED
    [waits] = db.session.scalars(select(TakingOut).where(TakingOut.incident_id == part.id))
    decide_taking_out(Invocation(two.there.actor(), clock.now(), "no"), waits.id, agrees=False)
    page = client_as(two.here.dean).page(f"/incidents/{here}").text
    assert f"{two.there.school.name} says that it was its student after all" in page


def test_a_full_number_is_taken_where_people_are_named(two: Two, client_as: Callable[[Any], Any]) -> None:
    reporter, school = client_as(two.here.reporter), two.here.school
    search = f"/incidents/new/people?school_id={school.id}"
    for typed, values in ((HERS, [str(two.own.id)]), (NUMBER, [f"number:{NUMBER}"]), ("123456", ["number:123456"])):
        answer = reporter.get(search, headers={"X-Search": typed})
        assert [item["value"] for item in answer.json["items"]] == values
        assert "Zebulon" not in answer.text
    form = dict(reporter.form("/incidents/new", holding="danger").values())
    chosen = {"danger": "no", "what": "fight", "where": "hallway", "people": [f"number:{NUMBER}", str(two.own.id)]}
    saved = reporter.post("/incidents/new", data=form | chosen | {"caused": f"number:{NUMBER}"})
    assert "That school does not know yet." in reporter.page(saved.location).text
    [report] = db.session.scalars(select(Incident))
    begun = dict(reporter.form(f"/incidents/{report.id}/other-school", holding="message").values())
    assert (begun["number"], begun["role"]) == ([NUMBER], ["caused_harm"])
    assert tell(reporter, report).status_code == 303
    assert [one.other_school_id for one in fresh(report).people] == [two.there.school.id, None]
    assert NUMBER not in client_as(two.here.dean).page(f"/review/{report.id}").text
    assert [one.student_id for one in two.part().people if one.student_id] == [two.child.id]
    form = dict(reporter.form("/incidents/new", holding="danger").values())
    worry = reporter.post("/incidents/new", data=form | chosen | {"what": "worried", "people": [f"number:{NUMBER}"]})
    assert worry.status_code == 400 and "This student is at another school." in worry.text
