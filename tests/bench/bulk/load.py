"""Makes the whole district, one school after the other, so that only one school's people are held in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from sqlalchemy import delete, insert, select, text

from tests.bench.bulk.cases.police import make_directory
from tests.bench.bulk.district.calendar import write_calendar
from tests.bench.bulk.district.partners import make_partners, make_ready
from tests.bench.bulk.district.people import Pupil, make_demo_people, make_pupils, make_staff
from tests.bench.bulk.district.schools import Place, make_schools
from tests.bench.bulk.reports.incidents import make_report
from tests.bench.bulk.reports.reports import Scene
from tests.bench.bulk.today.copies import make_copies
from tests.bench.bulk.today.desk import Move, ask_for_notes, move_somebody, set_cover
from tests.bench.bulk.today.last_resorts import add_last_resorts
from tests.bench.bulk.today.my_day import fill_the_day
from tests.bench.bulk.today.reading import add_reading
from tests.bench.bulk.today.retention import Retained, add_retention
from tests.bench.bulk.writing.store import Store
from tests.bench.bulk.writing.world import load_world
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.cases.case.models import Case
from wss_cases.demo.calendar import Calendar, make_calendar
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import Counter, OutboxMessage
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.word_index import index_again
from wss_cases.roster.directory.models import Enrolment, Student

FATES = (
    ("fresh", 0), ("waiting", 0), ("fresh", 1), ("circle", 7), ("waiting", 1), ("slow", 6), ("returned", 1),
    ("fresh", 0), ("waiting", 0), ("circle", 9), ("fresh", 1), ("walked", 8), ("slow", 8), ("waiting", 1),
    ("waiting", 0), ("fresh", 0), ("waiting", 0), ("returned", 2), ("slow", 7), ("waiting", 0), ("waiting", 1),
)  # fmt: skip
"""What the demo school has in any case, and how many school days ago it was reported; the first matter most."""

LATELY = 50
"""The demo school has more reports in its last so many school days, so that its coordinator's desk is full."""


@dataclass(frozen=True)
class Size:
    """How large the district is; students and incidents are totals."""

    schools: int
    students: int
    incidents: int
    years: int
    seed: int


def make_district(size: Size, password_hash: str, now: datetime, progress: Callable[[int], None]) -> Store:
    """Write a district; the same size, seed and instant give the same rows."""
    calendar = make_calendar(now, size.years)
    store = Store(now, progress)
    rng = Random(f"{size.seed}")
    places = make_schools(store, rng, size.schools, size.students, size.incidents)
    since = calendar.term(calendar.years[0])[0]
    people = make_demo_people(store, rng, places[0], since, password_hash)
    write_calendar(store, calendar, people[Role.DISTRICT])
    partners = make_partners(store, calendar, since, people[Role.DISTRICT], people[Role.PARTNER])
    make_directory(store, size.seed, places, people[Role.DISTRICT])
    world = load_world(store, calendar, size.incidents, partners, people[Role.DISTRICT])
    counters: list[dict[str, object]] = []
    move = None
    for place in places:
        rng = Random(f"{size.seed}/{place.number}")
        make_staff(store, rng, place, since, people if place.is_demo else {}, password_hash)
        make_ready(store, rng, place, calendar, since)
        scene = Scene(world, place, rng, _pools(calendar, make_pupils(store, rng, place, calendar)))
        for day, fate in _plan_days(calendar, place, rng):
            while not make_report(scene, day, fate):
                day = rng.choice(calendar.past)
        if place.is_demo:
            set_cover(scene)
            ask_for_notes(scene)
            fill_the_day(scene)
            move = move_somebody(scene, places[-1]) if len(places) > 1 else None
        counters.append({"series": f"incident:{place.id}", "value": scene.incidents})
        counters.append({"series": f"case:{place.id}", "value": scene.cases})
    store.flush()
    retained = Retained(places[0].id, places[-1].id, people[Role.DISTRICT].id)
    _finish(store, now, counters, move, retained)
    coordinator, head, district = (people[role].id for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT))
    make_copies(places[0].id, coordinator, head, now)
    add_last_resorts(places[0].id, head, district, now)
    add_reading(head, district, places[0].id, now)
    _send_nothing(now)
    return store


def _send_nothing(now: datetime) -> None:
    """A district's past sends no mail, and these acts asked for some."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(delete(OutboxMessage))
        uow.no_audit()


def _pools(calendar: Calendar, pupils: list[Pupil]) -> dict[str, tuple[list[Pupil], list[float]]]:
    pools = {}
    for year in calendar.years:
        there = [pupil for pupil in pupils if year in pupil.grades]
        if there:
            pools[year] = (there, list(accumulate(pupil.weight for pupil in there)))
    return pools


def _plan_days(calendar: Calendar, place: Place, rng: Random) -> list[tuple[date, str]]:
    """Return the days of a school's reports in order; the demo school has something of everything today."""
    fates = FATES[: place.incidents // 2] if place.is_demo else ()
    last, add = calendar.last_report_day, calendar.school_days.add
    days = [(add(last, -ago) if ago else last, fate) for fate, ago in fates]
    others = place.incidents - len(fates)
    lately = others * 2 // 5 if place.is_demo else 0
    days += [(day, "") for day in rng.choices(calendar.past[-LATELY:], k=lately)]
    days += [(day, "") for day in rng.choices(calendar.past, k=others - lately)]
    return sorted(days, key=lambda planned: planned[0])


def _finish(
    store: Store, now: datetime, counters: list[dict[str, object]], move: Move | None, retained: Retained
) -> None:
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(insert(Counter), counters)
        store.finish(uow.session)
        _index(uow)
        if move is not None:
            _change_school(uow, move)
        add_retention(uow, retained)
        uow.audit("demo.finished", "demo", None, {"rows": [None, store.written]})
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(text("ANALYZE"))
        uow.no_audit()


def _index(uow: UnitOfWork) -> None:
    """What is written in bulk is found by its words, too."""
    for model in (Incident, Case):
        ids = list(uow.session.scalars(select(model.id)))
        for first in range(0, len(ids), 500):
            index_again(uow.session, {model.__tablename__: ids[first : first + 500]})


def _change_school(uow: UnitOfWork, move: Move) -> None:
    student = uow.session.get_one(Student, move.student_id)
    open_ones = select(Enrolment).where(Enrolment.student_id == student.id, Enrolment.ends_on.is_(None))
    for enrolment in uow.session.scalars(open_ones):
        enrolment.ends_on = move.since - timedelta(days=1)
    student.school_id = move.to_school_id
    uow.session.add(
        Enrolment(student_id=student.id, school_id=move.to_school_id, grade=move.grade, starts_on=move.since)
    )
