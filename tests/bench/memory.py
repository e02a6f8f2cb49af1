"""`python -m tests.bench.memory --url URL`: what web and scheduler hold, shared pages divided among those that share.

Started as by `make run`, on a district that stands already, or one of eight schools that it makes: at the start, and
after the pages of a district were opened, eight people have worked and the scheduler has ticked. Never asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.__main__ import POSTGRES, reports, serving
from tests.bench.district import Sizes, build
from tests.bench.figures.measuring import memory, mixed
from tests.bench.pages import deans, look, mixture, pages
from tests.bench.person import Person, over_the_network
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Database, Databases
from wss_cases.foundation.db import db

PEOPLE = 8
TICK_SECONDS = 70


def measured(database: Database, folder: Path, seconds: float) -> None:
    """Start, look, work, look again."""
    app = make_app(database.url, folder)
    with app.app_context():
        known = look()
        acts = [(email, mixture(some)) for email, some in deans(PEOPLE)]
        db.session.remove()
    with serving(database, folder, {}) as (port, above):
        print("\n".join(["at the start", *memory(above)[1]]), flush=True)
        began = time.monotonic()
        for page in pages(known):
            if not page.saves:
                page.visit(Person(over_the_network(port), f"{page.who}@demo.example", DEMO_PASSWORD))
        workers = [(Person(over_the_network(port), email, DEMO_PASSWORD), some) for email, some in acts]
        print(mixed(workers, seconds, lambda: reports(app))[1], flush=True)
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - began)))
        print("\n".join(["after it", *memory(above)[1]]), flush=True)


def main(arguments: list[str]) -> int:
    """Read the command line; measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory")
    parser.add_argument("--url", help="of a district that stands already, with the demo accounts")
    parser.add_argument("--seconds", type=float, default=60, help="of eight people at once")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if wanted.url:
            measured(Database("postgresql", "", wanted.url), folder, wanted.seconds)
            return 0
        databases = Databases(folder, **POSTGRES)
        try:
            database = databases.copy(databases.template("postgresql"))
            make_app(database.url, folder)  # so that every table is known
            build(database, 1, Sizes())
            measured(database, folder, wanted.seconds)
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
