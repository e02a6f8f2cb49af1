"""A second witness adds what they saw to the report that is there, and reads nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.intake.making import NOW, Place
from tests.support.pages.reading import forms, parse
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.routing.rule_sets import RoutingAnswer

SECRET = "He has done this before, ask his brother."


def capture(client: Any, people: list[Any], **more: Any) -> Any:
    """Fill in the capture page and send it."""
    form = client.form("/incidents/new", holding="danger")
    data = {"danger": "no", "what": "threat", "where": "yard", "people": [str(one.id) for one in people]}
    return client.post("/incidents/new", data=dict(form.values()) | data | more)


def add_instead(client: Any, asked: Any, target: Incident, **more: Any) -> Any:
    """Press the button of the question page that adds it to a report."""
    text = asked.get_data(as_text=True)
    form = next(one for one in forms(parse(text)) if "confirmed" in one.names)
    assert f"/incidents/new/same/{target.id}" in text
    return client.post(f"/incidents/new/same/{target.id}", data=dict(form.values()) | more)


def answers_of(report: Incident) -> int:
    counted = select(func.count()).select_from(RoutingAnswer).where(RoutingAnswer.incident_id == report.id)
    return db.session.scalar(counted) or 0


def test_they_add_what_they_saw_and_the_dean_reads_both(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    first = place.report((one, PersonRole.CAUSED_HARM), narrative=SECRET, occurred_at=NOW - timedelta(minutes=30))
    version, before = fresh(first).version, answers_of(first)
    witness = make_user(Role.REPORTER, place.school, name="Second Witness")
    client = client_as(witness)
    asked = capture(client, [one, two], danger="yes", narrative="I saw a push at the fence.")
    text = asked.get_data(as_text=True)
    assert first.reference in text and "Fight" not in text and SECRET not in text and "Reporter" not in text
    answer = add_instead(client, asked, first)
    own = db.session.scalars(select(Incident).order_by(Incident.id.desc())).first()
    assert own is not None and answer.location.endswith(f"/incidents/{own.id}/saved")
    assert (own.state, own.duplicate_of_id, own.reviewer_id) == (IncidentState.DUPLICATE, first.id, None)

    joined = fresh(first)
    assert joined.danger_now and {person.student_id for person in joined.people} == {one.id, two.id}
    assert answers_of(first) > before, "the facts moved: routing is asked again"
    assert joined.version > version, "whoever has it open decides on what they have not read"
    page = client.page(answer.location).text
    assert "The dean reads both." in page
    for address in (f"/incidents/{own.id}", answer.location):
        assert SECRET not in client.page(address).text
    assert client.get(f"/incidents/{first.id}").status_code == 404
    review = client_as(place.dean).page(f"/review/{first.id}").text
    for words in (
        SECRET,
        "I saw a push at the fence.",
        "Second Witness",
        "Threat",
        f"A second witness, {own.reference}",
    ):
        assert words in review, words


def test_it_is_added_from_the_confirmation_too(place: Place, client_as: Callable[[Any], Any]) -> None:
    one = place.students[0]
    first = place.report((one, PersonRole.CAUSED_HARM), occurred_at=NOW - timedelta(minutes=30))
    client = client_as(make_user(Role.REPORTER, place.school))
    asked = capture(client, [one])
    form = next(f for f in forms(parse(asked.get_data(as_text=True))) if "confirmed" in f.names)
    saved = client.post(form.action, data=form.values()).location
    own_id = int(saved.split("/")[-2])
    token = {"csrf_token": client.csrf_token("/incidents/new")}
    assert client.post(f"/incidents/{own_id}/heard-from", data=token | {"heard_from": "camera"}).status_code == 303
    assert client.post(f"/incidents/{own_id}/heard-from", data=token | {"heard_from": "gossip"}).status_code == 400
    assert f"add what I saw to {first.reference}" in client.page(saved).text
    stranger = client_as(make_user(Role.REPORTER, place.school))
    other = {"csrf_token": stranger.csrf_token("/incidents/new")}
    assert stranger.post(f"/incidents/{own_id}/same/{first.id}", data=other).status_code == 404
    assert client_as(place.dean).post(
        f"/incidents/{own_id}/same/{first.id}", data={"csrf_token": client_as(place.dean).csrf_token("/review")}
    ).status_code in (400, 404), "a dean merges on the review page"
    assert client.post(f"/incidents/{own_id}/same/{first.id}", data=token).status_code == 303
    own = db.session.get_one(Incident, own_id)
    assert (own.state, own.heard_from) == (IncidentState.DUPLICATE, "camera")
    assert client.post(f"/incidents/{own_id}/same/{first.id}", data=token).status_code in (400, 409)


@pytest.mark.parametrize("what", ["elsewhere", "earlier", "decided", "other place and people"])
def test_nothing_is_added_to_a_report_of_another_event(
    place: Place, client_as: Callable[[Any], Any], what: str
) -> None:
    one, two, _three = place.students
    at_hand = place.report((one, PersonRole.CAUSED_HARM), occurred_at=NOW - timedelta(minutes=30))
    elsewhere = Place(SchoolFactory())
    target = {
        "elsewhere": lambda: elsewhere.report((elsewhere.students[0], PersonRole.CAUSED_HARM)),
        "earlier": lambda: place.report((one, PersonRole.CAUSED_HARM), occurred_at=NOW - timedelta(hours=5)),
        "decided": lambda: place.report((one, PersonRole.CAUSED_HARM), state=IncidentState.ROUTED),
        "other place and people": lambda: place.report((two, PersonRole.CAUSED_HARM), location_code="gym"),
    }[what]()
    client = client_as(make_user(Role.REPORTER, place.school))
    asked = capture(client, [one])
    form = next(f for f in forms(parse(asked.get_data(as_text=True))) if "confirmed" in f.names)
    before = db.session.scalar(select(func.count()).select_from(Incident))
    assert client.post(f"/incidents/new/same/{target.id}", data=form.values()).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Incident)) == before
    assert add_instead(client, asked, at_hand).status_code == 303
