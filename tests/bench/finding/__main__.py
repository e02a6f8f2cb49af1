"""`python -m tests.bench.finding`: searching and sorting at a district's size, as each role, on either database.

Opens, in this process, the search for each kind of words and each list in all its orders and filters and on its second
page; prints the time at the server, the process's own part of it, that of the statements, and how many they are; with
`--explain 20` also what the database does in each statement that takes so many milliseconds. The aim is 40 ms.

Building takes longest. `--keep FILE` builds a district, writes its address there and keeps it until interrupted (the
file gone too); `--url` with that address measures it, as often as wanted, once it is migrated to this release.
"""

from __future__ import annotations

import argparse
import gc
import html
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from tests.bench.__main__ import POSTGRES
from tests.bench.district import Sizes, build, run
from tests.bench.figures.measuring import checked
from tests.bench.finding.opened import LISTS, PLAIN, SEARCHERS, SEVERAL, SOUGHT, VISITORS, WIDE
from tests.bench.finding.watching import Watch
from tests.bench.person import Person, within
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Database, Databases
from tests.support.depth import BACKENDS
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import School, Student

OLDER = re.compile(r'href="([^"]*[?&;](?:before|after|start)=[1-9][^"]*)"')


def add_several(app: Flask) -> None:
    """Make, where there is none, the account of a coordinator of the demo school and nineteen others."""
    with app.app_context():
        address = f"{SEVERAL}@demo.example"
        if db.session.scalar(select(UserAccount.id).where(UserAccount.email == address)):
            return
        known = db.session.scalars(select(UserAccount).where(UserAccount.email == "coordinator@demo.example")).one()
        left_out = {"id", "email", "name"}
        values = {one.key: getattr(known, one.key) for one in UserAccount.__table__.columns if one.key not in left_out}
        account = UserAccount(email=address, name="Works at Many", **values)
        db.session.add(account)
        db.session.flush()
        own = select(RoleGrant.school_id).where(RoleGrant.user_id == known.id)
        schools = db.session.scalars(select(School.id).order_by(School.id.not_in(own), School.id).limit(WIDE))
        since = clock.now().date().replace(year=2024)
        for school_id in schools:
            db.session.add(RoleGrant(user_id=account.id, role=Role.COORDINATOR, school_id=school_id, starts_on=since))
        db.session.commit()


def searches(watch: Watch, people: dict[str, Person], rounds: int) -> Iterator[str]:
    """Yield a line for each role and kind of words."""
    for who in SEARCHERS:
        for kind, typed in SOUGHT.items():
            person = people[who]
            person.look_for(typed)
            figures = watch.measure(rounds, lambda person=person: person.get("/search?found=1"))  # type: ignore[misc]
            yield f"search, {who}: {kind:44} {figures.words()}"


def lists(watch: Watch, people: dict[str, Person], rounds: int) -> Iterator[str]:
    """Yield a line for each order and filter of each list, and for its second page where it has one."""
    for kind, who, address, filters in LISTS:
        orders = [f"sort={way}{one.key}" for one in kind.columns if one.sorts for way in ("", "-")]
        for asked in [*orders, *filters]:
            first = f"{address}{asked}"
            answer = checked(people[who].get(first))
            behind = [html.unescape(found) for found in OLDER.findall(answer.body.decode())]
            for page in (first, *behind[-1:]):
                figures = watch.measure(rounds, lambda page=page, who=who: people[who].get(page))  # type: ignore[misc]
                yield f"{who}: {page:70} {figures.words()}"


def plain(watch: Watch, people: dict[str, Person], rounds: int) -> Iterator[str]:
    """Yield a line for each list that has no columns to sort by."""
    for who, pages in PLAIN.items():
        for page in pages:
            figures = watch.measure(rounds, lambda page=page, who=who: people[who].get(page))  # type: ignore[misc]
            yield f"{who}: {page:70} {figures.words()}"


def _made(databases: Databases, backend: str, copies: int) -> Database:
    """Return a district on PostgreSQL, or one of as many schools on SQLite."""
    database = databases.copy(databases.template(backend))
    make_app(database.url, databases.folder)
    if backend == "postgresql":
        build(database, copies, Sizes())
    else:
        whole = {name: value * (1 if name in ("years", "seed") else copies) for name, value in vars(Sizes()).items()}
        run(database, "tests.bench.bulk", *[f"--{name}={value}" for name, value in whole.items()])
    return database


def measure(url: str, folder: Path, wanted: argparse.Namespace) -> None:
    """Print all lines of one database."""
    app = make_app(url, folder)
    add_several(app)
    with app.app_context():
        watch = Watch(db.engine, wanted.explain)
        counted = db.session.query(School).count(), db.session.query(Student).count()
        db.session.remove()
    people = {who: Person(within(app), f"{who}@demo.example", DEMO_PASSWORD) for who in VISITORS}
    gc.collect()
    gc.freeze()  # as the web server does once it is loaded
    print("{:,} schools, {:,} students; median, p95, processors, SQL (ms), statements".format(*counted))
    for lines in (searches, lists, plain):
        if wanted.only in ("", lines.__name__):
            for line in lines(watch, people, wanted.rounds):
                print(line, flush=True)
    print("\n\n".join(watch.explained.values()))


def keep(url: str, file: Path) -> None:
    """Write where the district is, and wait for Control-C or the end that an operator asks for."""
    signals = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    file.write_text(url, "ascii")
    print(f"{url} stands until this is interrupted", flush=True)
    signal.sigwait(signals)
    file.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Make a district, or take the one that is there, and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.finding")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--copies", type=int, default=8, help="of a district of eight schools")
    parser.add_argument("--url", help="of a district that the bench has built, instead of a new one")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="build, write the address there, measure nothing")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=("", searches.__name__, lists.__name__, plain.__name__), default="")
    parser.add_argument("--explain", type=float, default=0.0, metavar="MS")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name), **POSTGRES)
        try:
            url = wanted.url or _made(databases, wanted.backend, wanted.copies).url
            if wanted.keep:
                keep(url, wanted.keep)
            else:
                measure(url, Path(name), wanted)
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
