"""`flask import behaviors` as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.databases import ROOT, Database, flask

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
