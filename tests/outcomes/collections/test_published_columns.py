"""The federal file against the columns of the published files: each is counted or said to be missing, none is ours."""

from __future__ import annotations

import csv
import io
from fnmatch import fnmatch

from flask import Flask

from tests.factories.roster import SchoolFactory
from tests.outcomes.collections.published_columns import columns
from wss_cases.foundation.db import db
from wss_cases.outcomes.collections import federal

LISTED = set().union(*columns().values())
OURS = set(federal.federal_columns()) - set(federal.OURS)
TOTALS = 2 * 3 * 2
"""Of the file of restraint: those of two plans, three kinds and two sexes."""


def test_every_published_column_is_counted_or_said_to_be_missing() -> None:
    assert len(columns()["Restraint and Seclusion"]) + TOTALS == 131 - 8, "as many as the published file has"
    assert OURS <= LISTED, sorted(OURS - LISTED)
    missing = {one for one in LISTED - OURS if not any(fnmatch(one, pattern) for pattern in federal.NOT_HELD)}
    assert not missing, sorted(missing)
    assert all(any(fnmatch(one, pattern) for one in LISTED) for pattern in federal.NOT_HELD if "CORP" not in pattern)


def test_what_the_upload_would_not_know_is_not_in_its_file(app: Flask, session: object) -> None:
    for name, identifier in (("A", "170993000123"), ("B", "610001")):
        SchoolFactory(name=name, identifier=identifier)
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["export", "crdc", "--school-year", "2026-27", "--upload"])
    assert done.exit_code == 0, (done.stderr, done.exception)
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert row.pop("SCH_ID") == "170993000123", "and no school whose number nobody knows"
    assert list(row) == [one for one in federal.federal_columns() if one not in federal.OURS]
    assert set(row.values()) == {"0"}
    assert "Schools without the collection’s number: 1" in done.stderr
