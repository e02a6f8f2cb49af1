"""`make bench`: how long the pages take in a whole district on PostgreSQL. Figures to read, never asserted.

Builds 640 schools, 325,000 students and 1,000,000 incidents of three years, then the same at a tenth; starts web and
scheduler as `make run` does, and waits until the scheduler has caught up; opens the pages in turn, each beside a bare
page of as many statements, then lets eight people work for a minute. Every act is held against what it had to leave.
It needs some 40 GB of disk and half an hour: `make bench BENCH_ARGS="--copies 8"` is the tenth alone, `--json FILE`
keeps what was found, `--against FILE` holds it against an earlier one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from tests.bench.district import Sizes, build, logs_words
from tests.bench.figures.comparing import Found, Measured, compared, read, write
from tests.bench.figures.floor import bare, floor_of
from tests.bench.figures.measuring import Opened, in_turn, memory, mixed, sql_alone
from tests.bench.figures.python_build import build_words
from tests.bench.figures.sealing import caught_up, seal_the_last, sealing_words
from tests.bench.pages import Page, deans, look, mixture, pages
from tests.bench.person import Person, over_the_network
from tests.bench.pooler import importing, reached, read_only, release
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, ROOT, Database, Databases, environment
from tests.support.postgres import free_port
from tests.support.servers.live_system import wait_until
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.jobs.ticks import BY_MONTH
from wss_cases.outcomes.cache_refresh import store_due_counts

POSTGRES = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "2GB",
    "effective_cache_size": "12GB", "work_mem": "16MB", "max_wal_size": "16GB", "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
}  # fmt: skip
"""A small server of its own would be set so, and writes through to its disk."""
PEOPLE = 8
ROUNDS_SECONDS = 3600.0
CATCHING_UP_SECONDS = 900
HEADING = (
    f"{'page':44} {'aim':>5} {'median':>8} {'p95':>8} {'kB':>7} {'SQL ms':>7} {'SQL':>5} {'floor':>7} {'ratio':>6}"
)


@contextmanager
def serving(database: Database, folder: Path, more: dict[str, str], tree: Path = ROOT) -> Iterator[tuple[int, int]]:
    """Web and scheduler as `make run` starts them in a tree; gives the port and the process above them."""
    port = free_port()
    settings = environment(database.url, WSS_INSTANCE=str(folder), PORT=str(port), **more)
    with (folder / "serving.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wss_cases.jobs.supervisor"],
            cwd=tree, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        said = folder / "serving.log"
        wait_until(lambda: b"Running at" in said.read_bytes(), 60, "the server answers")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def reports(app: Flask) -> int:
    """Return how many reports stand in the database."""
    with app.app_context():
        counted = db.session.scalar(select(func.count(Incident.id))) or 0
        db.session.remove()
    return counted


def measure(
    app: Flask, database: Database, folder: Path, wanted: argparse.Namespace, more: dict[str, str], district: str
) -> Found:
    """Print the table of one district, and return what is in it."""
    found = Found(district)
    with app.app_context():
        store_due_counts(clock.now(), ROUNDS_SECONDS, by_month=BY_MONTH)
        seal_the_last()
        known = look()
        acts = [(email, mixture(some)) for email, some in deans(PEOPLE)]
    with serving(database, folder, more) as (port, above):
        wait_until(lambda: caught_up(app), CATCHING_UP_SECONDS, "the scheduler has caught up")
        with bare(database, folder) as beside:
            found.pages = opened(app, pages(known), port, beside, wanted.rounds)
        workers = [(Person(over_the_network(port), email, DEMO_PASSWORD), some) for email, some in acts]
        with importing(database, folder, bool(wanted.pooler)) as told:
            found.mixed, words = mixed(workers, wanted.seconds, lambda: reports(app))
        found.memory, held = memory(above)
        print("\n".join([words, *told, sealing_words(app), *held]), flush=True)
    if wanted.pooler:
        print(read_only(app), flush=True)
    return found


def opened(app: Flask, wanted: list[Page], port: int, beside: int, rounds: int) -> list[Measured]:
    """Open every page in turn with its floor, and print and return what was measured."""
    people: dict[str, Person] = {}
    nobody = Person.stranger(over_the_network(beside))
    each: list[tuple[Opened, Opened]] = []
    alone: list[tuple[float, int]] = []
    for page in wanted:
        email = f"{page.who}@demo.example"
        if email not in people:
            people[email] = Person(over_the_network(port), email, DEMO_PASSWORD)
        alone.append(sql_alone(app, email, DEMO_PASSWORD, page.visit, page.saves))
        floor = Opened(nobody, floor_of(alone[-1][1], page.saves), page.saves)
        counting = partial(reports, app) if page.saves else None
        each.append((Opened(people[email], page.visit, page.saves, counting), floor))
    in_turn(each, rounds)
    print(HEADING)
    measured = []
    for page, (mine, floor), (sql, statements) in zip(wanted, each, alone, strict=True):
        one = Measured(page.name, mine.medians, floor.medians, mine.late, mine.size, sql, statements)
        print(one.words(page.aim), flush=True)
        measured.append(one)
    return measured


def arguments_of(given: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--copies", type=int, nargs="+", default=[8, 80], help="of a district of eight schools")
    parser.add_argument("--incidents", type=int, default=Sizes.incidents, help="of one copy")
    parser.add_argument("--students", type=int, default=Sizes.students, help="of one copy")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--pooler", type=int, default=0, metavar="SESSIONS", help="of a PgBouncer before PostgreSQL")
    parser.add_argument("--seconds", type=int, default=60, help="of eight people at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep what was found")
    parser.add_argument("--against", type=Path, metavar="FILE", help="what an earlier bench kept")
    return parser.parse_args(given)


def main(arguments: list[str]) -> int:
    """Make the districts, measure, print."""
    wanted = arguments_of(arguments)
    before = read(wanted.against) if wanted.against else []
    sizes = Sizes(incidents=wanted.incidents, students=wanted.students)
    found: list[Found] = []
    print(build_words(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder, **POSTGRES)
        try:
            for copies in wanted.copies:
                database = databases.copy(databases.template("postgresql"))
                make_app(database.url, folder)  # so that every table is known
                began = time.monotonic()
                build(database, copies, sizes)
                incidents = copies * sizes.incidents
                size = (
                    f"{copies * sizes.schools} schools, {copies * sizes.students:,} students, {incidents:,} incidents"
                )
                print(f"{size}; {logs_words(copies)}; built in {time.monotonic() - began:.0f} s", flush=True)
                with reached(databases, database, wanted.pooler) as (there, more):
                    app = make_app(there.url, folder, **more)
                    found.append(measure(app, there, folder, wanted, more, size))
                    release(app)
                databases.drop(database)
                if wanted.json:
                    write(wanted.json, found)
        finally:
            databases.close()
    print("\n".join(compared(before, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
