"""A possible duplicate waits for a yes or a no, and a merge that was wrong is undone with the people it brought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import GuardianContact, Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.duplicates import merge_into, tell_apart
from wss_cases.intake.review.acts import reopen_review
from wss_cases.journal.models import TimelineEntry

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
LIGHT = {"tile": "disruption", "injury": "none", "narrative": "They threw paper.", "details_completed_at": NOW}


def light(place: Place, who: Any, **more: Any) -> Incident:
    return place.report((who, CAUSED), code="disruption", **LIGHT | more)


def offered(client: Any) -> set[str]:
    boxes = client.page("/review").find_all("input")
    return {box.get("value") for box in boxes if box.get("name") == "chosen"}


def test_no_possible_duplicate_is_accepted_among_others(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, three = place.students
    first = light(place, one, occurred_at=NOW - timedelta(hours=1))
    twin = light(place, two, occurred_at=NOW - timedelta(minutes=30))
    alone = light(place, three, occurred_at=NOW - timedelta(hours=9))
    client = client_as(place.dean)
    assert offered(client) == {f"{alone.id}.{alone.version}"}

    # nor does a page that was open before, or a form by hand
    data = {"csrf_token": client.csrf_token("/review"), "request_key": "k"}
    chosen = [f"{row.id}.{row.version}" for row in (first, twin, alone)]
    client.post("/review/accept", data=data | {"chosen": chosen})
    assert [fresh(row).state is IncidentState.SUBMITTED for row in (first, twin, alone)] == [True, True, False]
    assert "may be duplicates" in client.page("/review").text

    tell_apart(Invocation(place.actor(), NOW, "apart"), first.id, twin.id)
    assert len(offered(client)) == 2


def merged(place: Place) -> tuple[Incident, Incident]:
    """Return a report that stayed and the one that was merged into it, which brought two people along."""
    one, two, three = place.students
    stays = place.report((one, CAUSED))
    goes = place.report((one, CAUSED), (two, HARMED), (three, HARMED), narrative="Behind the gym.")
    merge_into(Invocation(place.actor(), NOW, "merge", version=fresh(goes).version), goes.id, stays.reference)
    assert {person.student_id for person in fresh(stays).people} == {one.id, two.id, three.id}
    return stays, goes


def reopen(place: Place, report: Incident) -> None:
    call = Invocation(place.actor(), NOW + timedelta(hours=1), "again", version=fresh(report).version)
    reopen_review(call, report.id, reason="They are two fights.")


def told(report: Incident) -> list[tuple[str, dict[str, Any]]]:
    entries = select(TimelineEntry.kind, TimelineEntry.data).where(
        TimelineEntry.subject_type == "incident",
        TimelineEntry.subject_id == report.id,
        TimelineEntry.kind.startswith("review.unmerged"),
    )
    return [(kind, data) for kind, data in db.session.execute(entries)]


def test_an_undone_merge_takes_back_who_came_with_it(place: Place, client_as: Callable[[Any], Any]) -> None:
    stays, goes = merged(place)
    reopen(place, goes)
    assert fresh(goes).state is IncidentState.UNDER_REVIEW and fresh(goes).duplicate_of_id is None
    assert [person.student_id for person in fresh(stays).people] == [place.students[0].id]
    assert len(fresh(goes).people) == 3
    assert told(stays) == [("review.unmerged", {"reference": goes.reference, "went": 2})]
    assert told(goes) == [("review.unmerged", {"reference": stays.reference, "went": 2})]
    text = client_as(place.dean).page(f"/review/{stays.id}").text
    assert f"No longer merged with {goes.reference}. People taken back: 2" in text


@pytest.mark.parametrize("done", ["contacted", "injured", "decided"])
def test_whoever_something_was_done_with_stays(place: Place, done: str) -> None:
    stays, goes = merged(place)
    _one, second, third = fresh(stays).people
    if done == "contacted":
        contact = {"at": NOW, "manner": "phone", "result": "no_answer", "author_id": place.dean.id}
        db.session.add(GuardianContact(incident_id=stays.id, incident_person_id=second.id, **contact))
    if done == "injured":
        second.injury = "minor"
    if done == "decided":
        second.incident.reviewed_at = NOW + timedelta(minutes=5)
    kept = {place.students[0].id, second.student_id} | ({third.student_id} if done == "decided" else set())
    db.session.commit()
    reopen(place, goes)
    assert {person.student_id for person in fresh(stays).people} == kept
    [(kind, data)] = told(stays)
    assert (kind, data["went"], data["stay"]) == ("review.unmerged_stay", 3 - len(kept), len(kept) - 1)


def test_a_person_who_was_there_before_stays(place: Place) -> None:
    one = place.students[0]
    stays, goes = place.report((one, CAUSED)), place.report((one, CAUSED), narrative="Again.")
    merge_into(Invocation(place.actor(), NOW, "merge", version=fresh(goes).version), goes.id, stays.reference)
    StudentFactory(school=place.school)
    reopen(place, goes)
    assert [person.student_id for person in fresh(stays).people] == [one.id]
