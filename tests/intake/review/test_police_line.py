"""What the page of a report says about the police: never a verdict that danger, a duty or a call contradicts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.factories.safeguards import make_notification
from tests.intake.making import NOW, Place, set_facts
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.recommendation import situation
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.engine.vocabulary import Police
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.police.review.models import NotificationGround

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
VERDICT = "Not a matter for the police"
CALL_911 = "If you believe someone is in danger or has a gun, call 911 now."
ASK_DANGER = "Is anyone in danger that staff cannot calm?"
ASK_VERIFIED = "Is it verified?"
SO_FAR = "No law requires a call to the police for what is known."
NOT_DECIDED = "Whether the police must be notified is not decided yet."
THEIRS = "The student who was harmed and the family may report it to the police; help them if they wish."


def test_a_gun_threat_with_danger_is_never_said_to_be_no_matter_for_the_police(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    dean = client_as(place.dean)
    incident = place.report((place.students[0], CAUSED), code="", tile="threat", danger_now=True)
    path = f"/review/{incident.id}"

    text = dean.page(path).text
    assert VERDICT not in text
    assert text.index(CALL_911) < text.index("What was reported")
    assert "Recommended" not in text
    assert ASK_DANGER in text
    assert 'href="tel:911"' in dean.get(path).text

    set_facts(incident, weapon="maybe_firearm")
    text = dean.page(path).text
    assert VERDICT not in text
    assert (CALL_911 in text, ASK_DANGER in text, ASK_VERIFIED in text) == (True, True, True)

    dean.submit(f"{path}/facts", {"verified": "yes", "danger": "yes"})
    text = dean.page(path).text
    assert "Danger now: call first" in text
    assert VERDICT not in text

    dean.submit(f"{path}/facts", {"verified": "yes", "danger": "no"})
    text = dean.page(path).text
    assert "The law requires a notification." in text
    assert (VERDICT in text, CALL_911 in text) == (False, False)

    make_notification(incident, NotificationGround.EMERGENCY, date(2026, 11, 24), NOW)
    db.session.commit()
    text = dean.page(path).text
    assert "The police have been notified (Emergency" in text
    assert VERDICT not in text


@pytest.mark.parametrize("reported", [True, False])
def test_a_duty_that_is_due_hides_neither_911_nor_the_question_about_danger(
    place: Place, client_as: Callable[[Any], Any], reported: bool
) -> None:
    incident = place.report((place.students[0], CAUSED), tile="threat", danger_now=reported)
    set_facts(incident, gun_violence_threat=True, verified="yes")
    dean, path = client_as(place.dean), f"/review/{incident.id}"
    text = dean.page(path).text
    assert "The law requires a notification." in text and "Danger was reported" not in text
    assert (CALL_911 in text, ASK_DANGER in text, 'href="tel:911"' in dean.get(path).text) == (True, True, True)
    dean.submit(f"{path}/facts", {"verified": "yes", "danger": "no"})
    text = dean.page(path).text
    assert "Call first" not in text and CALL_911 not in text
    dean.submit(f"{path}/facts", {"verified": "yes", "danger": "yes"})
    assert "Call first" in dean.page(path).text and 'href="tel:911"' in dean.get(path).text
    for page in ("/incidents/new", f"/incidents/{incident.id}/police-review/emergency"):
        assert 'href="tel:911"' in dean.get(page).text, page


def test_what_is_still_to_be_found_out_does_not_unsay_a_notification(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), danger_now=True)
    make_notification(incident, NotificationGround.EMERGENCY, date(2026, 11, 24), NOW)
    db.session.commit()
    text = client_as(place.dean).page(f"/review/{incident.id}").text
    assert ("The police have been notified (Emergency" in text, ASK_DANGER in text) == (True, True)
    assert "not decided yet" not in text


def test_danger_that_was_reported_and_calmed_is_no_verdict_either(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), danger_now=True)
    dean = client_as(place.dean)
    assert ASK_DANGER in dean.page(f"/review/{incident.id}").text
    dean.submit(f"/review/{incident.id}/facts", {"verified": "yes", "danger": "no"})
    text = dean.page(f"/review/{incident.id}").text
    assert (SO_FAR in text, VERDICT in text, CALL_911 in text) == (True, False, False)


def test_no_verdict_is_said_before_or_after_the_behavior_is_coded(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    dean = client_as(place.dean)
    for code in ("fight", ""):
        text = dean.page(f"/review/{place.report((place.students[0], CAUSED), code=code).id}").text
        assert (SO_FAR in text, VERDICT in text) == (True, False)


@pytest.mark.parametrize(("sexual", "is_said"), [("contact", True), ("image", True), ("harassment", False)])
def test_of_sexual_contact_and_images_the_student_and_the_family_may_tell_the_police(
    place: Place, client_as: Callable[[Any], Any], sexual: str, is_said: bool
) -> None:
    incident = set_facts(place.report((place.students[0], CAUSED), (place.students[1], HARMED)), sexual=sexual)
    assert (THEIRS in client_as(place.dean).page(f"/review/{incident.id}").text) is is_said


def test_an_answer_from_before_the_danger_was_a_fact_says_no_verdict(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), danger_now=True)
    (kept,) = db.session.query(RoutingAnswer).filter_by(incident_id=incident.id)
    kept.facts = {name: value for name, value in kept.facts.items() if name != "danger_reported"}
    kept.answer = {**kept.answer, "police": "not_indicated"}
    db.session.commit()
    text = client_as(place.dean).page(f"/review/{incident.id}").text
    assert (CALL_911 in text, ASK_DANGER in text, VERDICT in text) == (True, True, False)


def test_danger_at_the_report_is_a_fact_that_routing_is_asked_with(place: Place) -> None:
    for danger, police in ((True, "verify"), (False, "not_indicated")):
        incident = place.report((place.students[0], CAUSED), danger_now=danger)
        (kept,) = db.session.query(RoutingAnswer).filter_by(incident_id=incident.id)
        assert (kept.facts.get("danger_reported", False), kept.answer["police"]) == (danger, police)


def test_a_pathway_says_no_verdict_of_the_day_on_which_it_was_routed(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), (place.students[1], PersonRole.HARMED))
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice())
    row = db.session.query(Pathway).one()
    text = client_as(place.dean).page(f"/cases/{row.case_id}/pathways/{row.id}").text
    assert "Rule set" in text and str(Police.NOT_INDICATED.label) not in text


@pytest.mark.parametrize(
    ("facts", "words"), [("due", "The law requires a notification."), ("verify_first", ASK_VERIFIED)]
)
def test_a_duty_raised_by_hand_is_no_verdict_beside_it(
    place: Place, client_as: Callable[[Any], Any], facts: str, words: str
) -> None:
    incident = place.report((place.students[0], CAUSED))
    dean = client_as(place.dean)
    given = {"code": "attack_on_staff", "because": "A teacher handed in a written complaint.", "facts": facts}
    assert dean.submit(f"/incidents/{incident.id}/duties/new", given).status_code == 303
    text = dean.page(f"/review/{incident.id}").text
    assert words in text
    assert VERDICT not in text


@pytest.mark.parametrize(
    "facts",
    [
        {"substance": "cannabis", "place": "on_grounds"},
        {"substance": "cannabis", "place": "on_grounds", "distribution": True},
        {"substance": "unknown", "place": "on_grounds", "distribution": "unknown"},
    ],
)
def test_drugs_to_be_verified_do_not_bring_the_sentence_on_911(
    place: Place, client_as: Callable[[Any], Any], facts: dict[str, Any]
) -> None:
    incident = set_facts(place.report((place.students[0], CAUSED)), **facts)
    assert situation(incident.id).plan.police is Police.VERIFY
    text = client_as(place.dean).page(f"/review/{incident.id}").text
    assert (NOT_DECIDED in text, CALL_911 in text) == (True, False)


@pytest.mark.parametrize(("code", "is_said"), [("attack_on_staff", False), ("firearm_or_gun_threat", True)])
def test_a_complaint_to_be_verified_does_not_bring_the_sentence_on_911_and_a_gun_does(
    place: Place, client_as: Callable[[Any], Any], code: str, is_said: bool
) -> None:
    incident, dean = place.report((place.students[0], CAUSED)), client_as(place.dean)
    given = {"code": code, "because": "A teacher handed in what she heard.", "facts": "verify_first"}
    assert dean.submit(f"/incidents/{incident.id}/duties/new", given).status_code == 303
    text = dean.page(f"/review/{incident.id}").text
    assert (NOT_DECIDED in text, CALL_911 in text) == (True, is_said)


@pytest.mark.parametrize(
    "facts", [{"danger_now": True}, {"weapon": "unknown"}, {"gun_violence_threat": "unknown"}, {"fire_or_bomb": True}]
)
def test_danger_a_gun_or_a_bomb_bring_the_sentence_on_911_beside_drugs_too(
    place: Place, client_as: Callable[[Any], Any], facts: dict[str, Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), danger_now=facts.pop("danger_now", False))
    set_facts(incident, substance="cannabis", place="on_grounds", **facts)
    text = client_as(place.dean).page(f"/review/{incident.id}").text
    assert (NOT_DECIDED in text, CALL_911 in text) == (True, True)


@pytest.mark.parametrize("light_one", [True, False])
def test_what_is_to_be_found_out_is_not_accepted_in_a_batch(
    place: Place, client_as: Callable[[Any], Any], light_one: bool
) -> None:
    facts = {} if light_one else {"fire_or_bomb": True}
    known = {"tile": "disruption", "narrative": "Kept calling out.", "injury": "none"}
    incident = set_facts(place.report((place.students[0], CAUSED), code="disruption", **known), **facts)
    boxes = client_as(place.dean).page("/review").find_all("input")
    chosen = [box.attributes["value"] for box in boxes if box.attributes.get("name") == "chosen"]
    assert [value.partition(".")[0] for value in chosen] == [str(incident.id)] * light_one
