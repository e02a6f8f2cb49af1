"""Cached counts: the very figures that counting gives, only while good, by version, and read piece by piece."""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import make_dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, func, select, update

from tests.outcomes.counting.cached_count_digests import COUNTS, code_of, digest_of, recorded, shape_of
from tests.outcomes.making.groups import Groups
from tests.support.applications import make_app
from tests.support.databases import ROOT, Database
from tests.support.demo import client_of
from wss_cases.access.actor import SYSTEM
from wss_cases.board.report.queries import board_but_equity
from wss_cases.foundation import clock
from wss_cases.foundation.db import db, read_one_view
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of
from wss_cases.jobs.ticks import BY_MONTH
from wss_cases.outcomes.answers import answers_of
from wss_cases.outcomes.cache_refresh import CLAIM, NEVER, store_due_counts
from wss_cases.outcomes.counting.cache import VERSIONS, CachedCount, CountingRound, key_of, oldest_shown, recording
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.daily_figures.queries import counted_parts, parts_of
from wss_cases.outcomes.counting.repair import queries as repair_queries
from wss_cases.outcomes.counting.scope.rules import Scope, month_of, narrowed, scope_of
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.outcomes.equity.queries import FAMILIES, PIECES, _pieces, table_for
from wss_cases.outcomes.equity.rules import settled
from wss_cases.outcomes.reports.cases import caseload_of
from wss_cases.outcomes.reports.core import bands_of
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

PAGES = (
    "/outcomes", "/outcomes/equity", "/outcomes/equity?kind=sex", "/outcomes/incidents", "/outcomes/board"
)  # fmt: skip
SINCE = re.compile(r" · counted on [^<]+?(?=\s*<)")
CHANGING = re.compile(r'<input[^>]*name="(?:csrf_token|request_key)"[^>]*>')


@pytest.fixture
def demo(demo_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on a demo district."""
    app = make_app(demo_database.url, tmp_path)
    with app.app_context():
        yield app


Asked = list[tuple[str, Any]]


@pytest.fixture
def asked(demo: Flask) -> Asked:
    """Every statement with its values."""
    found: Asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: found.append((given[2], given[3])))
    return found


def page(app: Flask, role: str, address: str) -> str:
    """What stands in the middle of a page, without what differs at each opening."""
    text = client_of(app, role).get(address).get_data(as_text=True)
    return CHANGING.sub("", text[text.index("<main") : text.index("</main>")])


def store_at(now: datetime) -> dict[str, int]:
    """Store every count, however quick and small."""
    return store_due_counts(now, 300, least_ms=0, schools=0, by_month=BY_MONTH)


def stored() -> int:
    """How many counts are stored."""
    db.session.remove()
    return db.session.scalar(select(func.count()).select_from(CachedCount)) or 0


def this_year() -> Scope:
    """The school year in work."""
    return existing(scope_of(None, "2026-27", today_at(None, clock.now())))


def month_scope() -> Scope:
    """The same to the end of the last month that is over."""
    return existing(settled(this_year(), SchoolDays()))


def test_pages_from_cached_counts_are_the_same_and_say_when(demo: Flask) -> None:
    live = {address: page(demo, "district", address) for address in PAGES}
    assert store_at(clock.now())["counts"] >= 30
    for address, before in live.items():
        after = page(demo, "district", address)
        assert SINCE.search(after), address
        assert SINCE.sub("", after) == before, address


def test_a_page_of_cached_counts_does_not_count(demo: Flask, asked: Asked) -> None:
    store_at(clock.now())
    asked.clear()
    page(demo, "district", "/outcomes/equity")
    assert not [one for one, _values in asked if "FROM enrolment" in one]
    assert [one for one, _values in asked if "kept_count.rows" in one]


def test_a_schools_own_page_never_takes_the_districts(demo: Flask) -> None:
    """But for groups and for answers of people harmed: what one school may show of these depends on the others."""
    before = {name: page(demo, "administrator", f"/outcomes/{name}") for name in ("repair", "removals", "patterns")}
    store_at(clock.now())
    scope = existing(scope_of(None, "2026-27", today_at(None, clock.now())))
    answers = key_of("said", (scope.first, scope.last))
    others = update(CachedCount).where(CachedCount.digest != answers)
    db.session.execute(others.values(rows=func.replace(CachedCount.rows, "1", "2")))
    db.session.commit()
    for name, text in before.items():
        assert SINCE.sub("", page(demo, "administrator", f"/outcomes/{name}")) == text, name


def without_sources(folder: Path) -> Path:
    """Return a folder with the application as an install without sources has it: compiled files alone."""
    package = ROOT / "wss_cases"
    compileall.compile_dir(package, quiet=2)
    shutil.copytree(package, folder / "wss_cases", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for source in package.rglob("*.py"):
        compiled = folder / source.relative_to(ROOT).with_suffix(".pyc")
        shutil.copyfile(cache_from_source(str(source)), compiled)
    for name in ("tests", "templates", "static", "migrations", "config.py"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_what_one_process_stores_another_finds(demo: Flask, tmp_path: Path) -> None:
    """Also one with another order of sets, and one without sources."""
    store_at(clock.now())
    here = sorted(db.session.scalars(select(CachedCount.digest)))
    db.session.execute(delete(CachedCount))
    db.session.execute(delete(CountingRound))
    db.session.commit()
    address = db.engine.url.render_as_string(hide_password=False)
    printed = subprocess.run(
        [sys.executable, "-m", "tests.outcomes.counting.cached_count_keys", address, str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=without_sources(tmp_path / "install"),
        capture_output=True,
        text=True,
        check=True,
    )
    file, *keys = printed.stdout.split()
    assert file.endswith(".pyc")
    assert len(here) >= 30
    assert keys == here


def test_what_is_past_its_time_is_counted_anew(demo: Flask) -> None:
    now = clock.now()
    store_at(now - timedelta(hours=1, minutes=20))
    assert SINCE.search(page(demo, "district", "/outcomes"))
    db.session.execute(update(CachedCount).values(good_until=now - timedelta(seconds=1)))
    db.session.commit()
    assert not SINCE.search(page(demo, "district", "/outcomes"))
    assert store_at(now)["counts"] > 0
    assert SINCE.search(page(demo, "district", "/outcomes"))


def test_rounds_wait_for_their_time_and_for_a_new_day(demo: Flask) -> None:
    now = datetime(2026, 11, 24, 18, tzinfo=UTC)
    store_at(now)
    assert store_at(now + timedelta(minutes=1)) == {"counts": 0}
    often = store_at(now + timedelta(minutes=31))["counts"]
    assert 0 < often < stored()
    assert store_at(now + timedelta(minutes=31 + 24 * 60))["counts"] > often


def test_what_is_quick_is_not_stored(demo: Flask) -> None:
    store_due_counts(clock.now(), 300, least_ms=10**6, schools=0)
    assert stored() == 0
    later = clock.now() + timedelta(days=30)
    assert store_due_counts(later, 300, least_ms=0) == {"counts": 0}  # two schools are not many


def test_a_round_is_one_schedulers_and_free_again_after_a_kill(demo: Flask) -> None:
    now = clock.now()
    store_at(now)
    taken = {"counted_at": NEVER, "claimed_until": now + CLAIM}
    db.session.execute(update(CountingRound).values(**taken))
    db.session.commit()
    assert store_at(now) == {"counts": 0}
    assert store_at(now + CLAIM)["counts"] > 0


def test_nobody_is_named_in_what_is_stored(demo: Flask) -> None:
    store_at(clock.now())
    words = " ".join(db.session.scalars(select(CachedCount.rows)))
    for number, name in db.session.execute(select(Student.student_number, Student.family_name)):
        assert number not in words
        assert f'"{name}"' not in words


def test_what_is_stored_under_another_version_is_not_read_and_made_again(
    demo: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page(demo, "district", "/outcomes")
    with monkeypatch.context() as patch:
        for name in VERSIONS:
            patch.setitem(VERSIONS, name, 99)
        store_at(clock.now())
    # as that release has it: figures that this one cannot read
    db.session.execute(update(CachedCount).values(rows="[[1, 2]]"))
    db.session.commit()
    assert page(demo, "district", "/outcomes") == before
    assert store_at(clock.now())["counts"] >= 30
    assert SINCE.sub("", page(demo, "district", "/outcomes")) == before


def test_one_raised_version_leaves_the_other_counts_as_they_are(
    demo: Flask, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_at(clock.now())
    before = page(demo, "district", "/outcomes")
    monkeypatch.setitem(VERSIONS, "police", VERSIONS["police"] + 1)
    asked.clear()
    assert page(demo, "district", "/outcomes") == before
    assert [one for one, _values in asked if "FROM police_notification" in one]
    assert not [one for one, _values in asked if "FROM agreement_term" in one]


def test_what_is_stored_reads_back_as_it_was_counted(demo: Flask) -> None:
    store_at(clock.now())
    scope, actor = this_year(), SYSTEM
    days = school_days(None)
    with recording():
        counted = board_but_equity(actor, scope), bands_of(actor, scope), caseload_of(actor, scope)
        pathways = figures_of_pathways(actor, scope, days)
    assert (board_but_equity(actor, scope), bands_of(actor, scope), caseload_of(actor, scope)) == counted
    assert figures_of_pathways(actor, scope, days) == pathways


def test_tables_of_groups_read_back_as_they_were_counted(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    groups = Groups()
    groups.restore()
    scopes = [month_scope(), *(replace(month_scope(), school_id=one.id) for one in groups.schools)]
    with recording():
        counted = [table_for(SYSTEM, scope, "race") for scope in scopes]
    store_at(clock.now())
    assert [table_for(SYSTEM, scope, "race") for scope in scopes] == counted
    assert oldest_shown() == clock.now()
    assert counted[0].lines and any(table.lines for table in counted[1:])


def test_of_equity_nothing_is_stored_but_the_tables(demo: Flask) -> None:
    with recording() as recorded:
        for family in FAMILIES:
            table_for(SYSTEM, month_scope(), family)
    assert len(recorded) == len(FAMILIES) * (PIECES + 1) and all(
        one.figures.startswith("{") for one in recorded.values()
    )


def test_equity_of_a_school_comes_from_what_is_stored_of_all(demo: Flask, asked: Asked) -> None:
    before = page(demo, "administrator", "/outcomes/equity")
    store_at(clock.now())
    asked.clear()
    assert SINCE.sub("", page(demo, "administrator", "/outcomes/equity")) == before
    assert not [one for one, _values in asked if "FROM enrolment" in one]


def test_what_is_stored_of_a_year_that_is_over_is_found_on_another_day(demo: Flask, asked: Asked) -> None:
    after = datetime(2027, 9, 1, 16, tzinfo=UTC)
    with time_machine.travel(after):
        recount(clock.now(), 60)
        store_at(clock.now())
    asked.clear()
    with time_machine.travel(after + timedelta(days=2)):
        assert SINCE.search(page(demo, "district", "/outcomes?year=2026-27"))
    counting = (
        "FROM agreement_term",
        "FROM follow_up",
        "FROM questionnaire",
        "FROM discipline_action",
        "FROM referral",
    )
    # years side by side go up to today: their round is due again each day
    of_the_year = [one for one, _values in asked if "first_year" not in one]
    assert not [one for one in of_the_year if any(words in one for words in counting)]


RECORD = "python -m tests.outcomes.counting.cached_count_digests"


def test_every_cached_count_is_watched() -> None:
    assert set(COUNTS) == set(VERSIONS) == set(recorded())


def test_a_count_that_changed_has_a_raised_version(session: object) -> None:
    for name, (version, digest) in recorded().items():
        if version == VERSIONS[name]:
            words = f"what {name!r} counts has changed: raise its version, then run `{RECORD}`"
            assert digest_of(name) == digest, words
        assert VERSIONS[name] == version, f"{name!r} has a version that is not recorded: run `{RECORD}`"


def test_what_moves_figures_moves_the_digest(app: Flask, session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: digest_of(name) for name in ("terms", "follow_ups", "equity")}
    monkeypatch.setattr(repair_queries, "KEPT", (repair_queries.TermState.KEPT,))
    after = {name: digest_of(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == {"terms", "equity"}


def test_only_what_a_rule_does_is_in_its_words() -> None:
    plain = "LEAST = 10\ndef share(part):\n    return part if part > LEAST else None\n"
    told = (
        '"""A module."""\nfrom decimal import Decimal\nLEAST = 10  # ten\n"""The least."""\n\n\n'
        '@cached_count("share", version=2, depends_on=by_days)\ndef share(part):\n    """Return it."""\n'
        "    # too few tell of one child\n    return (\n        part if part > LEAST else None\n    )\n"
    )
    assert code_of(told) == code_of(plain)
    assert code_of(plain.replace(">", ">=")) != code_of(plain)
    assert code_of(plain.replace("10", "9")) != code_of(plain)


def test_a_new_field_moves_the_shape() -> None:
    more = make_dataclass("Terms", [("kept", int), ("late", int), ("due", int), ("open", int)])
    assert shape_of(dict[str, more]) != shape_of(dict[str, repair_queries.Terms])
    moved = make_dataclass("Elsewhere", [(name, int) for name in ("kept", "late", "due", "too_recent")])
    assert shape_of(dict[str, moved]) == shape_of(dict[str, repair_queries.Terms])


MOST_STATEMENTS = 5
"""What the first page of outcomes of a school asks at most from its first figure on."""
DIGEST = 64
"""Letters of a key."""
TUESDAY = 1


@pytest.mark.both_databases
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
    if db.engine.dialect.name == "postgresql":  # where a page reads from one instant, it reads together
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
    assert 0 < alone.removed < alone.students and 0 < alone.offers.offered < alone.offers.of


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
