"""The table of people on the review page: one row an act, with a trace, and a fight decided in a few taps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.base import fresh
from tests.factories.incidents import behavior_code
from tests.intake.making import Place, set_facts
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import sentence

CAUSED, HARMED, INVOLVED = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.INVOLVED
MOST_TAPS = 8


def fight(place: Place, role: PersonRole = INVOLVED) -> Incident:
    one, two, _ = place.students
    report = place.report((one, role), (two, role), narrative="They swung at each other.")
    return set_facts(report, injury="unknown", mutual="unknown")


def tap(client: Any, report: Incident, person: int, **fields: str) -> Any:
    """Send fields of one row, as a tap of it or its form does; the answer leads to what is not known yet."""
    data = {f"p{person}_{name}": value for name, value in fields.items() if name != "version"}
    data |= {"csrf_token": client.csrf_token("/my-day"), "request_key": f"{person}{fields}"}
    data |= {"version": fields["version"]} if "version" in fields else {}
    return client.post(f"/review/{report.id}/people/{person}", data=data)


def taps_of(client: Any, report: Incident) -> list[tuple[str, str]]:
    """The taps that the rows of the table offer now."""
    buttons = client.page(f"/review/{report.id}").find_all("button")
    return [(b.get("name"), b.get("value")) for b in buttons if (b.get("name") or "").startswith("p")]


def test_a_fight_whose_roles_nobody_tapped_is_decided_on_its_page(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean, taps = fight(place), client_as(place.dean), 0
    one, two = (person.id for person in report.people)
    assert (f"p{one}_role", "both") in taps_of(dean, report) and (f"p{two}_injury", "minor") in taps_of(dean, report)
    places = []
    for person, name, value in ((one, "role", "caused_harm"), (two, "role", "harmed"), (one, "injury", "none")):
        places.append(tap(dean, report, person, **{name: value}).location.partition("#")[2])
        taps += 1
    assert places == [f"person-{one}", f"person-{one}", f"person-{two}"]
    assert fresh(report).injury is None, "of the other it is not known yet"
    assert tap(dean, report, two, injury="minor").location.endswith("#question-mutual")
    assert (fresh(report).injury, fresh(report).facts["injury"]) == ("minor", "minor")
    assert taps_of(dean, report) == []
    answer = {"csrf_token": dean.csrf_token("/review"), "request_key": "m", "answer": "no:saw"}
    assert dean.post(f"/review/{report.id}/questions/mutual", data=answer).location.endswith("#recommended")
    assert dean.submit(f"/review/{report.id}", action="/accept").status_code == 303
    taps += 3
    assert fresh(report).state is IncidentState.ROUTED and taps <= MOST_TAPS
    told = [sentence(entry) for entry in history("incident", report.id, 20)]
    name = place.students[1].shown_name
    assert f"{name}: Hurt. Before: Not answered. Now: Minor" in told


def test_whoever_needed_care_is_known_at_once_and_taken_back_is_unknown_again(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = fight(place), client_as(place.dean)
    one, two = (person.id for person in report.people)
    tap(dean, report, one, injury="needed_care")
    assert fresh(report).injury == "needed_care"
    tap(dean, report, two, injury="none")
    tap(dean, report, one, injury="")
    assert (fresh(report).injury, fresh(report).facts["injury"]) == (None, "unknown")


def test_change_corrects_a_row_and_says_who_was_first(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean, principal = fight(place, HARMED), client_as(place.dean), client_as(place.administrator)
    one = report.people[0].id
    seen = str(report.version)
    bite = str(behavior_code("hurt_someone").id)
    assert tap(dean, report, one, role="caused_harm", behavior=bite, injury="none", version=seen).status_code == 303
    changed = next(person for person in fresh(report).people if person.id == one)
    assert (changed.role, str(changed.behavior_code_id), changed.injury) == (CAUSED, bite, "none")
    late = tap(principal, report, one, role="witness", behavior="", injury="", version=seen)
    assert late.status_code == 409 and "Dean One" in late.get_data(as_text=True)
    assert tap(dean, report, one, role="witness", behavior=bite).status_code == 303
    assert next(person for person in fresh(report).people if person.id == one).behavior_code_id is None


@pytest.mark.parametrize("fields", [{"role": "offender"}, {"injury": "dead"}, {"behavior": "999999"}])
def test_what_is_not_offered_is_refused_beside_its_row(
    place: Place, client_as: Callable[[Any], Any], fields: dict[str, str]
) -> None:
    report, dean = fight(place), client_as(place.dean)
    one, two = (person.id for person in report.people)
    refused = tap(dean, report, one, **fields)
    assert refused.status_code == 400
    assert f'href="#person-{one}"' in refused.get_data(as_text=True)
    assert tap(dean, report, 999_999, role="harmed").status_code == 404
    assert tap(client_as(place.coordinator), report, one, role="harmed").status_code == 404
    tap(dean, report, one, role="caused_harm")
    tap(dean, report, two, role="harmed")
    no_action = {"reason": "unfounded", "note": "It was a game."}
    assert dean.submit(f"/review/{report.id}/no-action", no_action).status_code == 303
    assert tap(dean, report, one, role="harmed").status_code == 409, "it is decided"
