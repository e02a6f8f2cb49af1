"""Setup and `flask doctor` say the same, from one list, and nothing is called in order where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.roster.directory.models import ImportRun
from wss_cases.setup.checklist import CHECKS, Level, named

ClientAs = Callable[[Any], PageClient]


def both(app: Flask, client: PageClient) -> dict[str, tuple[str, str]]:
    """What the doctor says of each check; AssertionError where the page says otherwise."""
    rows = client.page("/setup/checklist").find_all("main")[0].find_all("li")
    done = app.test_cli_runner().invoke(args=["doctor", "--json"])
    said = {one["what"]: (one["level"], one["words"]) for one in json.loads(done.stdout)["findings"]}
    assert len(rows) == len(CHECKS)
    for row, check in zip(rows, CHECKS, strict=True):
        level, words = said[check.key]
        assert words in row.text and str(Level(level).label) in row.text, check.key
    return said


def test_an_empty_district_is_told_all_that_is_missing(app: Flask, session: Any, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.SYSADMIN))
    said = both(app, client)
    assert [check.key for check in CHECKS if said[check.key][0] == "ok"] == []
    page = client.get("/setup/checklist").get_data(as_text=True)
    assert f"{len(CHECKS)} things are still to do." in page and 'href="/people"' in page
    assert 'href="/police-approvers"' not in page and "Done by: District administrator" in page


def test_what_was_set_is_in_order_for_both(app: Flask, session: Any, client_as: ClientAs) -> None:
    school, other = SchoolFactory(network="North"), SchoolFactory(network="North")
    make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, other), make_user(Role.DEAN, school)
    make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    days = timedelta(days=5)
    session.add(ImportRun(kind="oneroster", source="feed", started_at=clock.now() - days, report={}, landed=True))
    session.flush()
    client = client_as(make_user(Role.DISTRICT))
    said = both(app, client)
    assert said["schools"] == ("ok", "Every school has an administrator.")
    assert said["accounts"][0] == said["networks"][0] == "ok"
    assert said["roster"] == ("warning", "The roster is 5 days old.")
    assert said["staff accounts"][1].endswith(f": {other.name}.")
    assert said["keepers"][0] == "warning"
    lacking = sorted((school.name, other.name))
    words = f"No coordinator, so no one sees a student’s need for housing support: {', '.join(lacking)}."
    assert said["coordinators"] == ("warning", words)
    make_user(Role.COORDINATOR, school), make_user(Role.COORDINATOR, other)
    assert both(app, client)["coordinators"] == ("ok", "Every school has a coordinator.")
    assert 'href="/police-approvers"' in client.get("/setup/checklist").get_data(as_text=True)


def test_a_long_list_is_counted() -> None:
    assert named(["a", "b"], "good", "Missing").words == "Missing: a, b."
    assert named(list("abcdefg"), "good", "Missing").words == "Missing: a, b, c, d, e and 2 more."
    assert named([], "good", "Missing").level is Level.OK
