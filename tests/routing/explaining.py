"""`flask routing explain`, run as an operator runs it over many facts, and all that is wrong with what it says."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.routing.judging import (
    Document,
    Facts,
    broken,
    broken_across,
    broken_by_answers,
    completions,
    disagreements,
    unknown_in,
    variants,
)
from tests.support.databases import Database, Databases, flask
from wss_cases.routing.engine.check import check_table
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.table import read_table

REFUSED: list[tuple[str, Facts]] = [
    *((key, {key: "any"}) for key in ("race", "sex", "gender", "language", "ethnicity", "disability", "hair_colour")),
    *(("group", {"group": value}) for value in (0, 7, True, "3", 1.5)),
    *(("priors_90d", {"priors_90d": value}) for value in (-1, False)),
    *(("bias", {"bias": value}) for value in (1, "yes", [])),
    *(("weapon", {"weapon": value}) for value in ("knife", True, {})),
    *(("supports", {"supports": value}) for value in ("iep", ["race"], {})),
    *((key, {key: "unknown"}) for key in ("danger_reported", "clear_and_present_danger", "place", "grade")),
    *(("asked", {"asked": value}) for value in (["sexual"], ["adult_conduct"], "weapon")),
    *(("sent_on", {"sent_on": value}) for value in (["weapon"], {})),
]
"""(the name that the refusal must give, facts): unknown keys, who a student is, and values of another kind."""
PLANTED: dict[str, tuple[tuple[Any, ...], Any]] = {
    "D1-1": (("verified", "unknown"), "verify_first"),
    "P4": (("items", 2, "tier"), 2),
    "H1": (("removes",), []),
    "F5": (("school_days",), [5]),
    "D6": (("when",), {"rule": "P12"}),
    "H7": (("when",), {"fact": "adult_conduct", "op": "is", "value": True}),
}
"""Rows of the rules, each with one value that is wrong: each must be noticed."""
MOST_AT_ONCE = 15_000


def explain(database: Database, folder: Path, facts: Any, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, over a file."""
    path = folder / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return flask(database.url, "routing", "explain", str(path), "--json", *more)


def answers(database: Database, folder: Path, facts: Sequence[Facts], *more: str) -> list[Document]:
    """Return the command's answers to a list of facts."""
    done = explain(database, folder, facts, *more)
    assert done.returncode == 0, done.stderr
    found: list[Document] = json.loads(done.stdout)["results"]
    assert len(found) == len(facts)
    return found


def problems(database: Database, folder: Path, facts: Sequence[Facts]) -> list[list[str]]:
    """Return for each of the facts what is wrong with the command's answer."""
    english, spanish = (answers(database, folder, facts, "--lang", lang) for lang in ("en", "es"))
    others = [variants(number, given) for number, given in enumerate(facts)]
    told = iter(answers(database, folder, [one for each in others for one in each.values()]))
    by_answers = _broken_by_answers(database, folder, facts, english)
    return [
        [
            *disagreements(given, answer),
            *broken(given, answer, other),
            *broken_across(answer, {name: next(told) for name in beside}),
            *lines,
        ]
        for given, answer, other, beside, lines in zip(facts, english, spanish, others, by_answers, strict=True)
    ]


def _broken_by_answers(
    database: Database, folder: Path, facts: Sequence[Facts], said: Sequence[Document]
) -> list[list[str]]:
    """Return for each of the facts where the command answers otherwise once all that is unknown is answered."""
    found: list[list[str]] = [[] for _each in facts]
    whole = [completions(given) if unknown_in(given) else {} for given in facts]
    for batch in _batches([len(each) for each in whole]):
        told = iter(answers(database, folder, [one for place in batch for one in whole[place].values()]))
        for place in batch:
            beside = {key: next(told) for key in whole[place]}
            found[place] = list(dict.fromkeys(broken_by_answers(facts[place], said[place], beside)))
    return found


def _batches(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of what is not empty, about so many at a time as a process can hold."""
    batch, size = list[int](), 0
    for place, more in enumerate(sizes):
        if more:
            batch.append(place)
            size += more
        if size >= MOST_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def refusals(database: Database, folder: Path) -> list[str]:
    """Return a line for each of the facts that are not refused by name, and one where the database was written to."""
    before, found = _digest(database), []
    for name, facts in REFUSED:
        done = explain(database, folder, facts)
        if done.returncode != 1 or json.loads(done.stdout)["error"]["field"] != name:
            found.append(f"invariant 7: {facts} is not refused by name: {done.stdout}")
    return found + ([] if before == _digest(database) else ["invariant 7: something was stored"])


def _digest(database: Database) -> str:
    return hashlib.sha256(Path(database.name).read_bytes()).hexdigest()


def in_force(database: Database) -> tuple[str, int, list[dict[str, Any]]]:
    """Return name, number and rows of the newest rule set."""
    with sqlite3.connect(database.name) as connection:
        newest = "SELECT name, number, table_rows FROM routing_rule_set ORDER BY id DESC"
        name, number, rows = connection.execute(newest).fetchone()
    return name, number, json.loads(rows)["rows"]


def findings(database: Database) -> list[str]:
    return [f"invariant 9: {finding}" for finding in check_table(read_table(*in_force(database)))]


def planted(databases: Databases, row_id: str) -> Database:
    """Return a database in whose rules one row is wrong."""
    database = databases.copy(databases.template("sqlite"))
    _name, number, rows = in_force(database)
    path, value = PLANTED[row_id]
    place: Any = next(row for row in rows if row["id"] == row_id)
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with sqlite3.connect(database.name) as connection:
        connection.execute(
            "INSERT INTO routing_rule_set (name, number, state, table_rows, starts_on, published_at, version)"
            " SELECT name, ?, state, ?, starts_on, published_at, version FROM routing_rule_set WHERE number = ?",
            (number + 1, json.dumps({"rows": rows}), number),
        )
    return database


def changed_since(databases: Databases, facts: Sequence[Facts]) -> tuple[int, int]:
    """Route the facts by the rule set of before and migrate; return how many answers were stored, and how many differ
    afterwards in version, facts or answer, or are answered differently by the rules that answered them."""
    database = databases.empty("sqlite")
    _upgrade(database, "0033")
    name, number, rows = in_force(database)
    table = read_table(name, number, rows)
    parsed = [parse_facts(given) for given in facts]
    stored = [(one.as_json(), as_stored(recommend(table, one))) for one in parsed]
    with sqlite3.connect(database.name) as connection:
        connection.executemany(
            "INSERT INTO routing_answer (incident_id, rule_set_id, created_at, facts, answer)"
            " VALUES (1, 1, '2026-11-20 16:00:00', ?, ?)",
            [(json.dumps(given), json.dumps(said)) for given, said in stored],
        )
        before = _routed(connection)
    _upgrade(database, "head")
    with sqlite3.connect(database.name) as connection:
        after = _routed(connection)
        again = connection.execute("SELECT name, number, table_rows FROM routing_rule_set ORDER BY id").fetchone()
    table = read_table(again[0], again[1], json.loads(again[2])["rows"])
    differing = [
        one
        for one, other, given in zip(before, after, parsed, strict=True)
        if one != other or json.loads(one[-1]) != as_stored(recommend(table, given))
    ]
    assert in_force(database)[1] > number, "there is a newer rule set"
    return len(before), len(differing)


def _upgrade(database: Database, revision: str) -> None:
    done = flask(database.url, "db", "upgrade", revision)
    assert done.returncode == 0, done.stderr


def _routed(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT name, number, starts_on, published_at, table_rows, facts, answer FROM routing_answer"
        " JOIN routing_rule_set ON routing_rule_set.id = rule_set_id ORDER BY routing_answer.id"
    ).fetchall()
