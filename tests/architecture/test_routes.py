"""Every route declares its permission, and an application with one that does not refuses to start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from tests.support.applications import make_app
from tests.support.databases import flask
from wss_cases.access.gate import gate, init_gate
from wss_cases.access.permissions import Permission

NO_DATABASE = "sqlite:///nowhere/at-all.sqlite3"


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as wired; nothing here reaches a database."""
    return make_app(NO_DATABASE, tmp_path_factory.mktemp("instance"))


def test_every_rule_is_in_the_matrix_with_a_permission(wired: Flask) -> None:
    done = flask(NO_DATABASE, "permissions", "matrix", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["routes"]
    assert {(row["endpoint"], row["rule"]) for row in rows} == {
        (r.endpoint, r.rule) for r in wired.url_map.iter_rules()
    }
    known = {str(permission) for permission in Permission}
    assert [row for row in rows if row["permission"] not in known] == []
    public = {row["endpoint"] for row in rows if row["permission"] == "public"}
    assert {"static", "bootstrap.static"} <= public


def test_a_route_without_a_permission_stops_the_start() -> None:
    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/open", view_func=lambda: "x", endpoint="open")
    with pytest.raises(RuntimeError, match="/open"):
        init_gate(bare)


def test_a_route_with_a_permission_does_not() -> None:
    gated = Flask("gated", static_folder=None)
    gated.add_url_rule("/open", view_func=gate(Permission.PUBLIC)(lambda: "x"), endpoint="open")
    init_gate(gated)


def test_addresses_are_plain(wired: Flask) -> None:
    """Lower case words with hyphens, and no untyped parameters."""
    for rule in wired.url_map.iter_rules():
        if rule.endpoint not in ("static", "bootstrap.static"):
            fixed = "".join(text for is_parameter, text in rule._trace if not is_parameter)
            assert fixed == fixed.lower(), rule.rule
            assert "_" not in fixed, rule.rule


def test_the_application_touches_neither_database_nor_network(tmp_path: Path) -> None:
    make_app("postgresql://nobody@192.0.2.1/none", tmp_path)
