"""The notice of bullying says on its page whom it waits for before a family is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.intake.making import NOW, WALL, Place, set_facts
from wss_cases.access.actor import Invocation
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.pages import take_second_review
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
WAITS = "The notice waits, within its 24 hours"
COUNSELOR = f"{WAITS}: a named counselor first asks each student, alone, what is safe to say at home."
ARTICLE = f"{WAITS}: the Article 26A resource person first asks the student who was harmed, alone,"


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()


def bullying(place: Place, **facts: Any) -> Any:
    report = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    return set_facts(report, bullying=True, **facts)


def duty_of(report: Any, code: str = "bullying_notice") -> LegalDuty:
    (duty,) = [row.duty for row in duties_of(report.id) if row.duty.code == code]
    return duty


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"bias": False, "sexual": "none"}, ""),
        ({"bias": True}, COUNSELOR),
        ({"bias": "unknown"}, COUNSELOR),
        ({"sexual": "unknown"}, COUNSELOR),
        ({"intimate_partner": "unknown"}, COUNSELOR),
        ({"abuse_suspected": True}, COUNSELOR),
        ({"abuse_suspected": "unknown", "sent_on": ["abuse_suspected"]}, COUNSELOR),
        ({"adult_conduct": "unknown"}, COUNSELOR),
        ({"sexual": "harassment"}, ARTICLE),
        ({"intimate_partner": True}, ARTICLE),
    ],
)
def test_its_page_says_whom_it_waits_for(
    place: Place, client_as: Callable[[Any], Any], facts: dict[str, Any], words: str
) -> None:
    duty = duty_of(bullying(place, **facts))
    text = client_as(place.dean).page(f"/duties/{duty.id}").text
    assert (words in text, WAITS in text) == (True, bool(words))


def test_what_is_answered_later_ends_the_wait(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean = bullying(place, bias="unknown"), client_as(place.dean)
    page = f"/duties/{duty_of(report).id}"
    assert WAITS in dean.page(page).text
    set_facts(report, bias=False)
    assert WAITS not in dean.page(page).text


def test_neither_another_duty_nor_a_closed_one_says_it(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = bullying(place, bias=True)
    other, duty = duty_of(report, "civil_rights_contact"), duty_of(report)
    call = Invocation(place.actor(), NOW, "propose", version=duty.version)
    second = Invocation(place.actor("administrator"), NOW, "agree", version=duty.version + 1)
    number, pages = duty.id, [f"/duties/{one.id}" for one in (other, duty)]
    SCHOOL_ACTS["not_applicable"](call, number, reason="It was one quarrel among friends.")
    dean = client_as(place.dean)
    assert [WAITS in dean.page(page).text for page in pages] == [False, True]
    take_second_review(second, number, agrees=True)
    text = dean.page(pages[1]).text
    assert ("How it was closed" in text, WAITS in text) == (True, False)
