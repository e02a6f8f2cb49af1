"""Every route declares its permission, and an application with one that does not refuses to start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from tests.architecture.rules import addresses, templates
from tests.support.applications import make_app
from tests.support.databases import ROOT, flask
from wss_cases.access.gate import gate, init_gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.states import RECORD_PAGES

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


def test_every_address_that_is_asked_for_exists(wired: Flask) -> None:
    known = {rule.endpoint for rule in wired.url_map.iter_rules()}
    found = {}
    for path in sorted((ROOT / "wss_cases").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        found[str(path)] = addresses.in_code(source, known) + addresses.guarded(source)
    for path in templates.files():
        found[str(path)] = addresses.in_template(path.read_text(encoding="utf-8"), known)
    found["RECORD_PAGES"] = addresses.in_table(RECORD_PAGES, known)
    assert {place: names for place, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("planted", "offences"),
    [
        ('url_for("cases.add_to_case", case_id=1)', ["cases.add_to_case"]),
        ('url_for("cases.case", case_id=1)', []),
        ('b = Blueprint("cases", __name__)\nurl_for(".case")', []),
        ('b = Blueprint("cases", __name__)\nurl_for(".add")', ["cases.add"]),
        ('a = Blueprint("a", __name__)\nb = Blueprint("cases", __name__)\nurl_for(".case")', []),
        ('a = Blueprint("a", __name__)\nb = Blueprint("cases", __name__)\nurl_for(".add")', ["a.add"]),
        ('p = Pages("cases", __name__)\n@p.act("/x", then=".add")\ndef x(): ...', ["cases.add"]),
        ('p = Pages("cases", __name__)\n@p.act("/x", then=".case")\ndef x(): ...', []),
        ('link("cases.nothing")', ["cases.nothing"]),
        ("x = url_for(name) if name in app.view_functions else None", ["line 1"]),
    ],
)
def test_a_wrong_address_is_found(planted: str, offences: list[str]) -> None:
    assert addresses.in_code(planted, {"cases.case"}) + addresses.guarded(planted) == offences


def test_a_wrong_address_in_a_template_is_found() -> None:
    planted = "<a href=\"{{ url_for('cases.case') }}\"></a>{% if x %}{{ url_for('cases.gone', id=1) }}{% endif %}"
    assert addresses.in_template(planted, {"cases.case"}) == ["cases.gone"]
    assert addresses.in_table({"one": "cases.case", "two": "cases.gone"}, {"cases.case"}) == ["cases.gone"]
