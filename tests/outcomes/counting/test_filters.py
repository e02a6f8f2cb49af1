"""Filters of the whole district: counted by the scheduler, kept, and to the unit what the incidents say."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.factories.accounts import acting, make_user
from tests.outcomes.counting.test_daily_figures import WALL, Town, scope
from tests.outcomes.making.small_district import Made
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.foundation import operations
from wss_cases.foundation.db import db, table_of
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of
from wss_cases.jobs import ticks as jobs
from wss_cases.jobs.ticks import count_filters
from wss_cases.mail.monitoring import beat
from wss_cases.outcomes.counting import totals as filters
from wss_cases.outcomes.counting.daily_figures.actions import follow, recount
from wss_cases.outcomes.counting.daily_figures.queries import DistrictFigure, Parts, counted_parts
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.counting.totals import (
    CLAIM,
    MOST,
    MOST_OF_ONE,
    MOST_TRIES,
    FilteredCount,
    NotCountedYet,
    ask,
    count_asked,
    narrowed_parts,
)

ClientAs = Callable[[Any], Any]
PAGE = "/outcomes/incidents"
HALLWAY = IncidentFilter(place="hallway")
FILTERS = (
    HALLWAY,
    IncidentFilter(place="hallway", weekday=1),
    IncidentFilter(grade=9, month="2026-11"),
    IncidentFilter(group="none"),
    IncidentFilter(hour=9, place="cafeteria"),
)
MORE = tuple(IncidentFilter(hour=hour) for hour in range(24)) + tuple(IncidentFilter(grade=one) for one in range(13))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every district is one of many incidents."""
    monkeypatch.setattr(filters, "MANY", 0)


@pytest.fixture
def now(session: Any, at: Callable[..., datetime], large: None) -> datetime:
    """A morning on which a scheduler is at work."""
    moment = at(WALL)
    beat("scheduler", moment, 5)
    return moment


def live(narrow: IncidentFilter, here: Scope | None = None) -> Parts:
    return counted_parts(SYSTEM, here or scope(), *conditions_of(narrow))


def missed(narrow: IncidentFilter) -> NotCountedYet:
    """Open a filter that is not there."""
    with pytest.raises(NotCountedYet) as found:
        narrowed_parts(SYSTEM, scope(), narrow)
    return found.value


def asker() -> Actor:
    return acting(make_user(Role.DISTRICT))


@pytest.mark.both_databases
def test_whatever_happens_what_is_kept_is_exact(now: datetime) -> None:
    town, person = Town(11, now), asker()
    db.session.commit()
    recount(now, 60)
    for narrow in FILTERS:
        try:
            narrowed_parts(SYSTEM, scope(), narrow)
        except NotCountedYet as missing:
            if not ask(person, missing, now):
                count_asked(now, 60)
                ask(person, missing, now)
    count_asked(now, 60)
    before = db.session.scalars(select(FilteredCount.figures).order_by(FilteredCount.digest)).all()
    for number, act in enumerate(act for _round in range(2) for act in town.acts()):
        town.act(act)
        if number % 6 == 3:
            follow(now)
        for narrow in FILTERS if number % 6 == 3 else (FILTERS[number % len(FILTERS)],):
            assert narrowed_parts(SYSTEM, scope(), narrow) == live(narrow), (narrow, act.__name__)
    # it was never counted again: the pages did all of it
    assert before == db.session.scalars(select(FilteredCount.figures).order_by(FilteredCount.digest)).all()
    assert {"submit", "complete", "redate", "move", "erase"} <= town.done
    assert live(HALLWAY).total > 0


def test_a_page_says_that_it_is_being_counted_and_then_shows_it(
    now: datetime, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(seed=5, incidents=80)
    recount(now, 60)
    district = client_as(make_user(Role.DISTRICT))
    for address in (f"{PAGE}?place=hallway", f"{PAGE}?place=hallway&grade=10"):
        waiting = district.get(address)
        assert waiting.status_code == 202
        assert "being counted" in waiting.text and f'href="{address}' in waiting.text.replace("&amp;", "&")
        with jobs._COUNTING:  # a second time at once
            assert count_filters("scheduler", now) == "" and filters.waits()
        for _year in range(2):
            assert count_filters("scheduler", now) == ""
            page = district.get(address)
        assert page.status_code == 200
        with monkeypatch.context() as small:
            small.setattr(filters, "MANY", 10**9)
            assert _main(district.get(address).text) == _main(page.text)
    day = next(iter(live(HALLWAY).by_day))
    kept = update(table_of(FilteredCount)).values(figures=f'{{"{day}":[4321,0,{{}}]}}')
    db.session.execute(kept)
    db.session.commit()
    assert "4,321" in district.get(f"{PAGE}?place=hallway").text
    # what is not of the whole district is nobody's but the reader's
    leader = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page = leader.get(f"{PAGE}?place=hallway")
    assert page.status_code == 200 and "4,321" not in page.text


def _main(text: str) -> str:
    return re.sub(r"[\w-]{40,}", "", text[text.index("<main") : text.index("</main>")])


def test_no_one_fills_the_queue(now: datetime) -> None:
    recount(now, 60)
    one, other = asker(), asker()
    waiting = [missed(narrow) for narrow in MORE]
    taken = [ask(one, missing, now) for missing in waiting[: MOST_OF_ONE + 2]]
    assert taken == [True] * MOST_OF_ONE + [False, False]
    assert ask(one, waiting[0], now) and ask(other, waiting[0], now)  # it waits already, for whoever asks
    for missing in waiting[MOST_OF_ONE:MOST]:
        assert ask(asker(), missing, now)
    assert not ask(other, waiting[MOST], now)
    assert count_asked(now, 0) == {"counted": 0}
    typed = IncidentFilter(place="no_such_place"), IncidentFilter(behavior="no_such_behavior", grade=9)
    assert [narrowed_parts(SYSTEM, scope(), narrow).total for narrow in typed] == [0, 0]  # and no one's words are kept
    assert count_asked(now, 60) == {"counted": MOST}
    assert ask(one, waiting[MOST], now)


@pytest.mark.both_databases
def test_two_who_ask_for_the_same_at_once_are_both_told(
    database: Database, tmp_path: Path, at: Callable[..., datetime], large: None
) -> None:
    now, app = at(WALL), make_app(database.url, tmp_path)
    with app.app_context():
        beat("scheduler", now, 5)
        recount(now, 60)
        askers, waiting = [asker(), asker()], [missed(narrow) for narrow in MORE[:MOST_OF_ONE]]
        db.session.commit()
        db.session.remove()
    together = threading.Barrier(len(askers), timeout=20)

    def open_all(person: Actor) -> list[bool]:
        answers = []
        for missing in waiting:
            with app.app_context():
                together.wait()
                answers.append(ask(person, missing, now))
                db.session.remove()
        return answers

    with ThreadPoolExecutor(len(askers)) as threads:
        assert list(threads.map(open_all, askers)) == [[True] * MOST_OF_ONE] * len(askers)
    with app.app_context():
        assert count_asked(now, 60) == {"counted": MOST_OF_ONE}
        db.session.remove()
        db.engine.dispose()


def test_what_has_moved_too_much_is_counted_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    Made(seed=8, incidents=40)
    recount(now, 60)
    person = asker()
    ask(person, first := missed(HALLWAY), now)
    count_asked(now, 60)
    assert ask(person, first, now)  # a page that was read before: nothing waits for it
    assert not filters.waits()
    assert narrowed_parts(SYSTEM, scope(), HALLWAY) == live(HALLWAY)
    gone = next(iter(live(HALLWAY).by_day))
    db.session.execute(delete(table_of(DistrictFigure)).where(DistrictFigure.day == gone))
    db.session.commit()
    assert gone not in narrowed_parts(SYSTEM, scope(), HALLWAY).by_day  # no incident of the district is left there
    later = now + timedelta(minutes=1)
    recount(later, 60)
    again = missed(HALLWAY)
    assert again.stale is not None
    assert ask(person, again, later) and count_asked(later, 60) == {"counted": 1}
    assert narrowed_parts(SYSTEM, scope(), HALLWAY) == live(HALLWAY)
    monkeypatch.setattr(filters, "MOST_MOVED", -1)
    assert missed(HALLWAY).stale is not None


def test_a_count_that_fails_or_is_killed_holds_up_no_one(now: datetime, at: Callable[..., datetime]) -> None:
    Made(seed=9, incidents=20)
    recount(now, 60)
    ask(person := asker(), missed(HALLWAY), now)
    for tried in range(MOST_TRIES):
        missed(HALLWAY)
        operations.configure("unit.before_commit:raise:2")  # it is claimed, and then
        try:
            with pytest.raises(operations.FailpointReached):
                count_asked(now + tried * CLAIM, 60)
        finally:
            operations.configure("")
        db.session.rollback()
        assert count_asked(now + tried * CLAIM, 60) == {"counted": 0}  # the dead one holds it yet
    assert count_asked(now + MOST_TRIES * CLAIM, 60) == {"counted": 0}
    assert narrowed_parts(SYSTEM, scope(), HALLWAY) == live(HALLWAY)
    others = [ask(person, missed(narrow), now) for narrow in MORE[:MOST_OF_ONE]]
    assert others == [True] * MOST_OF_ONE  # what was given up takes no place
    tomorrow = at("2026-11-25 11:02")
    beat("scheduler", tomorrow, 5)
    again = missed(HALLWAY)  # and is asked for again another day
    digest = again.asked.digest
    assert ask(person, again, tomorrow) and db.session.get_one(FilteredCount, digest).tries == 0
    given_up = update(table_of(FilteredCount)).where(FilteredCount.digest == digest)
    db.session.execute(given_up.values(asked_at=now, tries=MOST_TRIES))
    db.session.commit()
    count_asked(tomorrow, 60)
    missed(HALLWAY)
    assert db.session.get(FilteredCount, digest) is None  # or forgotten


def test_a_page_does_not_wait_without_end(now: datetime, at: Callable[..., datetime]) -> None:
    Made(seed=9, incidents=20)
    recount(now, 60)
    person = asker()
    asked = [ask(person, missed(narrow), now) for narrow in (HALLWAY, *MORE[: MOST_OF_ONE - 1])]
    assert asked == [True] * MOST_OF_ONE
    later = at("2026-11-24 11:02")
    beat("scheduler", later, 5)  # it lives, and counts nothing
    assert narrowed_parts(SYSTEM, scope(), HALLWAY) == live(HALLWAY)
    newest = missed(MORE[MOST_OF_ONE])
    assert ask(person, newest, later)  # what no one waits for any more takes no place
    assert filters._claim(later) == newest.asked  # and has no precedence
    assert count_asked(later + CLAIM, 60) == {"counted": MOST_OF_ONE + 1}


def test_without_a_scheduler_pages_count_for_themselves(
    session: Any, at: Callable[..., datetime], large: None, app: Flask
) -> None:
    now = at(WALL)
    Made(seed=4, incidents=20)
    beat("scheduler", now - timedelta(hours=1), 5)
    recount(now, 60)
    for narrow in FILTERS:
        assert narrowed_parts(SYSTEM, scope(), narrow) == live(narrow)
    beat("scheduler", now, 5)
    missed(HALLWAY)
