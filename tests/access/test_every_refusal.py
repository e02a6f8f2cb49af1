"""Who the written table keeps out, asked whole: by the gates' permissions, and where a gate opens, by requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.access.planted import planted_walk
from tests.access.test_permission_walk import TABLE
from tests.access.walk import LETTERS, SIGNING_OUT, Walk
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.access.gate import permission_of
from wss_cases.access.permissions import Permission
from wss_cases.permission_map import PERMISSION_MAP

EVERYBODY = frozenset(LETTERS.values())
NO_RECORD = frozenset(
    {
        *("outcomes.core.networks", "outcomes.core.reporters", "outcomes.core.schools", "outcomes.equity.exact"),
        *("calendar_import.upload", "list_columns.choose", "replan.take_back"),
    }
)
"""Addresses without a record that ask more than their gate: what the asker answers for, or what was sent."""


@pytest.fixture(scope="module")
def walk(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return planted_walk(databases, backend, tmp_path_factory.mktemp("refusals"))


def let_in(app: Flask, endpoint: str) -> frozenset[str]:
    """The roles that pass the gate of an endpoint, whatever record they ask for."""
    permission = permission_of(app, endpoint)
    if permission in (Permission.PUBLIC, Permission.SIGNED_IN):
        return EVERYBODY
    return frozenset(role.value for role in PERMISSION_MAP[permission].roles)


def refused(walk: Walk) -> Iterator[tuple[Rule, str, str, str]]:
    """Each rule and method with a role that its gate lets in and its record, of either school, keeps out; of another
    school's record, one of the roles in turn."""
    for number, (rule, method) in enumerate(walk.rules()):
        line, roles = TABLE[rule.endpoint], let_in(walk.app, rule.endpoint)
        for role in sorted(roles - line.own):
            yield rule, method, role, "own"
        strangers = sorted((line.own & roles) - line.other)
        if strangers and len(walk.sides(rule)) == 2:
            yield rule, method, strangers[number % len(strangers)], "other"


def test_a_gate_lets_in_whom_the_table_names_and_others_only_to_a_record(tmp_path: Path) -> None:
    app = make_app("sqlite:///nowhere/at-all.sqlite3", tmp_path)
    of_records = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments}
    more = {endpoint: let_in(app, endpoint) - line.own - line.other for endpoint, line in TABLE.items()}
    assert {endpoint for endpoint, roles in more.items() if roles} - of_records == NO_RECORD
    assert not [endpoint for endpoint, line in TABLE.items() if (line.own | line.other) - let_in(app, endpoint)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")
def test_who_passes_a_gate_is_refused_by_the_record(walk: Walk) -> None:
    clients = {role: walk.client(role) for role in EVERYBODY}
    wrong, asked = [], 0
    for rule, method, role, side in refused(walk):
        if rule.endpoint in SIGNING_OUT:
            continue
        asked += 1
        status = walk.status(*clients[role], rule, method, side)
        if status != 404:
            wrong.append(f"{role} may not {method} {rule.rule} ({side} school): {status}")
    assert not wrong, "\n".join(wrong)
    assert asked > 500
