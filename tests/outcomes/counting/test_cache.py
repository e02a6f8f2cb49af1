"""Kept counts: the very figures that counting gives, for those alone who would count the same, and only while good."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, func, select, update

from tests.support.applications import make_app
from tests.support.databases import ROOT, Database
from tests.support.demo import client_of
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DISTRICT_ZONE, local_date
from wss_cases.outcomes.cache_refresh.actions import CLAIM, NEVER, keep
from wss_cases.outcomes.counting.cache.models import CountingRound, KeptCount
from wss_cases.outcomes.counting.cache.queries import keeping
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.equity.queries import table_for
from wss_cases.outcomes.equity.states import FAMILIES
from wss_cases.outcomes.equity.tables import settled
from wss_cases.roster.directory.models import Student

PAGES = (
    "/outcomes", "/outcomes/equity", "/outcomes/equity?kind=sex", "/outcomes/incidents", "/outcomes/board"
)  # fmt: skip
SINCE = re.compile(r" · counted on [^<]+")
CHANGING = re.compile(r'<input[^>]*name="(?:csrf_token|request_key)"[^>]*>')


@pytest.fixture
def demo(demo_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on a demo district."""
    app = make_app(demo_database.url, tmp_path)
    with app.app_context():
        yield app


def page(app: Flask, role: str, address: str) -> str:
    """What stands in the middle of a page, without what differs at each opening."""
    text = client_of(app, role).get(address).get_data(as_text=True)
    return CHANGING.sub("", text[text.index("<main") : text.index("</main>")])


def kept_at(now: datetime) -> dict[str, int]:
    """Keep everything, however quick and small."""
    return keep(now, 300, least_ms=0, schools=0)


def kept() -> int:
    """How many counts are kept."""
    db.session.remove()
    return db.session.scalar(select(func.count()).select_from(KeptCount)) or 0


def test_pages_from_kept_counts_are_the_same_and_say_when(demo: Flask) -> None:
    live = {address: page(demo, "district", address) for address in PAGES}
    assert kept_at(clock.now())["counts"] >= 30
    for address, before in live.items():
        after = page(demo, "district", address)
        assert SINCE.search(after), address
        assert SINCE.sub("", after) == before, address


def test_a_page_that_was_kept_does_not_count(demo: Flask) -> None:
    kept_at(clock.now())
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page(demo, "district", "/outcomes/equity")
    assert not [one for one in asked if "FROM enrolment" in one]
    assert [one for one in asked if "kept_count.rows" in one]


def test_a_schools_own_page_never_takes_the_districts(demo: Flask) -> None:
    before = page(demo, "administrator", "/outcomes")
    kept_at(clock.now())
    db.session.execute(update(KeptCount).values(rows=func.replace(KeptCount.rows, "1", "2")))
    db.session.commit()
    assert page(demo, "administrator", "/outcomes") == before


def test_what_one_process_keeps_another_finds(demo: Flask, tmp_path: Path) -> None:
    kept_at(clock.now())
    here = sorted(db.session.scalars(select(KeptCount.digest)))
    db.session.execute(delete(KeptCount))
    db.session.execute(delete(CountingRound))
    db.session.commit()
    address = db.engine.url.render_as_string(hide_password=False)
    told = subprocess.run(
        [sys.executable, "-m", "tests.outcomes.counting.cache_digests", address, str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(here) >= 30
    assert told.stdout.split() == here


def test_what_is_past_its_time_is_counted_anew(demo: Flask) -> None:
    now = clock.now()
    kept_at(now - timedelta(hours=1, minutes=20))
    assert SINCE.search(page(demo, "district", "/outcomes"))
    db.session.execute(update(KeptCount).values(good_until=now - timedelta(seconds=1)))
    db.session.commit()
    assert not SINCE.search(page(demo, "district", "/outcomes"))
    assert kept_at(now)["counts"] > 0
    assert SINCE.search(page(demo, "district", "/outcomes"))


def test_rounds_wait_for_their_time_and_for_a_new_day(demo: Flask) -> None:
    now = datetime(2026, 11, 24, 18, tzinfo=UTC)
    kept_at(now)
    assert kept_at(now + timedelta(minutes=1)) == {"counts": 0}
    often = kept_at(now + timedelta(minutes=31))["counts"]
    assert 0 < often < kept()
    assert kept_at(now + timedelta(minutes=31 + 24 * 60))["counts"] > often


def test_what_is_quick_is_not_kept(demo: Flask) -> None:
    keep(clock.now(), 300, least_ms=10**6, schools=0)
    assert kept() == 0
    assert keep(clock.now() + timedelta(days=30), 300, least_ms=0) == {"counts": 0}  # two schools are not many


def test_a_round_is_one_schedulers_and_free_again_after_a_kill(demo: Flask) -> None:
    now = clock.now()
    kept_at(now)
    taken = {"counted_at": NEVER, "claimed_until": now + CLAIM}
    db.session.execute(update(CountingRound).values(**taken))
    db.session.commit()
    assert kept_at(now) == {"counts": 0}
    assert kept_at(now + CLAIM)["counts"] > 0


def test_nobody_is_named_in_what_is_kept(demo: Flask) -> None:
    kept_at(clock.now())
    words = " ".join(db.session.scalars(select(KeptCount.rows)))
    for number, name in db.session.execute(select(Student.student_number, Student.family_name)):
        assert number not in words
        assert f'"{name}"' not in words


def test_what_another_release_kept_in_another_shape_is_not_read(demo: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = page(demo, "district", "/outcomes")
    with monkeypatch.context() as patch:
        patch.setattr("wss_cases.outcomes.counting.cache.queries.SHAPE", "another")
        kept_at(clock.now())
    # as that release has it: rows that this one cannot read
    db.session.execute(update(KeptCount).where(~KeptCount.rows.startswith("{")).values(rows="[[1, 2]]"))
    db.session.commit()
    assert page(demo, "district", "/outcomes") == before


def test_of_equity_nothing_is_kept_but_the_tables(demo: Flask) -> None:
    year = scope_of(None, "2026-27", local_date(clock.now(), DISTRICT_ZONE))
    assert year is not None
    scope = settled(year)
    assert scope is not None
    with keeping() as noted:
        for family in FAMILIES:
            table_for(SYSTEM, scope, family)
    assert len(noted) == len(FAMILIES) and all(one.rows.startswith("{") for one in noted)


def test_equity_of_a_school_comes_from_what_is_kept_of_all_and_only_by_todays_rules(
    demo: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page(demo, "administrator", "/outcomes/equity")
    kept_at(clock.now())
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert SINCE.sub("", page(demo, "administrator", "/outcomes/equity")) == before
    assert not [one for one in asked if "FROM enrolment" in one]
    db.session.execute(delete(KeptCount).where(~KeptCount.rows.startswith("{")))
    monkeypatch.setattr("wss_cases.outcomes.equity.queries.rules_digest", lambda: "other rules")
    db.session.commit()
    assert not SINCE.search(page(demo, "administrator", "/outcomes/equity"))
    assert [one for one in asked if "FROM enrolment" in one]


def test_what_is_kept_of_a_year_that_is_over_is_found_on_another_day(demo: Flask) -> None:
    after = datetime(2027, 9, 1, 16, tzinfo=UTC)
    with time_machine.travel(after):
        recount(clock.now(), 60)
        kept_at(clock.now())
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
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
    of_the_year = [one for one in asked if "first_year" not in one]
    assert not [one for one in of_the_year if any(words in one for words in counting)]
