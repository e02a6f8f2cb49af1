"""What every part of the story reads: the calendar, the agenda, the schools and who acts in them."""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.grants import actor_of
from wss_cases.demo.district.calendar import Calendar
from wss_cases.demo.district.schools import Person, Place
from wss_cases.demo.story.agenda import Agenda
from wss_cases.demo.story.diary import Diary
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import district_zone, local_date

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
