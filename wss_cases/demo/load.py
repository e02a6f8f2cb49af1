"""An invented district whose people work through the use cases that people call, day after day until now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from random import Random

from sqlalchemy import Connection, delete, event, text

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.demo.cases.follow_ups import rounds
from wss_cases.demo.decisions import report
from wss_cases.demo.district.calendar import Calendar, make_calendar, make_requirements, make_trainings, moment
from wss_cases.demo.district.ready import make_directory, make_partners, make_ready
from wss_cases.demo.district.schools import add_rows, make_schools
from wss_cases.demo.district.staff import make_demo_people, make_second, make_staff
from wss_cases.demo.district.students import enrol, make_pupils
from wss_cases.demo.story.behaviors import read_codes
from wss_cases.demo.story.reports import plan_days
from wss_cases.demo.story.world import Agenda, Life, Organization, World
from wss_cases.demo.today import desk, surveys
from wss_cases.demo.today.copies import make_copies
from wss_cases.demo.today.keeping import add_keeping, add_practice
from wss_cases.demo.today.last_resorts import add_last_resorts
from wss_cases.demo.today.plans import add_plan_money, add_plan_progress, add_plans
from wss_cases.demo.today.reading import add_reading
from wss_cases.demo.today.records import add_records
from wss_cases.demo.today.voices import add_voices
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.calendar.days import Said, day_at
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind
from wss_cases.roster.oneroster.actions import not_collecting
from wss_cases.workday.calendar.pages import declare_day, settle_changes

MORNING = 7 * 60 + 40
EVENING = 17 * 60
CALLED_AT = 16 * 60 + 20
"""Minute of the afternoon before a lost day at which the district says so."""


@dataclass(frozen=True)
class Size:
    """How large the district is; students and incidents are totals."""

    schools: int
    students: int
    incidents: int
    years: int
    seed: int


def make_district(size: Size, password_hash: str, now: datetime, progress: Callable[[float], None]) -> None:
    """Let the district live from its first school day until now; the same size, seed and instant give the same one.

    `progress` is told how much of that time is over, 0 to 1. Raises Unavailable where the database lacks what
    migrations bring.
    """
    calendar = make_calendar(now, size.years)
    _durable(False)
    world = _build(size, password_hash, calendar)
    agenda, begins = world.agenda, moment(calendar.first_day, 0)
    for year in calendar.years[1:]:
        agenda.begin(_next_year(world, year))
    agenda.begin(rounds(world))
    if calendar.lost is not None:
        agenda.begin(_lose(world, calendar.lost))
    for place in world.places:
        for day, story in plan_days(world, place):
            agenda.begin(report(world, place, day, story))
    for life in chain(desk.lives(world), surveys.lives(world)):
        agenda.begin(life)
    with not_collecting():
        agenda.run(lambda at: progress((at - begins) / (now - begins)))
        _fill_today(world)
    _finish(now)


def _build(size: Size, password_hash: str, calendar: Calendar) -> World:
    """Write the schools and their people, then let them record what stands before the first report."""
    now, since = moment(calendar.first_day, MORNING), calendar.first_day
    with unit_of_work(SYSTEM, now) as uow:
        places = make_schools(uow, size.seed, size.schools, size.students, size.incidents)
        people = make_demo_people(uow, Random(f"{size.seed}/people"), places[0], since, password_hash)
        for place in places:
            make_staff(uow, place, since, people if place.is_demo else {})
            make_pupils(uow, place, calendar)
            enrol(uow, place, calendar, calendar.years[0])
        make_second(uow, Random(f"{size.seed}/second"), since, password_hash)
        days = [
            {"school_year": school_year(day), "day": day, "kind": kind, "label": label}
            for day, (kind, label) in calendar.days.items()
        ]
        add_rows(uow, CalendarDay, days)
        uow.audit("demo.loaded", "demo", None, {"students": [None, size.students]})
    world = World(calendar, Agenda(calendar.now), places, people, read_codes())
    district, partner = world.calls(world.district, now), people[Role.PARTNER]
    for number, (name, services, sends) in make_partners(district, partner, calendar).items():
        mine = partner if not world.partners else None
        world.partners.append(Organization(number, name, services, sends, mine))
    make_directory(district, places)
    make_requirements(district)
    for place in places:
        head = world.calls(place.head, now)
        make_ready(place, head, world.calls(place.coordinator, now), calendar)
        make_trainings(place, head, calendar)
    return world


def _next_year(world: World, year: str) -> Life:
    """Take the roster of a new school year in when it begins, as a nightly import does."""
    now = yield moment(school_year_bounds(year)[0], 5)
    with unit_of_work(SYSTEM, now) as uow:
        for place in world.places:
            enrol(uow, place, world.calendar, year)
        uow.audit("demo.enrolled", "student", None, {"school_year": [None, year]})


def _lose(world: World, day: date) -> Life:
    """Declare in the afternoon before that no school can open on a day; what is due then moves."""
    now = yield moment(world.calendar.school_days.add(day, -1), CALLED_AT)
    closed = Said(DayKind.CLOSED, world.calendar.lost_label)
    declare_day(world.calls(world.district, now), None, day, closed, day_at(None, day).mark)
    now = yield now + timedelta(minutes=10)
    settle_changes(now)


def _fill_today(world: World) -> None:
    """Add at the end of the last day what only the demo school has, and each school's circle plans."""
    now = min(world.calendar.now, moment(world.calendar.last_report_day, EVENING))
    add_records(world, now)
    make_copies(world, now)
    add_last_resorts(world, now)
    add_reading(world, now)
    add_practice(world, now)
    add_plans(world, now)
    add_plan_progress(world, now)
    add_plan_money(world, now)
    add_voices(world, now)
    add_keeping(world, now)


def _finish(now: datetime) -> None:
    """A district's past sends no mail; the database learns how its rows lie, and all is on the disk from here on."""
    _durable(True)
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(delete(OutboxMessage))
        uow.session.execute(text("ANALYZE"))
        uow.no_audit()


def _wait_for_no_disk(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _durable(wanted: bool) -> None:
    """Wait for the disk at each commit, or not while an empty database is filled: a load that was interrupted is
    refused, and begun anew in another database."""
    if db.engine.dialect.name == "postgresql":
        change = event.remove if wanted else event.listen
        change(db.engine, "begin", _wait_for_no_disk)
        return
    db.session.remove()
    connection = db.engine.raw_connection()
    connection.cursor().execute(f"PRAGMA synchronous = {'FULL' if wanted else 'OFF'}")
    if wanted:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
