"""The capture page as a person without JavaScript fills it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.support.pages.reading import forms, parse
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentDraft
from wss_cases.incidents.incident.states import PersonKind, PersonRole, WhenPrecision
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.routing.rule_sets import RoutingAnswer

ZO = {"X-Search": "zo"}
FIGHT = {"danger": "no", "unknown_person": "y", "what": "fight", "where": "hallway"}


@pytest.fixture
def school(session: Any) -> Any:
    return SchoolFactory()


@pytest.fixture
def dean(school: Any) -> Any:
    return make_user(Role.DEAN, school)


def reports() -> list[Incident]:
    return list(db.session.scalars(db.select(Incident).order_by(Incident.id)))


def log(client: Any, follow: bool = False, **more: Any) -> Any:
    return client.submit("/incidents/new", FIGHT | more, holding="danger", follow=follow)


def post_with_people(client: Any, people: list[str], **more: Any) -> Any:
    form = client.form("/incidents/new", holding="danger")
    data = dict(form.values()) | FIGHT | {"people": people} | more
    data.pop("unknown_person")
    return client.post("/incidents/new", data=data)


def test_a_fight_between_two_is_saved_routed_and_confirmed(client_as: Any, school: Any, dean: Any) -> None:
    first, second = StudentFactory(school=school), StudentFactory(school=school)
    client = client_as(dean)
    answer = post_with_people(client, [str(first.id), str(second.id)])
    assert answer.status_code == 303
    (incident,) = reports()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/incidents/{incident.id}/saved")
    assert incident.reference == f"{school.code}-I-0001"
    assert [person.student_id for person in incident.people] == [first.id, second.id]
    assert {person.role for person in incident.people} == {PersonRole.INVOLVED}
    assert {person.behavior.code for person in incident.people if person.behavior} == {"fight"}
    assert incident.behavior_group == 3
    answers = list(db.session.scalars(db.select(RoutingAnswer).where(RoutingAnswer.incident_id == incident.id)))
    assert [(a.incident_person_id, a.facts["caused_by"]) for a in answers] == [(None, "unknown")]
    assert {answers[0].facts[name] for name in ("mutual", "harmed", "injury")} == {"unknown"}
    kinds = set(db.session.scalars(db.select(TimelineEntry.kind)))
    assert "incident.submitted" in kinds
    assert "incident.submitted" in set(db.session.scalars(db.select(AuditEntry.action)))
    page = client.page(answer.location).text
    assert incident.reference in page
    assert dean.name in page


def test_parts_that_were_tapped_are_saved_and_routed(client_as: Any, school: Any, dean: Any) -> None:
    one, two, three, four = (str(StudentFactory(school=school).id) for _ in range(4))
    taps = {"caused": [one, three], "harmed": [two, three], "witness": [one, four]}
    assert post_with_people(client_as(dean), [one, two, three, four], **taps).status_code == 303
    (incident,) = reports()
    assert [person.role for person in incident.people] == [
        PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.WITNESS,
    ]  # fmt: skip
    answers = list(db.session.scalars(db.select(RoutingAnswer).where(RoutingAnswer.incident_id == incident.id)))
    assert [a.incident_person_id for a in answers] == [incident.people[0].id, incident.people[2].id]


def test_parts_that_were_tapped_come_back_with_an_error(client_as: Any, school: Any, dean: Any) -> None:
    one, two = (str(StudentFactory(school=school).id) for _ in range(2))
    answer = post_with_people(client_as(dean), [one, two], caused=[one], harmed=[two], what=[])
    assert answer.status_code == 400
    boxes = re.findall(
        r'<input type="checkbox" name="(caused|harmed|witness)"[^>]*value="(\d+)"( checked)?', answer.text
    )
    assert {(name, value) for name, value, checked in boxes if checked} == {("caused", one), ("harmed", two)}


def test_nothing_is_chosen_for_the_person(client_as: Any, dean: Any) -> None:
    values = client_as(dean).form("/incidents/new", holding="danger").values()
    assert "danger" not in values
    assert "what" not in values
    assert values["when"] == ["now"]


def test_missing_answers_are_named_and_the_rest_is_kept(client_as: Any, dean: Any) -> None:
    client = client_as(dean)
    answer = client.submit("/incidents/new", {"what": "fight", "narrative": "Loud voices."}, holding="danger")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "There is a problem" in page
    assert "Error:" in page
    assert page.count("Answer whether anyone is hurt or in danger now.") == 2
    assert "Loud voices." in page
    assert not reports()


def test_a_typed_name_is_never_dropped(client_as: Any, school: Any, dean: Any) -> None:
    StudentFactory(school=school, given_name="Amara", family_name="Obi")
    client = client_as(dean)
    answer = log(client, people_q="Amara")
    assert answer.status_code == 400
    assert "Choose a name from the list" in answer.get_data(as_text=True)
    # nobody of the lists is meant: the name stays as it was typed
    assert log(client, people_q="Zyx Unlisted", unknown_person=None).status_code == 303
    assert [(who.kind, who.description) for who in reports()[-1].people] == [
        (PersonKind.NOT_IDENTIFIED, "Zyx Unlisted")
    ]


def test_find_works_without_javascript(client_as: Any, school: Any, dean: Any) -> None:
    student = StudentFactory(school=school, given_name="Łucja", family_name="O’Nuñez")
    StudentFactory(given_name="Lucia", family_name="Elsewhere")
    client = client_as(dean)
    form = client.form("/incidents/new", holding="danger")
    data = dict(form.values()) | {"people_q": "lu", "find": "people", "what": "threat"}
    page = client.post("/incidents/new", data=data).get_data(as_text=True)
    assert "Łucja O’Nuñez" in page
    assert "Elsewhere" not in page
    assert f'value="{student.id}"' in page
    assert 'value="threat" checked' in page


def test_search_answers_own_school_only(client_as: Any, school: Any, dean: Any) -> None:
    StudentFactory(school=school, given_name="Zora", family_name="Here")
    other = SchoolFactory()
    StudentFactory(school=other, given_name="Zora", family_name="There")
    StaffMemberFactory(school=school, name="Zora Teacher", search_key="zora teacher")
    client = client_as(dean)
    found = client.get(f"/incidents/new/people?school_id={school.id}", headers=ZO).json["items"]
    assert [item["label"] for item in found] == ["Zora Here", "Zora Teacher"]
    assert client.get(f"/incidents/new/people?school_id={other.id}", headers=ZO).status_code == 404
    assert client.get("/incidents/new/people?school_id=x", headers=ZO).status_code == 404


def test_another_schools_student_is_refused(client_as: Any, dean: Any) -> None:
    stranger = StudentFactory()
    answer = post_with_people(client_as(dean), [str(stranger.id)])
    assert answer.status_code == 400
    assert "is not at this school" in answer.get_data(as_text=True)
    assert not reports()


@pytest.mark.parametrize("bad", ["x", "-1", "1;2", "9" * 30, "٣", "student:", "guardian:1"])
def test_a_bad_person_is_refused(client_as: Any, dean: Any, bad: str) -> None:
    assert post_with_people(client_as(dean), [bad]).status_code == 400
    assert not reports()


def test_danger_tells_deans_and_administrators_at_any_hour(client_as: Any, school: Any, dean: Any) -> None:
    head = make_user(Role.ADMINISTRATOR, school)
    make_user(Role.COORDINATOR, school)
    make_user(Role.DEAN, SchoolFactory())
    answer = log(client_as(dean), danger="yes", follow=True)
    told = list(db.session.scalars(db.select(OutboxMessage).where(OutboxMessage.kind == "incident.danger")))
    assert {message.recipient_id for message in told} == {dean.id, head.id}
    assert all(message.at_any_hour for message in told)
    assert "911" in answer.get_data(as_text=True)
    assert reports()[0].danger_now is True


def test_the_school_stands_on_the_form_and_is_chosen_there(client_as: Any, school: Any) -> None:
    other = SchoolFactory(name="Fernhill Elementary")
    both = make_user(Role.DEAN, school)
    both.grants.append(type(both.grants[0])(role=Role.REPORTER, school_id=other.id, starts_on=date(2026, 1, 1)))
    db.session.commit()
    client = client_as(both)
    page = client.page("/incidents/new")
    assert f"At {school.name}" in page.text and other.name in page.text
    typed = {"switch_school": str(other.id), "narrative": "Typed before."}
    answer = client.submit("/incidents/new", FIGHT | typed, holding="danger")
    page = client.page(answer.location)
    assert f"At {other.name}" in page.text and "Typed before." in page.text
    assert f"At {other.name}" in client.page("/incidents/new").text, "the draft's school"
    assert log(client).status_code == 303
    assert [report.school_id for report in reports()] == [other.id]
    alone = client_as(make_user(Role.DEAN, school)).page("/incidents/new").text
    assert f"At {school.name}" in alone and "At another school" not in alone


def test_a_student_is_found_by_number(client_as: Any, school: Any, dean: Any) -> None:
    student = StudentFactory(school=school, student_number="50123456")
    StudentFactory(school=SchoolFactory(), student_number="50123456")
    client = client_as(dean)
    for typed, found in (("50123456", 1), ("5012", 1), ("501", 0), ("0123", 0)):
        items = client.get("/incidents/new/people", headers={"X-Search": typed}).json["items"]
        assert [item["value"] for item in items] == [str(student.id)] * found, typed


def test_a_worry_opens_a_care_record_and_no_incident(client_as: Any, school: Any, dean: Any) -> None:
    coordinator = make_user(Role.COORDINATOR, school)
    student, school.phone = StudentFactory(school=school), "312-555-0100"
    db.session.commit()
    answer = post_with_people(client_as(dean), [str(student.id)], what="worried")
    record = db.session.scalars(db.select(CareRecord)).one()
    assert answer.location.endswith(f"/worries/{record.id}")
    assert not reports()
    assert record.student_id == student.id
    told = set(db.session.scalars(db.select(OutboxMessage.recipient_id)))
    assert told == {coordinator.id}
    receipt = client_as(dean).page(answer.location)
    assert "student concern" in receipt.text and student.shown_name in receipt.text
    assert "Log another" not in receipt.text
    numbers = {"tel:988", "tel:911", "tel:+18002522873", "tel:312-555-0100"}
    assert numbers <= {link.get("href") for link in receipt.find_all("a")}
    assert client_as(make_user(Role.DEAN, school)).get(answer.location).status_code == 404
    page = client_as(coordinator).page(f"/care/{record.id}")
    assert student.shown_name in page.text and dean.name in page.text and "Hallway" in page.text
    assert numbers <= {link.get("href") for link in page.find_all("a")}
    assert "Is someone hurting this student?" in page.text and not page.find_all("textarea")
    hurt = client_as(coordinator).submit(f"/care/{record.id}", {"hurt": "no"}, holding="hurt")
    assert hurt.status_code == 303
    done = client_as(coordinator).submit(f"/care/{record.id}", {"note": "Safe with family."}, holding="note")
    assert done.status_code == 303
    assert db.session.scalars(db.select(CareRecord)).one().screened_by_id == coordinator.id


def test_times(client_as: Any, school: Any, dean: Any, at: Any) -> None:
    at("2026-11-24 10:30")
    client = client_as(dean)
    for wrong in ("2026-11-24T10:31", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-31T10:00", "1/2/24", ""):
        answer = log(client, when="other", occurred=wrong)
        assert answer.status_code == 400, wrong
    assert not reports()
    at("2027-03-20 10:30")
    missing = log(client_as(dean), when="other", occurred="2027-03-14T02:30")
    assert missing.status_code == 400
    assert "clocks changed" in missing.get_data(as_text=True)


def test_when(client_as: Any, school: Any, dean: Any, at: Any) -> None:
    now = at("2026-11-24 10:30")
    client = client_as(dean)
    log(client, when="earlier", where="bus")
    log(client, when="other", occurred="2026-11-24T08:15", where="cafeteria")
    earlier, exact = reports()
    assert (earlier.when_precision, earlier.local_minute) == (WhenPrecision.EARLIER_TODAY, None)
    assert earlier.occurred_at == now
    assert (exact.when_precision, exact.local_minute) == (WhenPrecision.EXACT, 495)


def test_long_ago_can_be_passed(client_as: Any, dean: Any, at: Any) -> None:
    at("2026-11-24 10:30")
    client = client_as(dean)
    asked = log(client, when="other", occurred="2026-09-01T09:00")
    assert asked.status_code == 200
    assert "Did it happen that long ago?" in asked.get_data(as_text=True)
    assert not reports()
    confirm(client, asked)
    assert str(reports()[0].local_date) == "2026-09-01"


def confirm(client: Any, asked: Any) -> Any:
    form = next(f for f in forms(parse(asked.get_data(as_text=True))) if "confirmed" in f.names)
    return client.post(form.action, data=form.values())


def test_a_likely_duplicate_is_asked_once(client_as: Any, school: Any, dean: Any) -> None:
    student = StudentFactory(school=school)
    client = client_as(dean)
    post_with_people(client, [str(student.id)])
    again = post_with_people(client, [str(student.id)], what="threat", where="yard")
    assert again.status_code == 200
    page = again.get_data(as_text=True)
    assert "Has this been reported already?" in page
    assert reports()[0].reference in page
    assert len(reports()) == 1
    assert confirm(client, again).status_code == 303
    assert len(reports()) == 2
    assert reports()[1].people[0].student_id == student.id


def test_no_duplicate_for_another_place_and_person(client_as: Any, school: Any, dean: Any) -> None:
    make_incident(school, tile="fight", location_code="hallway")
    assert log(client_as(dean), where="yard").status_code == 303


def test_sending_twice_saves_once(client_as: Any, dean: Any) -> None:
    client = client_as(dean)
    form = client.form("/incidents/new", holding="danger")
    data = dict(form.values()) | FIGHT
    first = client.post("/incidents/new", data=data)
    second = client.post("/incidents/new", data=data)
    assert first.location == second.location
    assert len(reports()) == 1


def test_a_draft_is_the_persons_own_and_comes_back(client_as: Any, school: Any, dean: Any) -> None:
    client = client_as(dean)
    form = client.form("/incidents/new", holding="danger")
    data = dict(form.values()) | {"what": "threat", "narrative": "Half a sente"}
    kept = client.post("/incidents/new/draft", data=data)
    assert kept.status_code == 200
    assert kept.json["saved_at"]
    page = client.page("/incidents/new")
    assert "Half a sente" in page.text
    assert "is back" in page.text
    other = make_user(Role.DEAN, school)
    assert "Half a sente" not in client_as(other).page("/incidents/new").text
    client.submit("/incidents/new", FIGHT, holding="danger")
    assert not list(db.session.scalars(db.select(IncidentDraft)))


def test_a_draft_can_be_thrown_away(client_as: Any, dean: Any) -> None:
    client = client_as(dean)
    form = client.form("/incidents/new", holding="danger")
    client.post("/incidents/new/draft", data=dict(form.values()) | {"what": "threat"})
    assert client.submit("/incidents/new", action="/discard").status_code == 303
    assert "is back" not in client.page("/incidents/new").text


def test_a_draft_that_cannot_be_stored_is_refused(client_as: Any, dean: Any) -> None:
    client = client_as(dean)
    data = dict(client.form("/incidents/new", holding="danger").values())
    for bad in ("a\x00b", "x" * 200_000):
        assert client.post("/incidents/new/draft", data=data | {"narrative": bad}).status_code == 400
    assert not list(db.session.scalars(db.select(IncidentDraft)))


def test_the_language_changes_and_the_draft_stays(client_as: Any, dean: Any) -> None:
    client = client_as(dean)
    data = dict(client.form("/incidents/new", holding="danger").values())
    answer = client.post("/incidents/new", data=data | {"switch_language": "es", "narrative": "Casi listo"})
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert '<html lang="es"' in page
    assert "Casi listo" in page


def test_narrative_is_stored_as_typed(client_as: Any, dean: Any) -> None:
    text = "  <script>alert(1)</script> {{7*7}} O'Brien-Nuñez \u202e 👩‍👩‍👧 %_ \r\n' OR 1=1--  "
    assert log(client_as(dean), narrative=text).status_code == 303
    assert reports()[0].narrative == text
    assert "<script>alert" not in client_as(dean).get(f"/incidents/{reports()[0].id}").get_data(as_text=True)
    refused = log(client_as(dean), narrative="nul \x00 here", where="yard")
    assert refused.status_code == 400
    assert log(client_as(dean), narrative="x" * 20_001, where="yard").status_code == 400
    assert len(reports()) == 1


def test_only_staff_of_the_school_may_log(client_as: Any, school: Any) -> None:
    outsider = make_user(Role.DEAN, SchoolFactory())
    client = client_as(outsider)
    assert client.get(f"/incidents/new?school_id={school.id}").status_code == 404
    data = dict(client.form("/incidents/new", holding="danger").values()) | FIGHT | {"school_id": str(school.id)}
    assert client.post("/incidents/new", data=data).status_code == 404
    assert not reports()


def test_unknown_person_and_student_together(client_as: Any, school: Any, dean: Any) -> None:
    student = StudentFactory(school=school, grade=1)
    post_with_people(client_as(dean), [str(student.id)])
    log(client_as(dean), where="yard")
    known, unknown = reports()[0].people[0], reports()[1].people[0]
    assert known.behavior is not None
    assert (known.behavior.code_set, known.behavior.code) == ("prek2", "hit_or_pushed")
    assert reports()[0].behavior_group is None
    assert unknown.kind is PersonKind.NOT_IDENTIFIED
