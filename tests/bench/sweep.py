"""`python -m tests.bench.sweep`: what a sweep costs. Figures to read, never asserted.

A district on PostgreSQL (or `--backend sqlite`) with one school for every 150 follow-ups, each contact with a person
harmed and due at the instant of the sweep. Each sweep runs in a process of its own, which prints its time and its
largest size; beside the biggest one a web process answers My day, before and during it. PostgreSQL writes through to
the disk here, unlike in the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import insert, text

from tests.support.applications import make_app, people_client
from tests.support.databases import ROOT, Database, Databases, environment
from tests.support.depth import BACKENDS
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import Base, db, table_of
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import School, Student
from wss_cases.workday.sweep import sweep

DUE = date(2026, 12, 1)
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
ON_THE_DAY = datetime(2026, 12, 1, 16, tzinfo=UTC)
FOUR_DAYS_LATER = datetime(2026, 12, 7, 16, tzinfo=UTC)
TEAM = (Role.ADMINISTRATOR, Role.DEAN, Role.COORDINATOR, Role.COORDINATOR)
A_SCHOOL = 150
A_CASE = 10
IDLE_ROUNDS = 30
ROWS = 5000


def fill(app: Flask, count: int) -> None:
    """Put so many open follow-ups into an empty database, with the schools, people and cases around them."""
    with app.app_context():
        for model, rows in district(count):
            db.session.execute(insert(table_of(model)), rows)
        db.session.commit()
        if db.engine.dialect.name == "postgresql":
            for table in ("school", "user_account", "case_record", "follow_up"):
                db.session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
                )
            db.session.commit()
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))


def district(count: int) -> Iterator[tuple[type[Base], list[dict[str, Any]]]]:
    """Yield the rows of the district, table by table, in pieces."""
    schools = max(1, count // A_SCHOOL)
    for model, made in (
        (School, (_school(n) for n in range(1, schools + 1))),
        (UserAccount, (_person(n) for n in range(1, schools * len(TEAM) + 1))),
        (RoleGrant, (_grant(n) for n in range(1, schools * len(TEAM) + 1))),
        (Student, (_student(n, schools) for n in range(1, count // A_CASE + 2))),
        (Case, (_case(n, schools) for n in range(1, count // A_CASE + 2))),
        (CaseParticipant, (_participant(n, schools) for n in range(1, count // A_CASE + 2))),
        (FollowUp, (_follow_up(n, schools) for n in range(1, count + 1))),
    ):
        piece: list[dict[str, Any]] = []
        for row in made:
            piece.append(row)
            if len(piece) == ROWS:
                yield model, piece
                piece = []
        if piece:
            yield model, piece


def _school(n: int) -> dict[str, Any]:
    return {"id": n, "sourced_id": str(n), "name": f"School {n}", "code": f"S{n}"}


def _person(n: int) -> dict[str, Any]:
    words = {"email": f"person-{n}@district.example", "name": f"Person {n}"}
    return {"id": n, "state": AccountState.ACTIVE, "created_at": BEFORE} | words


def _grant(n: int) -> dict[str, Any]:
    school_id, turn = divmod(n - 1, len(TEAM))
    return {"user_id": n, "role": TEAM[turn], "school_id": school_id + 1, "starts_on": date(2020, 8, 1)}


def _school_of_case(n: int, schools: int) -> int:
    return (n - 1) % schools + 1


def _coordinator(school_id: int, turn: int) -> int:
    return (school_id - 1) * len(TEAM) + 3 + turn % 2


def _student(n: int, schools: int) -> dict[str, Any]:
    school_id = _school_of_case(n, schools)
    names = {"given_name": "Given", "family_name": "Family", "search_key": "given", "search_key_family": "family"}
    return {"id": n, "sourced_id": str(n), "student_number": str(n), "school_id": school_id} | names


def _case(n: int, schools: int) -> dict[str, Any]:
    school_id = _school_of_case(n, schools)
    return {
        "id": n, "school_id": school_id, "number": n, "reference": f"C{n}", "harm_kind": "fight",
        "state": CaseState.IN_PROCESS, "lead_id": _coordinator(school_id, n), "opened_at": BEFORE,
        "opened_on": BEFORE.date(), "next_review_on": date(2027, 3, 1),
    }  # fmt: skip


def _participant(n: int, schools: int) -> dict[str, Any]:
    return {"id": n, "case_id": n, "student_id": n, "role": PersonRole.HARMED, "school_id": _school_of_case(n, schools)}


def _follow_up(n: int, schools: int) -> dict[str, Any]:
    case_id = (n - 1) // A_CASE + 1
    school_id = _school_of_case(case_id, schools)
    return {
        "id": n, "school_id": school_id, "case_id": case_id, "kind": "check_in_person_harmed", "single_mail": True,
        "owner_id": _coordinator(school_id, n + case_id), "created_at": BEFORE, "due_on": DUE, "original_due_on": DUE,
        "state": FollowUpState.OPEN, "rules": [],
    }  # fmt: skip


def one_sweep(url: str, instant: datetime) -> dict[str, Any]:
    """Sweep once in a process of its own, then look again so many times with nothing left; returns its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.sweep", "--child", instant.isoformat()],
        cwd=ROOT, env=environment(url), capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def child(instant: datetime) -> None:
    """What such a process does."""
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(environment_url(), Path(folder))
        with app.app_context():
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began, busy = time.perf_counter(), time.process_time()
            queued = sweep(instant)["queued"]
            seconds, own = time.perf_counter() - began, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            idle = []
            for turn in range(IDLE_ROUNDS):
                began = time.perf_counter()
                sweep(instant + timedelta(seconds=turn + 1), thorough=False)
                idle.append((time.perf_counter() - began) * 1000)
    figures = {
        "queued": queued, "seconds": seconds, "own": own, "peak_mb": peak / 1024, "start_mb": before / 1024,
        "idle_median_ms": statistics.median(idle), "idle_least_ms": min(idle),
    }  # fmt: skip
    print(json.dumps(figures))


def environment_url() -> str:
    return os.environ["DATABASE_URL"]


def words(name: str, figures: dict[str, Any]) -> str:
    """Return the line of one sweep."""
    return (
        "{name:42} {queued:8,} queued  {seconds:6.1f} s ({own:5.1f} s its own)  {peak_mb:5.0f} MB"
        "  then nothing due: median {idle_median_ms:5.1f}, least {idle_least_ms:4.1f} ms"
    ).format(name=name, **figures)


@contextmanager
def web(system: LiveSystem, app: Flask) -> Iterator[list[tuple[float, float]]]:
    """A web process that somebody asks for My day, over and over: (when it began, how long it took) of each."""
    taken: list[tuple[float, float]] = []
    stop = threading.Event()
    with app.app_context():
        user = db.session.get(UserAccount, 3)
    client = people_client(app, user)
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    request = urllib.request.Request(f"{system.url}/my-day", headers={"Cookie": f"{name}={cookie.value}"})

    def ask() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                assert answer.url.endswith("/my-day")
            taken.append((began, (time.perf_counter() - began) * 1000))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


def write_through(database: Database) -> None:
    """Let a test's PostgreSQL wait for its disk, as a real one does."""
    if database.kind == "postgresql":
        address = database.url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address, autocommit=True) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {name} = 'on'")
            connection.execute("SELECT pg_reload_conf()")


def measure(databases: Databases, kind: str, count: int, folder: Path, beside: bool) -> None:
    """Fill a database, sweep it on the day, with a web process beside it where wanted, and four days later."""
    database = databases.copy(databases.template(kind))
    write_through(database)
    system = LiveSystem(database, folder, {})
    system.set_clock(ON_THE_DAY)
    app = make_app(database.url, folder, WSS_CLOCK_FILE=str(system.clock_file))
    fill(app, count)
    print(f"{kind}: {count:,} follow-ups at {max(1, count // A_SCHOOL):,} schools")
    if not beside:
        print(words("all due today", one_sweep(database.url, ON_THE_DAY)))
    else:
        system.start_web(workers=1)
        try:
            with web(system, app) as taken:
                time.sleep(10)
                began = time.perf_counter()
                print(words("all due today, beside the web", one_sweep(database.url, ON_THE_DAY)))
                ended = time.perf_counter()
        finally:
            system.stop()
        for name, some in (
            ("before", [ms for at, ms in taken[5:] if at < began]),
            ("during", [ms for at, ms in taken if began <= at < ended]),
        ):
            print(f"  My day {name} it: median {statistics.median(some):.0f} ms, of {len(some)} requests")
    print(words("all overdue for four school days", one_sweep(database.url, FOUR_DAYS_LATER)), flush=True)
    databases.drop(database)


def main(arguments: list[str]) -> int:
    """Make the districts, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sweep")
    parser.add_argument("--backend", choices=BACKENDS, action="append")
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--no-web", action="store_true")
    parser.add_argument("--child", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.child:
        child(wanted.child)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            for kind in wanted.backend or ["postgresql"]:
                for count in wanted.counts:
                    measure(databases, kind, count, Path(folder), not wanted.no_web and count == max(wanted.counts))
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
