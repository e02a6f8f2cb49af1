"""`python -m tests.bench.two OLD_TREE`: this revision beside an earlier one, in turn, each on a district of its own.

OLD_TREE is a checkout of the earlier revision, run by this one's libraries. Each tree builds its own district in a
PostgreSQL cluster of its own (a tenth of a large one: `--copies 8`); web and scheduler of both are started, and the
bare pages of the floor. Every page is opened in blocks of both and of its floor, then eight people work, by turns. A
page that the earlier revision has not is told without it. Needs half an hour, 10 GB and a machine that does nothing
else; ends all that it started, when interrupted too.

Of the earlier tree it needs what `holding.py` imports, `python -m wss_cases.jobs.supervisor`, and pages that take the
forms of these; its database is asked by this revision's `look`, `deans`, `reports`, `seal_the_last` and `caught_up`, so
it needs the columns that those read.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flask import Flask

from tests.bench.__main__ import CATCHING_UP_SECONDS, PEOPLE, POSTGRES, reports, serving
from tests.bench.figures.comparing import Found, Measured, write
from tests.bench.figures.floor import bare, floor_of
from tests.bench.figures.measuring import Act, Opened, checked, in_turn, mixed, sql_alone
from tests.bench.figures.python_build import build_words
from tests.bench.figures.sealing import caught_up, seal_the_last
from tests.bench.pages import Page, deans, look, mixture, pages
from tests.bench.person import Person, over_the_network
from tests.bench.two import holding
from tests.bench.two.table import HEAD, mixed_words, row
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, ROOT, Database
from tests.support.servers.live_system import wait_until
from wss_cases.foundation.db import db

SMALLER = {"shared_buffers": "1GB", "max_wal_size": "2GB"}
"""Two clusters share the machine."""
ENDING_SECONDS = 60


@dataclass
class Side:
    """One revision as it is served: where, the pages of its district, what people do there, and who is signed in."""

    app: Flask
    port: int
    pages: list[Page]
    acts: list[tuple[str, list[Act]]]
    people: dict[str, Person] = field(default_factory=dict)

    def signed_in(self, page: Page) -> Person:
        """Return who opens a page."""
        email = f"{page.who}@demo.example"
        if email not in self.people:
            self.people[email] = Person(over_the_network(self.port), email, DEMO_PASSWORD)
        return self.people[email]

    def opening(self, page: Page) -> Opened:
        counting = partial(reports, self.app) if page.saves else None
        return Opened(self.signed_in(page), page.visit, page.saves, counting)

    def has(self, page: Page) -> bool:
        """Whether there is such a page."""
        try:
            checked(page.visit(self.signed_in(page)), page.saves)
        except RuntimeError:
            return False
        return True

    def workers(self, number: int) -> list[tuple[Person, list[Act]]]:
        """Sign in so many people who work at once."""
        wanted = self.acts[:number]
        return [(Person(over_the_network(self.port), email, DEMO_PASSWORD), some) for email, some in wanted]


@contextmanager
def held(tree: Path, folder: Path, copies: int) -> Iterator[Database]:
    """Let a tree's own code build a district; it stands inside the block. RuntimeError where it could not."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-P", holding.__file__, str(copies), str(folder), json.dumps(POSTGRES | SMALLER)],
        cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"{tree} built no district")
        print(f"a district of {tree} stands", flush=True)
        yield Database("postgresql", "", address)
    finally:
        process.stdin.close()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(ENDING_SECONDS)
        finally:
            process.kill()


@contextmanager
def served(tree: Path, database: Database, folder: Path) -> Iterator[Side]:
    """Serve a district that stands by a tree's own code, caught up."""
    app = make_app(database.url, folder / "asking")
    with app.app_context():
        seal_the_last()
        wanted = pages(look())
        acts = [(email, mixture(some)) for email, some in deans(PEOPLE)]
        db.session.remove()
    with serving(database, folder, {}, tree) as (port, _above):
        wait_until(lambda: caught_up(app), CATCHING_UP_SECONDS, "the scheduler has caught up")
        yield Side(app, port, wanted, acts)


def opened(before: Side, now: Side, beside: int, rounds: int) -> tuple[list[Measured], list[Measured]]:
    """Open every page of both in turn with its floor; returns what was measured, of the earlier what it has; its
    statements are not counted, which its own code alone could do."""
    nobody = Person.stranger(over_the_network(beside))
    groups: list[list[Opened]] = []
    alone: list[tuple[float, int]] = []
    for earlier, page in zip(before.pages, now.pages, strict=True):
        alone.append(sql_alone(now.app, f"{page.who}@demo.example", DEMO_PASSWORD, page.visit, page.saves))
        floor = Opened(nobody, floor_of(alone[-1][1], page.saves), page.saves)
        sides = [before.opening(earlier)] if before.has(earlier) else []
        groups.append([*sides, now.opening(page), floor])
    in_turn(groups, rounds)
    found: tuple[list[Measured], list[Measured]] = ([], [])
    for page, (*sides, floor), asked in zip(now.pages, groups, alone, strict=True):
        for told, one, of_these in zip(found[::-1], sides[::-1], (asked, (0.0, 0)), strict=False):
            told.append(Measured(page.name, one.medians, floor.medians, one.late, one.size, *of_these))
    return found


def by_turns(sides: Sequence[Side], turns: int, seconds: float) -> list[list[dict[str, float]]]:
    """Let as many people work at one revision and then at the other, each coming first in every other turn."""
    people = min(len(side.acts) for side in sides)
    workers = [side.workers(people) for side in sides]
    found: list[list[dict[str, float]]] = [[] for _side in sides]
    for turn in range(turns):
        for number in (0, 1) if turn % 2 else (1, 0):
            figures, words = mixed(workers[number], seconds, partial(reports, sides[number].app), turn)
            found[number].append(figures)
            print(f"{('before', 'now')[number]}: {words}", flush=True)
    return found


def measure(before: Side, now: Side, beside: int, wanted: argparse.Namespace) -> list[Found]:
    """Print the table and the turns, and return what is in them."""
    earlier, mine = opened(before, now, beside, wanted.rounds)
    known = {one.name: one for one in earlier}
    print("\n".join([*HEAD, *(row(known.get(one.name), one) for one in mine)]), flush=True)
    turns = by_turns((before, now), wanted.turns, wanted.seconds)
    if wanted.turns:
        print("\n".join(mixed_words(*turns)), flush=True)
    found = [Found("before", earlier), Found("now", mine)]
    for name, side in zip(("before", "now"), turns, strict=True):
        found += [Found(f"{name}, turn {number}", mixed=figures) for number, figures in enumerate(side, start=1)]
    return found


def arguments_of(given: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.two")
    parser.add_argument("tree", type=Path, metavar="OLD_TREE", help="a checkout of the earlier revision")
    parser.add_argument("--copies", type=int, default=8, help="of a district of eight schools")
    parser.add_argument("--rounds", type=int, default=60, help="that each page is opened")
    parser.add_argument("--turns", type=int, default=3, help="of eight people at once, at each revision")
    parser.add_argument("--seconds", type=float, default=20, help="of a turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep what was found")
    return parser.parse_args(given)


def main(arguments: list[str]) -> int:
    """Build both districts, serve them, measure, print."""
    wanted = arguments_of(arguments)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    print(build_words(), flush=True)
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        trees = [(wanted.tree.resolve(), Path(name, "before")), (ROOT, Path(name, "now"))]
        districts = [stack.enter_context(held(tree, folder, wanted.copies)) for tree, folder in trees]
        sides = [
            stack.enter_context(served(tree, database, folder))
            for (tree, folder), database in zip(trees, districts, strict=True)
        ]
        beside = stack.enter_context(bare(districts[1], trees[1][1]))
        found = measure(sides[0], sides[1], beside, wanted)
        if wanted.json:
            write(wanted.json, found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
