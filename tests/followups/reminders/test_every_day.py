"""Every day of nine years in four zones: each due date fires once, on a school day, in its hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.followups.reminders.every_day import Rules, Years, single_mail_due
from tests.support.depth import examples
from wss_cases.followups.calendar import LAST_DAYS, Planned, planned_check_in
from wss_cases.mail.common.rules import CLOSES, OPENS, in_hours
from wss_cases.roster.directory.rules import SchoolDays

FIRST, LAST = date(2024, 1, 1), date(2032, 12, 31)
ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles")


@pytest.mark.parametrize("zone", ZONES[:: examples(2, 1)])
def test_each_due_date_fires_once_on_a_school_day_in_its_hours(zone: str) -> None:
    years = Years(zone, FIRST, LAST, Rules())
    years.run()
    assert list(years.problems())[:5] == []
    assert len(years.items) > 7_500
    sent_on = {at.astimezone(years.tz).date() for item in years.items for at, _day in item.sent}
    assert {date(2024, 2, 29), date(2028, 2, 29)} & sent_on
    late = [item for item in years.items if item.kind == "agreement_check_in" and item.due_on < item.wanted]
    assert len({item.due_on for item in late}) > 8 * (LAST_DAYS - 2)


def by_utc_date(due_on: date, same_day: bool, created_at: datetime, now: datetime, *more: Any) -> bool:
    return now.date() >= due_on if not same_day else single_mail_due(due_on, same_day, created_at, now, *more)


def by_winter_time(due_on: date, same_day: bool, created_at: datetime, now: datetime, zone: str, bell: time) -> bool:
    """The bell at an offset that never changes."""
    if not same_day:
        return single_mail_due(due_on, same_day, created_at, now, zone, bell)
    wall = (now - timedelta(hours=6)).replace(tzinfo=None)
    return wall >= datetime.combine(due_on, bell) - timedelta(hours=1) and now >= created_at


def at_the_usual_bell(due_on: date, same_day: bool, created_at: datetime, now: datetime, *more: Any) -> bool:
    return single_mail_due(due_on, same_day, created_at, now, more[0], time(15, 15))


def on_any_day(now: datetime, zone: str, days: SchoolDays) -> bool:
    return in_hours(now, zone, SchoolDays())


def by_the_clock_of_greenwich(now: datetime, zone: str, days: SchoolDays) -> bool:
    return OPENS <= now.time() < CLOSES and days.is_school_day(now.date())


def after_the_summer(wanted: date, today: date, days: SchoolDays, **more: Any) -> Planned:
    found = planned_check_in(wanted, today, SchoolDays(), **more)
    return Planned(days.on_or_after(found.due_on), found.why)


@pytest.mark.parametrize(
    "planted",
    [
        Rules(is_due=by_utc_date),
        Rules(is_due=by_winter_time),
        Rules(is_due=at_the_usual_bell),
        Rules(may_send=on_any_day),
        Rules(may_send=by_the_clock_of_greenwich),
        Rules(remembers_keys=False),
        Rules(replans=False),
        Rules(brings_back=False),
        Rules(check_in=after_the_summer),
    ],
    ids=[
        "utc_date", "fixed_offset", "no_half_days", "any_day", "greenwich", "no_keys", "no_replanning",
        "no_return", "no_year_end",
    ],
)  # fmt: skip
def test_a_planted_fault_is_seen(planted: Rules) -> None:
    years = Years("America/Chicago", date(2024, 1, 1), date(2026, 1, 31), planted)
    years.run()
    assert next(years.problems(), None) is not None
