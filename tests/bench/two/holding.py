"""Run as a file by the code of a tree: builds a district in a PostgreSQL cluster of its own, says its address, and
keeps it until its input ends. What it imports is all that is needed of that tree's own tests."""

from __future__ import annotations

import json
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import FrameType

from tests.bench.district import Sizes, build
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.foundation import clock
from wss_cases.outcomes.cache_refresh import store_due_counts

COUNTING_SECONDS = 3600.0


def filled(databases: Databases, copies: int) -> str:
    """Return the address of a district that was built, its counts stored as by a scheduler of years."""
    database = databases.copy(databases.template("postgresql"))
    app = make_app(database.url, databases.folder)  # so that every table is known
    build(database, copies, Sizes())
    ticks = vars(import_module("wss_cases.jobs.ticks"))
    by_month = {"by_month": ticks["BY_MONTH"]} if "BY_MONTH" in ticks else {}
    with app.app_context():
        store_due_counts(clock.now(), COUNTING_SECONDS, **by_month)
    return database.url


def main(copies: str, folder: str, settings: str) -> None:
    """Build, say where, wait. Once the input ends, whoever started this is gone or done: the cluster goes at once, and
    with it whatever is still being built."""
    databases = Databases(Path(folder), **json.loads(settings))
    building, over = threading.Event(), threading.Event()

    def end_with_input() -> None:
        sys.stdin.read()
        over.set()
        databases.close()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if building.is_set():
            building.clear()
            sys.exit(128 + signal.SIGINT)

    building.set()
    signal.signal(signal.SIGINT, interrupt)
    threading.Thread(target=end_with_input, daemon=True).start()
    try:
        address = filled(databases, int(copies))
        building.clear()
        print(address, flush=True)
        over.wait()
    finally:
        building.clear()
        databases.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
