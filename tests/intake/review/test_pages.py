"""The review pages as a dean meets them: queue, recommendation, decision, and the loser of two editors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.incidents import behavior_code
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place, route, set_facts
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Stale
from wss_cases.incidents.changes import add_addendum, answer_question
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.decision import Choice, decide, may_be_batched
from wss_cases.intake.duplicates import merge_into
from wss_cases.intake.recommendation import PlanHold, situation
from wss_cases.intake.review.acts import ask_reporter
from wss_cases.routing.engine.explain import said
from wss_cases.routing.engine.vocabulary import AppliesTo, Police

CAUSED, HARMED, INVOLVED = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.INVOLVED
DAYS = count(1)


def light(place: Place, *people: tuple[Any, PersonRole], **more: Any) -> Any:
    """Report something light, each on a day of its own, so that no two tell of the same event."""
    known: dict[str, Any] = {"narrative": "Kept calling out.", "injury": "none", "tile": "disruption"}
    known["occurred_at"] = NOW - timedelta(days=next(DAYS))
    return place.report(*(people or ((place.students[0], CAUSED),)), code="disruption", **(known | more))


@pytest.mark.parametrize(
    ("people", "more"),
    [
        ((), {"narrative": ""}),
        ((), {"injury": None}),
        ((), {"weapon": "other"}),
        ((), {"danger_now": True}),
        ((), {"danger_now": True, "facts": {"imminent_danger": False}}),
        (("cause", "involved"), {}),
        (("cause", "someone saw"), {}),
        (("nobody",), {}),
    ],
)
def test_what_is_unknown_or_grave_is_decided_on_a_page_of_its_own(
    place: Place, client_as: Callable[[Any], Any], people: tuple[str, ...], more: dict[str, Any]
) -> None:
    """A weapon report without a word in it, and a vape by somebody unknown, were accepted with one tick."""
    parts = {
        "cause": (place.students[0], CAUSED), "involved": (place.students[1], INVOLVED), "nobody": (None, CAUSED),
        "someone saw": (None, PersonRole.WITNESS),
    }  # fmt: skip
    report = light(place, *(parts[one] for one in people), **more)
    plain = light(place)
    client = client_as(place.dean)
    boxes = client.page("/review").find_all("input")
    assert [box.get("value") for box in boxes if box.get("name") == "chosen"] == [f"{plain.id}.{plain.version}"]
    data = {"csrf_token": client.csrf_token("/review"), "request_key": "k", "chosen": [f"{report.id}.{report.version}"]}
    assert "Open them one by one" in client.post("/review/accept", data=data, follow_redirects=True).text
    assert fresh(report).state is IncidentState.SUBMITTED


def test_a_duty_a_hold_or_a_question_of_the_police_is_never_decided_in_a_batch(place: Place) -> None:
    report, now = light(place), situation(light(place).id)
    assert may_be_batched(now.plan, 0, now.people, report)
    assert not may_be_batched(now.plan, 1, now.people, report)
    hold = PlanHold(None, AppliesTo.FACE_TO_FACE, ("H2",), {}, {})
    for plan in (replace(now.plan, holds=(hold,)), replace(now.plan, police=Police.VERIFY)):
        assert not may_be_batched(plan, 0, now.people, report)


def test_the_queue_counts_and_batch_accepts_light_ones(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two = light(place), light(place)
    heavy = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    client = client_as(place.dean)
    text = client.page("/review").text
    assert "(3)" in text
    assert heavy.reference in text
    form = client.form("/review", holding="chosen")
    boxes = [box.attributes for box in client.page("/review").find_all("input")]
    chosen = {box["value"] for box in boxes if box.get("name") == "chosen"}
    assert chosen == {f"{one.id}.{one.version}", f"{two.id}.{two.version}"}
    assert form.action.endswith("/review/accept")
    assert client.submit("/review", {}, holding="chosen").status_code == 400
    answer = client.submit(
        "/review", {"chosen": [f"{one.id}.{one.version}", f"{two.id}.{two.version}"]}, holding="chosen"
    )
    assert answer.status_code == 303
    assert {fresh(one).state, fresh(two).state} == {IncidentState.ROUTED}
    assert fresh(heavy).state is IncidentState.SUBMITTED


def test_a_heavy_report_slipped_into_the_batch_is_left(place: Place, client_as: Callable[[Any], Any]) -> None:
    heavy = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    light(place)
    client = client_as(place.dean)
    token = client.csrf_token("/review")
    data = {"csrf_token": token, "request_key": "k", "chosen": [f"{heavy.id}.{heavy.version}", "x.y", "9999999.1"]}
    answer = client.post("/review/accept", data=data, follow_redirects=True)
    assert "Open them one by one" in answer.get_data(as_text=True)
    assert fresh(heavy).state is IncidentState.SUBMITTED


def test_an_empty_queue_says_so(place: Place, client_as: Callable[[Any], Any]) -> None:
    assert "Nothing is waiting for a decision." in client_as(place.dean).page("/review").text


def test_the_page_says_why_and_what_about_the_police(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED), narrative="A push <b>at</b> the lockers.")
    text = client_as(place.dean).page(f"/review/{incident.id}").text
    for words in (
        "Peace circle",
        "No law requires a call to the police for what is known.",
        "A push <b>at</b> the lockers.",
        one.shown_name,
        "Reported as the person who caused harm",
        "Accept as recommended",
        "Complete the details",
    ):
        assert words in text, words
    assert "offender" not in text.lower()
    for words in ("Rule set", "Tier", "nobody is left without"):
        assert words not in text, words
    reader = make_user(Role.DEAN, place.school, locale="es")
    spanish = client_as(reader).page(f"/review/{incident.id}").text
    because = situation(incident.id).answers[0].answer["pathways"][0]["because"]
    assert said(because, "es") in spanish, "in the words of today"
    assert because["en"] not in spanish


def test_holds_and_duties_stand_above_the_recommendation(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _ = place.students
    incident = set_facts(place.report((one, CAUSED), (two, HARMED)), bullying=True, weapon="maybe_firearm")
    dean = client_as(place.dean)
    text = dean.page(f"/review/{incident.id}").text
    assert "Recommended" not in text
    assert "If you believe someone is in danger or has a gun, call 911 now." in text
    assert "Is anyone in danger that staff cannot calm?" in text
    text = dean.page(f"/review/{set_facts(incident, imminent_danger=False).id}").text
    order = [text.index(words) for words in ("Legal duties", "On hold", "Recommended")]
    assert order == sorted(order)
    assert "Needs legal review" in text


def test_accepting_leads_to_the_case(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED))
    client = client_as(place.dean)
    answer = client.submit(f"/review/{incident.id}", action="/accept")
    assert answer.status_code == 303
    [case] = cases_of_incident(incident.id)
    text = client.page(f"/review/{incident.id}").text
    assert case.reference in text
    assert "Accept as recommended" not in text


def test_the_loser_is_told_what_happened(place: Place, client_as: Callable[[Any], Any], session: Any) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED))
    first, second = client_as(place.dean), client_as(place.administrator)
    forms = [client.form(f"/review/{incident.id}", action="/accept") for client in (first, second)]
    sent = [
        client.post(f"/review/{incident.id}/accept", data={k: v[0] for k, v in form.values().items() if v})
        for client, form in zip((first, second), forms, strict=True)
    ]
    assert [answer.status_code for answer in sent] == [303, 409]
    told = sent[1].get_data(as_text=True)
    assert "The report was decided" in told
    assert "Dean One" in told
    assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_choosing_otherwise_keeps_every_answer(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _ = place.students
    incident = place.report((one, CAUSED), (two, HARMED))
    client = client_as(place.dean)
    address = f"/review/{incident.id}/otherwise"
    own = next(person.id for person in situation(incident.id).people if person.student_id == one.id)
    values = {"added": f"one_to_one:caused_harm:{own}", "reason_text": "A mentor knows this student."}
    refused = client.submit(address, values)
    assert refused.status_code == 400
    assert "A mentor knows this student." in refused.get_data(as_text=True)
    assert client.submit(address, values | {"reason": "knows_student"}).status_code == 303
    assert fresh(incident).outcome_reason == "knows_student"


@pytest.mark.parametrize(
    ("act", "values", "state"),
    [
        ("question", {"question": "Who began?"}, IncidentState.RETURNED),
        ("no-action", {"reason": "settled", "note": "They talked."}, IncidentState.NO_FURTHER_ACTION),
        ("facts", {"verified": "yes", "danger": "yes"}, IncidentState.SUBMITTED),
    ],
)
def test_the_other_acts(
    place: Place, client_as: Callable[[Any], Any], act: str, values: dict[str, str], state: IncidentState
) -> None:
    incident = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    client = client_as(place.dean)
    assert client.submit(f"/review/{incident.id}/{act}", values).status_code == 303
    assert fresh(incident).state is state
    if act == "facts":
        assert fresh(incident).danger_now
        assert "Danger now: call first" in client.page(f"/review/{incident.id}").text


@pytest.mark.both_databases
def test_five_deans_at_once_open_one_case(database: Database, tmp_path: Any) -> None:
    """Threads on a real database: the same form twice saves once, another form is told that it lost."""
    app = make_app(database.url, tmp_path)
    with app.app_context():
        place = Place()
        one, two, _ = place.students
        incident = place.report((one, CAUSED), (two, HARMED), now=clock.now())
        actor, incident_id, version = place.actor(), incident.id, incident.version
        db.session.remove()
    outcomes: list[str] = []
    start = threading.Barrier(5)

    def work(number: int) -> None:
        start.wait()
        with app.app_context():
            try:
                decide(
                    Invocation(actor, clock.now(), "form" if number < 3 else f"f{number}", version=version),
                    incident_id,
                    Choice(),
                )
                outcomes.append("saved")
            except Stale:
                outcomes.append("told")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Case)) == 1
    assert len(outcomes) == 5
    assert outcomes.count("saved") in (1, 3)


def test_the_review_shows_everything_that_was_said(place: Place, client_as: Callable[[Any], Any]) -> None:
    who = place.students
    report = place.report((who[0], CAUSED), (who[1], HARMED), narrative="The first text.")
    twin = place.report((who[2], CAUSED), narrative="The twin's text.", immediate_action="Ice and a nurse.")
    report = db.session.merge(report)
    report.immediate_action = "Both were taken apart."
    next(person for person in report.people if person.role is HARMED).injury = "needed_care"
    db.session.commit()
    later = NOW + timedelta(minutes=5)
    add_addendum(Invocation(place.actor("reporter"), later), report.id, "An addendum.")
    ask_reporter(Invocation(place.actor(), later), report.id, question="Who began?")
    answer_question(Invocation(place.actor("reporter"), later), report.id, "The tall one began.")
    merge_into(Invocation(place.actor(), later), twin.id, report.reference)
    page = client_as(place.dean).page(f"/review/{report.id}").text
    for text in (
        *("The first text.", "Both were taken apart.", "An addendum.", "Who began?", "The tall one began."),
        *("The twin's text.", "Ice and a nurse.", twin.reference, "Needed care"),
    ):
        assert text in page, text


def test_a_behavior_of_the_early_grades_is_no_missing_fact(place: Place, client_as: Callable[[Any], Any]) -> None:
    missing = "Behavior not coded yet"
    child = StudentFactory(school=place.school, grade=1)
    report = place.report((child, CAUSED), (place.students[1], HARMED), code="", narrative="Bit somebody.")
    client = client_as(place.dean)
    assert missing in client.page(f"/review/{report.id}").text
    report = db.session.merge(report)
    next(person for person in report.people if person.role is CAUSED).behavior_code_id = behavior_code(
        "other_prek2", "prek2"
    ).id
    db.session.commit()
    route(report)
    page = client.page(f"/review/{report.id}").text
    assert missing not in page
    assert "The behavior has no group yet" not in page
