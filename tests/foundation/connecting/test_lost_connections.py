"""PostgreSQL ends every connection between two clicks, or in the middle of one: a page is read again on another, what
is written never is; a page begins no transaction, but where its figures must be of one instant."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from psycopg import pq
from sqlalchemy import Engine, create_engine, event, text

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, make_calendar
from tests.outcomes.reports.test_core import PAGE, number_on
from tests.support.applications import make_app, people_client
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from tests.support.pages.reading import parse
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

REPORTS = 3
LIST, FORM, READ, SAVE = (
    "/incidents",
    "/outcomes/views/new?place=hallway",
    "INSERT INTO audit_entry",
    "INSERT INTO saved_view",
)
DISRUPTION = {
    "danger": "no", "unknown_person": "y", "what": "disruption", "where": "hallway", "when": "now",
}  # fmt: skip
ONE_VIEW = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
END_ALL = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Town:
    """One school with its reports, its administrator's client, and somebody who reaches the database from beside."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app = app
        self.beside = create_engine(database.url, isolation_level="AUTOCOMMIT")
        with app.app_context():
            today = local_date(clock.now(), DEFAULT_ZONE)
            make_calendar(today.replace(day=1), today)
            school = SchoolFactory()
            user = make_user(Role.ADMINISTRATOR, school)
            for _number in range(REPORTS):
                make_incident(school, local_date=today, weapon="firearm")
            db.session.commit()
            db.session.remove()
            self.engine: Engine = db.engine
            self.client: PageClient = people_client(app, user)

    def ask(self, statement: str) -> list[Any]:
        """Ask from beside."""
        with self.beside.connect() as connection:
            answer = connection.execute(text(statement))
            return list(answer.scalars()) if answer.returns_rows else []

    def end_all(self) -> int:
        """End every connection; returns how many there were."""
        return len(self.ask(END_ALL))

    def saved(self) -> int:
        """How many views are saved."""
        return int(self.ask("SELECT count(*) FROM saved_view")[0])

    @contextmanager
    def just_before(self, words: str, act: Callable[[], Any]) -> Iterator[list[str]]:
        """Act once, just before the first statement that begins with these words; collects all that is asked."""
        asked: list[str] = []

        def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if statement.startswith(words) and not any(one.startswith(words) for one in asked):
                act()
            asked.append(statement)

        event.listen(self.engine, "before_cursor_execute", look)
        try:
            yield asked
        finally:
            event.remove(self.engine, "before_cursor_execute", look)

    def trips(self, address: str) -> tuple[int, list[str]]:
        said, asked = self.traced(lambda: self.client.get(address))
        return said.count(b"ReadyForQuery"), asked

    def traced(self, act: Callable[[], Any]) -> tuple[bytes, list[str]]:
        """Return all that goes between the driver and the server while a page is answered, and what was asked."""
        with tempfile.TemporaryFile() as told, self.just_before("nothing", int) as asked:

            def listen(_opened: Any, record: Any, *_more: Any) -> None:
                record.driver_connection.pgconn.trace(told.fileno())
                record.driver_connection.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)

            event.listen(self.engine, "checkout", listen)
            assert act().status_code < 400
            event.remove(self.engine, "checkout", listen)
            with self.engine.connect() as one:
                one.connection.driver_connection.pgconn.untrace()  # type: ignore[union-attr]
            told.seek(0)
            return told.read(), asked


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Iterator[Town]:
    app = make_app(database.url, tmp_path / "instance")
    made = Town(app, database)
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    made.beside.dispose()


def test_a_page_is_read_again_and_a_form_begins_anew(town: Town) -> None:
    assert town.client.get(LIST).status_code == 200
    assert town.end_all() > 0
    assert f"({REPORTS})" in town.client.page(LIST).text, "between two clicks"
    with town.just_before("SELECT incident", town.end_all) as asked:
        assert f"({REPORTS})" in town.client.page(LIST).text, "in the middle of a page"
    assert len([one for one in asked if READ in one]) == 1, "its reading is noted once"
    form = town.client.form(FORM).values() | {"name": ["Hallway"]}
    assert town.end_all() > 0
    assert town.client.post(FORM, data=form).status_code == 303
    assert town.saved() == 1
    another = town.client.form(FORM).values() | {"name": ["Stairs"]}
    with town.just_before("BEGIN", town.end_all):
        assert town.client.post(FORM, data=another).status_code == 303, "nothing was begun yet"
    assert town.saved() == 2


def test_what_is_written_is_never_written_a_second_time(town: Town) -> None:
    form = town.client.form(FORM).values() | {"name": ["Hallway"]}
    with town.just_before(SAVE, town.end_all) as asked:
        answer = town.client.post(FORM, data=form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert len([one for one in asked if one.startswith(SAVE)]) == 1 and town.saved() == 0
    end_once = event.listens_for(town.engine, "commit", once=True)(lambda _connection: town.end_all())
    assert town.client.post(FORM, data=form).status_code == 503, "no one knows what became of it"
    assert end_once is not None and town.saved() == 0
    assert [town.client.post(FORM, data=form).status_code for _time in range(2)] == [303, 303]
    assert town.saved() == 1, "sent again, it is saved once"


def test_the_server_gives_up_a_machine_without_power_that_holds_what_others_wait_for(town: Town) -> None:
    # what then becomes of it only machines show: `python -m tests.faults.machines` lets one die before its commit
    told = "keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout"
    with town.app.app_context():
        assert [db.session.scalar(text(f"SHOW tcp_{name}")) for name in told] == ["3", "2", "3", "15000"]
        db.session.remove()


def test_figures_are_of_one_instant_or_there_is_no_page(town: Town) -> None:
    assert number_on(town.client.page(PAGE)) == REPORTS

    def lose_one() -> None:
        town.ask("DELETE FROM search_entry")
        town.ask("DELETE FROM incident WHERE number = (SELECT min(number) FROM incident)")

    with town.just_before("WITH found", lose_one) as asked:
        shown = town.client.get(PAGE)
    assert number_on(parse(shown.get_data(as_text=True))) == REPORTS and asked.count(ONE_VIEW) == 1
    assert number_on(town.client.page(PAGE)) == REPORTS - 1
    with town.just_before("WITH found", town.end_all):
        assert town.client.get(PAGE).status_code == 503, "half of one view and half of another"
    with town.just_before(ONE_VIEW, town.end_all):
        assert town.client.get(PAGE).status_code == 200, "nothing was read yet"


def test_the_server_is_asked_no_more_often_than_there_are_statements(town: Town) -> None:
    for _time in range(4):  # what a connection prepares once
        assert town.client.get(LIST).status_code == 200
    trips, asked = town.trips(LIST)
    assert not [one for one in asked if one.startswith("BEGIN")] and "INSERT INTO audit_entry" in asked[-1]
    assert trips == len(asked), "nothing beside them: no transaction, no COMMIT"


def test_nothing_that_only_read_is_rolled_back_so_its_plans_stay(town: Town) -> None:
    """At a ROLLBACK the driver forgets what the server has planned for a connection."""
    said, asked = town.traced(lambda: town.client.get(PAGE))
    assert ONE_VIEW in asked and b"COMMIT" in said and b"ROLLBACK" not in said
    said, asked = town.traced(lambda: town.client.submit(LIST + "/new", DISRUPTION))
    assert asked.count("BEGIN") == 1 and asked[-1].startswith("WITH part0"), "nothing is read once a form is saved"
    assert b"ROLLBACK" not in said


def test_plans_that_an_upgrade_outdates_are_let_go(town: Town) -> None:
    """Servers go on while a release with wider columns is brought in beside them."""
    for _time in range(4):
        assert town.client.get(LIST).status_code == 200
    town.ask("ALTER TABLE incident ALTER COLUMN reference TYPE text, ALTER COLUMN location_code TYPE text")
    assert town.client.get(LIST).status_code == 200
