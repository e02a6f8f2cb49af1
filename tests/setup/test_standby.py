"""Saves wait for the database's standby; where it is missing they go on, and that is written down, shown and told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, func, select
from sqlalchemy.engine import make_url

from tests.factories.accounts import make_user
from tests.support.applications import make_app, people_client
from tests.support.databases import Database, flask
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from wss_cases.access.actor import Role
from wss_cases.cli.doctor import examine
from wss_cases.foundation.db import db
from wss_cases.jobs.standby import watching
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.mail.monitoring import standing
from wss_cases.setup import standby
from wss_cases.setup.standby import (
    MISSING,
    PATIENCE,
    UNWATCHED,
    Primary,
    SeveralFirst,
    Step,
    Watch,
    are_meant,
    end_lapse,
    last_lapses,
    note_look,
    step,
    unheard,
    wanted,
)

ROLE = f"wss_watch_{os.getpid()}"
NAMES = 'ANY 1 (db1, "db2")'
LONG, SHORT = PATIENCE + 1, 1.0
FOLLOWED = Primary(NAMES, ["db2"], ["db2"])
ALONE, LIFTED, AGAIN = Primary(NAMES, [], []), Primary("", [], []), Primary("", ["db2"], [])


@pytest.mark.parametrize(
    ("primary", "silent", "away", "is_lapse", "known", "wanted_step"),
    [
        (FOLLOWED, SHORT, SHORT, False, "", Step.NOTHING),
        (FOLLOWED, SHORT, SHORT, True, NAMES, Step.CLOSE),
        (FOLLOWED, LONG, LONG, False, "", Step.LIFT),
        (ALONE, 0, SHORT, False, "", Step.NOTHING),
        (ALONE, 0, SHORT, True, NAMES, Step.NOTHING),
        (ALONE, 0, LONG, False, "", Step.LIFT),
        (ALONE, 0, LONG, True, NAMES, Step.LIFT),
        (LIFTED, 0, LONG, True, NAMES, Step.NOTHING),
        (LIFTED, 0, LONG, False, NAMES, Step.LIFT),
        (LIFTED, 0, SHORT, False, NAMES, Step.NOTHING),
        (AGAIN, SHORT, LONG, True, NAMES, Step.RESTORE),
        (AGAIN, LONG, LONG, True, NAMES, Step.NOTHING),
        (AGAIN, SHORT, LONG, True, "ANY 1 (db3)", Step.NOTHING),
        (AGAIN, SHORT, LONG, True, "ANY 2 (db1, db2)", Step.NOTHING),
        (AGAIN, SHORT, SHORT, True, "", Step.NOTHING),
    ],
)
def test_what_is_done_follows_from_who_follows(
    primary: Primary, silent: float, away: float, is_lapse: bool, known: str, wanted_step: Step
) -> None:
    heard = dict.fromkeys(primary.following, silent)
    assert step(primary, heard, away, is_lapse, known) is wanted_step


def test_names_are_read_as_postgresql_reads_them() -> None:
    assert [wanted(names) for names in ("db2", "2 (a, b)", "FIRST 2 (a, b)", "any 1 (*)")] == [1, 2, 2, 1]
    assert are_meant('first 1 (DB1, "db-2")', ["db1", "db-2", "db3"]) == ["db1", "db-2"]
    assert are_meant("*", ["whoever"]) == ["whoever"]
    two = Primary("ANY 2 (a, b, c)", ["a", "b", "c"], ["a", "b", "c"])
    assert unheard(two, {"a": 1, "b": 30, "c": 2}) == 2
    assert unheard(ALONE, {}) is None


@pytest.fixture
def watched(database: Database) -> Iterator[str]:
    """The address of a role that has what the command prints; commits wait for standbys that are not there."""
    url = make_url(database.url)
    place = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    with psycopg.connect(**place, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
        printed = flask(database.url, "permissions", "database", ROLE, "--for", "watching")
        owner.execute(printed.stdout.encode())
        owner.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAMES}'".encode())
        owner.execute("SELECT pg_reload_conf()")
        wait_until(lambda: names_in_force(database) == NAMES, LONGEST_WAIT, "the setting is in force")
        yield url.set(username=ROLE).render_as_string(hide_password=False)
        owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
        owner.execute("SELECT pg_reload_conf()")
        owner.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}".encode())


def names_in_force(database: Database) -> str:
    """For which standbys commits wait, as a new session finds it."""
    with psycopg.connect(database.url.replace("+psycopg", "")) as connection:
        found = connection.execute("SHOW synchronous_standby_names").fetchone()
    return str(found[0]) if found else ""


def twice(address: str) -> str:
    """An address of two servers, each of which says that it is the first: one, by two names."""
    url = make_url(address)
    hosts = [f"{name}:{url.port}" for name in ("127.0.0.1", "localhost")]
    both = URL.create(url.drivername, url.username, database=url.database, query={"host": hosts})
    return both.render_as_string(hide_password=False)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_watch_that_sees_nothing_is_not_called_well(
    database: Database, watched: str, tmp_path: Path, at: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database.url, tmp_path, WATCH_DATABASE_URL=watched)
    now = at("2026-11-24 10:00")
    words = "second machine is not being watched"
    with app.app_context(), psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as owner:
        boss = make_user(Role.SYSADMIN)
        db.session.commit()
        client, boss_id = people_client(app, boss), boss.id

        def seen() -> tuple[str, bool, str]:
            page, looked = client.page("/system").text, next(one for one in examine(now) if one.what == "standby")
            db.session.remove()
            assert looked.level == ("bad" if words in page else "ok")
            return client.get("/readyz").get_json()["standby"], words in page, looked.words

        assert seen()[:2] == ("unknown", True), "no scheduler has looked"
        look = watching()
        assert (look("one", now), seen()) == ("", ("ok", False, "None is missing."))
        owner.execute(f"ALTER ROLE {ROLE} NOLOGIN".encode())
        assert (look("one", now), seen()[0]) == ("", "ok"), "that may be over in seconds"
        with monkeypatch.context() as patched:
            patched.setattr(standby, "UNSEEN", 0.0)
            assert "no first server is seen; not let in" in look("one", now)
        state, is_shown, told = seen()
        assert (state, is_shown) == ("unknown", True) and "one: no first server is seen; not let in" in told
        owner.execute(f"ALTER ROLE {ROLE} LOGIN".encode())
        assert (look("one", now), seen()[:2]) == ("", ("ok", False))
        app.config["WATCH_DATABASE_URL"] = twice(watched)
        assert "both take themselves for the first server" in look("one", now)
        assert seen()[:2] == ("unknown", True)
        app.config["WATCH_DATABASE_URL"] = watched
        assert (look("one", now), seen()[:2]) == ("", ("ok", False))
        later = now + timedelta(minutes=3)
        assert (standing(later).standby(True), standing(later).standby(False)) == ("unknown", "none")
        note_look("one", later, "no answer")
        mailed = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == UNWATCHED, OutboxMessage.at_any_hour)
        assert list(db.session.scalars(mailed)) == [boss_id], "once, however often a look fails in that hour"
        hour = now + timedelta(hours=1)
        note_look("two", hour, "")
        note_look("one", hour, "no answer")
        assert len(list(db.session.scalars(mailed))) == 1, "another scheduler sees it"
        note_look("two", hour, "no answer")
        assert list(db.session.scalars(mailed)) == [boss_id, boss_id], "and now none does"
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_names_that_cannot_be_kept_are_not_taken_away(
    database: Database, watched: str, tmp_path: Path, at: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database.url, tmp_path, WATCH_DATABASE_URL=watched)
    long = f"ANY 1 ({', '.join(f'standby_of_school_{number}' for number in range(12))})"
    with app.app_context(), psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{long}'".encode())
        owner.execute("SELECT pg_reload_conf()")
        wait_until(lambda: names_in_force(database) == long, LONGEST_WAIT, "the setting is in force")
        monkeypatch.setattr(standby, "PATIENCE", 0.0)
        now = at("2026-11-24 10:00")
        assert "longer than 200 letters" in watching()("one", now)
        assert (names_in_force(database), list(last_lapses(9)), standing(now).standby(True)) == (long, [], "unknown")
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_without_its_standby_saves_go_on_and_everybody_knows(
    database: Database, watched: str, tmp_path: Path, at: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database.url, tmp_path, WATCH_DATABASE_URL=watched)
    now = at("2026-11-24 10:00")
    with app.app_context():
        boss, dean = make_user(Role.SYSADMIN), make_user(Role.DISTRICT)
        db.session.commit()
        client = people_client(app, boss)
        look = watching()
        assert (look("one", now), client.get("/readyz").get_json()["standby"]) == ("", "ok")
        monkeypatch.setattr(standby, "PATIENCE", 0.0)
        with pytest.raises(SeveralFirst, match="both take themselves for the first server"):
            Watch().look(twice(watched), now)
        assert names_in_force(database) == NAMES, "it is not known which of the two is the first"
        assert look("one", now) == "the standby is missing: saves go on without it"
        wait_until(lambda: names_in_force(database) == "", LONGEST_WAIT, "no commit waits")
        assert [look("two", now), watching()("three", now)] == ["", ""]
        told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == MISSING, OutboxMessage.at_any_hour)
        assert list(db.session.scalars(told)) == [boss.id]
        assert [(row.since, row.until, row.names) for row in last_lapses(9)] == [(now, None, NAMES)]
        assert client.get("/readyz").get_json()["standby"] == "missing"
        assert "what you save is kept on one machine only" in people_client(app, dean).page("/account").text
        assert "One machine only" in client.page("/system").text
        later = at("2026-11-24 10:07")
        end_lapse(later)
        end_lapse(later)
        assert [row.until for row in last_lapses(9)] == [later]
        note_look("one", later, "")
        assert client.get("/readyz").get_json()["standby"] == "ok"
        assert "kept on one machine only" not in client.page("/account").text
        kept = select(func.count()).where(AuditEntry.action.in_(("standby_lapse.begun", "standby_lapse.ended")))
        assert db.session.scalar(kept) == 2
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(watched.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in ("ALTER SYSTEM SET work_mem = '1MB'", "SELECT 1 FROM student", "CREATE TABLE mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
