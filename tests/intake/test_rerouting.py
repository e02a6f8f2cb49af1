"""After an upgrade undecided reports are routed by the new rules, in small steps, without alarms for old ones."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from tests.architecture.test_migrations import engine, plant, run
from tests.factories.base import fresh
from tests.intake.making import NOW, Place
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake import rerouting
from wss_cases.intake.rerouting import route_by_new_rules
from wss_cases.journal.models import OutboxMessage
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet

BEFORE = "0127"
AT = datetime(2026, 12, 2, 16, tzinfo=UTC)
YOUNG, OLD, DECIDED, UNNAMED = 1, 2, 3, 4


def answers(incident_id: int) -> list[RoutingAnswer]:
    found = select(RoutingAnswer).where(RoutingAnswer.incident_id == incident_id).order_by(RoutingAnswer.id)
    return list(db.session.scalars(found))


def told(kind: str) -> set[int]:
    """Of which reports a kind of mail tells."""
    return set(db.session.scalars(select(OutboxMessage.object_id).where(OutboxMessage.kind == kind)))


def plant_reports(database: Database) -> None:
    """A dean and a principal; undecided reports of a gun, young and old, and a decided one, answered by version 2; and
    a version of the district's own, with other words of its own in a row."""
    with engine(database).begin() as connection:
        row = connection.execute(
            sa.text("SELECT id, name, table_rows FROM routing_rule_set WHERE state = 'published' ORDER BY id DESC")
        ).first()
    assert row is not None
    rows = json.loads(row.table_rows) if isinstance(row.table_rows, str) else row.table_rows
    for one in rows["rows"]:
        if one["id"] == "D9":
            one["because"] = {"en": "Our own words.", "es": "Nuestras palabras."}
    answer = {
        "ruleset": {"name": row.name, "version": 3}, "pathways": [], "holds": [], "duties": [],
        "police": "not_indicated", "follow_ups": [], "notes": [],
    }  # fmt: skip
    ages = {YOUNG: timedelta(hours=2), OLD: timedelta(days=3), DECIDED: timedelta(hours=3), UNNAMED: timedelta(hours=1)}
    common = {"school_id": 1, "occurred_at": AT, "local_date": date(2026, 12, 2), "when_precision": "exact",
              "location_code": "hallway", "danger_now": False, "reporter_id": None,
              "narrative": "He said he would bring his knife."}  # fmt: skip
    plant(
        database,
        {
            "school": [{"id": 1, "name": "Willow", "code": "WI", "time_zone": "America/Chicago", "is_active": True}],
            "user_account": [
                {"id": number, "email": f"p{number}@district.example", "name": f"P {number}", "state": "active"}
                for number in (1, 2)
            ],
            "role_grant": [
                {"id": number, "user_id": number, "role": role, "school_id": 1, "district": False,
                 "starts_on": date(2020, 8, 1)}
                for number, role in ((1, "dean"), (2, "administrator"))
            ],
            "routing_rule_set": [
                {"id": row.id + 1, "name": row.name, "number": 3, "state": "published", "table_rows": rows,
                 "starts_on": date(2026, 11, 30), "published_at": datetime(2026, 11, 30, tzinfo=UTC), "version": 1},
            ],
            "incident": [
                {"id": number, "number": number, "reference": f"WI-I-{number:04d}", "submitted_at": AT - age,
                 "state": "routed" if number == DECIDED else "submitted", "tile": "weapon", "facts": facts, **common}
                for (number, age), facts in zip(
                    ages.items(), ({"weapon": "firearm"}, {"weapon": "firearm"}, {"weapon": "firearm"}, {}), strict=True
                )
            ],
            "routing_answer": [
                {"id": number, "incident_id": number, "incident_person_id": None, "rule_set_id": row.id + 1,
                 "created_at": AT, "facts": {"caused_by": "unknown"}, "answer": answer}
                for number in ages
            ],
        },
    )  # fmt: skip
    if database.kind == "postgresql":
        with engine(database).begin() as connection:
            for table in ("routing_rule_set", "routing_answer"):
                connection.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)"))


@pytest.mark.both_databases
def test_undecided_reports_of_before_are_routed_by_the_new_rules(empty_database: Database, tmp_path: Path) -> None:
    """It migrates an empty database to the revision before, which takes most of its time."""
    app = make_app(empty_database.url, tmp_path)
    run(app, "upgrade", BEFORE)
    plant_reports(empty_database)
    run(app, "upgrade")
    with app.app_context():
        newest = db.session.scalar(select(RuleSet.id).where(RuleSet.state == "published").order_by(RuleSet.id.desc()))
        assert route_by_new_rules(AT) == {"routed": 3}
        assert {number: [row.rule_set_id for row in answers(number)][-1] for number in (YOUNG, OLD, UNNAMED)} == (
            dict.fromkeys((YOUNG, OLD, UNNAMED), newest)
        )
        assert len(answers(DECIDED)) == 1, "what is decided keeps its answer"
        said = answers(YOUNG)[-1].answer
        assert said["police"] == "required_by_law"
        assert [one["kind"] for one in said["follow_ups"]] == ["guardian_contact", "threat_team"]
        (drafted,) = db.session.scalars(select(RuleSet).where(RuleSet.state == "draft"))
        theirs, ours = (
            next(row for row in rules.table_rows["rows"] if row["id"] == "D9")["because"]["en"]
            for rules in (drafted, db.session.get_one(RuleSet, newest))
        )
        assert theirs == "Our own words." != ours, "both forms stand until the district decides"
        unnamed = answers(UNNAMED)[-1]
        assert unnamed.facts["weapon"] == unnamed.facts["gun_violence_threat"] == "unknown"
        assert unnamed.answer["police"] == "verify"
        assert {one["fact"] for one in unnamed.answer["open_questions"] if one["weight"] == "must"} >= {"weapon"}
        assert [sign["from"] for sign in db.session.get_one(Incident, UNNAMED).signs] == ["tile", "word"]
        assert told("incident.alarm") == {YOUNG, UNNAMED}, "nobody is alarmed by what is older than a day"
        assert route_by_new_rules(AT) == {"routed": 0}


def test_it_goes_in_small_steps_and_one_that_fails_holds_up_no_other(session: Any, at: Any, monkeypatch: Any) -> None:
    at("2026-11-24 11:00")
    place = Place()
    reports = [place.report() for _number in range(3)]
    with db.session.begin_nested():
        for row in db.session.scalars(select(RoutingAnswer)):
            row.rule_set_id = db.session.scalars(select(RuleSet.id).order_by(RuleSet.id)).first()
    db.session.commit()
    broken = fresh(reports[1])
    broken.facts = {"weapon": "spoon"}
    db.session.commit()
    monkeypatch.setattr(rerouting, "BATCH", 2)
    assert [route_by_new_rules(NOW)["routed"] for _tick in range(3)] == [1, 1, 0]
