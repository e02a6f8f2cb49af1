"""`make bench`: how long the pages take in a whole district on PostgreSQL. Figures to read, never asserted.

Builds 640 schools, 325,000 students and 1,000,000 incidents of three years, then the same at a tenth; starts web and
scheduler as `make run` does; opens each page alone, then lets eight people work for a minute. It needs some 40 GB of
disk and half an hour: `make bench BENCH_ARGS="--copies 8"` is the tenth alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from tests.bench.district import Sizes, build
from tests.bench.measuring import Line, alone, memory, mixed, sql_alone
from tests.bench.pages import deans, look, mixture, pages
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
from wss_cases.outcomes.cache_refresh.actions import store_due_counts

POSTGRES = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "2GB",
    "effective_cache_size": "12GB", "work_mem": "16MB", "max_wal_size": "16GB", "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
}  # fmt: skip
"""A small server of its own would be set so, and writes through to its disk."""
PEOPLE = 8
ROUNDS_SECONDS = 3600.0
HEADING = f"{'page':44} {'aim':>5} {'median':>8} {'p95':>8} {'kB':>7} {'SQL ms':>7} {'SQL':>5}"


@contextmanager
def serving(database: Database, folder: Path, more: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Web and scheduler as `make run` starts them; gives the port and the number of the process above them."""
    port = free_port()
    settings = environment(database.url, WSS_INSTANCE=str(folder), PORT=str(port), **more)
    with (folder / "serving.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wss_cases.jobs.supervisor"],
            cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
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
    app: Flask, database: Database, folder: Path, wanted: argparse.Namespace, more: dict[str, str]
) -> list[str]:
    """Return the lines of one district's table."""
    with app.app_context():
        store_due_counts(clock.now(), ROUNDS_SECONDS, by_month=BY_MONTH)
        found = look()
        acts = [(email, mixture(known)) for email, known in deans(PEOPLE)]
    lines = [HEADING]
    with serving(database, folder, more) as (port, above):
        people: dict[str, Person] = {}
        for page in pages(found):
            email = f"{page.who}@demo.example"
            if email not in people:
                people[email] = Person(over_the_network(port), email, DEMO_PASSWORD)
            line = Line(page.name, page.aim, *alone(people[email], page.visit, wanted.rounds))
            lines.append(line.words(*sql_alone(app, email, DEMO_PASSWORD, page.visit)))
            print(lines[-1], flush=True)
        workers = [(Person(over_the_network(port), email, DEMO_PASSWORD), some) for email, some in acts]
        before = reports(app)
        with importing(database, folder, bool(wanted.pooler)) as told:
            lines.append(mixed(workers, wanted.seconds))
        lines.append(f"reports that these {PEOPLE} people saved: {reports(app) - before}")
        lines += told
        lines += memory(above)
    return [*lines, *([read_only(app)] if wanted.pooler else [])]


def main(arguments: list[str]) -> int:
    """Make the districts, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--copies", type=int, nargs="+", default=[8, 80], help="of a district of eight schools")
    parser.add_argument("--incidents", type=int, default=Sizes.incidents, help="of one copy")
    parser.add_argument("--students", type=int, default=Sizes.students, help="of one copy")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--pooler", type=int, default=0, metavar="SESSIONS", help="of a PgBouncer before PostgreSQL")
    parser.add_argument("--seconds", type=int, default=60, help="of eight people at once")
    wanted = parser.parse_args(arguments)
    sizes = Sizes(incidents=wanted.incidents, students=wanted.students)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder, **POSTGRES)
        try:
            for copies in wanted.copies:
                database = databases.copy(databases.template("postgresql"))
                make_app(database.url, folder)  # so that every table is known
                began = time.monotonic()
                build(database, copies, sizes)
                size = f"{copies * sizes.schools} schools, {copies * sizes.students:,} students"
                print(f"{size}, {copies * sizes.incidents:,} incidents; built in {time.monotonic() - began:.0f} s")
                with reached(databases, database, wanted.pooler) as (there, more):
                    app = make_app(there.url, folder, **more)
                    print("\n".join(measure(app, there, folder, wanted, more)), flush=True)
                    release(app)
                databases.drop(database)
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
