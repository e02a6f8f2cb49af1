"""`python -m tests.web.inputs [VALUES]`: so many odd values into the fields of every form; what failed or was kept."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.demo import ROLES, client_of, forms_that_post
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.pages.crawl import walk
from tests.web.inputs.test_malformed import SENT, TEXTS, absurd_days, failures
from wss_cases.foundation.db import Base, db

TENTHS = 10
LONGEST_TEXT = 100_000


def absurd(app: Flask) -> set[str]:
    """Return what stands in the tables and cannot be meant: days of no school, numbers and texts without end."""
    found = set(absurd_days(app))
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, sa.Integer) and not column.primary_key:
                    ends = db.session.execute(sa.select(sa.func.min(column), sa.func.max(column))).one()
                    found |= {f"{column}: {number}" for number in ends if number and abs(number) > 2**31}
                elif isinstance(column.type, sa.String):
                    longest = db.session.scalar(sa.select(sa.func.max(sa.func.length(column)))) or 0
                    found |= {f"{column}: {longest} characters"} if longest > LONGEST_TEXT else set()
    return found


def main(wanted: int) -> int:
    """Send them in turns, so that each form meets each kind; 1 where something failed or was kept."""
    logging.disable(logging.CRITICAL)
    began, broken = time.monotonic(), list[str]()
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name))
        app = make_app(databases.copy(databases.demo("sqlite")).url, Path(name))
        visits = {role: walk(app, client_of(app, role), samples=1) for role in ROLES}
        forms, before = forms_that_post(visits), absurd(app)
        for tenth in range(TENTHS):
            for kind in TEXTS:
                broken += failures(app, forms, kind, tenth)
            if SENT["values"] >= wanted:
                break
        kept = sorted(absurd(app) - before)
    sent = f"{SENT['values']} values of {len(TEXTS)} kinds in {SENT['requests']} requests to {len(forms)} forms"
    print(f"odd values: {sent}: {len(broken)} failures, {len(kept)} kept; {time.monotonic() - began:.0f} s")
    print(*broken, *kept, sep="\n", end="\n" if broken or kept else "")
    return 1 if broken or kept or SENT["values"] < wanted else 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    sys.exit(main(*([int(one) for one in sys.argv[1:]] or [5000])))
