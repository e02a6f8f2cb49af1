"""`python -m tests.roster.oneroster`: what becomes of each odd roster of our own making.

Each comes into an empty district by `flask import oneroster`, on SQLite. Printed are for each its exit code, how many
people and schools came in, and by their ids who came in with a field that is not known, who was refused, and who has no
place; of one that stops, why.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests.roster.oneroster.odd_rosters import LATER, ODD_CELLS, REFUSED, STOPPED, UNPLACED, Later, run_later
from tests.support.applications import Rollback, make_app
from tests.support.databases import Databases
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import School, StaffMember, Student

FIRST = 4
"""How many of a kind are named; the number stands before them."""
KEYS = ("sourcedId", "userSourcedId", "student_number")


def rosters() -> dict[str, Later]:
    """Every odd roster by its name; those that need nothing before them too."""
    plain = {name: Later(trap[0]) for some in (ODD_CELLS, REFUSED, UNPLACED, STOPPED) for name, trap in some.items()}
    return plain | LATER


def main() -> int:
    """Take each of them in, print."""
    every = rosters()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        try:
            app = make_app(databases.copy(databases.template("sqlite")).url, folder)
            for title, odd in every.items():
                sys.stdout.write("\n".join(_told(app, folder / "roster" / title, title, odd)) + "\n")
        finally:
            databases.close()
    sys.stdout.write(f"{len(every)} rosters\n")
    return 0


def _told(app: Flask, folder: Path, title: str, odd: Later) -> Iterator[str]:
    folder.mkdir(parents=True)
    with Rollback(app), app.app_context():
        code, document = run_later(app, folder, odd)
        came = {
            model.__tablename__: db.session.scalar(select(func.count(model.id)))
            for model in (Student, StaffMember, School)
        }
    numbers = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in came.items())
    yield f"{title.replace('_', ' ')}: exit {code}; {numbers}"
    if code:
        yield f"    stopped: {document['problems'][0]['message']}"
    for words, is_refused in (("with a field that is not known", False), ("refused", True)):
        for cause in document["causes"] if not code else ():
            if cause["refused"] is is_refused:
                yield f"    {words}: {cause['count']}: {_named(folder, cause)} ({cause['file']}, {cause['column']})"
    for kind, found in document["unplaced"].items():
        if found["count"]:
            yield f"    without a place: {found['count']} {kind}: {', '.join(found['sourced_ids'][:FIRST])}"


def _named(folder: Path, cause: Any) -> str:
    """The first ids of a cause's rows; of a row without one, its line."""
    file = folder / cause["file"]
    file = file if file.exists() else folder.with_name(cause["file"])
    with file.open(encoding="utf-8", newline="", errors="replace") as stream:
        header, *rows = csv.reader(stream)
    at = next((header.index(key) for key in KEYS if key in header), 0)
    names = [rows[line - 2][at] or f"line {line}" for line in cause["rows"][:FIRST]]
    return ", ".join(name.replace("\0", "?") for name in names)


if __name__ == "__main__":
    sys.exit(main())
