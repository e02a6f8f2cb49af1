"""A district adds, renames, maps and retires places and behaviors; what was reported keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.support.databases import ROOT, Database, flask
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.catalogue import add_place
from wss_cases.incidents.incident.models import BehaviorCode, LocationCode
from wss_cases.incidents.incident.queries import behaviors_in_force, locations_on
from wss_cases.incidents.incident.states import Place
from wss_cases.journal.models import AuditEntry

LIST = "/settings/codes"
TODAY = date(2026, 11, 28)
PLACE = {
    "label_en": "Garden shed",
    "label_es": "Cobertizo",
    "place": "on_grounds",
    "edfi": "Classroom",
    "swis": "Other",
}
BEHAVIOR = {
    "label_en": "Laser pointer", "label_es": "Puntero láser", "group": "2", "edfi": "School Violation",
    "is_subjective": "no", "is_attendance": "no", "starts_on": "2026-12-01",
}  # fmt: skip


@pytest.fixture
def person(session: Any, at: Callable[..., Any], client_as: Callable[[Any], PageClient]) -> PageClient:
    """An administrator of the district, on a Saturday."""
    at("2026-11-28 10:00")
    return client_as(make_user(Role.DISTRICT))


def one(model: Any, code: str) -> Any:
    """The row of a code."""
    return db.session.scalars(select(model).where(model.code == code).order_by(model.id)).first()


def codes_on(day: date) -> list[str]:
    """Places that can be chosen on a day."""
    return [place.code for place in locations_on(day)]


def test_a_place_is_added_renamed_and_retired(person: PageClient) -> None:
    swis = db.session.scalars(select(LocationCode.swis).where(LocationCode.swis != "")).first()
    assert person.submit(f"{LIST}/places/add", PLACE | {"swis": swis}).status_code == 303
    shed = one(LocationCode, "garden_shed")
    assert (shed.place, shed.edfi, shed.label_es) == (Place.ON_GROUNDS, "Classroom", "Cobertizo")
    address = f"{LIST}/places/{shed.id}"
    assert person.submit(f"{LIST}/places/add", PLACE | {"swis": swis}).status_code == 400
    assert person.submit(address, {"label_en": "Tool shed", "place": "off_campus"}).status_code == 303
    assert person.submit(f"{address}/retire", {"ends_on": "2026-11-27"}).status_code == 400
    assert person.submit(f"{address}/retire", {"ends_on": "2026-11-28"}).status_code == 303
    shed = one(LocationCode, "garden_shed")
    assert (shed.label_en, shed.place, shed.ends_on) == ("Tool shed", Place.OFF_CAMPUS, TODAY)
    assert "garden_shed" in codes_on(TODAY) and "garden_shed" not in codes_on(date(2026, 11, 29))
    # a report that has it keeps it in its form
    assert "garden_shed" in [place.code for place in locations_on(date(2026, 11, 29), "garden_shed")]
    assert person.submit(f"{address}/retire", {"ends_on": ""}).status_code == 303
    assert "garden_shed" in codes_on(date(2026, 11, 29))
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("place%"))).all()
    assert sorted(actions) == ["place.added", "places.changed", "places.retired", "places.retired"]


def test_a_behavior_is_added_from_a_day_and_mapped(person: PageClient) -> None:
    assert person.submit(f"{LIST}/behaviors/add", BEHAVIOR).status_code == 303
    row = one(BehaviorCode, "laser_pointer")
    assert (row.code_set, row.behavior_group, row.edfi, row.tile) == ("groups", 2, "School Violation", "")
    in_force = [[code.code for code in behaviors_in_force("groups", day)] for day in (TODAY, date(2026, 12, 1))]
    assert ["laser_pointer" in codes for codes in in_force] == [False, True]
    address = f"{LIST}/behaviors/{row.id}"
    crdc = db.session.scalars(select(BehaviorCode.crdc).where(BehaviorCode.crdc != "")).first()
    assert person.submit(address, {"crdc": crdc, "is_subjective": "yes"}).status_code == 303
    assert person.submit(f"{address}/retire", {"ends_on": "2026-11-30"}).status_code == 400  # before its first day
    row = one(BehaviorCode, "laser_pointer")
    assert (row.crdc, row.is_subjective, row.behavior_group) == (crdc, True, 2)
    assert "Laser pointer" in person.get(LIST).get_data(as_text=True)


def test_what_a_button_stands_for_stays_and_no_unknown_code_comes_in(person: PageClient) -> None:
    for model, which, where in (
        (LocationCode, "places", LocationCode.code == "classroom"), (BehaviorCode, "behaviors", BehaviorCode.tile != "")
    ):  # fmt: skip
        code_id = db.session.scalars(select(model.id).where(where)).first()
        refused = person.submit(f"{LIST}/{which}/{code_id}/retire", {"ends_on": "2026-12-31"})
        assert refused.status_code == 400 and "Rename it instead" in refused.get_data(as_text=True)
    held = {name: value[0] for name, value in person.form(f"{LIST}/places/add").values().items() if value}
    refused = person.post(f"{LIST}/places/add", data=held | PLACE | {"edfi": "Moon", "swis": ""})
    assert (
        refused.status_code == 400 and db.session.scalar(select(func.count()).where(LocationCode.code == "moon")) == 0
    )
    call = Invocation(acting(make_user(Role.DISTRICT)), clock.now())
    with pytest.raises(Refused, match="Not a valid choice") as unknown:
        add_place(call, label_en="Shed", label_es="Cobertizo", edfi="Moon", place=Place.ON_GROUNDS)
    assert unknown.value.field == "edfi"
    assert person.get(f"{LIST}/rules/1").status_code == person.get(f"{LIST}/places/999999").status_code == 404


def test_an_administrator_of_a_network_or_a_school_changes_no_list(person: PageClient, client_as: Any) -> None:
    user = UserFactory()
    RoleGrantFactory(user_id=user.id, role=Role.DISTRICT, network="North")
    for address in (LIST, f"{LIST}/places/add", f"{LIST}/behaviors/add"):
        assert client_as(user).get(address).status_code == 404


SEED = ROOT / "migrations" / "data" / "behavior_codes_2026.csv"
HEADER = SEED.read_text(encoding="utf-8").splitlines()[0]
GOOD = "groups,shouting,1,Shouting,Gritar,yes,no,,2026-08-01,,School Violation,04634,,Disruption"


def test_the_shipped_catalogue_is_already_there(database: Database) -> None:
    done = flask(database.url, "import", "behaviors", str(SEED), "--json")
    counts = json.loads(done.stdout)["files"][SEED.name]
    assert done.returncode == 0
    assert counts == {"created": 0, "updated": 0, "unchanged": 52, "refused": 0}


def test_good_rows_land_and_bad_ones_are_listed(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    bad = [
        GOOD.replace(",1,", ",7,"), GOOD.replace("2026-08-01", "1/8/26"), GOOD.replace("Gritar", " "),
        GOOD.replace("groups,", "prek2,"), GOOD + ",more", GOOD.replace("no,,", "no,juggling,"),
        GOOD.replace("2026-08-01,", "2026-08-01,2026-01-01"), GOOD.replace("Shouting", "S" * 301),
    ]  # fmt: skip
    file.write_text("\n".join([HEADER, GOOD, *bad]), encoding="utf-8-sig")
    first = flask(database.url, "import", "behaviors", str(file), "--json")
    document = json.loads(first.stdout)
    assert first.returncode == 0
    assert document["files"]["codes.csv"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 8}
    assert [problem["row"] for problem in document["problems"]] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert document["problems"][0]["column"] == "group"
    file.write_text(f"{HEADER}\n{GOOD.replace('Gritar', 'Gritos')}\n", encoding="utf-8")
    again = flask(database.url, "import", "behaviors", str(file), "--json")
    assert json.loads(again.stdout)["files"]["codes.csv"]["updated"] == 1


def test_a_file_that_is_none_is_refused_whole(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    for content in (b"", b"code,label\nx,y\n", HEADER.encode("utf-16"), f"{HEADER},code\n".encode(), b'"open\n'):
        file.write_bytes(content)
        done = flask(database.url, "import", "behaviors", str(file))
        assert done.returncode == 1, content
        assert "codes.csv" in done.stderr
        assert "Traceback" not in done.stderr
