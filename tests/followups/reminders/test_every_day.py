"""Every day of nine years in four zones, by half hours: each due date fires once, on a school day, in its hours.

Time runs in UTC over every clock change. The calendar is edited as it is in life: snow days called the evening before,
in the morning and during the day, some of them taken back, days made up on a Saturday, next year's file taken in in
July. The rules under test are handed in, so that a broken one can be shown to be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.depth import examples
from wss_cases.followups.calendar import LAST_DAYS, Planned, is_check_in, planned_check_in, planned_off
from wss_cases.followups.reminders.rules import reminds_at
from wss_cases.foundation.clock import school_year
from wss_cases.mail.common.rules import CLOSES, OPENS, in_hours
from wss_cases.roster.directory.rules import HALF_DAY_BELL, DayKind, SchoolDays

DAY, STEP = timedelta(days=1), timedelta(minutes=30)
BELL = time(15, 15)
KINDS = ("guardian_contact", "agreement_check_in", "same_day")
AHEAD = 45
"""Days before the wanted one that a follow-up is made."""


def calendar_of(start: int) -> dict[date, DayKind]:
    """A school year by rules of the test's own, every date from 1 August to 31 July."""
    first, last = date(start, 8, 19), date(start + 1, 6, 12)
    off = {date(start, 11, 11), date(start + 1, 1, 1), date(start + 1, 2, 16), date(start, 12, 31)}
    off |= {date(start, 12, 21) + number * DAY for number in range(14)}
    half = {date(start, 10, 23), date(start + 1, 3, 12), date(start + 1, 2, 28) + DAY}
    kinds, day = {}, date(start, 8, 1)
    while day <= date(start + 1, 7, 31):
        is_open = first <= day <= last and day.weekday() < 5 and day not in off
        kinds[day] = (DayKind.HALF if day in half else DayKind.SCHOOL) if is_open else DayKind.CLOSED
        day += DAY
    return kinds


def single_mail_due(due_on: date, same_day: bool, created_at: datetime, now: datetime, zone: str, bell: time) -> bool:
    """Whether an item reminds by this instant."""
    return now >= reminds_at(due_on, same_day, created_at, zone, bell)


@dataclass(frozen=True)
class Rules:
    """What decides; each may be planted with a fault."""

    is_due: Callable[..., bool] = single_mail_due
    may_send: Callable[..., bool] = in_hours
    off: Callable[..., object] = planned_off
    check_in: Callable[..., object] = planned_check_in
    remembers_keys: bool = True
    replans: bool = True
    brings_back: bool = True


@dataclass
class Item:
    """One follow-up: when it was wanted, where it stands, when its mails went out."""

    number: int
    kind: str
    wanted: date
    due_on: date
    created_at: datetime
    moved_off: date | None = None
    none_left: bool = False
    sent: list[tuple[datetime, date]] = field(default_factory=list)


class Years:
    """One school from a first to a last date."""

    def __init__(self, zone: str, first: date, last: date, rules: Rules) -> None:
        self.zone, self.first, self.last, self.rules = zone, first, last, rules
        self.tz, self.random = ZoneInfo(zone), Random(zone)
        self.kinds: dict[date, DayKind] = {}
        self.bells: dict[date, time] = {}
        self.by_day: dict[date, list[Item]] = defaultdict(list)
        self.items: list[Item] = []
        self.queued: set[tuple[int, date]] = set()
        self.waiting: list[tuple[Item, date]] = []
        self.open_when_sent: dict[tuple[int, date], bool] = {}
        self.taken_back: set[date] = set()
        self.early: list[str] = []
        self.edited_late: set[date] = set()
        self.open_days: dict[str, list[date]] = {}
        self.days = SchoolDays()
        self.edits: dict[datetime, list[tuple[date, DayKind]]] = defaultdict(list)
        for start in range(first.year - 1, last.year + 1):
            self.plan_edits(start)

    def wall(self, day: date, hour: int, minute: int = 0) -> datetime:
        instant = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.tz).astimezone(UTC)
        return instant - timedelta(minutes=instant.minute % 30)

    def plan_edits(self, start: int) -> None:
        """Call snow days and the like for one school year, each at its hour."""
        kinds = calendar_of(start)
        taken = [day for day, kind in kinds.items() if kind is not DayKind.CLOSED]
        for number, day in enumerate(sorted(self.random.sample(taken, 14))):
            called = (self.wall(day - DAY, 20), self.wall(day, 5), self.wall(day, 10))[number % 3]
            self.edits[called].append((day, DayKind.CLOSED))
            if number % 4 == 0:
                self.taken_back.add(day)
                self.edits[called + timedelta(hours=3)].append((day, kinds[day]))
        # the year ends a day earlier than was planned
        self.edits[self.wall(date(start + 1, 6, 5), 20)].append((date(start + 1, 6, 12), DayKind.CLOSED))
        saturday = date(start + 1, 4, 4) + ((5 - date(start + 1, 4, 4).weekday()) % 7) * DAY
        self.edits[self.wall(saturday - DAY, 12)].append((saturday, DayKind.SCHOOL))
        half = date(start + 1, 5, 5)
        if kinds[half] is DayKind.SCHOOL:
            self.edits[self.wall(half, 6)].append((half, DayKind.HALF))

    def run(self) -> None:
        self.take_in(self.first.year - 1)
        now, end = self.wall(self.first, 0), self.wall(self.last, 23)
        today = self.first - DAY
        while now <= end:
            here = now.astimezone(self.tz).date()
            if here != today:
                today = here
                self.morning(now, today)
            for day, kind in self.edits.pop(now, ()):
                self.edit(day, kind, today)
            self.sweep(now, today)
            self.deliver(now, today)
            now += STEP

    def take_in(self, start: int) -> None:
        """Take in the file of a school year: dates that it closes move what stands on them."""
        new = calendar_of(start)
        self.kinds |= new
        self.days = SchoolDays(self.kinds)

    def morning(self, now: datetime, today: date) -> None:
        """What a new date brings: next year's file in July, and the follow-ups that are made today."""
        if (today.month, today.day) == (7, 15):
            self.take_in(today.year)
            for day in sorted(self.by_day):
                if day >= today and not self.days.is_school_day(day):
                    self.leave(day, today)
        for kind in KINDS:
            wanted = today if kind == "same_day" else today + AHEAD * DAY
            if kind == "same_day" and not self.days.is_school_day(today):
                continue
            item = Item(len(self.items), kind, wanted, wanted, now + timedelta(hours=8))
            item.due_on = self.planned(item, wanted, today)
            self.items.append(item)
            self.by_day[item.due_on].append(item)

    def planned(self, item: Item, wanted: date, today: date) -> date:
        if not is_check_in(item.kind):
            return self.rules.off(wanted, today, self.days).due_on  # type: ignore[attr-defined,no-any-return]
        year = wanted if item.moved_off or wanted == today else today
        return self.rules.check_in(  # type: ignore[attr-defined,no-any-return]
            wanted, today, self.days, of_year=year, spread=item.number // len(KINDS), next_school=None
        ).due_on

    def edit(self, day: date, kind: DayKind, today: date) -> None:
        """Somebody declares a day: what stands on it moves off, or comes back."""
        if day == today:
            self.edited_late.add(day)
        self.kinds[day] = kind
        self.days = self.days.having(day, kind)
        if kind is DayKind.CLOSED:
            self.leave(day, today)
        elif self.rules.brings_back:
            for item in [one for one in self.items[-400:] if one.moved_off == day]:
                self.move(item, day)
                item.moved_off = None

    def leave(self, day: date, today: date) -> None:
        """Move what stands on a date without school."""
        for item in list(self.by_day.get(day, ())) if self.rules.replans else ():
            item.moved_off = day
            item.none_left = item.none_left or not any(
                kind is not DayKind.CLOSED
                for one, kind in self.kinds.items()
                if one > today and school_year(one) == school_year(day)
            )
            self.move(item, self.planned(item, day, today))

    def move(self, item: Item, day: date) -> None:
        self.by_day[item.due_on].remove(item)
        self.by_day[day].append(item)
        item.due_on = day

    def sweep(self, now: datetime, today: date) -> None:
        """Queue what has come due, each due date once."""
        for number in range(-1, 3):
            day = today - number * DAY
            bell = HALF_DAY_BELL if self.days.is_half(day) else BELL
            for item in self.by_day.get(day, ()):
                key = (item.number, day)
                if key in self.queued and self.rules.remembers_keys:
                    continue
                same_day = item.kind == "same_day"
                if self.rules.is_due(day, same_day, item.created_at, now, self.zone, bell):
                    self.queued.add(key)
                    if day > today:
                        self.early.append(f"{item.kind} {item.number} due {day}: queued on {today}")
                    self.waiting.append((item, day))

    def deliver(self, now: datetime, today: date) -> None:
        """Send what waits in the school's hours; what has moved since is dropped."""
        if not self.waiting or not self.rules.may_send(now, self.zone, self.days):
            return
        for item, day in self.waiting:
            if item.due_on == day:
                item.sent.append((now, day))
                self.open_when_sent[(item.number, day)] = self.kinds[today] is not DayKind.CLOSED
        self.waiting.clear()

    def problems(self) -> Iterator[str]:
        """What is wrong, told without the rules under test."""
        yield from self.early
        until = self.last - 60 * DAY
        for item in self.items:
            if item.due_on > until:
                continue
            yield from self._of(item)

    def _of(self, item: Item) -> Iterator[str]:
        keys = [day for _at, day in item.sent]
        name = f"{item.kind} {item.number} wanted {item.wanted} due {item.due_on}"
        if len(keys) != len(set(keys)):
            yield f"{name}: sent twice for one due date"
        if item.due_on not in keys and not self._closed_too_late(item):
            yield f"{name}: never sent"
        if self.kinds[item.due_on] is DayKind.CLOSED:
            yield f"{name}: stands on a day without school"
        for at, day in item.sent:
            here = at.astimezone(self.tz)
            if here.date() != day or not self.open_when_sent[(item.number, day)]:
                yield f"{name}: sent on {here}"
            if not (6, 30) <= (here.hour, here.minute) < (18, 0):
                yield f"{name}: sent out of hours, {here}"
            if item.kind == "same_day" and not self._near_the_bell(item, here):
                yield f"{name}: sent far from the last bell, {here}"
        if item.kind == "agreement_check_in":
            yield from self._of_check_in(item, name)
        elif item.wanted in self.taken_back and item.due_on == self._next_open(item.wanted):
            yield f"{name}: was not brought back"

    def _closed_too_late(self, item: Item) -> bool:
        # made in the evening of its own day, or for a day that was over
        return item.created_at.astimezone(self.tz).date() > item.due_on

    def _near_the_bell(self, item: Item, here: datetime) -> bool:
        bell = HALF_DAY_BELL if self.kinds[here.date()] is DayKind.HALF else BELL
        made = item.created_at.astimezone(self.tz)
        first = max(bell.hour * 60 + bell.minute - 60, self._made_at(made, here))
        # on a day that was opened again while it ran, what waited goes at once
        latest = 24 * 60 if here.date() in self.edited_late else 60
        return 0 <= here.hour * 60 + here.minute - first < latest

    @staticmethod
    def _made_at(made: datetime, here: datetime) -> int:
        return made.hour * 60 + made.minute if made.date() == here.date() else 0

    def _of_check_in(self, item: Item, name: str) -> Iterator[str]:
        made = item.created_at.astimezone(self.tz).date()
        opened = self._opened(school_year(made))
        if made < opened[-6] and not item.none_left and item.wanted > opened[-1] and item.due_on not in opened[-6:]:
            yield f"{name}: a check-in after the last school day was not moved before it"

    def _next_open(self, day: date) -> date:
        day += DAY
        while self.kinds[day] is DayKind.CLOSED:
            day += DAY
        return day

    def _opened(self, year: str) -> list[date]:
        if year not in self.open_days:
            of_year = (day for day, kind in self.kinds.items() if kind is not DayKind.CLOSED)
            self.open_days[year] = sorted(day for day in of_year if school_year(day) == year)
        return self.open_days[year]


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
