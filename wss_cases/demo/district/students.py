"""Students with their guardians and enrolments; each August the roster moves up, as an import brings it."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import bindparam, update

from wss_cases.demo.district.calendar import Calendar
from wss_cases.demo.district.names import SHORT, Culture, name_of
from wss_cases.demo.district.schools import Place, Pupil, add_rows
from wss_cases.foundation.db import table_of
from wss_cases.foundation.ids import fold
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import Enrolment, Guardian, Student, StudentGuardian
from wss_cases.roster.directory.rules import search_key

RELATIONS = ("mother", "mother", "father", "grandmother", "guardian")


@dataclass(frozen=True)
class Household:
    """A family whose younger children may come to the same school."""

    row: dict[str, Any]
    family: str
    culture: Culture


def make_pupils(uow: UnitOfWork, place: Place, calendar: Calendar) -> None:
    """Write the guardians of a school's students over the years, and decide who is there when."""
    rng, (low, high) = place.rng, place.grades
    span = high - low + 1
    here = max(1, round(place.size / (1 + (len(calendar.years) - 1) / span)))
    families: list[Household] = []
    whose: list[int] = []
    for number in range(place.size):
        if not families or rng.random() > 0.22:
            families.append(_household(rng, number, place))
        whose.append(len(families) - 1)
    ids = add_rows(uow, Guardian, [family.row for family in families])
    for number, home in enumerate(whose):
        gone = 0 if number < here else 1 + (number - here) % max(1, len(calendar.years) - 1)
        grade = low + number % span if gone == 0 else high
        place.pupils.append(_pupil(place, calendar, number, grade, gone, families[home], ids[home]))


def enrol(uow: UnitOfWork, place: Place, calendar: Calendar, year: str) -> None:
    """Write who is at a school in a school year: new students, a grade more for the others, leavers left."""
    before = calendar.years[calendar.years.index(year) - 1] if year != calendar.years[0] else None
    new = [one for one in place.pupils if min(one.grades) == year]
    for one, number in zip(new, add_rows(uow, Student, [one.row for one in new]), strict=True):
        one.id = number
    links = [
        {
            "student_id": one.id,
            "guardian_id": one.guardian_id,
            "relation": place.rng.choice(RELATIONS),
            "is_primary": True,
        }
        for one in new
    ]
    add_rows(uow, StudentGuardian, links)
    here = [one for one in place.pupils if year in one.grades]
    first, last = calendar.term(year)
    is_now = year == calendar.years[-1]
    stays = [
        {"student_id": one.id, "school_id": place.id, "grade": one.grades[year],
         "starts_on": max(first, one.starts), "ends_on": None if is_now else last}
        for one in here
    ]  # fmt: skip
    add_rows(uow, Enrolment, stays)
    known = [one for one in place.pupils if before in one.grades]
    _move_up(uow, [
        {"number": one.id, "to_grade": one.grades.get(year, one.grades.get(before or "")),
         "at": place.id if year in one.grades else None, "active": year in one.grades}
        for one in known
    ])  # fmt: skip


def _move_up(uow: UnitOfWork, moves: list[dict[str, Any]]) -> None:
    if moves:
        table = table_of(Student)
        moved = update(table).where(table.c.id == bindparam("number"))
        moved = moved.values(
            grade=bindparam("to_grade"), school_id=bindparam("at"), is_active=bindparam("active"),
            version=table.c.version + 1,
        )  # fmt: skip
        uow.session.connection().execute(moved, moves)


def _household(rng: Random, number: int, place: Place) -> Household:
    name = name_of(rng)
    culture = name.culture
    row = {
        "source": "demo",
        "sourced_id": f"demo-guardian-{place.number}-{number}",
        "name": f"{name_of(rng, culture, name.family).given} {name.family}",
        "language": culture.language if rng.random() < culture.speaks_it else "en",
        "phone": f"+1 312 555 {rng.randrange(10_000):04d}" if rng.random() < 0.94 else "",
        "email": f"family{place.number}.{number}@families.demo.example" if rng.random() < 0.6 else "",
    }
    return Household(row, name.family, culture)


def _pupil(
    place: Place, calendar: Calendar, number: int, grade: int, gone: int, home: Household, guardian_id: int
) -> Pupil:
    rng = place.rng
    last_year = len(calendar.years) - 1 - gone
    back_to = min(last_year, grade - place.grades[0])
    grades = {calendar.years[last_year - back]: grade - back for back in range(back_to + 1)}
    starts = calendar.term(min(grades))[0]
    if rng.random() < 0.04:
        grades = {max(grades): grade}
        starts = _later_start(rng, calendar, max(grades))
    row = _row(place, home, number, grades)
    return Pupil(
        id=0,
        row=row,
        grades=grades,
        starts=starts,
        ends=calendar.term(calendar.years[last_year])[1] if gone else None,
        weight=rng.lognormvariate(0, 0.8) * (0.45 if grade <= 2 else 1.0),
        guardian_id=guardian_id,
        guardian=home.row["name"],
        language=home.row["language"],
    )


def _row(place: Place, home: Household, number: int, grades: dict[str, int]) -> dict[str, Any]:
    rng = place.rng
    name = name_of(rng, home.culture, home.family)
    preferred = rng.choice(SHORT) if rng.random() < 0.07 else ""
    first_year, language = min(grades), home.row["language"]
    return {
        "source": "demo",
        "sourced_id": f"demo-student-{place.number}-{number}",
        "student_number": f"{50_000_000 + place.number * 100_000 + number}",
        "given_name": name.given,
        "family_name": name.family,
        "preferred_given_name": preferred,
        "search_key": search_key(name.given, name.family, preferred),
        "search_key_family": fold(name.family),
        "grade": grades[first_year],
        "birth_date": date(int(first_year[:4]) - 5 - grades[first_year], 1 + rng.randrange(12), 1 + rng.randrange(28)),
        "race_ethnicity": rng.choice(name.culture.races) if rng.random() < 0.985 else None,
        "sex": name.sex,
        "language": language,
        "has_iep": rng.random() < 0.15,
        "has_504": rng.random() < 0.04,
        "is_english_learner": language != "en" and rng.random() < 0.75,
        "has_housing_support": rng.random() < 0.045,
        "school_id": place.id,
        "is_active": True,
    }


def _later_start(rng: Random, calendar: Calendar, year: str) -> date:
    first, last = calendar.term(year)
    days = [day for day in calendar.past if first <= day <= last]
    return rng.choice(days) if days else first
