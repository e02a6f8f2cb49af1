"""Minor consequences: logged in one tap, put right with a trace, in no figure of removals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.intake.making import WALL, Place
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.models import TimelineEntry
from wss_cases.outcomes.counting.repair.queries import minor_consequences, removals
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.safeguards.discipline.consequences import MinorConsequence

TODAY = date(2026, 11, 24)


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()


def give(client: Any, report_id: int, person_id: Any, kind: str, key: str = "k") -> Any:
    data = {"csrf_token": client.csrf_token("/review"), "request_key": key, "person": person_id, "kind": kind}
    return client.post(f"/incidents/{report_id}/consequences", data=data)


def test_one_tap_logs_it_and_another_takes_it_back(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], PersonRole.CAUSED_HARM), (place.students[1], PersonRole.HARMED))
    caused, harmed = fresh(report).people
    unknown = place.report((place.students[1], PersonRole.INVOLVED))
    waits = client_as(place.dean).page(f"/review/{unknown.id}")
    card = next(one for one in waits.find_all("details") if one.get("id") == "consequences")
    assert "once a student is entered" in card.text and card.find_all("button") == []
    client, scope = client_as(place.dean), Scope(place.school.id, "2026-27", date(2026, 8, 1), TODAY, TODAY)
    page = client.page(f"/review/{report.id}").text
    assert "Detention" in page and "not counted as removals" in page
    for key in ("one", "two"):
        answer = give(client, report.id, caused.id, "detention", key)
        assert answer.location.endswith(f"/review/{report.id}#consequences")
    assert give(client, report.id, caused.id, "call_home").status_code == 303
    assert minor_consequences(SYSTEM, scope) == {"detention": (1, 1), "call_home": (1, 1)}
    assert removals(SYSTEM, scope) == {}
    assert [give(client, report.id, who, kind).status_code for who, kind in (
        (harmed.id, "detention"), (999_999, "detention"), (caused.id, "expulsion"), ("x", "detention"))
    ] == [400] * 4  # fmt: skip
    [detention] = db.session.scalars(select(MinorConsequence).where(MinorConsequence.kind == "detention"))
    for status in (303, 409):
        token = {"csrf_token": client.csrf_token("/review")}
        assert client.post(f"/consequences/{detention.id}/take-back", data=token).status_code == status
    assert fresh(detention).taken_back_by_id == place.dean.id
    assert minor_consequences(SYSTEM, scope) == {"call_home": (1, 1)}
    kinds = db.session.scalars(
        select(TimelineEntry.kind).where(
            TimelineEntry.subject_type == "incident", TimelineEntry.kind.startswith("consequence")
        )
    )
    assert sorted(kinds) == ["consequence.given", "consequence.given", "consequence.taken_back"]
    assert "Call home 1 (1 student)" in " ".join(client.page("/outcomes/removals").text.split())


def test_no_one_else_logs_one_and_never_on_a_report_that_was_joined(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report = place.report((place.students[0], PersonRole.CAUSED_HARM))
    [person], report_id = fresh(report).people, report.id
    kept = place.report((place.students[1], PersonRole.CAUSED_HARM))
    joined, person_id = fresh(report), person.id
    joined.state, joined.duplicate_of_id = IncidentState.DUPLICATE, kept.id
    db.session.commit()
    page = client_as(place.dean).page(f"/review/{joined.id}").text
    assert "Minor consequences" not in page
    elsewhere = Place()
    assert [give(client_as(who), report_id, person_id, "detention").status_code for who in (
        elsewhere.dean, elsewhere.administrator, place.dean)] == [404, 404, 400]  # fmt: skip
    assert db.session.scalars(select(MinorConsequence)).all() == []
