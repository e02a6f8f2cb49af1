"""Migrations: one line of numbered revisions, up and down with rows in the tables, and equal to the models."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask

from tests.support.applications import make_app
from tests.support.databases import ROOT, Database, flask
from tests.support.depth import full_cross
from wss_cases.journal.word_index import words_of

pytestmark = pytest.mark.both_databases
OLD = pytest.mark.full_cross_only("tests/architecture/test_migrations.py")
"""A revision that was published changes no more, and what it did to rows is proven before each release."""

NEWEST = 10
VERSIONS = ROOT / "migrations" / "versions"
PLAUSIBLE: dict[type, Any] = {
    str: "x",
    bool: False,
    dict: {},
    datetime: datetime(2026, 11, 24, 10, tzinfo=UTC),
    date: date(2026, 11, 24),
    time: time(8, 0),
}
NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.py")


def revisions() -> list[str]:
    """Revision numbers from first to last."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    walked = list(ScriptDirectory.from_config(config).walk_revisions())
    return [revision.revision for revision in reversed(walked)]


def out_of_sequence(names: list[str]) -> list[str]:
    return [name for number, name in enumerate(sorted(names), 1) if not _numbered(name, number)]


def _numbered(name: str, number: int) -> bool:
    match = NAME.fullmatch(name)
    return match is not None and int(match[1]) == number


def run(app: Flask, *arguments: str) -> None:
    """Run one database command in this process; AssertionError with its words when it fails."""
    done = app.test_cli_runner().invoke(args=["db", *arguments])
    assert done.exit_code == 0, f"{done.output}{done.exception!r}"


def engine(database: Database) -> sa.Engine:
    return sa.create_engine(database.url, poolclass=sa.NullPool)


def counts(database: Database) -> dict[str, int]:
    with engine(database).connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return {name: connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables}


def plant_rows(database: Database) -> None:
    """Put rows into tables of every early kind, so that changing them has something to carry along."""
    rows: dict[str, list[dict[str, Any]]] = {
        "user_account": [{"id": 9001, "email": "first@district.example", "name": "First"}],
        "school": [{"id": 9001, "name": "First School"}],
        "student": [{"id": 9001, "given_name": "Zoë", "family_name": "Nuñez"}],
    }
    reflected = sa.MetaData()
    with engine(database).begin() as connection:
        for name, planted in rows.items():
            if sa.inspect(connection).has_table(name):
                table = sa.Table(name, reflected, autoload_with=connection, extend_existing=True)
                for row in planted:
                    connection.execute(sa.insert(table).values(_complete(table, row)))


def plant(database: Database, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put rows into tables as the schema has them now, every column that they leave out filled."""
    reflected = sa.MetaData()
    with engine(database).begin() as connection:
        for name, planted in rows.items():
            table = sa.Table(name, reflected, autoload_with=connection, extend_existing=True)
            for row in planted:
                connection.execute(sa.insert(table).values(_complete(table, row)))


def _complete(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name in table.c}
    for column in table.columns:
        if column.name not in values and not column.nullable and column.server_default is None:
            values[column.name] = _plausible(table, column)
    return values


def _plausible(table: sa.Table, column: sa.Column[Any]) -> Any:
    checks = [str(c.sqltext) for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    for check in checks:
        if re.match(rf'[("]*{column.name}\b', check) and (allowed := re.search(r"'([^']+)'", check)):
            return allowed[1]
    kind = column.type.python_type
    return next((value for of, value in PLAUSIBLE.items() if kind is of), 1)


def test_one_numbered_line() -> None:
    names = [path.name for path in VERSIONS.glob("*.py") if path.name != "__init__.py"]
    assert out_of_sequence(names) == []
    assert revisions() == [f"{number:04d}" for number in range(1, len(names) + 1)]


@pytest.mark.parametrize("names", [["0001_a.py", "0003_b.py"], ["0001_a.py", "0001_b.py"], ["first.py"], ["0001_A.py"]])
def test_a_broken_line_is_seen(names: list[str]) -> None:
    assert out_of_sequence(names)


def test_models_equal_the_migrated_schema(database: Database, tmp_path: Path) -> None:
    run(make_app(database.url, tmp_path), "check")


def test_a_missing_column_is_seen(database: Database) -> None:
    with engine(database).begin() as connection:
        connection.execute(sa.text("ALTER TABLE user_session DROP COLUMN device"))
    done = flask(database.url, "db", "check")
    assert done.returncode != 0
    assert "device" in done.stdout + done.stderr


def test_up_down_up_with_rows(empty_database: Database, tmp_path: Path) -> None:
    """Step by step for the newest revisions, and through all before them by one command; in the full cross step by step
    through all."""
    app = make_app(empty_database.url, tmp_path)
    line = revisions()
    run(app, "upgrade", line[0])
    begun = set(counts(empty_database))
    run(app, "downgrade", "base")
    assert set(counts(empty_database)) <= {"alembic_version"}
    run(app, "upgrade", line[0])
    plant_rows(empty_database)
    steps = line[1:] if full_cross() else line[-NEWEST:]
    for revision in steps:
        run(app, "upgrade", revision)
    first = counts(empty_database)
    assert first["user_account"] >= 1
    for revision in (*reversed(steps[:-1]), line[0]):
        run(app, "downgrade", revision)
    assert set(counts(empty_database)) == begun
    run(app, "upgrade")
    after = counts(empty_database)
    assert {name: after[name] for name in ("user_account", "school", "student")} == {
        name: first[name] for name in ("user_account", "school", "student")
    }
    run(app, "check")


FIRST = {"case_id": 1, "school_id": 1}
OVER = {"offered_on": date(2026, 9, 1), "accepted_on": date(2026, 9, 1), "started_on": date(2026, 9, 1)}
FIRST_RELEASE: dict[str, list[dict[str, Any]]] = {
    "school": [{"id": 1}],
    "user_account": [{"id": 1, "email": "keeper@district.example"}],
    "case_record": [{"id": 1, "school_id": 1, "state": "in_process", "next_review_on": date(2026, 12, 1)}],
    "pathway": [
        {"id": 1, "pathway": "circle", "kind": "peer_conference", "state": "active", **OVER, **FIRST},
        {"id": 2, "pathway": "mentoring", "kind": "one_to_one", "state": "active", **OVER, **FIRST},
        {"id": 3, "pathway": "wraparound", "kind": "family_support", "state": "active", **OVER, **FIRST},
        {
            "id": 4, "pathway": "wraparound", "kind": "academic", "state": "ended_early",
            "end_reason": "no_contact", "ended_at": PLAUSIBLE[datetime], **OVER, **FIRST,
        },
    ],
    "circle_meeting": [{"id": 1, "pathway_id": 1, "keeper_id": 1, "happened": None, **FIRST}],
    "follow_up": [
        {"id": 1, "case_id": 1, "incident_id": None, "kind": "agreement_check_in", "state": "done",
         "outcome": "keeping", "outcome_note": "Better at home", "school_id": 1},
    ],
    "mentoring_plan": [
        {"id": 1, "pathway_id": 2, "mentor_name": "Mx. Ohta", "cadence": "on Mondays", **FIRST}
    ],
    "referral": [
        {"id": 1, "pathway_id": 3, "partner": "Harbor House", "sent_on": date(2026, 9, 2), **FIRST},
        {"id": 2, "pathway_id": 4, "partner": "Harbor House", "sent_on": None, **FIRST},
    ],
}  # fmt: skip
"""One of each pathway as the first release knew it."""


@OLD
def test_police_notifications_of_before_reviews_get_one(empty_database: Database, tmp_path: Path) -> None:
    app = make_app(empty_database.url, tmp_path)
    run(app, "upgrade", "0017")
    told = "SELECT door, duty_id FROM police_notification ORDER BY id"
    of = {"school_id": 1, "incident_id": 1}
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 1}],
        "incident": [{"id": 1, "school_id": 1, "state": "submitted", "duplicate_of_id": None}],
        "legal_duty": [{"id": 1, "state": "due", "proposed_by_id": None, "kind_id": 1, **of}],
        "police_notification": [
            {"id": 4, "door": "required_by_law", "duty_id": 1, **of},
            {"id": 7, "door": "emergency", "duty_id": None, **of},
            {"id": 9, "door": "other", "duty_id": None, **of},
        ],
    }
    plant(empty_database, rows)
    run(app, "upgrade")
    reviews = (
        "SELECT n.id, r.door, r.state, r.duty_id FROM police_notification n"
        " JOIN police_review r ON r.id = n.review_id WHERE r.before_reviews ORDER BY n.id"
    )
    with engine(empty_database).connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(reviews))]
    assert found == [
        (4, "required_by_law", "notified", 1),
        (7, "emergency", "notified", None),
        (9, "other", "notified", None),
    ]
    run(app, "downgrade", "0017")
    with engine(empty_database).connect() as connection:
        back = [tuple(row) for row in connection.execute(sa.text(told))]
    assert back == [("required_by_law", 1), ("emergency", None), ("other", None)]


@OLD
def test_pathways_of_the_first_release_are_carried_along(empty_database: Database, tmp_path: Path) -> None:
    app = make_app(empty_database.url, tmp_path)
    run(app, "upgrade", "0006")
    plant(empty_database, FIRST_RELEASE)
    run(app, "upgrade")
    found = {
        "keepers": "SELECT pathway_id, user_id FROM circle_keeper",
        "mentors": "SELECT mentor.name FROM mentoring_plan JOIN mentor ON mentor.id = mentor_id",
        "words": "SELECT outcome_note, sealed_text IS NOT NULL, key_name <> '' FROM follow_up",
        "referrals": "SELECT partner_name, state, ended_on IS NOT NULL FROM referral ORDER BY id",
    }
    with engine(empty_database).connect() as connection:
        carried = {name: [tuple(row) for row in connection.execute(sa.text(q))] for name, q in found.items()}
    assert carried == {
        "keepers": [(1, 1)],
        "mentors": [("Mx. Ohta",)],
        "words": [("", 1, 1)],
        "referrals": [("Harbor House", "sent", 0), ("Harbor House", "withdrawn", 1)],
    }
    run(app, "downgrade", "0006")
    with engine(empty_database).connect() as connection:
        words = connection.execute(sa.text("SELECT outcome_note FROM follow_up"))
        assert [row[0] for row in words] == ["Better at home"]
        plans = connection.execute(sa.text("SELECT mentor_name, cadence FROM mentoring_plan"))
        assert [tuple(row) for row in plans] == [("Mx. Ohta", "on Mondays")]
        partners = connection.execute(sa.text("SELECT partner FROM referral ORDER BY id"))
        assert [row[0] for row in partners] == ["Harbor House", "Harbor House"]


@OLD
def test_rows_that_say_what_may_be_told_and_what_is_of_housing_are_carried_along(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", "0060")
    yes = [{"word": "gay", "concerns": [7]}, "lesbian"]
    of = {"school_id": 1, "incident_id": 1}
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 1}],
        "student": [{"id": 1}],
        "incident": [{"id": 1, "school_id": 1, "state": "submitted", "duplicate_of_id": None}],
        "incident_person": [{"id": 7, "kind": "student", "student_id": 1, "may_tell": ["dating"], **of}],
        "discipline_action": [{"id": 3, "student_id": 1, "days": 1, "may_tell": yes, **of}],
        "disclosure": [
            {"id": number, "student_id": 1, "school_id": 1, "object_type": "referral", "interest": interest}
            for number, interest in enumerate(("academic", "housing_basic_needs", "Vivienda y necesidades básicas"))
        ],
    }
    plant(database, rows)

    def told(name: str) -> Any:
        table = sa.Table(name, sa.MetaData(), sa.Column("may_tell", sa.JSON))
        with engine(database).connect() as connection:
            return connection.scalar(sa.select(table))

    for _twice in range(2):
        run(app, "upgrade")
        assert told("incident_person") == [
            {"word": "dating", "concerns": [7], "notice_id": 0},
            {"word": "gay", "concerns": [7], "notice_id": 3},
            {"word": "lesbian", "concerns": [], "notice_id": 3},
        ]
        with engine(database).connect() as connection:
            told_of = connection.scalars(sa.text("SELECT of_housing FROM disclosure ORDER BY id"))
            assert list(map(bool, told_of)) == [False, True, True]
        run(app, "downgrade", "0060")
        assert (told("incident_person"), told("discipline_action")) == (["dating"], yes)


def test_reports_and_cases_of_before_are_found_by_their_words(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", "0081")
    texts = ("Señor Óscar’s window broke.Loud", 'He said "sorry"; 2-3 times')
    report = {"id": 7, "school_id": 5, "number": 12, "reference": "AB-I-0012", "tile": "fight", "location_code": "gym"}
    more = {"state": "submitted", "duplicate_of_id": None, "narrative": texts[0], "immediate_action": ""}
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 5}],
        "user_account": [{"id": 1, "email": "first@district.example"}],
        "incident": [report | more],
        "incident_addendum": [{"id": 1, "incident_id": 7, "text": texts[1]}],
        "case_record": [{"id": 3, "school_id": 5, "state": "in_process", "next_review_on": date(2026, 12, 1)}],
    }
    plant(database, rows)
    run(app, "upgrade")
    with engine(database).connect() as connection:
        rows_now = connection.execute(sa.text("SELECT incident_id, words FROM search_entry"))
        found = {row[0]: row[1] for row in rows_now}
    assert set(found) == {7, None}, "one entry for each"
    assert found[7] == words_of(["AB-I-0012", "12", "fight", "gym", *texts], 5), "as they are written now"


def test_sqlite_keeps_its_foreign_keys_whole(databases: Any, tmp_path: Path) -> None:
    copy = databases.copy(databases.template("sqlite"))
    with sqlite3.connect(copy.name) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    databases.drop(copy)
