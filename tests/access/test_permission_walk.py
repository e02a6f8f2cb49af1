"""Every route × method × role × {own school, other school, signed out} against the written table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.access.planted import planted_walk
from tests.access.walk import LETTERS, PARTS, Line, Walk, read_table
from tests.support.applications import make_app, people_client
from tests.support.databases import Databases

PART_PAGES = ("incidents.incident", "review.incident", "review_acts.facts", "other_schools.tell")
TABLE = read_table((Path(__file__).parent / "table.txt").read_text(encoding="ascii"))
PART_TABLE = {
    **TABLE,
    # it is told where it happened, and no reporter of this school made it
    "other_schools.tell": replace(TABLE["other_schools.tell"], own=frozenset()),
    "incidents.incident": replace(TABLE["incidents.incident"], own=TABLE["incidents.incident"].own - {"reporter"}),
}


@pytest.fixture(scope="module")
def walk(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The application on a demo district of its own."""
    return planted_walk(databases, backend, tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as wired, on no database."""
    return make_app("sqlite:///nowhere/at-all.sqlite3", tmp_path_factory.mktemp("instance"))


def test_the_table_lists_every_endpoint(wired: Flask) -> None:
    assert {rule.endpoint for rule in wired.url_map.iter_rules()} == set(TABLE)


@pytest.mark.parametrize("role", LETTERS.values())
def test_each_role_reaches_what_the_table_says(walk: Walk, role: str) -> None:
    # what is of another school is asked for in test_replay.py, by everybody who is of one school or of none
    sides = ("own", "other") if role == "district" else ("own",)
    differences = walk.differences(role, TABLE, sides=sides)
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("role", ["reporter", "dean", "coordinator", "administrator"])
def test_the_part_of_another_school_in_a_report_is_reached_as_any_report(walk: Walk, role: str) -> None:
    parts = Walk(walk.app, PARTS)
    differences = [line for name in PART_PAGES for line in parts.differences(role, PART_TABLE, name, sides=("own",))]
    assert not differences, "\n".join(differences)


def test_the_signed_out_reach_only_what_is_public(walk: Walk) -> None:
    client = people_client(walk.app)
    token = client.csrf_token("/sign-in")
    for rule, method in walk.rules():
        line = TABLE[rule.endpoint]
        for side in walk.sides(rule):
            status = walk.status(client, token, rule, method, side)
            assert line.public or status in (302, 303), f"{method} {rule.rule}: {status}"


def test_a_wrong_line_is_seen(walk: Walk) -> None:
    """The walk is believed because it names a role that the table leaves out, and one that it adds."""
    shut: dict[str, Line] = {**TABLE, "accounts.me": replace(TABLE["accounts.me"], own=frozenset())}
    assert walk.differences("dean", shut, "accounts.me") == ["dean may not GET /account (own school): 200"]
    opened = {**TABLE, "people.people": replace(TABLE["people.people"], own=frozenset({"dean"}))}
    assert walk.differences("dean", opened, "people.people") == ["dean may GET /people (own school): 404"]


@pytest.mark.parametrize("row", ["cases.case DCA", "cases.case DCA - -", "cases.case"])
def test_a_line_that_is_none_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="case"):
        read_table(row)
