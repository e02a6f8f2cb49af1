"""`python -m tests.bench.finding`: searching and sorting at a district's size, as each role, on either database.

Opens, in this process, the search for each kind of words and each list in all its orders and filters and on its second
page; prints the time at the server, the process's own part of it, that of the statements, and how many they are; with
`--explain 20` also what the database does in each statement that takes so many milliseconds. The aim is 40 ms.
"""

from __future__ import annotations

import argparse
import html
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, select

from tests.bench.district import Sizes, build, run
from tests.bench.figures.measuring import checked
from tests.bench.person import Answer, Person, within
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Database, Databases
from tests.support.depth import BACKENDS
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.people.people_list.presenters import PEOPLE
from wss_cases.casework.case_list.presenters import CASES
from wss_cases.followups.pages.open_list.presenters import FOLLOW_UPS, OWN_FOLLOW_UPS
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.report_list.presenters import OWN_REPORTS, REPORTS
from wss_cases.intake.queue.presenters import QUEUE
from wss_cases.journal.rooms import ListKind
from wss_cases.roster.directory.models import School, Student
from wss_cases.workday.caseload.presenters import CASELOAD

AIM = 40
WIDE = 20
"""At how many schools whoever works at several does so: more than anyone will, who holds each by name."""
SEVERAL = "several"
TEAM = ("dean", "coordinator", "administrator", SEVERAL)
SEARCHERS = ("reporter", *TEAM, "district", "sysadmin", "auditor", "partner")
SOUGHT = {
    "two letters": "ma",
    "a first name that thousands have": "Ximena",
    "first and family name": "adrian nunez",
    "with accents": "Núñez",
    "in Cyrillic": "Шевчук",
    "misspelled": "Ximmena Nunjez",
    "a rare name": "Tallulah Whitecloud",
    "the beginning of a student's number": "0012",
    "a report's number": "INC-2026-000012",
    "a word that a fifth of all reports have": "fight",
    "two words of texts": "pushed hallway",
    "the beginning of many words": "th",
    "eight letters, each of many words": "a b c d e f g h",
    "an address": "dean0.s",
    "a page": "circle",
    "nothing": "zzyzx",
    "a sign, no letter": "%",
    "10,000 letters": "l" * 10_000,
}
OLDER = re.compile(r'href="([^"]*[?&;](?:before|after|start)=[1-9][^"]*)"')
YEAR = "2026-27"

LISTS: tuple[tuple[ListKind, str, str, tuple[str, ...]], ...] = (
    (REPORTS, "administrator", "/incidents?", (
        "state=todo", "state=submitted", "state=done", "state=counted", f"year={YEAR}", "from=2026-10-01",
        "to=2026-10-01", "behavior=fight", "group=1-2", "place=hallway", "tile=fight", "grade=5", "hour=11",
        "weekday=2", "month=2026-10",
    )),
    (REPORTS, "dean", "/incidents?", ("state=done", f"year={YEAR}", "place=hallway", "behavior=fight")),
    (OWN_REPORTS, "reporter", "/incidents?", ("state=done", f"year={YEAR}")),
    (CASES, "coordinator", "/cases?", (
        "whose=mine", "state=all", "state=closed", "state=all&q=12", "state=all&whose=mine",
    )),
    (CASES, "coordinator", "/cases?state=all&", ()),
    (FOLLOW_UPS, "coordinator", "/follow-ups?whose=school&", ()),
    (FOLLOW_UPS, "administrator", "/follow-ups?whose=given&", ()),
    (OWN_FOLLOW_UPS, "coordinator", "/follow-ups?", ()),
    (QUEUE, "dean", "/review?", (
        "whose=mine", "whose=unassigned", "first=danger", "first=duty", "kind=fight", "place=hallway", "days=5",
    )),
    (PEOPLE, "sysadmin", "/people?", (
        "q=maria", "q=dean0", "role=dean", "school=1", "standing=never", "standing=failing", "standing=ended",
        "q=nobody+of+that+name", "q=a&role=reporter&standing=ended",
    )),
    (PEOPLE, "administrator", "/people?", ("q=a", "standing=ended", "standing=failing")),
    (CASELOAD, "coordinator", "/desk?", ("group=overdue", "group=today", "whose=school")),
)  # fmt: skip
"""Each list with who opens it, its address, and what narrows it; in its orders it is opened all the same."""


@dataclass
class Figures:
    """What one page took at each opening, in milliseconds, and what it asked of the database."""

    wall: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    statements: int = 0

    def words(self) -> str:
        """Return median, 95th percentile, processors' time, time of the statements, and their number."""
        late = statistics.quantiles(self.wall, n=20)[-1]
        median, asked = map(statistics.median, (self.wall, self.asked))
        beyond = "" if min(median, self.busy) <= AIM else "  BEYOND THE AIM"
        return f"{median:7.1f} {late:7.1f} {self.busy:7.1f} {asked:7.1f} {self.statements:4}{beyond}"

    @property
    def busy(self) -> float:
        """What processors worked for an opening in the middle: on a machine that does nothing else, what it takes."""
        return statistics.median(self.worked)


class Watch:
    """Takes the time of pages and of their statements; explains those that take long."""

    def __init__(self, engine: Engine, explain: float) -> None:
        self.engine, self.explain = engine, explain
        self.explained: dict[str, str] = {}
        self.taken: list[tuple[float, str, Any]] = []
        self._began = 0.0
        self._backends: set[int] = set()
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, *_given: Any) -> None:
        self._began = time.perf_counter()

    def _after(self, connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        self.taken.append(((time.perf_counter() - self._began) * 1000, statement, values))
        if self.engine.dialect.name == "postgresql":
            self._backends.add(connection.connection.driver_connection.info.backend_pid)

    def _worked(self) -> float:
        """Return the seconds that processors have worked for this process and its connections."""
        told = (Path(f"/proc/{number}/schedstat").read_text("ascii") for number in self._backends)
        return time.process_time() + sum(int(words.split()[0]) for words in told) / 1e9

    def measure(self, rounds: int, visit: Callable[[], Answer]) -> Figures:
        """Return what so many openings take, after two that are not counted."""
        figures = Figures()
        for number in range(rounds + 2):
            self.taken.clear()
            began, worked = time.perf_counter(), self._worked()
            checked(visit())
            wall, worked = time.perf_counter() - began, self._worked() - worked
            if number > 1:
                figures.wall.append(wall * 1000)
                figures.worked.append(worked * 1000)
                figures.asked.append(sum(took for took, _statement, _values in self.taken))
        figures.statements = len(self.taken)
        if self.explain:
            for took, statement, values in [one for one in self.taken if one[0] >= self.explain]:
                self._explain(took, statement, values)
        return figures

    def _explain(self, took: float, statement: str, values: Any) -> None:
        if statement in self.explained or not statement.lstrip().startswith(("SELECT", "WITH")):
            return
        how = "EXPLAIN (ANALYZE, BUFFERS) " if self.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        with self.engine.connect() as connection:
            rows = [row[-1] for row in connection.exec_driver_sql(how + statement, values)]
        self.explained[statement] = "\n".join([f"-- {took:.1f} ms", statement, str(values), *map(str, rows)])


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
    people = {who: Person(within(app), f"{who}@demo.example", DEMO_PASSWORD) for who in SEARCHERS}
    print("{:,} schools, {:,} students; median, p95, processors, SQL (ms), statements".format(*counted))
    for lines in (searches, lists):
        if wanted.only in ("", lines.__name__):
            for line in lines(watch, people, wanted.rounds):
                print(line, flush=True)
    print("\n\n".join(watch.explained.values()))


def main(arguments: list[str]) -> int:
    """Make a district, or take the one that is there, and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.finding")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--copies", type=int, default=8, help="of a district of eight schools")
    parser.add_argument("--url", help="of a district that the bench has built, instead of a new one")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=("", searches.__name__, lists.__name__), default="")
    parser.add_argument("--explain", type=float, default=0.0, metavar="MS")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name))
        try:
            url = wanted.url or _made(databases, wanted.backend, wanted.copies).url
            measure(url, Path(name), wanted)
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
