"""New resources and positions from a file: looked at first, each error by row and column, landed once."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.plan_money import make_resource
from tests.plans.money.conftest import Scene
from tests.plans.money.test_files import counted, send
from wss_cases.foundation.db import db
from wss_cases.plans.money.files.rules import MoneyFile
from wss_cases.plans.money.resources.models import PlanResource, ResourceKind

HEAD = "school,strategy,kind,title,planned,job_code,fte,filled_on,vacant_since\n"


def rows(scene: Scene, *lines: str) -> str:
    """Return a file whose lines begin with the school and the strategy of the plan."""
    return HEAD + "".join(f'609999,"{scene.strategy.if_words}",{line}\n' for line in lines)


def test_resources_are_looked_at_confirmed_and_landed_once(scene: Scene, client_as: Any) -> None:
    page = client_as(scene.principal)
    text = rows(scene, 'position,Coordinator,"$60,000",RC-1,0.5,,2026-09-01', "Training,Circle training,500,,,,")
    done = send(page, text, "resources")
    assert done.status_code == 303, done.text
    shown = page.page(done.location).text
    for words in (
        "Coordinator",
        "$60,000",
        "Full-time equivalent 0.5",
        "Vacant since Tue, Sep 1, 2026",
        "Import 2 rows",
    ):
        assert words in shown
    assert counted(PlanResource) == 0, "looking writes nothing"
    assert page.submit(done.location, {}).status_code == 303
    found = db.session.scalars(select(PlanResource).order_by(PlanResource.id)).all()
    assert [(one.kind, one.title, one.planned_cents, one.strategy_id) for one in found] == [
        (ResourceKind.POSITION, "Coordinator", 6_000_000, scene.strategy.id),
        (ResourceKind.TRAINING, "Circle training", 50_000, scene.strategy.id),
    ]
    assert (found[0].job_code, found[0].fte_hundredths, found[0].vacant_since) == ("RC-1", 50, date(2026, 9, 1))
    again = send(page, text + "\n", "resources")
    assert again.status_code == 400 and "already imported" in again.text


def test_each_error_names_its_row_and_column(scene: Scene, client_as: Any) -> None:
    make_resource(scene.strategy, title="Standing")
    lines = {
        "title": "training,standing,5,,,,",
        "planned": "training,A,-5,,,,",
        "kind": "spell,B,5,,,,",
        "fte": "position,C,5,,9x,,2026-09-01",
        "vacant_since": "position,D,5,,1,,2099-01-01",
        "job_code": "training,E,5,X1,,,",
        "filled_on": "position,F,5,,1,soon,",
    }
    page = client_as(scene.principal)
    refused = send(page, rows(scene, *lines.values()) + "609999,Nothing of ours,training,G,5,,,,\n", "resources")
    assert refused.status_code == 400 and counted(MoneyFile) == counted(PlanResource) - 1 == 0
    for row, column in enumerate([*lines, "strategy"], 2):
        assert f"Row {row}, column {column}:" in refused.text, refused.text
    twice = send(page, rows(scene, "training,Twice,5,,,,", "training,twice,5,,,,"), "resources")
    assert "Row 3, column title:" in page.page(twice.location).text


def test_the_district_brings_no_resources(scene: Scene, client_as: Any) -> None:
    refused = send(client_as(scene.district), rows(scene, "training,A,5,,,,"), "resources")
    assert refused.status_code == 400 and counted(MoneyFile) == 0
