"""`python -m tests.outcomes.collections`: the collections' files of a demo district of which the roster says little.

Of every third student it says nothing of plans, language or housing, of every fifth no race. Printed are the cells of
each file: counted, zero, and empty because nobody knows; a second reading of the rows looks for zeros that somebody
unknown may belong to, and the columns are held against those of the published files. Ends with 1 where one is found.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from flask import Flask

from tests.outcomes.collections import published_columns
from tests.outcomes.collections.second_count import Period, claims, rows_of
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.outcomes.collections import federal, state

FORGOTTEN = (
    "UPDATE student SET has_iep = NULL, has_504 = NULL, is_english_learner = NULL, has_housing_support = NULL,"
    " language = NULL WHERE id % 3 = 0",
    "UPDATE student SET race_ethnicity = NULL WHERE id % 5 = 0",
)
MARKS = {"race": "race_ethnicity", "sex": "sex", "english_learner": "is_english_learner", "grade": "grade"}


def main() -> int:
    """Make the district, write the files, read them, print."""
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name))
        try:
            database = databases.copy(databases.demo("sqlite"))
            app = make_app(database.url, Path(name))
            with app.app_context():
                return _look(app)
        finally:
            databases.close()


def _look(app: Flask) -> int:
    for statement in FORGOTTEN:
        db.session.execute(db.text(statement))
    db.session.commit()
    today = local_date(clock.now(), DEFAULT_ZONE)
    year = school_year(today)
    period = (school_year_bounds(year)[0].isoformat(), today.isoformat())
    wrong = 0
    for file, key, unknown in (("crdc", "schools", _federal), ("state", "rows", _state)):
        document = _written(app, file, year)
        rows = document[key]
        cells = Counter(_kind(number) for row in rows for number in row["counts"].values())
        guessed = [f"{row['school']}: {one}" for row in rows for one in unknown(row, period) if row["counts"][one] == 0]
        wrong += len(guessed)
        _say(
            f"{file}: {len(rows)} rows, {sum(cells.values()):,} cells: {cells['counted']:,} counted, "
            f"{cells['zero']:,} zero, {cells['empty']:,} empty; "
            f"{document['students_not_known']} students not known; "
            f"{len(guessed)} zeros that nobody knows {guessed[:5] or ''}"
        )
    return int(bool(wrong + _columns()))


def _written(app: Flask, file: str, year: str) -> Any:
    done = app.test_cli_runner().invoke(args=["export", file, "--school-year", year, "--format", "json"])
    assert done.exit_code == 0, (done.stderr, done.exception)
    return json.loads(done.stdout)


def _kind(number: int | None) -> str:
    return "empty" if number is None else "counted" if number else "zero"


def _school(row: Any) -> int:
    rows = rows_of("select id, name from school")
    return next(one["id"] for one in rows if one["name"] == row["school"])


def _federal(row: Any, period: Period) -> set[str]:
    return claims(_school(row), period) & set(federal.federal_columns())


def _state(row: Any, period: Period) -> set[str]:
    """The columns of each group in which somebody counted in this row is not known."""
    between = f"between '{period[0]}' and '{period[1]}'"
    chosen = f"from discipline_action where kind = '{row['kind']}' and state = 'standing' and starts_on {between}"
    if row["kind"] == state.REFERRAL:
        chosen = (
            f"from notified_student join police_notification n on n.id = notification_id where n.local_date {between}"
        )
    students = rows_of(
        f"select * from student where id in (select student_id {chosen} and {'n.' * (row['kind'] == state.REFERRAL)}"
        f"school_id = {_school(row)})"
    )
    open_groups = {name for name, mark in MARKS.items() if any(one[mark] is None for one in students)}
    if any(not one["has_iep"] and not one["has_504"] and None in (one["has_iep"], one["has_504"]) for one in students):
        open_groups.add("disability")
    return {f"{name}_{key}" for name in open_groups for key in state.GROUPS[name] if key != state.NOT_KNOWN}


def _say(line: str) -> None:
    sys.stdout.write(f"{line.rstrip()}\n")


def _columns() -> int:
    listed = set().union(*published_columns.columns().values())
    ours = set(federal.federal_columns()) - set(federal.OURS)
    said = {one for one in listed - ours if any(fnmatch(one, pattern) for pattern in federal.NOT_HELD)}
    _say(
        f"columns of the published files of 2021-22: {len(listed)}; counted here {len(ours & listed)}, "
        f"said to be missing {len(said)}, neither {len(listed - ours - said)}; "
        f"ours that are not among them {len(ours - listed)}"
    )
    return len(listed - ours - said) + len(ours - listed)


if __name__ == "__main__":
    sys.exit(main())
