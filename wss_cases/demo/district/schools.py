"""Rows of the roster, written in batches as an import writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from random import Random
from typing import Any

from sqlalchemy import insert

from wss_cases.foundation.db import Base
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import school_code


def add_rows(uow: UnitOfWork, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write rows that have the same columns and return their ids in the same order."""
    if not rows:
        return []
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
    return list(uow.session.scalars(statement, list(rows)))


PLACES = (
    "Willow Bend", "Harbor Light", "Cedar Hollow", "Prairie Star", "Lakeshore Meadow", "Brickyard", "Copper Street",
    "Juniper Square", "Foxglove", "Riverstone", "Maple Terrace", "North Prairie", "Sunrise Avenue", "Tall Grass",
    "Old Mill", "Lantern Hill", "Blue Heron", "Canal Side", "Garden Row", "Silver Birch", "Windmill Park", "Ash Grove",
    "Stone Bridge", "Orchard Lane", "Bluestem", "Kingfisher", "Elm and River", "Hawthorn Field", "Gateway",
    "Lilac Court",
)  # fmt: skip
PATRONS = ("", "Community", "Academy", "Park", "Commons", "Heights", "South", "West", "East", "Bridge", "Junction")
KINDS = (
    ("elementary", "Elementary School", 0, 8, 1.0),
    ("high", "High School", 9, 12, 1.7),
    ("elementary", "Elementary School", -1, 8, 1.0),
    ("middle", "Middle School", 6, 8, 0.9),
)
LATER_KINDS = (0, 2, 0, 1, 0, 2, 1, 0, 2, 3)
SMALLEST = 4
"""Every school has at least this many students."""
BUSIEST = 1.5
"""At the demo school at least this much more is reported than its students' share."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: int
    name: str


@dataclass
class MentorPlaces:
    """A mentor of a school, or a group of theirs, and how many students are with them now."""

    id: int
    account: Person | None
    capacity: int
    is_group: bool = False
    taken: int = 0


@dataclass
class Pupil:
    """A student: grade by school year, first and last day at the school, how often things happen with them.

    `calm` is how much of that is left after restorative work; `away` are days on which they are removed.
    """

    id: int
    row: dict[str, object]
    grades: dict[str, int]
    starts: date
    ends: date | None
    weight: float
    guardian_id: int
    guardian: str
    language: str
    calm: float = 1.0
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
    """A school: who works and learns there, and how much happens there."""

    id: int
    number: int
    code: str
    name: str
    grades: tuple[int, int]
    size: int
    incidents: int
    network: str
    bells: tuple[time, time]
    is_demo: bool
    rng: Random
    staff: dict[str, list[Person]] = field(default_factory=dict)
    staff_ids: list[int] = field(default_factory=list)
    pupils: list[Pupil] = field(default_factory=list)
    keepers: list[Person] = field(default_factory=list)
    mentors: list[MentorPlaces] = field(default_factory=list)
    pools: dict[str, tuple[list[Pupil], list[float]]] = field(default_factory=dict)

    @property
    def coordinator(self) -> Person:
        """Who leads the cases."""
        return self.staff["coordinator"][0]

    @property
    def head(self) -> Person:
        """The school's administrator."""
        return self.staff["administrator"][0]

    @property
    def teacher(self) -> Person:
        """Who is trained to keep a circle beside the coordinator."""
        return self.staff["reporter"][0]

    def who(self, role: str, mine: bool = False) -> Person:
        """Draw somebody who holds a role; at the demo school its demo person does most, and all that is `mine`."""
        people = self.staff[role]
        often = 0.3 if role == "reporter" else 0.65
        if mine or len(people) == 1 or (self.is_demo and self.rng.random() < often):
            return people[0]
        return self.rng.choice(people)


def make_schools(uow: UnitOfWork, seed: int, number: int, students: int, incidents: int) -> list[Place]:
    """Write the schools and share students and incidents out among them; the first is the demo people's."""
    rng = Random(f"{seed}")
    taken: set[str] = set()
    names: set[str] = set()
    kinds = [KINDS[index if index < len(KINDS) else rng.choice(LATER_KINDS)] for index in range(number)]
    weights = [kind[4] * rng.lognormvariate(0, 0.35) for kind in kinds]
    sizes = share_out(students, weights, min(SMALLEST, students // number))
    rates = [rng.lognormvariate(0, 0.3) * (1.25 if kind[0] == "high" else 1.0) for kind in kinds]
    rates[0] = max([rates[0], *(BUSIEST * rate for rate in rates[1:])])
    shares = share_out(incidents, [size * rate for size, rate in zip(sizes, rates, strict=True)], 0)
    places = []
    for index, (kind, word, low, high, _weight) in enumerate(kinds):
        name = _name(rng, index, word, names)
        code = school_code(name, taken)
        taken.add(code)
        bells = (time(7, 45), time(15, 15)) if kind == "high" else (time(8, 0), time(15, 0))
        network = f"Network {1 + index % max(1, min(17, number // 4 or 1))}"
        places.append(
            Place(0, index + 1, code, name, (low, high), sizes[index], shares[index], network, bells, index == 0,
                  Random(f"{seed}/{index + 1}"))
        )  # fmt: skip
    ids = add_rows(uow, School, [_row(place, kind[0]) for place, kind in zip(places, kinds, strict=True)])
    for place, number in zip(places, ids, strict=True):
        place.id = number
    return places


def _row(place: Place, kind: str) -> dict[str, object]:
    return {
        "source": "demo",
        "sourced_id": f"demo-school-{place.number}",
        "identifier": str(910_000 + place.number - 1),
        "name": place.name,
        "code": place.code,
        "kind": kind,
        "is_charter": place.number > len(KINDS) and place.number % 6 == 1,
        "network": place.network,
        "low_grade": place.grades[0],
        "high_grade": place.grades[1],
        "first_bell": place.bells[0],
        "last_bell": place.bells[1],
    }


def share_out(total: int, weights: list[float], least: int) -> list[int]:
    """Split `total` by weights into whole numbers of at least `least` that add up to it exactly."""
    free = total - least * len(weights)
    exact = [free * weight / sum(weights) for weight in weights]
    shares = [least + int(part) for part in exact]
    rest = sorted(range(len(weights)), key=lambda i: exact[i] - int(exact[i]), reverse=True)
    for index in rest[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _name(rng: Random, index: int, word: str, names: set[str]) -> str:
    if index < len(KINDS):
        name = f"{PLACES[index]} {word}"
    else:
        name = " ".join(part for part in (rng.choice(PLACES), rng.choice(PATRONS), word) if part)
    base, number = name, 2
    while name in names:
        name = f"{base} {number}"
        number += 1
    names.add(name)
    return name
