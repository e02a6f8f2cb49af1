"""A district adds, renames, maps and retires places and behaviors; what was reported keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
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
