"""`flask routing explain`, as an operator runs it."""

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from tests.routing.asking import document
from tests.routing.strategies import facts_of
from tests.support.databases import Database, flask


def explain(app: Flask, path: Path, *options: str) -> Result:
    """Run the command in process."""
    return app.test_cli_runner().invoke(args=["routing", "explain", str(path), *options])


def write(path: Path, content: Any) -> Path:
    """Write a facts file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_one_object_gives_the_object(app: Flask, tmp_path: Path) -> None:
    facts = {"harmed": "student", "group": 5, "supports": ["iep"], "weapon": "firearm"}
    done = explain(app, write(tmp_path / "facts.json", facts), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == document(facts)
    assert done.stderr == ""


def test_a_list_gives_results_in_the_same_order(app: Flask, tmp_path: Path) -> None:
    many = [facts_of(seed) for seed in range(40)]
    done = explain(app, write(tmp_path / "facts.json", many), "--json")
    assert json.loads(done.stdout) == {"results": [document(facts) for facts in many]}
    empty = explain(app, write(tmp_path / "empty.json", []), "--json")
    assert json.loads(empty.stdout) == {"results": []}


def test_sentences_in_spanish(app: Flask, tmp_path: Path) -> None:
    done = explain(app, write(tmp_path / "facts.json", {"bias": True}), "--json", "--lang", "es")
    assert json.loads(done.stdout) == document({"bias": True}, "es")


def test_without_json_it_reads_as_text(app: Flask, tmp_path: Path) -> None:
    facts = {"harmed": "student", "group": 4, "imminent_danger": True, "weapon": "maybe_firearm"}
    done = explain(app, write(tmp_path / "facts.json", facts))
    assert done.exit_code == 0
    assert "Rule set 2026-1, version 3" in done.stdout
    assert "Danger now" in done.stdout
    assert "until: the danger has passed" in done.stdout
    assert "One-to-one mentoring, for person who caused harm, tier 3, within 2 school days (P6" not in done.stdout
    assert "One-to-one mentoring, for person who caused harm, tier 3, within 2 school days (P9)." in done.stdout


def test_an_unknown_key_is_named_and_exits_1(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path / "facts.json", {"group": 2, "hair_colour": "red"})
    plain = explain(app, path)
    assert plain.exit_code == 1
    assert plain.stdout == ""
    assert "hair_colour" in plain.stderr
    as_json = explain(app, path, "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["error"]["field"] == "hair_colour"
    assert "hair_colour" in as_json.stderr


def test_one_bad_entry_refuses_the_whole_list(app: Flask, tmp_path: Path) -> None:
    done = explain(app, write(tmp_path / "facts.json", [{}, {"group": True}]), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "error": {"field": "group", "message": "Entry 2: group must be a whole number from 1 to 6, not true."}
    }


def test_a_file_that_is_not_text(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(b'{"behavior": "\xff"}')
    done = explain(app, path)
    assert done.exit_code == 1
    assert "UTF-8" in done.stderr
    path.write_bytes(b'\xef\xbb\xbf{"group": 1}')
    assert explain(app, path, "--json").exit_code == 0


def test_wrong_use_exits_2(app: Flask, tmp_path: Path) -> None:
    assert explain(app, tmp_path / "nowhere.json").exit_code == 2
    assert app.test_cli_runner().invoke(args=["routing", "explain"]).exit_code == 2


def test_a_database_without_schema_is_said_plainly(empty_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "facts.json", {})
    done = flask(empty_database.url, "routing", "explain", str(path), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["field"] == "ruleset"
    assert "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stderr
