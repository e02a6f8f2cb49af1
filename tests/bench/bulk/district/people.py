"""Students with their guardians and enrolments, and the staff of each school."""

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from tests.bench.bulk.district.schools import Place
from tests.bench.bulk.writing.acts import Somebody
from tests.bench.bulk.writing.store import Store
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.demo.calendar import Calendar
from wss_cases.demo.district import JOBS, RELATIONS, STUDENTS_PER_ADULT
from wss_cases.demo.names import SHORT, Culture, Name, name_of
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import Enrolment, Guardian, StaffMember, Student, StudentGuardian
from wss_cases.roster.directory.rules import search_key

FIRST_PARTNER = 1
"""The partner that the demo person of this role signs in for; the directory is written after the accounts."""


@dataclass
class Pupil:
    """What later steps need of one student: grade by school year, first and last day there, and the days of
    earlier reports that routing counts, with the instants at which they were decided."""

    id: int
    grades: dict[str, int]
    starts: date
    ends: date | None
    weight: float
    grade: int | None = None
    has_iep: bool = False
    has_504: bool = False
    is_english_learner: bool = False
    has_housing_support: bool = False
    guardian_id: int = 0
    language: str = "en"
    name: str = ""
    birth_date: date | None = None
    guardian: str = ""
    phone: str = ""
    reports: list[tuple[date, datetime]] = field(default_factory=list)


@dataclass(frozen=True)
class Household:
    """A family whose younger children may come to the same school."""

    guardian_id: int
    family: str
    culture: Culture
    language: str
    guardian: str
    phone: str


def make_staff(
    store: Store, rng: Random, place: Place, since: date, demo: dict[Role, Somebody], password_hash: str
) -> None:
    """Write the adults of one school: leading accounts, reporters, and those without an account.

    The dean of each school can sign in, as the demo people can: the bench lets one of each school work.
    """
    place.staff = {role.value: [] for role in (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.REPORTER)}
    adults = max(8, place.size // STUDENTS_PER_ADULT)
    reporters = max(3, adults // 5)
    for role, person in demo.items():
        if role.value in place.staff:
            place.staff[role.value].append(person)
            _staff_row(store, place, person.name, role.value, f"{role.value}@demo.example", person.id)
    # a school has one coordinator: where it is the demo account, new cases must come to it
    lead = [] if Role.COORDINATOR in demo else [Role.COORDINATOR]
    wanted = [Role.DEAN, *lead, Role.ADMINISTRATOR, *[Role.REPORTER] * reporters]
    for number, role in enumerate(wanted):
        name = _full(name_of(rng))
        email = f"{role.value}{number}.{place.code.lower()}@schools.demo.example"
        user_id = _account(store, name, email, False, password_hash if role is Role.DEAN else "")
        store.add(RoleGrant, user_id=user_id, role=role.value, school_id=place.id, starts_on=since)
        place.staff[role.value].append(Somebody(user_id, name))
        job = rng.choice(JOBS) if role is Role.REPORTER else role.value
        _staff_row(store, place, name, job, email, user_id)
    for _ in range(adults - len(wanted)):
        _staff_row(store, place, _full(name_of(rng)), rng.choice(JOBS), "", None)
    store.pause()


def make_demo_people(store: Store, rng: Random, place: Place, since: date, password_hash: str) -> dict[Role, Somebody]:
    """Write one account of every role that can sign in; school roles are held at the first school."""
    people = {}
    for role in Role:
        name = _full(name_of(rng))
        user_id = _account(store, name, f"{role.value}@demo.example", True, password_hash)
        is_school = role in (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)
        store.add(
            RoleGrant,
            user_id=user_id,
            role=role.value,
            school_id=place.id if is_school else None,
            district=role is Role.DISTRICT,
            partner_id=FIRST_PARTNER if role is Role.PARTNER else None,
            starts_on=since,
        )
        people[role] = Somebody(user_id, name)
    return people


def make_pupils(store: Store, rng: Random, place: Place, calendar: Calendar) -> list[Pupil]:
    """Write the students of one school over the years: those here today, and those who have left since."""
    low, high = place.grades
    span = high - low + 1
    here = max(1, round(place.size / (1 + (len(calendar.years) - 1) / span)))
    pupils: list[Pupil] = []
    household: Household | None = None
    for number in range(place.size):
        gone = 0 if number < here else 1 + (number - here) % max(1, len(calendar.years) - 1)
        grade = low + number % span if gone == 0 else high
        if household is None or rng.random() > 0.22:
            household = _household(store, rng, number, place)
        pupils.append(_pupil(store, rng, place, calendar, number, grade, gone, household))
        store.pause(1)
    return pupils


def _household(store: Store, rng: Random, number: int, place: Place) -> Household:
    name = name_of(rng)
    culture = name.culture
    language = culture.language if rng.random() < culture.speaks_it else "en"
    guardian = _full(name_of(rng, culture, name.family))
    phone = f"+1 312 555 {rng.randrange(10_000):04d}" if rng.random() < 0.94 else ""
    guardian_id = store.add(
        Guardian,
        source="demo",
        sourced_id=f"demo-guardian-{place.number}-{number}",
        name=guardian,
        language=language,
        phone=phone,
        email=f"family{place.number}.{number}@families.demo.example" if rng.random() < 0.6 else "",
    )
    return Household(guardian_id, name.family, culture, language, guardian, phone)


def _pupil(
    store: Store,
    rng: Random,
    place: Place,
    calendar: Calendar,
    number: int,
    grade: int,
    gone: int,
    household: Household,
) -> Pupil:
    name = name_of(rng, household.culture, household.family)
    last_year = len(calendar.years) - 1 - gone
    back_to = min(last_year, grade - place.grades[0])
    grades = {calendar.years[last_year - back]: grade - back for back in range(back_to + 1)}
    pupil = Pupil(
        id=0,
        grades=grades,
        starts=calendar.term(min(grades))[0],
        ends=calendar.term(calendar.years[last_year])[1] if gone else None,
        weight=rng.lognormvariate(0, 1.0) * (0.45 if grade <= 2 else 1.0),
        has_iep=rng.random() < 0.15,
        has_504=rng.random() < 0.04,
        is_english_learner=household.language != "en" and rng.random() < 0.75,
        has_housing_support=rng.random() < 0.045,
        guardian_id=household.guardian_id,
        language=household.language,
        guardian=household.guardian,
        phone=household.phone,
    )
    if rng.random() < 0.04:
        pupil.starts = _later_start(rng, calendar, pupil)
    pupil.id = _student_row(store, rng, place, name, number, grade, bool(gone), pupil)
    _enrol(store, place, calendar, pupil)
    _guard(store, rng, pupil)
    return pupil


def _guard(store: Store, rng: Random, pupil: Pupil) -> None:
    store.add(
        StudentGuardian,
        student_id=pupil.id,
        guardian_id=pupil.guardian_id,
        relation=rng.choice(RELATIONS),
        is_primary=True,
    )


def _student_row(
    store: Store, rng: Random, place: Place, name: Name, number: int, grade: int, gone: bool, pupil: Pupil
) -> int:
    preferred = rng.choice(SHORT) if rng.random() < 0.07 else ""
    birth_year = int(max(pupil.grades)[:4]) - 5 - grade
    pupil.name = f"{preferred or name.given} {name.family}"
    pupil.birth_date = date(birth_year, 1 + rng.randrange(12), 1 + rng.randrange(28))
    return store.add(
        Student,
        source="demo",
        sourced_id=f"demo-student-{place.number}-{number}",
        student_number=f"{50_000_000 + store.ids[Student]}",
        given_name=name.given,
        family_name=name.family,
        preferred_given_name=preferred,
        search_key=search_key(name.given, name.family, preferred),
        search_key_family=fold(name.family),
        grade=grade,
        birth_date=pupil.birth_date,
        race_ethnicity=rng.choice(name.culture.races) if rng.random() < 0.985 else None,
        sex=name.sex,
        language=pupil.language,
        has_iep=pupil.has_iep,
        has_504=pupil.has_504,
        is_english_learner=pupil.is_english_learner,
        has_housing_support=pupil.has_housing_support,
        school_id=None if gone else place.id,
        is_active=not gone,
    )


def _enrol(store: Store, place: Place, calendar: Calendar, pupil: Pupil) -> None:
    for year, grade in pupil.grades.items():
        first, last = calendar.term(year)
        if pupil.starts <= last:
            is_now = year == calendar.years[-1]
            store.add(
                Enrolment,
                student_id=pupil.id,
                school_id=place.id,
                grade=grade,
                starts_on=max(first, pupil.starts),
                ends_on=None if is_now else last,
            )


def _later_start(rng: Random, calendar: Calendar, pupil: Pupil) -> date:
    year = max(pupil.grades)
    first, last = calendar.term(year)
    days = [day for day in calendar.past if first <= day <= last]
    pupil.grades = {year: pupil.grades[year]}
    return rng.choice(days) if days else school_year_bounds(year)[0]


def _account(store: Store, name: str, email: str, is_demo: bool, password_hash: str) -> int:
    return store.add(
        UserAccount,
        email=email,
        name=name,
        password_hash=password_hash or None,
        state=AccountState.ACTIVE.value,
        is_demo=is_demo,
        created_at=store.now,
        password_set_at=store.now if password_hash else None,
    )


def _staff_row(store: Store, place: Place, name: str, job: str, email: str, user_id: int | None) -> None:
    place.staff_ids.append(
        store.add(
            StaffMember,
            source="demo",
            sourced_id=f"demo-staff-{place.number}-{len(place.staff_ids)}",
            name=name,
            search_key=search_key(name),
            email=email,
            role=job,
            school_id=place.id,
            user_id=user_id,
        )
    )


def _full(name: Name) -> str:
    return f"{name.given} {name.family}"
