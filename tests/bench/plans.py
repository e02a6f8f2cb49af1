"""`python -m tests.bench.plans`: the plans of 640 schools, each with ten steps that are follow-ups, on either database.

Prints wall time and the process's own time of the page, sorted, filtered and paged, and of reading its file's rows; on
a machine that is busy with other things only the own time means much. The page's aim is 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from tests.factories.accounts import acting, make_user
from tests.factories.base import one_commit
from tests.factories.followups import FollowUpFactory
from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.depth import BACKENDS
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.plans.overview import read_plans

PAGES = (
    "/safety-plans/all",
    "/safety-plans/all?sort=-overdue",
    "/safety-plans/all?late=1&network=Network+3&sort=state",
)
STEPS = 10
SORTED = {"sort": "-overdue"}


def fill(schools: int) -> Any:
    """Write so many schools with a plan in force and its steps, a third of which is overdue; returns who reads all."""
    reader = make_user(Role.DISTRICT)
    today = clock.now().date()
    with one_commit():
        for number in range(schools):
            school = SchoolFactory(name=f"School {number:03d}", network=f"Network {number % 17}")
            plan = SchoolPlanFactory(
                school_id=school.id, lead_id=reader.id, standing=True, tier=f"Tier {number % 3 + 1}"
            )
            of_plan = {"school_id": school.id, "plan_id": plan.id}
            goal = PlanGoalFactory(**of_plan)
            strategy = PlanStrategyFactory(goal_id=goal.id, **of_plan)
            for place in range(STEPS):
                due_on = today + timedelta(days=7 * (place - number % 7))
                _step(school.id, strategy.id, reader.id, due_on, of_plan)
    return reader


def _step(school_id: int, strategy_id: int, owner_id: int, due_on: date, of_plan: dict[str, int]) -> None:
    step = PlanStepFactory(strategy_id=strategy_id, owner_id=owner_id, due_on=due_on, **of_plan)
    more = {"kind": "plan_step", "title": step.text, "due_on": due_on}
    FollowUpFactory(school_id=school_id, owner_id=owner_id, plan_step_id=step.id, **more)


def measure(engine: Engine, name: str, rounds: int, visit: Callable[[], Any]) -> str:
    """Return one line: wall and own time in milliseconds, and how many statements it takes."""
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    wall, own = [], []
    for _ in range(rounds):
        statements.clear()
        began, busy = time.perf_counter(), time.process_time()
        visit()
        wall.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - busy) * 1000)
    event.remove(engine, "before_cursor_execute", note)
    figures = (statistics.median(wall), min(wall), statistics.median(own), min(own), len(statements))
    return "{}: wall median {:.1f}, least {:.1f}; own median {:.1f}, least {:.1f} ms; {} statements".format(
        name, *figures
    )


def lines(app: Flask, schools: int, rounds: int) -> Iterator[str]:
    """Yield a line for each page and for the rows of the file."""
    with app.app_context():
        reader = fill(schools)
        actor, engine, client = acting(reader), db.engine, people_client(app, reader)
    for address in PAGES:
        yield measure(engine, address, rounds, lambda address=address: _opened(client, address))  # type: ignore[misc]
    with app.test_request_context():
        yield measure(engine, "rows of the file", rounds, lambda: read_plans(actor, SORTED, clock.now(), schools))


def _opened(client: PageClient, address: str) -> None:
    """Open a page without looking at its document, which would take longer than to make it."""
    answer = super(PageClient, client).open(address)
    assert answer.status_code == HTTPStatus.OK, address


def main(arguments: list[str]) -> int:
    """Fill a database, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plans")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--schools", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=20)
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            database = databases.copy(databases.template(wanted.backend))
            app = make_app(database.url, Path(folder))
            sys.stdout.write(f"{wanted.backend}, {wanted.schools} schools\n")
            sys.stdout.writelines(f"{line}\n" for line in lines(app, wanted.schools, wanted.rounds))
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
