"""`python -m tests.bench.replay`: 100,000 routed incidents, and how long a changed rule set takes over them.

Facts are drawn, so that few incidents are alike: real ones, which often are, go faster. Memory is the whole process's.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.factories.routed import FIRST_DAY, routed
from tests.routing.editing import edit_row
from tests.routing.strategies import facts_of
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.depth import BACKENDS
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.routing.drafts import pages
from wss_cases.routing.replay import actions as replay_actions
from wss_cases.routing.replay.models import Replay, ReplayChange
from wss_cases.routing.replay.queries import Period, all_routed
from wss_cases.routing.replay.rules import Replayer, Tally, replayed
from wss_cases.routing.rule_sets import RuleSet, table_of

SCHOOLS = 640
DAYS = 70


def few(seed: int) -> dict[str, Any]:
    """Return facts as reports have them: a handful of the keys, grade and group among them."""
    chance, drawn = random.Random(seed), facts_of(seed)
    kept = chance.sample(sorted(drawn), min(len(drawn), 5))
    return {"grade": chance.randint(0, 12), "group": chance.randint(1, 6), **{name: drawn[name] for name in kept}}


def build(incidents: int) -> int:
    """Fill the database; returns the id of a draft with two rows changed."""
    schools = [SchoolFactory().id for _school in range(SCHOOLS)]
    routed(schools, [few(seed) for seed in range(incidents)], days=DAYS)
    district, now = acting(make_user(Role.DISTRICT)), clock.now()
    first = db.session.scalars(select(RuleSet).where(RuleSet.number == 1)).one()
    draft_id = pages.draft_from(Invocation(district, now), first.id)
    edit_row(district, draft_id, "P7", {"items.0.start": 3}, now)
    edit_row(district, draft_id, "F4", {"school_days.0": 3}, now)
    replay_actions.ask(district, draft_id, FIRST_DAY, FIRST_DAY + timedelta(days=DAYS), now)
    return draft_id


def read_only(draft_id: int) -> str:
    """Replay as the command does, keeping nothing; returns what was found."""
    replayer, tally = Replayer(table_of(db.session.get_one(RuleSet, draft_id))), Tally()
    for batch in all_routed(Period()):
        for one in replayed(replayer, batch):
            tally.add(one)
    total = tally.of()
    return f"{total.changed} of {total.incidents} would change"


def as_job(draft_id: int) -> str:
    """Replay as the scheduler does, slice by slice into the database; returns what was kept."""
    replay_actions.carry_on(clock.now(), 3600.0)
    row = db.session.scalars(select(Replay).where(Replay.rule_set_id == draft_id)).one()
    kept = db.session.scalar(select(func.count()).select_from(ReplayChange))
    return f"{kept} incidents kept of {row.done}, {row.state}"


def timed(name: str, act: Callable[[], str]) -> None:
    """Print what came of an act, its seconds (wall, own) and the most memory that this process has had."""
    wall, own = time.perf_counter(), time.process_time()
    said = act()
    spent = f"{time.perf_counter() - wall:6.1f} s wall, {time.process_time() - own:6.1f} s own"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{name:34} {spent}, {peak:5.0f} MB at most: {said}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Build in a process of its own, so that its memory is not counted, then measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--incidents", type=int, default=100_000)
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            database = databases.copy(databases.template(wanted.backend))
            draft_id = _built(database.url, Path(folder), wanted.incidents)
            with make_app(database.url, Path(folder)).app_context():
                timed(f"{wanted.backend}, read alone", lambda: read_only(draft_id))
                timed(f"{wanted.backend}, as the scheduler does", lambda: as_job(draft_id))
        finally:
            databases.close()
    return 0


def _built(url: str, folder: Path, incidents: int) -> int:
    reading, writing = os.pipe()
    if os.fork() == 0:
        with make_app(url, folder).app_context():
            os.write(writing, str(build(incidents)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        draft_id = int(told.read())
    os.wait()
    return draft_id


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
