"""Make the district: its rows, what stands before the first report, the scenes of all days, and what is there today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from random import Random
from typing import Any

from sqlalchemy import Connection, delete, event, text

from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.contacts import add_route, add_sergeant, file_team
from wss_cases.demo import plans, today
from wss_cases.demo.calendar import Agenda, Calendar, Steps, make_calendar, moment
from wss_cases.demo.district import (
    Organization,
    Person,
    Place,
    World,
    add_rows,
    enrol,
    invented,
    make_demo_people,
    make_pupils,
    make_schools,
    make_staff,
    rows,
)
from wss_cases.demo.duties import rounds
from wss_cases.demo.scenes import deal
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import filled_from
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import BehaviorCode
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.training import save_setting
from wss_cases.pathways.mentoring.mentors import add_group, add_mentor
from wss_cases.pathways.mentoring.plan.models import MentorKind
from wss_cases.pathways.referrals.partners import add_partner
from wss_cases.roster.calendar.days import Said, day_at
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind
from wss_cases.roster.oneroster.actions import not_collecting
from wss_cases.safeguards.police.review.models import DEFAULT_HOURS
from wss_cases.safeguards.police.settings import set_approver
from wss_cases.training.records.pages import record_training
from wss_cases.training.requirements.models import Shape, months_after
from wss_cases.training.requirements.pages import add_requirement
from wss_cases.training.sessions import SessionForm, add_session, sign_in
from wss_cases.training.topics import KnownTopic
from wss_cases.workday.calendar.pages import declare_day, settle_changes

MORNING, CALLED_AT, EVENING = 7 * 60 + 40, 16 * 60 + 20, 17 * 60
"""Minutes of the day: the first acts, the district's call on the afternoon before a lost day, and the last acts."""


@dataclass(frozen=True)
class Size:
    """How large the district is; students and incidents are totals."""

    schools: int
    students: int
    incidents: int
    years: int
    seed: int


def make_district(size: Size, password_hash: str, now: datetime, progress: Callable[[float], None]) -> None:
    """Play a district from its first school day until now; the same size, seed and instant give the same one.

    `progress` gets the share of that time that is over, 0 to 1. Raises Unavailable where the database lacks what
    migrations bring.
    """
    calendar = make_calendar(now, size.years)
    _durable(False)
    world = _build(size, password_hash, calendar)
    begins = moment(calendar.first_day, 0)
    yearly = (_next_year(world, year) for year in calendar.years[1:])
    lost = [_lose(world, calendar.lost)] if calendar.lost is not None else []
    scenes = (scene for place in world.places for scene in deal(world, place))
    for scene in chain(yearly, [rounds(world)], lost, scenes, today.scenes(world), plans.surveys(world)):
        world.agenda.begin(scene)
    with not_collecting():
        world.agenda.run(lambda at: progress((at - begins) / (now - begins)))
        evening = min(now, moment(calendar.last_report_day, EVENING))
        today.fill(world, evening)
        plans.fill(world, evening)
    _durable(True)
    with unit_of_work(SYSTEM, now) as uow:  # a district's past sends no mail
        uow.session.execute(delete(OutboxMessage))
        uow.session.execute(text("ANALYZE"))
        uow.no_audit()


def _build(size: Size, password_hash: str, calendar: Calendar) -> World:
    """Write the schools and their people, then let them record what stands before the first report."""
    now, since = moment(calendar.first_day, MORNING), calendar.first_day
    with unit_of_work(SYSTEM, now) as uow:
        places = make_schools(uow, size.seed, (size.schools, size.students, size.incidents))
        people = make_demo_people(uow, Random(f"{size.seed}/people"), places[0], since, password_hash)
        for place in places:
            make_staff(uow, place, since, people if place.is_demo else {})
            make_pupils(uow, place, calendar)
            enrol(uow, place, calendar, calendar.years[0])
        days = [
            {"school_year": school_year(day), "day": day, "kind": kind, "label": label}
            for day, (kind, label) in calendar.days.items()
        ]
        add_rows(uow, CalendarDay, days)
        uow.audit("demo.loaded", "demo", None, {"students": [None, size.students]})
    code = BehaviorCode
    codes = {row[0]: (row[1], row[2]) for row in rows(code.code, code.id, code.code_set, where=code.ends_on.is_(None))}
    world = World(calendar, Agenda(calendar.now), places, people, codes)
    district = world.calls(world.district, now)
    world.partners = _make_partners(district, people[Role.PARTNER], calendar)
    _make_directory(district, places)
    for place in places:
        head = world.calls(place.head, now)
        _make_trainings(place, head, calendar)
        save_setting(head, place.id, guardian_consent=False)
        _make_mentors(place, world.calls(place.coordinator, now), calendar)
    return world


DIRECTORY: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str, int | None], ...] = (
    ("Lakeside Family Center", ("family_support", "behavioral_health", "housing_basic_needs"), ("en", "es"),
     "North and West Side", None),
    ("Open Door Youth Services", ("violence_intervention", "family_support"), ("en", "es"), "South Side", None),
    ("Garden Row Counseling", ("behavioral_health",), ("en", "es", "pl"), "Citywide", 40),
    ("Second Page Tutoring", ("academic",), ("en", "es", "zh"), "Citywide, also online", None),
    ("Warm Coat Housing Help", ("housing_basic_needs",), ("en", "es", "ar"), "Citywide", None),
    ("Quiet River Recovery", ("substance_use",), ("en", "es"), "North Side", None),
    ("Brick House Outreach", ("violence_intervention",), ("en",), "South and West Side", -20),
)  # fmt: skip
"""Name, services, languages, area, and the days from today until its agreement ends."""


def _make_partners(call: Invocation, partner: Person, calendar: Calendar) -> list[Organization]:
    """Add the directory; the demo person signs in for its first entry."""
    partners: list[Organization] = []
    for number, (name, services, languages, area, ends) in enumerate(DIRECTORY):
        until = calendar.today + timedelta(days=ends) if ends is not None else None
        partner_id = add_partner(
            call, name=name, services=list(services), languages=list(languages), area=area, capacity=15 + 5 * number,
            low_grade="6" if "violence_intervention" in services else "", phone=f"312-555-{1000 + number:04d}",
            agreement_from=calendar.first_day - timedelta(days=30), agreement_until=until, days_to_answer=5,
            days_to_first_service=10,
        )  # fmt: skip
        sends = until is None or until > calendar.today
        partners.append(Organization(partner_id, name, services, sends, None if partners else partner))
    with unit_of_work(SYSTEM, call.now) as uow:
        grant = {"user_id": partner.id, "role": Role.PARTNER, "starts_on": calendar.first_day}
        add_rows(uow, RoleGrant, [grant | {"partner_id": partners[0].id}])
        uow.audit("demo.loaded", "demo", None)
    return partners


def _make_directory(call: Invocation, places: list[Place]) -> None:
    """Name who gives each network's second approvals, one School Sergeant for each school, and required trainings."""
    assert call.actor.user_id is not None
    since = today_at(None, call.now)
    for network in sorted({place.row["network"] for place in places}):
        set_approver(call, network, call.actor.user_id, None, DEFAULT_HOURS)
    for place in places:
        phone, district = f"312-555-{100 + place.number % 100:04d}", f"{1 + place.number % 25:03d}"
        add_sergeant(call, place.id, police_district=district, name=invented(place.rng), phone=phone)
    demo, hours = places[0].id, "7:15–8:30 and 3:00–4:15"
    add_route(call, demo, place="Corner of Maple and Third", hours=hours, vendor="Brick House Outreach")
    file_team(call, demo, filed_on=since, roles=["administrator", "counselor", "psychologist", "police"])
    required: list[dict[str, Any]] = [
        {"topic": KnownTopic.RESTORATIVE_PRACTICE, "shape": Shape.EVERY_PERSON, "role": Role.COORDINATOR, "months": 24},
        {"topic": KnownTopic.CIRCLE_KEEPING, "shape": Shape.SCHOOL_MINIMUM, "minimum": 1},
        {"topic": KnownTopic.DE_ESCALATION, "shape": Shape.SCHOOL_MINIMUM, "minimum": 2},
    ]
    for answers in required:
        add_requirement(call, **answers, source="Example district policy", confirmed="no", starts_on=since)


PROVIDER = "Example Restorative Institute"


def _make_trainings(place: Place, head: Invocation, calendar: Calendar) -> None:
    """Train a school's keepers. At the demo school some training is due soon or over, and one minimum is unmet."""
    done, began, dean = calendar.first_day - timedelta(days=50), today_at(place.id, head.now), place.staff[Role.DEAN][0]
    trained: list[tuple[Person, KnownTopic, date, date | None]] = [
        (person, KnownTopic.CIRCLE_KEEPING, done, None) for person in (place.coordinator, place.teacher)
    ]
    if place.is_demo:
        due_soon = min(months_after(calendar.today + timedelta(days=30), -24), began)
        trained += [
            (dean, KnownTopic.CIRCLE_KEEPING, done, max(done, calendar.today - timedelta(days=60))),
            (dean, KnownTopic.DE_ESCALATION, done, None),
            (place.teacher, KnownTopic.MENTORING, done, None),
            (place.coordinator, KnownTopic.RESTORATIVE_PRACTICE, due_soon, None),
        ]
        held_on = began - timedelta(days=5)
        session = {"topic": "trauma_informed", "held_on": held_on, "hours": "2", "provider": PROVIDER}
        session_id = add_session(head, place.id, filled_from(SessionForm, None, session, head.now))
        sign_in(head, session_id, people=[str(person.id) for person in place.staff[Role.REPORTER][:3]])
    for person, topic, day, until in trained:
        record_training(
            head, place.id, user=person.id, topic=topic, provider=PROVIDER, completed_on=day, valid_until=until
        )


STRENGTHS = ("Basketball, patience, first period", "Reading and quiet talks", "Music, finding an adult to talk to")


def _make_mentors(place: Place, lead: Invocation, calendar: Calendar) -> None:
    own = place.staff[Role.REPORTER][: max(2, place.size // 400)]
    for number, person in enumerate([*own, None, None]):
        capacity = 5 + place.incidents // 60
        mentor_id = add_mentor(
            lead, place.id, kind=MentorKind.STAFF if person else MentorKind.PARTNER, capacity=capacity,
            user_id=person.id if person else None, name="" if person else invented(place.rng),
            organisation="" if person else "Brick House Mentors", languages=["en", "es"] if number % 2 else ["en"],
            strengths=place.take(STRENGTHS), trained_on=calendar.first_day - timedelta(days=50),
        )  # fmt: skip
        place.mentors += ((mentor_id, person),)
    for title in ("Lunch group", "Morning group"):
        add_group(lead, place.id, mentor=place.mentors[0][0], name=title, capacity=8)


def _next_year(world: World, year: str) -> Steps:
    """Take the roster of a new school year in when it begins, as a nightly import does."""
    now = yield moment(school_year_bounds(year)[0], 5)
    with unit_of_work(SYSTEM, now) as uow:
        for place in world.places:
            enrol(uow, place, world.calendar, year)
        uow.audit("demo.enrolled", "student", None, {"school_year": [None, year]})


def _lose(world: World, day: date) -> Steps:
    """Declare in the afternoon before that no school can open on a day; what is due then moves."""
    now = yield moment(world.calendar.school_days.add(day, -1), CALLED_AT)
    closed = Said(DayKind.CLOSED, "Snow day" if day.month in (12, 1, 2, 3) else "No water in the schools")
    declare_day(world.calls(world.district, now), None, day, closed, day_at(None, day).mark)
    now = yield now + timedelta(minutes=10)
    settle_changes(now)


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
