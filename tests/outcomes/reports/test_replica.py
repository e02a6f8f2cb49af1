"""Reports read from a copy of the database when one is set; nothing is written there, and without it nothing stops."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, make_calendar
from tests.outcomes.reports.test_core import PAGE, number_on
from tests.support.applications import make_app, people_client
from tests.support.databases import Database, Databases
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_database
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date

pytestmark = pytest.mark.both_databases

REPORTS = 5


def ask(app: Flask, address: str) -> Any:
    with app.app_context():
        user = db.session.scalars(db.select(UserAccount)).one()
        db.session.expunge(user)
    return people_client(app, user).page(address)


def run(url: str, statement: str) -> int:
    """Carry out one statement on a database by itself; returns the first number it answers with."""
    engine = create_engine(url)
    with engine.begin() as connection:
        answer = connection.execute(text(statement))
        found = answer.scalar_one() if answer.returns_rows else 0
    engine.dispose()
    return int(found)


def told(app: Flask) -> tuple[str, str]:
    """What the doctor says of the copy."""
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["doctor", "--json"])
        db.session.remove()
    findings = json.loads(done.stdout)["findings"]
    return next((one["level"], one["words"]) for one in findings if one["what"] == "reports")


def test_reports_read_the_copy_and_writes_never_go_there(
    database: Database, databases: Databases, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path / "one")
    with app.app_context():
        today = local_date(clock.now(), DEFAULT_ZONE)
        make_calendar(today.replace(day=1), today)
        school = SchoolFactory()
        make_user(Role.ADMINISTRATOR, school)
        for _number in range(REPORTS):
            make_incident(school, local_date=today, weapon="firearm")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    assert told(app)[0] == "ok" and "not set" in told(app)[1]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    copy = databases.copy(database)
    run(copy.url, "DELETE FROM search_entry")
    run(copy.url, "DELETE FROM incident WHERE number = (SELECT min(number) FROM incident)")
    run(copy.url, "UPDATE location_code SET label_en = 'Of yesterday' WHERE code = 'hallway'")
    run(database.url, "DELETE FROM counter WHERE series = 'code_tables'")
    run(database.url, "INSERT INTO counter (series, value) VALUES ('code_tables', 77)")
    two = make_app(database.url, tmp_path / "two", REPORTS_DATABASE_URL=copy.url)
    try:
        assert number_on(ask(two, PAGE)) == REPORTS - 1 and number_on(ask(app, PAGE)) == REPORTS
        assert f"({REPORTS})" in ask(two, "/incidents").text
        assert "Of yesterday" not in ask(two, "/incidents?place=hallway").text, "a process holds no codes of the copy"
        listed = ask(two, "/outcomes/behind/serious").text
        assert listed.count("-I-") == REPORTS, "no copy lists reports: it may hold some that are erased"
        command = ["outcomes", "report", "core", "--school-year", clock.school_year(today), "--format", "json"]
        done = two.test_cli_runner().invoke(args=command)
        assert done.exit_code == 0, (done.stderr, done.exception)
        assert json.loads(done.stdout)["incidents"] == REPORTS - 1
        assert told(two) == ("ok", "Reports read from REPORTS_DATABASE_URL, which answers.")
        _writes_stay_here(two, database, copy)
        _is_left_alone_far_behind(two, copy)
        _goes_on_without(two, databases, copy)
    finally:
        for one in (app, two):
            with one.app_context():
                db.session.remove()
                db.engine.dispose()


def _writes_stay_here(app: Flask, database: Database, copy: Database) -> None:
    with app.app_context():
        user = db.session.scalars(db.select(UserAccount)).one()
        db.session.expunge(user)
        found = reports_database()
        assert found is not None
        with found.engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text("UPDATE school SET name = 'Elsewhere'"))
    client = people_client(app, user)
    assert client.submit("/outcomes/views/new?place=hallway", {"name": "Hallway"}).status_code == 303
    assert "Hallway" in client.page("/outcomes/views").text
    counted = "SELECT count(*) FROM saved_view"
    assert (run(database.url, counted), run(copy.url, counted)) == (1, 0)


def _is_left_alone_far_behind(app: Flask, copy: Database) -> None:
    with app.app_context():
        found = reports_database()
        assert found is not None
        if found.engine.dialect.name == "sqlite":
            return
        found.engine.dispose()
        run(copy.url, f'ALTER DATABASE "{found.engine.url.database}" SET search_path = public, pg_catalog')
        standby = "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'"
        run(copy.url, standby)
        for seconds, answers in ((30, True), (3600, False)):
            last = f"SELECT now() - interval '{seconds} seconds'"
            run(
                copy.url,
                "CREATE OR REPLACE FUNCTION public.pg_last_xact_replay_timestamp() RETURNS timestamptz "
                f"LANGUAGE sql AS $${last}$$",
            )
            assert found.answers() is answers


def _goes_on_without(app: Flask, databases: Databases, copy: Database) -> None:
    with app.app_context():
        found = reports_database()
        assert found is not None
        found.engine.dispose()
    databases.drop(copy)
    assert number_on(ask(app, PAGE)) == REPORTS
    assert found.away_until > time.monotonic()
    assert told(app) == (
        "warning",
        "REPORTS_DATABASE_URL does not answer or is far behind: reports read from DATABASE_URL instead.",
    )
