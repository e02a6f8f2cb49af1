"""A person's columns of a list stay theirs, wherever they sign in, and no one else's."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import make_user, make_world
from tests.support.pages.tables import heads_of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry

ALL = ["Who", "What", "Where", "Opened", "Coordinator", "Next review", "Case number", "Needs attention", "State"]


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


def test_chosen_columns_stay_on_every_machine_and_are_no_one_elses(world: Any, client_as: Callable[[Any], Any]) -> None:
    client, colleague = client_as(world.coordinator), client_as(make_user(world.school, Role.DEAN))
    assert heads_of(client.page("/cases")) == ALL
    answer = client.submit("/cases?state=all&sort=-who", {"columns": ["state", "where"]}, holding="columns")
    assert (answer.status_code, answer.location) == (303, "/cases?whose=school&state=all&sort=-who")
    assert heads_of(client.page("/cases")) == ["Who", "Where", "State"]
    assert heads_of(client_as(world.coordinator).page("/cases")) == ["Who", "Where", "State"]
    assert heads_of(colleague.page("/cases")) == ALL
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "account.columns_chosen")).all()
    assert [entry.actor_id for entry in audited] == [world.coordinator.id]
    client.submit("/cases", {"columns": None}, holding="columns")
    assert heads_of(client.page("/cases")) == ["Who"], "what leads to a case cannot be left out"


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "cases"])
def test_nothing_leads_elsewhere_and_a_list_that_is_none_is_missing(
    world: Any, client_as: Callable[[Any], Any], to: str
) -> None:
    client = client_as(world.coordinator)
    sent = {"csrf_token": client.csrf_token("/cases"), "list": "cases", "columns": ["state"]}
    assert client.post("/account/columns", data=sent | {"to": to}).location == "/"
    assert client.post("/account/columns", data=sent | {"list": "none"}).status_code == 404
    assert client.post("/account/columns", data=sent | {"columns": ["x" * 5000, "\0", "=1+1"]}).status_code == 303
    assert heads_of(client.page("/cases")) == ["Who"]
