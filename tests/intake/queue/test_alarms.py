"""What comes first in the queue and on My day: alarms, then duties, then what waits; open questions are marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories.base import fresh
from tests.intake.making import NOW, Place, set_facts
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.recommendation import situation

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


def shown(client: Any, query: str = "") -> list[int]:
    rows = client.page(f"/review{query}").find_all("tbody")
    return [int(row.get("id").removeprefix("report-")) for row in rows if (row.get("id") or "").startswith("report-")]


def test_alarms_stand_first_then_duties_then_what_waits_longest(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    hours = (timedelta(hours=number) for number in range(9, 0, -1))
    waits = place.report((one, CAUSED), occurred_at=NOW - next(hours))
    duty = set_facts(place.report((one, CAUSED), (two, HARMED), occurred_at=NOW - next(hours)), bullying=True)
    maybe = set_facts(place.report((one, CAUSED), tile="threat", occurred_at=NOW - next(hours)), weapon="unknown")
    gun = set_facts(place.report((one, CAUSED), tile="weapon", occurred_at=NOW - next(hours)), weapon="unknown")
    danger = place.report((one, CAUSED), danger_now=True, occurred_at=NOW - next(hours))
    for number, report in enumerate((waits, duty, maybe, gun, danger)):
        report = fresh(report)
        report.submitted_at = NOW - timedelta(hours=10 - number)
    place_dean = client_as(place.dean)
    assert shown(place_dean) == [gun.id, danger.id, duty.id, waits.id, maybe.id]
    assert shown(place_dean, "?first=danger") == [gun.id, danger.id]
    text = place_dean.page("/review").text
    assert "Weapon, or maybe one" in text and "Hurt or in danger" in text
    assert text.count("After the open questions") == len(
        [one for one in (waits, duty, maybe, gun, danger) if situation(one.id).plan.must_ask]
    )
    assert "open question" in text
    set_facts(gun, weapon="lookalike", gun_violence_threat=False)
    assert shown(place_dean)[0] == danger.id, "a toy is no alarm"


def test_my_day_shows_a_weapon_as_it_does_danger_and_says_no_more_than_is_known(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    set_facts(place.report((place.students[0], CAUSED), tile="weapon", narrative="In the locker."), weapon="unknown")
    text = client_as(place.dean).page("/my-day").text
    assert "Weapon, or maybe one" in text and "Danger reported" not in text and "In the locker." not in text


def test_no_row_shows_words_of_what_is_nobody_elses(place: Place, client_as: Callable[[Any], Any]) -> None:
    """Two reports of one event stand beside each other with their words; these do not."""
    one, two, _three = place.students
    plain = place.report((one, CAUSED), narrative="They pushed at the lockers.")
    for number, fact in enumerate(("self_harm", "bias", "abuse_suspected", "adult_conduct")):
        hidden = place.report((one, CAUSED), (two, HARMED), narrative=f"Secret words {number}.")
        set_facts(hidden, **{fact: "unknown"})
    text = client_as(place.dean).page("/review").text
    assert "Possible duplicate" in text and "They pushed at the lockers." in text and "Secret words" not in text
    page = client_as(place.dean).page(f"/review/{plain.id}").text
    assert "Secret words" not in page
