"""`python -m tests.bench.desk`: the desk of a coordinator with sixty open cases, in a demo district on PostgreSQL.

Prints wall time and the web process's own time; on a machine that is busy with other things only the latter means much.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import event, func, select, update

from tests.bench.district import run
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.demo import client_of
from tests.support.depth import BACKENDS
from tests.support.pages.client import PageClient
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.cases.case.models import OPEN, Case, CaseState
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import Pathway, PathwayState

WANTED = 60


def fill(app: Flask) -> int:
    """Give the demo coordinator sixty open cases, the newest closed ones opened again; returns how many there are."""
    with app.app_context():
        found = select(UserAccount.id, RoleGrant.school_id).join(RoleGrant)
        lead_id, school_id = db.session.execute(
            found.where(UserAccount.email == "coordinator@demo.example")
        ).first() or (0, 0)
        here = Case.school_id == school_id
        today = db.session.scalar(select(func.max(Case.opened_on)))
        open_now = db.session.scalar(select(func.count()).select_from(Case).where(here, Case.state.in_(OPEN))) or 0
        more = select(Case.id).where(here, Case.state == CaseState.CLOSED).order_by(Case.id.desc())
        ids = list(db.session.scalars(more.limit(max(0, WANTED - open_now))))
        opened = {"state": CaseState.IN_PROCESS, "result": None, "closed_at": None, "next_review_on": today}
        db.session.execute(update(Case).where(Case.id.in_(ids)).values(**opened))
        live = {"state": PathwayState.PROPOSED, "ended_at": None, "outcome": "", "end_reason": ""}
        db.session.execute(update(Pathway).where(Pathway.case_id.in_(ids)).values(**live))
        db.session.execute(update(Case).where(here, Case.state.in_(OPEN)).values(lead_id=lead_id))
        db.session.commit()
        return db.session.scalar(select(func.count()).where(here, Case.state.in_(OPEN))) or 0


def measure(app: Flask, address: str, rounds: int) -> str:
    """Return one line for a page: wall and own time in milliseconds, and how many statements it takes."""
    client = client_of(app, "coordinator")
    statements: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    wall, own = [], []
    for _ in range(rounds):
        statements.clear()
        began, busy = time.perf_counter(), time.process_time()
        super(PageClient, client).open(address)
        wall.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - busy) * 1000)
    figures = (statistics.median(wall), min(wall), statistics.median(own), min(own))
    return "{}: wall median {:.1f}, least {:.1f}; own median {:.1f}, least {:.1f} ms; {} statements".format(
        address, *figures, len(statements)
    )


def main(arguments: list[str]) -> int:
    """Make the district, fill the desk, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--rounds", type=int, default=30)
    for name, value in (("schools", 20), ("students", 10_000), ("incidents", 20_000), ("years", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    wanted = parser.parse_args(arguments)
    size = [f"--{name}={getattr(wanted, name)}" for name in ("schools", "students", "incidents", "years", "seed")]
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            database = databases.copy(databases.template(wanted.backend))
            run(database, "tests.bench.bulk", *size)
            app = make_app(database.url, Path(folder))
            sys.stdout.write(f"{wanted.backend}: {fill(app)} open cases\n")
            for address in ("/desk", "/my-day", "/cases"):
                sys.stdout.write(measure(app, address, wanted.rounds) + "\n")
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
