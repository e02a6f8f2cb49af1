"""`python -m tests.bench.roster`: a district's roster in OneRoster 1.1, imported by the operator's own command.

First into an empty database, then unchanged, then with one student in a hundred at another school and in another
grade. Each import is a process of its own; printed are its wall time, its CPU time, PostgreSQL's, and its largest size.
Then what the scheduler keeps of which of the staff get an account by two rules, and the page that says it.
Everybody in the roster is made up from syllables. PostgreSQL writes through to the disk, unlike in the tests.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from tests.bench.sweep import write_through
from tests.factories.accounts import make_user
from tests.roster.oneroster.bundles import DEMOGRAPHICS, ORGS, USERS
from tests.support.applications import make_app, people_client
from tests.support.databases import ROOT, Database, Databases, environment
from tests.support.depth import BACKENDS
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import StaffMember
from wss_cases.roster.staff_accounts.models import AccountRule
from wss_cases.roster.staff_accounts.pages import keep_tallies

SCHOOLS = 640
NETWORKS = 17
STAFF_OF = 8
"""One member of staff to so many students, as in a district of 325,000 with 40,000 staff."""
CLASS_SIZE = 26
SYLLABLES = ("ba", "ché", "da", "el", "fi", "gor", "ha", "ín", "jo", "ka", "lu", "ma", "ñe", "or", "ri", "sa")
ETHNICITIES = DEMOGRAPHICS[5:]
SESSIONS = ("sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate", "schoolYear")
COURSES = ("sourcedId", "status", "dateLastModified", "title", "courseCode", "orgSourcedId")
CLASSES = (
    "sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classType",
    "schoolSourcedId", "termSourcedIds",
)  # fmt: skip
ENROLLMENTS = (
    "sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role",
    "primary", "beginDate", "endDate",
)  # fmt: skip
PREVIEWS = 3
WRITTEN = "2026-11-25T02:00:00.000Z"
Line = tuple[object, ...]


class District:
    """A roster of so many students, each in so many classes; `moved` shifts every hundredth one."""

    def __init__(self, students: int, classes: int, moved: bool = False, schools: int = SCHOOLS) -> None:
        self.students = students
        self.classes = classes
        self.moved = moved
        self.schools = schools
        self.rooms = max(1, students // (schools * CLASS_SIZE))

    def write(self, folder: Path) -> dict[str, int]:
        """Write the files and return how many rows each has."""
        folder.mkdir(exist_ok=True)
        return {
            "orgs": _write(folder / "orgs.csv", ORGS, self._orgs()),
            "academicSessions": _write(folder / "academicSessions.csv", SESSIONS, _sessions()),
            "courses": _write(folder / "courses.csv", COURSES, self._courses()),
            "classes": _write(folder / "classes.csv", CLASSES, self._classes()),
            "users": _write(folder / "users.csv", USERS, self._users()),
            "demographics": _write(folder / "demographics.csv", DEMOGRAPHICS, self._demographics()),
            "enrollments": _write(folder / "enrollments.csv", ENROLLMENTS, self._enrollments()),
        }

    def _school(self, student: int) -> int:
        return (student + (self.moved and student % 100 == 0)) % self.schools

    def _orgs(self) -> Iterator[Line]:
        yield "district-1", "", WRITTEN, "Prairie District", "district", "1", ""
        for n in range(NETWORKS):
            yield f"network-{n}", "", WRITTEN, f"Network {n}", "local", "", "district-1"
        for n in range(self.schools):
            name = f"{_name(n).title()} {('Elementary', 'Academy', 'High')[n % 3]} School"
            yield f"{600000 + n}", "", WRITTEN, name, "school", f"{600000 + n}", f"network-{n % NETWORKS}"

    def _courses(self) -> Iterator[Line]:
        for n in range(self.classes):
            yield f"course-{n}", "", WRITTEN, f"Course {n}", f"C{n}", "district-1"

    def _classes(self) -> Iterator[Line]:
        for school in range(self.schools):
            for room in range(self.rooms):
                for n in range(self.classes):
                    key, title = f"{600000 + school}-{room}-{n}", f"Room {room}, course {n}"
                    yield (
                        key, "", WRITTEN, title, "", f"course-{n}", "homeroom" if not n else "scheduled",
                        600000 + school, "fall-2026,spring-2027",
                    )  # fmt: skip

    def _users(self) -> Iterator[Line]:
        chance = random.Random(1)
        for n in range(self.students):
            grade = ("PK", "KG", *(f"{year:02}" for year in range(1, 13)))[
                (n // self.schools + (self.moved and n % 100 == 0)) % 14
            ]
            agents = f"g{n // 3 * 2},g{n // 3 * 2 + 1}" if n % 2 else f"g{n // 3 * 2}"
            given, family, middle = (_name(chance.randrange(4096)) for _part in range(3))
            yield (
                f"s{n}", "", WRITTEN, "true", 600000 + self._school(n), "student", f"student{n}", "", given.title(),
                family.title(), middle.title() if n % 3 else "", 50_000_000 + n, f"student{n}@district.example", "", "",
                agents, grade, "",
            )  # fmt: skip
        for n in range(self.students // STAFF_OF):
            yield self._adult(f"t{n}", 600000 + n % self.schools, "teacher" if n % 4 else "administrator", chance)
        for n in range(self.students // 3 * 2 + 2):
            yield self._adult(f"g{n}", 600000 + n % self.schools, "parent", chance)

    def _adult(self, key: str, org: int, role: str, chance: random.Random) -> Line:
        given, family = (_name(chance.randrange(4096)).title() for _part in range(2))
        phone = f"(312) 555-{chance.randrange(10_000):04}"
        mail = f"{key}@district.example"
        return (
            key, "", WRITTEN, "true", org, role, key, "", given, family, "", "", mail, "", phone, "", "", ""
        )  # fmt: skip

    def _demographics(self) -> Iterator[Line]:
        chance = random.Random(2)
        for n in range(self.students):
            chosen = chance.randrange(len(ETHNICITIES))
            flags = ("true" if place == chosen else "false" for place in range(len(ETHNICITIES)))
            born = f"{2008 + n % 14}-{1 + n % 12:02}-{1 + n % 28:02}"
            yield f"s{n}", "", WRITTEN, born, "female" if chance.random() < 0.5 else "male", *flags

    def _enrollments(self) -> Iterator[Line]:
        for n in range(self.students):
            school = 600000 + self._school(n)
            for course in range(self.classes):
                key = f"{school}-{n // self.schools % self.rooms}-{course}"
                yield (
                    f"e{n}-{course}", "", WRITTEN, key, school, f"s{n}", "student", "", "2026-08-24", "2027-06-15"
                )  # fmt: skip
        teachers = self.students // STAFF_OF
        for n in range(self.schools * self.rooms * self.classes if teachers else 0):
            school, rest = divmod(n, self.rooms * self.classes)
            room, course = divmod(rest, self.classes)
            key = f"{600000 + school}-{room}-{course}"
            yield f"et{n}", "", WRITTEN, key, 600000 + school, f"t{n % teachers}", "teacher", "true", "", ""


def _sessions() -> Iterator[Line]:
    for key, kind, starts, ends in (
        ("year-2026", "schoolYear", "2026-08-24", "2027-06-15"),
        ("fall-2026", "semester", "2026-08-24", "2027-01-22"),
        ("spring-2027", "semester", "2027-01-25", "2027-06-15"),
    ):
        yield key, "", WRITTEN, key, kind, starts, ends, "2027"


def _name(number: int) -> str:
    return SYLLABLES[number & 15] + SYLLABLES[number >> 4 & 15] + SYLLABLES[number >> 8 & 15]


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[Line]) -> int:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        number = 0
        for row in rows:
            writer.writerow(row)
            number += 1
    return number


def take_in(databases: Databases, database: Database, folder: Path, name: str) -> None:
    """Import once as the operator does and print what it cost."""
    before, began = _of_postgres(databases), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "import", "oneroster", str(folder), "--json"],
        cwd=ROOT, env=environment(database.url), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    report = json.loads(said)
    if process.returncode:
        raise SystemExit(f"{name}: {report['problems'][:5]}")
    own, servers, peak = (
        used.ru_utime + used.ru_stime, _of_postgres(databases) - before, used.ru_maxrss / 1024
    )  # fmt: skip
    words = ("created", "updated", "unchanged", "refused")
    total = {word: sum(counts[word] for counts in report["files"].values()) for word in words}
    sys.stdout.write(
        f"{name:18} {wall:6.1f} s wall, {own:6.1f} s own, {servers:6.1f} s PostgreSQL, {peak:5.0f} MB: "
        + ", ".join(f"{number:,} {word}" for word, number in total.items())
        + "\n"
    )
    sys.stdout.flush()


def preview(database: Database, folder: Path) -> str:
    """Return how long it takes to judge which of the staff get an account, once there are rules for all, and the page
    that says it."""
    app = make_app(database.url, folder)
    with app.app_context():
        boss = make_user(Role.SYSADMIN)
        for staff_role, role in (("teacher", Role.REPORTER), ("administrator", Role.DEAN)):
            said = {"starts_on": date(2026, 8, 1), "said_by_id": boss.id, "said_at": clock.now()}
            db.session.add(AccountRule(staff_role=staff_role, role=role, **said))
        db.session.commit()
        client = people_client(app, boss)
        began = time.perf_counter()
        keep_tallies(clock.now())
        judged = time.perf_counter() - began
    taken = []
    for _round in range(PREVIEWS):
        began = time.perf_counter()
        answer = client.get("/people/roster")
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.status
    with app.app_context():
        number = db.session.scalar(select(func.count(StaffMember.id)))
        db.session.remove()
        db.engine.dispose()
    pages = ", ".join(f"{one * 1000:.0f}" for one in taken)
    return f"accounts of {number:,} staff: judged in {judged:.1f} s by the scheduler, the page {pages} ms"


def _of_postgres(databases: Databases) -> float:
    """Return the CPU seconds of the server's processes that have ended; 0 without one."""
    if databases.server is None:
        return 0.0
    pid = (databases.server.data / "postmaster.pid").read_text().splitlines()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> int:
    """Write the rosters, import, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.roster")
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    parser.add_argument("--students", type=int, default=325_000)
    parser.add_argument("--classes", type=int, default=1, help="classes of each student; 1: homeroom only")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        databases = Databases(Path(place), shared_buffers="256MB")
        try:
            database = databases.copy(databases.template(wanted.backend))
            write_through(database)
            district, same = District(wanted.students, wanted.classes), Path(place) / "roster"
            rows, size = district.write(same), sum(file.stat().st_size for file in same.iterdir())
            sys.stdout.write(f"{sum(rows.values()):,} rows, {size / 1e6:.0f} MB: {rows}\n")
            take_in(databases, database, same, "first")
            take_in(databases, database, same, "unchanged")
            other = Path(place) / "changed"
            District(wanted.students, wanted.classes, moved=True).write(other)
            take_in(databases, database, other, "1 in 100 changed")
            sys.stdout.write(preview(database, Path(place)) + "\n")
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
