"""The invented district: schools, accounts, staff and students, written in batches as an import writes them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from random import Random
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, select, update

from wss_cases.access.actor import STAFF, Actor, Invocation, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.demo.calendar import Agenda, Calendar, moment
from wss_cases.demo.names import SHORT, name_of
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, db, table_of
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import Enrolment, Guardian, School, StaffMember, Student, StudentGuardian
from wss_cases.roster.directory.rules import SchoolDays, school_code, search_key

Option = TypeVar("Option")


ROOMS = ("Circle room", "Library corner", "Room 104", "Counseling office", "Room 212")
HOURS = range(8 * 60 + 45, 14 * 60, 60)
"""Minutes of the day at which meetings begin."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: int
    name: str


@dataclass
class Pupil:
    """A student: grade by school year, first and last day at the school. On `away` days they are removed."""

    id: int
    row: dict[str, Any]
    grades: dict[str, int]
    starts: date
    ends: date | None
    guardian_id: int
    guardian: str
    away: set[date] = field(default_factory=set)

    @property
    def is_protected(self) -> bool:
        """Whether the roster says that this student has a disability."""
        return bool(self.row["has_iep"] or self.row["has_504"])

    def is_there(self, day: date) -> bool:
        """Whether the student is enrolled on a day and not removed."""
        return self.starts <= day and (self.ends is None or day <= self.ends) and day not in self.away


@dataclass
class Place:
    """A school: who works and learns there, and how many incidents it has."""

    id: int
    number: int
    row: dict[str, Any]
    size: int
    incidents: int
    rng: Random
    staff: dict[Role, list[Person]] = field(default_factory=dict)
    staff_ids: list[int] = field(default_factory=list)
    pupils: list[Pupil] = field(default_factory=list)
    mentors: tuple[tuple[int, Person | None], ...] = ()
    """Ids of mentors, and the account of those who work here."""
    meetings: set[datetime] = field(default_factory=set)
    turns: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    @property
    def is_demo(self) -> bool:
        """Whether the demo accounts work here."""
        return self.number == 1

    @property
    def coordinator(self) -> Person:
        """Who leads the cases."""
        return self.staff[Role.COORDINATOR][0]

    @property
    def head(self) -> Person:
        """The school's administrator."""
        return self.staff[Role.ADMINISTRATOR][0]

    @property
    def teacher(self) -> Person:
        """Who is trained to keep a circle beside the coordinator."""
        return self.staff[Role.REPORTER][0]

    def take(self, options: tuple[Option, ...]) -> Option:
        """The next of some options, which the school takes in turn; each school begins with another."""
        self.turns[options] += 1
        return options[(self.number + self.turns[options]) % len(options)]

    def book(self, days: SchoolDays, earliest: datetime) -> tuple[datetime, str]:
        """Take the first free hour for a meeting and a room: the coordinator is in each, so there is one at a time."""
        day = days.on_or_after(local_date(earliest, district_zone()))
        while True:
            for minute in HOURS:
                at = moment(day, minute)
                if at >= earliest and at not in self.meetings:
                    self.meetings.add(at)
                    return at, ROOMS[len(self.meetings) % len(ROOMS)]
            day = days.add(day, 1)

    def who(self, role: Role, mine: bool = False) -> Person:
        """Draw somebody who holds a role; at the demo school its demo person does most, and all that is `mine`."""
        people = self.staff[role]
        often = 0.3 if role is Role.REPORTER else 0.65
        if mine or len(people) == 1 or (self.is_demo and self.rng.random() < often):
            return people[0]
        return self.rng.choice(people)


def add_rows(uow: UnitOfWork, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write rows that have the same columns and return their ids in the same order."""
    if not rows:
        return []
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
    return list(uow.session.scalars(statement, list(rows)))


STREETS = (
    "Willow Bend", "Harbor Light", "Cedar Hollow", "Prairie Star", "Lakeshore Meadow", "Brickyard", "Copper Street",
    "Juniper Square", "Foxglove", "Riverstone", "Maple Terrace", "North Prairie", "Sunrise Avenue", "Tall Grass",
    "Old Mill", "Lantern Hill", "Blue Heron", "Canal Side", "Garden Row", "Silver Birch", "Windmill Park",
)  # fmt: skip
PATRONS = ("", "Community", "Academy", "Commons", "Heights", "South", "West", "East", "Bridge", "Junction")
KINDS = (
    ("elementary", "Elementary School", 0, 8, 1.0),
    ("high", "High School", 9, 12, 1.7),
    ("elementary", "Elementary School", -1, 8, 1.1),
    ("middle", "Middle School", 6, 8, 0.9),
)
"""Kind, word, lowest and highest grade, and how many students such a school has beside the others."""
SMALLEST = 4
"""Every school has at least this many students."""
BUSIEST = 1.5
"""At the demo school this much more is reported than its students' share."""


def make_schools(uow: UnitOfWork, seed: int, sizes: tuple[int, int, int]) -> list[Place]:
    """Write the schools and share out students and incidents. `sizes`: how many schools, students, incidents."""
    number, students, incidents = sizes
    rows = [_school(index, number) for index in range(number)]
    taken: set[str] = set()
    for row in rows:
        row["code"] = school_code(row["name"], taken)
        taken.add(row["code"])
    rng = Random(f"{seed}")
    weights = [KINDS[index % len(KINDS)][4] * rng.uniform(0.8, 1.2) for index in range(number)]
    shares = share_out(students, weights, min(SMALLEST, students // number))
    rates = [share * (1 if index else BUSIEST) for index, share in enumerate(shares)]
    reports = share_out(incidents, rates, 0)
    return [
        Place(at, index + 1, row, shares[index], reports[index], Random(f"{seed}/{index + 1}"))
        for index, (at, row) in enumerate(zip(add_rows(uow, School, rows), rows, strict=True))
    ]  # fmt: skip


def _school(index: int, number: int) -> dict[str, Any]:
    kind, word, low, high, _size = KINDS[index % len(KINDS)]
    series, street = divmod(index, len(STREETS))
    name = " ".join(filter(None, (STREETS[street], PATRONS[series % len(PATRONS)], word)))
    name += f" {series // len(PATRONS) + 1}" if series >= len(PATRONS) else ""
    is_high = kind == "high"
    return {
        "source": "demo", "sourced_id": f"demo-school-{index + 1}", "identifier": str(910_000 + index), "name": name,
        "kind": kind, "is_charter": index % 6 == 5,
        "network": f"Network {1 + index % max(1, min(17, number // 4))}", "low_grade": low, "high_grade": high,
        "first_bell": time(7, 45) if is_high else time(8, 0), "last_bell": time(15, 15) if is_high else time(15, 0),
    }  # fmt: skip


def share_out(total: int, weights: list[float], least: int) -> list[int]:
    """Split `total` by weights into whole numbers of at least `least` that add up to it exactly."""
    free = total - least * len(weights)
    exact = [free * weight / sum(weights) for weight in weights]
    shares = [least + int(part) for part in exact]
    rest = sorted(range(len(weights)), key=lambda i: exact[i] - int(exact[i]), reverse=True)
    for index in rest[: total - sum(shares)]:
        shares[index] += 1
    return shares


JOBS = ("teacher", "teacher", "teacher", "teacher", "counselor", "security officer", "aide", "office staff")
LEADING = (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.REPORTER)
STUDENTS_PER_ADULT = 9


def invented(rng: Random) -> str:
    """One invented person's full name."""
    name = name_of(rng)
    return f"{name.given} {name.family}"


def make_demo_people(uow: UnitOfWork, rng: Random, place: Place, since: date, password_hash: str) -> dict[Role, Person]:
    """Write one account of every role that can sign in, and a second district administrator.

    School roles are held at the first school. The partner's role waits for the directory of partners.
    """
    roles = [*Role, Role.DISTRICT]
    addresses = [f"{role.value}@demo.example" for role in Role] + ["district2@demo.example"]
    people = _accounts(uow, rng, addresses, password_hash)
    grants = [
        _grant(person, role, place.id if role in STAFF else None, since) | {"district": role is Role.DISTRICT}
        for role, person in zip(roles, people, strict=True)
        if role is not Role.PARTNER
    ]
    add_rows(uow, RoleGrant, grants)
    return dict(zip(Role, people, strict=False))


def make_staff(uow: UnitOfWork, place: Place, since: date, demo: dict[Role, Person]) -> None:
    """Write the adults of one school: leading accounts, reporters, and those without an account."""
    rng, code = place.rng, place.row["code"].lower()
    adults = max(8, place.size // STUDENTS_PER_ADULT)
    # a school has one coordinator: where it is the demo account, new cases must come to it
    leads = [] if Role.COORDINATOR in demo else [Role.COORDINATOR]
    wanted = [Role.DEAN, *leads, Role.ADMINISTRATOR, *[Role.REPORTER] * max(3, adults // 5)]
    addresses = [f"{role.value}{number}.{code}@schools.demo.example" for number, role in enumerate(wanted)]
    people = _accounts(uow, rng, addresses, "")
    add_rows(uow, RoleGrant, [_grant(who, role, place.id, since) for who, role in zip(people, wanted, strict=True)])
    place.staff = {role: [demo[role]] if role in demo else [] for role in LEADING}
    for who, role in zip(people, wanted, strict=True):
        place.staff[role].append(who)
    rows = [
        (role.value, who.name, f"{role.value}@demo.example", who.id) for role, who in demo.items() if role in LEADING
    ]
    for who, role, address in zip(people, wanted, addresses, strict=True):
        rows.append((rng.choice(JOBS) if role is Role.REPORTER else role.value, who.name, address, who.id))
    without = [(rng.choice(JOBS), invented(rng), "", None) for _ in range(adults - len(wanted))]
    members = [
        {"source": "demo", "name": name, "search_key": search_key(name), "email": email, "role": job,
         "school_id": place.id, "user_id": user_id, "sourced_id": f"demo-staff-{place.number}-{number}"}
        for number, (job, name, email, user_id) in enumerate([*rows, *without])
    ]  # fmt: skip
    place.staff_ids = add_rows(uow, StaffMember, members)


def _accounts(uow: UnitOfWork, rng: Random, addresses: list[str], password_hash: str) -> list[Person]:
    """Write accounts of invented people; without a password they are none of the demo accounts."""
    is_demo = bool(password_hash)
    rows = [
        {"email": address, "name": invented(rng), "password_hash": password_hash or None,
         "state": AccountState.ACTIVE, "is_demo": is_demo, "first_setup": is_demo, "created_at": uow.now,
         "password_set_at": uow.now if is_demo else None}
        for address in addresses
    ]  # fmt: skip
    ids = add_rows(uow, UserAccount, rows)
    return [Person(number, str(row["name"])) for number, row in zip(ids, rows, strict=True)]


def _grant(person: Person, role: Role, school_id: int | None, since: date) -> dict[str, Any]:
    return {"user_id": person.id, "role": role, "school_id": school_id, "starts_on": since}


RELATIONS = ("mother", "mother", "father", "grandmother", "guardian")


def make_pupils(uow: UnitOfWork, place: Place, calendar: Calendar) -> None:
    """Write the guardians of a school's students over the years, and decide who is there when.

    A family of two children in a row is drawn now and then. Each earlier year has as many leavers as a class.
    """
    rng, low, high = place.rng, place.row["low_grade"], place.row["high_grade"]
    before = len(calendar.years) - 1
    here = max(1, round(place.size / (1 + before / (high - low + 1))))
    guardians: list[dict[str, Any]] = []
    students: list[tuple[int, dict[str, Any], dict[str, int], int]] = []
    for number in range(place.size):
        if not guardians or rng.random() > 0.22:
            culture, family = (name := name_of(rng)).culture, name.family
            guardians.append(_guardian(place, number, family, culture))
        gone = 0 if number < here else 1 + (number - here) % max(1, before)
        grade = low + number % (high - low + 1) if gone == 0 else high
        last = before - gone
        grades = {calendar.years[last - back]: grade - back for back in range(min(last, grade - low) + 1)}
        row = _student(place, number, grades, name_of(rng, culture, family), guardians[-1]["language"])
        students.append((len(guardians) - 1, row, grades, gone))
    ids = add_rows(uow, Guardian, guardians)
    for family_at, row, grades, gone in students:
        starts, ends = calendar.term(min(grades))[0], calendar.term(max(grades))[1] if gone else None
        place.pupils.append(Pupil(0, row, grades, starts, ends, ids[family_at], guardians[family_at]["name"]))


def _guardian(place: Place, number: int, family: str, culture: Any) -> dict[str, Any]:
    rng = place.rng
    return {
        "source": "demo", "sourced_id": f"demo-guardian-{place.number}-{number}",
        "name": f"{name_of(rng, culture, family).given} {family}",
        "language": culture.language if rng.random() < culture.speaks_it else "en",
        "phone": f"+1 312 555 {rng.randrange(10_000):04d}" if rng.random() < 0.94 else "",
        "email": f"family{place.number}.{number}@families.demo.example" if rng.random() < 0.6 else "",
    }  # fmt: skip


def _student(place: Place, number: int, grades: dict[str, int], name: Any, language: str) -> dict[str, Any]:
    rng, first_year = place.rng, min(grades)
    preferred = rng.choice(SHORT) if rng.random() < 0.07 else ""
    born = date(int(first_year[:4]) - 5 - grades[first_year], 1 + rng.randrange(12), 1 + rng.randrange(28))
    return {
        "source": "demo", "sourced_id": f"demo-student-{place.number}-{number}",
        "student_number": f"{50_000_000 + place.number * 100_000 + number}", "given_name": name.given,
        "family_name": name.family, "preferred_given_name": preferred,
        "search_key": search_key(name.given, name.family, preferred), "search_key_family": fold(name.family),
        "grade": grades[first_year], "birth_date": born,
        "race_ethnicity": rng.choice(name.culture.races) if rng.random() < 0.985 else None, "sex": name.sex,
        "language": language, "has_iep": rng.random() < 0.15, "has_504": rng.random() < 0.04,
        "is_english_learner": language != "en" and rng.random() < 0.75, "has_housing_support": rng.random() < 0.045,
        "school_id": place.id, "is_active": True,
    }  # fmt: skip


def enrol(uow: UnitOfWork, place: Place, calendar: Calendar, year: str) -> None:
    """Take in the roster of a school year: new students come, the others move up a grade, leavers have left."""
    before = calendar.years[calendar.years.index(year) - 1] if year != calendar.years[0] else ""
    new = [pupil for pupil in place.pupils if min(pupil.grades) == year]
    for pupil, number in zip(new, add_rows(uow, Student, [pupil.row for pupil in new]), strict=True):
        pupil.id = number
    links = [
        {"student_id": pupil.id, "guardian_id": pupil.guardian_id, "relation": place.rng.choice(RELATIONS),
         "is_primary": True}
        for pupil in new
    ]  # fmt: skip
    add_rows(uow, StudentGuardian, links)
    first, last = calendar.term(year)
    stays = [
        {"student_id": pupil.id, "school_id": place.id, "grade": pupil.grades[year],
         "starts_on": max(first, pupil.starts), "ends_on": None if year == calendar.years[-1] else last}
        for pupil in place.pupils if year in pupil.grades
    ]  # fmt: skip
    add_rows(uow, Enrolment, stays)
    moves = [
        {"number": pupil.id, "to_grade": pupil.grades.get(year, pupil.grades[before]),
         "at": place.id if year in pupil.grades else None, "active": year in pupil.grades}
        for pupil in place.pupils if before in pupil.grades
    ]  # fmt: skip
    if moves:
        table = table_of(Student)
        moved = update(table).where(table.c.id == bindparam("number"))
        values: dict[str, Any] = {
            "grade": bindparam("to_grade"),
            "school_id": bindparam("at"),
            "is_active": bindparam("active"),
        }
        uow.session.connection().execute(moved.values(**values, version=table.c.version + 1), moves)


@dataclass(frozen=True)
class Organization:
    """A partner. `account` is whoever signs in for it, `sends` is whether its agreement still runs."""

    id: int
    name: str
    services: tuple[str, ...]
    sends: bool
    account: Person | None


@dataclass
class World:
    """What all scenes share."""

    calendar: Calendar
    agenda: Agenda
    places: list[Place]
    people: dict[Role, Person]
    codes: dict[str, tuple[int, str]]
    """Id and code set of each behavior code in force."""
    partners: list[Organization] = field(default_factory=list)
    today: dict[int, str] = field(default_factory=dict)
    """What is to be seen today of a case of the demo school, by its id."""
    circles: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    """How far the circles of a case have come: 'planned', 'held' or 'declined'."""
    unprotected: set[int] = field(default_factory=set)
    """Cases in which nobody is there whom a safety plan could protect."""
    seen: set[str] = field(default_factory=set)
    """Which of the things that are open today but once have their place."""
    _actors: dict[tuple[int, str], Actor] = field(default_factory=dict)

    def actor(self, person: Person, now: datetime) -> Actor:
        """A person as who acts, with the roles of that school year."""
        key = person.id, school_year(self.day(now))
        if key not in self._actors:
            actor = actor_of(person.id, now)
            assert actor is not None, "every person of the demo has an active account"
            self._actors[key] = actor
        return self._actors[key]

    def calls(self, person: Person, now: datetime) -> Invocation:
        """The call that a person makes of an act."""
        return Invocation(self.actor(person, now), now)

    @property
    def district(self) -> Person:
        """The district's administrator."""
        return self.people[Role.DISTRICT]

    def day(self, now: datetime) -> date:
        """The school-local date of an instant."""
        return local_date(now, district_zone())


def rows(*columns: Any, where: Any, order_by: Any = None) -> list[Any]:
    """Some columns of the rows that meet a condition, by `order_by` or the first column."""
    statement = select(*columns).where(where).order_by(columns[0] if order_by is None else order_by)
    return list(db.session.execute(statement))
