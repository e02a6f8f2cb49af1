"""The recording process: `python -m tests.same_acts.worker ORDER`, started by `tests.same_acts` with a JSON order."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from flask_migrate import upgrade

from tests.same_acts.finding import Finder
from tests.same_acts.requests import load as load_requests
from tests.same_acts.requests import save
from tests.same_acts.sending import Browser, file_of, record
from tests.same_pages.checkouts import Stage, alone, load
from tests.same_pages.command_line import stage_of
from tests.same_pages.crawling import crawl

KINDS = ("good", "stale", "refused", "forbidden", "signed-out")


def main(order: dict[str, Any]) -> None:
    """Find requests, or send those of a file and write down what they do."""
    stage = stage_of(order)
    app = load(Path(order["checkout"]), stage)
    stage = migrated(app, stage)
    warm(app, stage)
    requests = Path(order["requests"])
    if order["what"] == "find":
        find(app, stage, requests, order["only"], order["again"])
    else:
        record_all(app, stage, requests, Path(order["out"]))


def migrated(app: Any, stage: Stage) -> Stage:
    """Return a stage whose database has the checkout's schema."""

    def migrate() -> None:
        with app.app_context():
            upgrade()

    alone(stage, migrate)
    prepared = stage.folder.with_name("prepared") / stage.copy.name
    prepared.parent.mkdir()
    connection = sqlite3.connect(stage.copy)
    connection.execute("VACUUM INTO ?", (str(prepared),))
    connection.close()
    shutil.copyfile(stage.keys / "keys", prepared.parent / "keys")
    return replace(stage, database=prepared, keys=prepared.parent)


def warm(app: Any, stage: Stage) -> None:
    """Open pages before processes are forked: each of them would compile the same templates and statements anew."""
    stage.fresh()
    routes = app.url_map.bind("localhost")
    for role in ("dean", "administrator", "district", "sysadmin"):
        for _address, _answer in crawl(Browser(app, stage, role).get, routes, 1, 0):
            pass
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def find(app: Any, stage: Stage, path: Path, only: list[str], again: list[str]) -> None:
    """Add to a file the requests of the handlers that have none there."""
    handlers, known = load_requests(path), path.with_suffix(".leads.json")
    finder = Finder(app, stage, handlers, json.loads(known.read_text()) if known.exists() else [], only)

    def keep() -> None:
        save(handlers, path)
        known.write_text(json.dumps([astuple(lead) for leads in finder.leads.values() for lead in leads]))

    finder.run(keep, again)
    keep()
    for name in sorted(finder.wanted):
        print(f"-- {name}: {len(finder.leads[name])} leads", *finder.failures[name][-3:], sep="\n     ")
    print(", ".join(f"{sum(kind in one.posts for one in handlers.values())} {kind}" for kind in KINDS))


def record_all(app: Any, stage: Stage, path: Path, out: Path) -> None:
    """Send every request of a file and write one text for each."""
    began = os.times().elapsed
    handlers = load_requests(path)
    for kind in KINDS:
        (out / kind).mkdir(parents=True)
        some = {name: handler for name, handler in sorted(handlers.items()) if kind in handler.posts}
        for name, handler in some.items():
            text = record(app, stage, handler.before, handler.posts[kind], handler.rule)
            file_of(out, kind, name).write_text(text, encoding="utf-8")
        print(f"{kind}: {len(some)} posts, {os.times().elapsed - began:.0f} s", flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
