"""Alarms: at once to whoever may know, once; every dangerous report is one, and hardly any ordinary report."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting
from tests.intake.making import NOW, Place, set_facts
from tests.support.behaviors import DANGER, GROUP_WEIGHTS, PROFILES, draw_facts, read_codes
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import is_alarm
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.report.actions import submit_incident
from wss_cases.journal.models import OutboxMessage

STATED = ({"weapon": "firearm"}, {"weapon": "maybe_firearm"}, {"weapon": "other"}, {"fire_or_bomb": True},
          {"gun_violence_threat": True}, {"sexual": "contact"}, {"imminent_danger": True})  # fmt: skip
MOST_IN_A_THOUSAND = 20


def told() -> list[tuple[str, int]]:
    """The kinds of mail at any hour about reports, and to whom."""
    columns = select(OutboxMessage.kind, OutboxMessage.recipient_id, OutboxMessage.at_any_hour)
    found = db.session.execute(columns.where(OutboxMessage.kind.in_(["incident.alarm", "incident.danger"])))
    return sorted((row[0], row[1]) for row in found if row[2])


def submitted(place: Place, tile: Tile, *, danger: bool = False) -> int:
    capture = Capture(place.school.id, danger, tile, "hallway", NOW)
    return submit_incident(Invocation(acting(place.reporter), NOW, f"save-{tile}-{danger}"), capture)


@pytest.mark.parametrize(
    ("tile", "danger", "kind"),
    [(Tile.WEAPON, False, "incident.alarm"), (Tile.FIGHT, True, "incident.danger"), (Tile.FIGHT, False, "")],
)
def test_an_alarm_is_told_at_once_to_deans_and_administrators(
    place: Place, tile: Tile, danger: bool, kind: str
) -> None:
    submitted(place, tile, danger=danger)
    assert told() == ([(kind, place.dean.id), (kind, place.administrator.id)] if kind else [])


def test_an_answer_makes_it_one_and_no_answer_tells_of_it_twice(place: Place) -> None:
    incident = place.report()
    set_facts(incident, weapon="unknown", sexual="unknown", self_harm="unknown", bias="unknown")
    assert told() == [], "what is only unknown waits for the day's work"
    for answer in ("maybe_firearm", "firearm", "maybe_firearm"):
        set_facts(incident, weapon=answer)
    assert told() == [("incident.alarm", place.dean.id), ("incident.alarm", place.administrator.id)]


def test_a_fact_of_one_persons_part_makes_it_one() -> None:
    person = IncidentPerson(facts={"sexual": "contact"})
    assert is_alarm(Incident(tile="other", facts={}, danger_now=False, people=[person]))


def reports(rng: Random, number: int, *, prek2: bool) -> Iterator[tuple[Incident, bool]]:
    """Draw reports as the demo generator does, each with whether it states what an alarm is for."""
    codes = read_codes()
    for _count in range(number):
        group = rng.choices(list(GROUP_WEIGHTS), list(GROUP_WEIGHTS.values()))[0]
        known = codes["prek2" if prek2 else f"groups{group}"]
        behavior = rng.choices(known, [PROFILES[one.code].weight for one in known])[0]
        profile = PROFILES[behavior.code]
        facts = draw_facts(rng, profile)
        if rng.random() < DANGER.get(behavior.group or 0, 0.0):
            facts["imminent_danger"] = True
        states = any(facts.get(name) == value for one in STATED for name, value in one.items())
        yield Incident(tile=profile.tile, facts=facts, danger_now=False, people=[]), states


@pytest.mark.any_database("it only reads the catalogue")
@pytest.mark.parametrize("prek2", [False, True])
def test_all_that_is_dangerous_alarms_and_few_ordinary_reports_do(session: Any, prek2: bool) -> None:
    drawn = list(reports(Random(36), 1000, prek2=prek2))
    ordinary = [is_alarm(report) for report, states in drawn if not states]
    assert sum(ordinary) <= MOST_IN_A_THOUSAND * len(ordinary) / 1000
    assert all(is_alarm(report) for report, states in drawn if states)
    for stated in STATED:
        assert is_alarm(Incident(tile="other", facts=stated, danger_now=False, people=[]))


def test_a_planted_alarm_for_what_is_only_unknown_is_found(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wss_cases.incidents.incident.pages.alarm_of", lambda facts, signs, tile, danger: tile)
    with pytest.raises(AssertionError):
        test_all_that_is_dangerous_alarms_and_few_ordinary_reports_do(session, prek2=False)
