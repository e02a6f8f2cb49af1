"""The agenda of a whole district: lives that go on step by step, each at its instant, in the order of time.

A life is a generator: it yields the instant of its next step and is sent that instant when it has come. What has not
come yet when the story ends is simply not done.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import heappop, heappush
from itertools import count
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.grants import actor_of
from wss_cases.demo.district.calendar import Calendar, moment
from wss_cases.demo.district.schools import Person, Place
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.roster.directory.rules import SchoolDays

Life = Generator[datetime, datetime, None]


class Agenda:
    """Lets lives go on until an instant."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._numbers = count()

    def begin(self, life: Life) -> None:
        """Put the first step of a life on the agenda."""
        self._put(life, next(life, None))

    def run(self, progress: Callable[[datetime], None]) -> None:
        """Let every step happen whose instant has come, in the order of time; `progress` is told each instant."""
        while self._waiting and self._waiting[0][0] <= self.until:
            at, _number, life = heappop(self._waiting)
            progress(at)
            try:
                self._put(life, life.send(at))
            except StopIteration:
                continue

    def _put(self, life: Life, at: datetime | None) -> None:
        if at is not None:
            heappush(self._waiting, (at, next(self._numbers), life))


ROOMS = ("Circle room", "Library corner", "Room 104", "Counseling office", "Room 212")
FIRST, LAST, STEP = 8 * 60 + 45, 14 * 60, 15
"""Minutes of the day between which a meeting begins, and how far apart such minutes are."""


class Diary:
    """The meetings of one school."""

    def __init__(self, days: SchoolDays) -> None:
        self._days = days
        self._taken: dict[date, list[tuple[int, int, frozenset[Hashable]]]] = defaultdict(list)

    def book(self, who: Collection[Hashable], day: date, wish: int, minutes: int) -> tuple[datetime, str]:
        """Return the first time from a minute of a day on at which everybody and a room are free, and the room.

        Both are taken then. `wish` lies between FIRST and LAST.
        """
        day = self._days.on_or_after(day)
        while True:
            for start in range(wish, LAST + 1, STEP):
                room = self._free_room(frozenset(who), day, start, start + minutes)
                if room is not None:
                    self._taken[day].append((start, start + minutes, frozenset({*who, room})))
                    return moment(day, start), room
            day, wish = self._days.add(day, 1), FIRST

    def _free_room(self, who: frozenset[Hashable], day: date, start: int, end: int) -> str | None:
        busy: set[Hashable] = set()
        for begins, ends, taken in self._taken[day]:
            if begins < end and start < ends:
                busy |= taken
        return None if busy & who else next((room for room in ROOMS if room not in busy), None)


Steps = Generator[datetime, datetime, Any]
"""A part of a life: yields instants, is sent them, and may return something."""


@dataclass(frozen=True)
class Organization:
    """A partner as referrals need it; `account` is whoever signs in for it."""

    id: int
    name: str
    services: tuple[str, ...]
    sends: bool
    account: Person | None = None


@dataclass
class World:
    """Everything that the story's lives share."""

    calendar: Calendar
    agenda: Agenda
    places: list[Place]
    people: dict[Role, Person]
    codes: dict[str, list[Any]]
    """Codes of behaviour in force, by code set and group."""
    partners: list[Organization] = field(default_factory=list)
    diaries: dict[int, Diary] = field(default_factory=dict)
    stories: dict[int, str] = field(default_factory=dict)
    """Case id to what is to be seen of it today, for cases of the demo school that have a story."""
    circles: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    """Case id to how far its circles have come: 'prepared', 'planned', 'held' or 'declined'."""
    unprotected: set[int] = field(default_factory=set)
    """Cases in which nobody is there whom a safety plan could protect."""
    has_asked_police: bool = False
    has_no_place: bool = False
    """Whether the one thing of today that there is once has its place: a review that waits, a partner that is full."""
    _actors: dict[tuple[int, str], Actor] = field(default_factory=dict)

    def actor(self, person: Person, now: datetime) -> Actor:
        """Return a person as who acts, with the roles of that school year."""
        key = person.id, school_year(self.day(now))
        if key not in self._actors:
            actor = actor_of(person.id, now)
            assert actor is not None, "every person of the demo has an active account"
            self._actors[key] = actor
        return self._actors[key]

    def calls(self, person: Person, now: datetime) -> Invocation:
        """Return the call that a person makes of a use case."""
        return Invocation(self.actor(person, now), now)

    @property
    def district(self) -> Person:
        """The district's administrator."""
        return self.people[Role.DISTRICT]

    def day(self, now: datetime) -> date:
        """Return the school-local date of an instant."""
        return local_date(now, district_zone())

    def diary(self, place: Place) -> Diary:
        """Return the meetings of a school."""
        return self.diaries.setdefault(place.id, Diary(self.calendar.school_days))


def rows(*columns: Any, where: Any, order_by: Any = None) -> list[Any]:
    """Return some columns of the rows that meet a condition, by `order_by` or the first column."""
    statement = select(*columns).where(where).order_by(columns[0] if order_by is None else order_by)
    return list(db.session.execute(statement))
