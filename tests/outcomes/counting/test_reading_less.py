"""Pages of outcomes read what they show: a school's piece of what is stored of all, figures of days for a month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.demo import client_of
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db, read_one_view
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of
from wss_cases.outcomes.answers import answers_of
from wss_cases.outcomes.cache_refresh import store_due_counts
from wss_cases.outcomes.counting.cache import CachedCount
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.daily_figures.queries import counted_parts, parts_of
from wss_cases.outcomes.counting.scope.rules import Scope, month_of, narrowed, scope_of
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.outcomes.equity.queries import FAMILIES, PIECES, _pieces
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SchoolDays

MOST_STATEMENTS = 4
"""What the first page of outcomes of a school asks at most from its first figure on."""
DIGEST = 64
"""Letters of a key."""
TUESDAY = 1
Asked = list[tuple[str, Any]]


@pytest.fixture
def demo(demo_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on a demo district."""
    app = make_app(demo_database.url, tmp_path)
    with app.app_context():
        yield app


@pytest.fixture
def asked(demo: Flask) -> Asked:
    """Every statement with its values."""
    found: Asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: found.append((given[2], given[3])))
    return found


def this_year() -> Scope:
    """The school year in work."""
    scope = scope_of(None, "2026-27", today_at(None, clock.now()))
    assert scope is not None
    return scope


def test_a_schools_page_reads_its_own_piece_of_the_tables_of_all(demo: Flask, asked: Asked) -> None:
    """All kinds of groups by one statement, and not the pieces of other schools."""
    store_due_counts(clock.now(), 300, least_ms=0, schools=0)
    asked.clear()
    assert client_of(demo, "administrator").get("/outcomes").status_code == 200
    [values] = [values for statement, values in asked if "kept_count.rows" in statement]
    given = map(str, values.values() if isinstance(values, dict) else values)
    keys = [one for one in given if len(one) == DIGEST]
    assert len(keys) == len(FAMILIES)
    assert len([one for one, _values in asked if "FROM equity_minimum" in one]) <= 1
    opened = asked[next(place for place, one in enumerate(asked) if "FROM case_record" in one[0]) :]
    assert len(opened) <= MOST_STATEMENTS, len(opened)
    rows = [json.loads(row) for row in db.session.scalars(select(CachedCount.rows).where(CachedCount.digest.in_(keys)))]
    assert len(rows) == len(FAMILIES) and not [row for row in rows if "district" in row]


@pytest.mark.both_databases
def test_what_a_page_reads_together_is_what_is_read_alone(demo: Flask, asked: Asked) -> None:
    here = replace(this_year(), school_id=db.session.scalar(select(func.min(School.id))))
    recount(clock.now(), 60)
    days = SchoolDays()
    alone = answers_of(SYSTEM, here, days)
    db.session.remove()
    with demo.test_request_context("/"):
        is_together = read_one_view()
        assert is_together is (db.session.get_bind().dialect.name == "postgresql")
        asked.clear()
        assert answers_of(SYSTEM, here, days) == alone
    counts = [one for one, _values in asked if "FROM enrolment" in one or "FROM discipline_action" in one]
    assert len(counts) == (1 if is_together else 2)
    assert 0 < alone.removed < alone.students and 0 < alone.offered.part < alone.offered.whole


def test_a_piece_holds_no_other_schools() -> None:
    plain = {"columns": ["enrolled"], "schools": {"1": {}, "2": {}, str(PIECES + 1): {}}, "district": {"lines": []}}
    pieces = _pieces(plain)
    assert len(pieces) == PIECES + 1 and pieces.pop("district") == {"district": {"lines": []}}
    held = {name: set(piece["schools"]) for name, piece in pieces.items() if piece["schools"]}
    assert held == {"1": {"1", str(PIECES + 1)}, "2": {"2"}}


def test_a_month_and_a_weekday_are_read_from_the_figures_of_days(demo: Flask, asked: Asked) -> None:
    recount(clock.now(), 60)
    year, october = this_year(), narrowed(this_year(), *month_of("2026-10"), None)
    assert october is not None
    narrow, days = IncidentFilter(month="2026-10", weekday=TUESDAY), SchoolDays()
    asked.clear()
    core = core_of(SYSTEM, october, days, narrow)
    assert asked and not [one for one, _values in asked if "FROM incident" in one]
    assert core.parts == counted_parts(SYSTEM, october, *conditions_of(narrow))
    assert 0 < core.parts.total < parts_of(SYSTEM, october).total < parts_of(SYSTEM, year).total
    # of more days than the month's the figures would say too much
    assert core_of(SYSTEM, year, days, narrow).parts == core.parts
    hallway = replace(narrow, place="hallway")
    assert core_of(SYSTEM, october, days, hallway).parts == counted_parts(SYSTEM, october, *conditions_of(hallway))
