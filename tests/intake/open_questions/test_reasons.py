"""What a weapon was for, who acted in self-defense, and who is who: asked of the reviewer, never assumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.base import fresh
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place, set_facts
from tests.intake.open_questions.test_answers import ACCEPT, tap
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.open_questions.models import PURPOSE, Because, may_have_read, reasons_for
from wss_cases.intake.recommendation import situation

CAUSED, HARMED, BOTH = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH


def knife(place: Place, *more: Any, tile: str = "weapon") -> Incident:
    report = place.report((place.students[0], CAUSED), *more, code="", tile=tile, narrative="A knife from camping.")
    return set_facts(report, weapon="other", gun_violence_threat=False)


def test_a_knife_is_nobodys_violence_before_a_reviewer_says_what_it_was_for(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = knife(place), client_as(place.dean)
    text = dean.page(f"/review/{report.id}").text
    assert "What was the weapon for?" in text and "Violence intervention" not in text and ACCEPT not in text
    with pytest.raises(Refused, match="open questions"):
        decide(Invocation(place.actor(), NOW, version=report.version), report.id, Choice())
    for wrong in ("no", "maybe", "asked", "yes", "yes:cannon"):
        assert tap(dean, report, PURPOSE, wrong, whom="him").status_code == 400, wrong
    assert tap(dean, report, PURPOSE, "yes:hurt").status_code == 303
    text = dean.page(f"/review/{report.id}").text
    assert "Violence intervention" in text and ACCEPT in text
    assert not any(PURPOSE in answer.facts for answer in situation(report.id).answers), "it is not routed"


def test_what_was_forgotten_is_offered_a_conversation_and_the_familys_support(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = knife(place), client_as(place.dean)
    tap(dean, report, PURPOSE, "yes:forgotten")
    text = dean.page(f"/review/{report.id}").text
    assert ACCEPT not in text and "no support for violence is selected yet" in text
    with pytest.raises(Refused, match="forgotten or a tool"):
        decide(Invocation(place.actor(), NOW, version=fresh(report).version), report.id, Choice())
    boxes = dean.page(f"/review/{report.id}/otherwise").find_all("input")
    ticked = {
        box.get("value").partition(":")[0]
        for box in boxes
        if box.get("type") == "checkbox" and "checked" in box.attributes
    }
    assert ticked == {"conversation", "family_support"}
    sent = dean.submit(f"/review/{report.id}/otherwise", {"reason": "knows_student", "reason_text": "From camping."})
    assert sent.status_code == 303


@pytest.mark.parametrize("who", ["harmed", "threat"])
def test_what_a_weapon_was_for_is_not_asked_where_it_hurt_or_threatened(place: Place, who: str) -> None:
    report = knife(
        place,
        *([(place.students[1], HARMED)] if who == "harmed" else []),
        tile="threat" if who == "threat" else "weapon",
    )
    assert PURPOSE not in [one.fact for one in situation(report.id).plan.open_questions]
    assert report.facts.get(PURPOSE) is None
    decide(Invocation(place.actor(), NOW, version=report.version), report.id, Choice())


def test_two_marked_both_are_asked_who_acted_in_self_defense(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    report = place.report((one, BOTH), (two, BOTH), injury="none", narrative="They fought.")
    dean = client_as(place.dean)
    text = dean.page(f"/review/{report.id}").text
    assert "Was the harm mutual, or did someone act in self-defense?" in text and ACCEPT not in text
    second = fresh(report).people[1]
    assert f"{two.shown_name} acted in self-defense" in text
    assert tap(dean, report, "mutual", f"part:{second.id}:harmed").status_code == 303
    assert [person.role for person in fresh(report).people] == [BOTH, HARMED]
    assert fresh(report).facts["mutual"] is False and ACCEPT in dean.page(f"/review/{report.id}").text


def test_a_fight_that_was_mutual_is_said_to_be(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    report, dean = place.report((one, BOTH), (two, BOTH), injury="none"), client_as(place.dean)
    assert tap(dean, report, "mutual", "yes").status_code == 303
    assert fresh(report).facts["mutual"] is True
    assert {str(item.kind) for item in situation(report.id).plan.items} == {"peer_conference"}


def test_nothing_in_the_report_is_no_reason_where_a_word_of_it_points_there() -> None:
    tile, card, word = (
        {"sign": "s", "from": one, "facts": ["weapon"], "answer": ""} for one in ("tile", "card", "word")
    )
    assert may_have_read("weapon", []) and may_have_read("weapon", [tile, card])
    assert not may_have_read("weapon", [tile, word])
    assert not may_have_read("weapon", [{**word, "answer": "yes"}])
    assert may_have_read("weapon", [{**word, "answer": "figure"}])
    assert not may_have_read("adult_conduct", [{**tile, "from": "person", "facts": ["adult_conduct"]}])
    assert Because.SEARCHED in reasons_for("weapon", []) and Because.SEARCHED not in reasons_for("sexual", [])


def test_two_students_of_one_name_differ_by_grade_and_number(place: Place, client_as: Callable[[Any], Any]) -> None:
    twins = [
        StudentFactory(school=place.school, given_name="Ana", family_name="Ruiz", grade=grade, student_number=number)
        for grade, number in ((9, "50001234"), (9, "50005678"))
    ]
    report = place.report((twins[0], CAUSED), (twins[1], HARMED))
    text = client_as(place.dean).page(f"/review/{report.id}").text
    assert "Ana Ruiz (grade 9, number ending in 1234)" in text and "number ending in 5678" in text
    other = place.report((twins[0], CAUSED), (place.students[1], HARMED))
    assert "number ending in" not in client_as(place.dean).page(f"/review/{other.id}").text.partition("Possible dup")[0]


def test_a_circle_for_both_is_offered_once_the_student_harmed_was_asked(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report = set_facts(place.report((place.students[0], CAUSED), (place.students[1], HARMED)), bias=True)
    text = client_as(place.dean).page(f"/review/{report.id}").text
    assert "for both sides together, once the student who was harmed has been asked" in text
    db.session.rollback()
