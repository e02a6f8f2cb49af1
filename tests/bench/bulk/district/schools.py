"""Invented schools: kinds, networks, sizes and bells."""

from dataclasses import dataclass, field
from datetime import time
from random import Random

from tests.bench.bulk.writing.acts import Somebody
from tests.bench.bulk.writing.store import Store
from wss_cases.demo.district import KINDS, PATRONS, SMALLEST, STREETS, share_out
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import school_code

LATER_KINDS = (0, 2, 0, 1, 0, 2, 1, 0, 2, 3)


@dataclass
class MentorPlaces:
    """A mentor of a school, or a group of theirs, and how many students are with them now."""

    mentor_id: int
    name: str
    account: Somebody | None
    capacity: int
    group_id: int | None = None
    taken: int = 0


@dataclass
class Place:
    """A school being filled: who works there, and how much happens there."""

    id: int
    number: int
    code: str
    name: str
    grades: tuple[int, int]
    size: int
    incidents: int
    network: str
    first_bell: time
    last_bell: time
    is_demo: bool
    staff: dict[str, list[Somebody]] = field(default_factory=dict)
    staff_ids: list[int] = field(default_factory=list)
    keepers: list[Somebody] = field(default_factory=list)
    mentors: list["MentorPlaces"] = field(default_factory=list)


def make_schools(store: Store, rng: Random, number: int, students: int, incidents: int) -> list[Place]:
    """Write the schools and share students and incidents out among them; the first is the demo people's."""
    taken: set[str] = set()
    names: set[str] = set()
    kinds = [KINDS[index if index < len(KINDS) else rng.choice(LATER_KINDS)] for index in range(number)]
    weights = [kind[4] * rng.lognormvariate(0, 0.35) for kind in kinds]
    sizes = share_out(students, weights, min(SMALLEST, students // number))
    rates = [rng.lognormvariate(0, 0.45) * (1.25 if kind[0] == "high" else 1.0) for kind in kinds]
    rates[0] = max(rates[0], 2.0)
    shares = share_out(incidents, [size * rate for size, rate in zip(sizes, rates, strict=True)], 0)
    places = []
    for index, (kind, word, low, high, _weight) in enumerate(kinds):
        name = _name(rng, index, word, names)
        code = school_code(name, taken)
        taken.add(code)
        place = Place(
            0, index + 1, code, name, (low, high), sizes[index], shares[index], _network(index, number),
            *_bells(kind), index == 0,
        )  # fmt: skip
        place.id = _school_row(store, place, kind, index)
        places.append(place)
    store.pause()
    return places


def _network(index: int, number: int) -> str:
    return f"Network {1 + index % max(1, min(17, number // 4 or 1))}"


def _bells(kind: str) -> tuple[time, time]:
    return (time(7, 45), time(15, 15)) if kind == "high" else (time(8, 0), time(15, 0))


def _school_row(store: Store, place: Place, kind: str, index: int) -> int:
    return store.add(
        School,
        source="demo",
        sourced_id=f"demo-school-{place.number}",
        identifier=str(910_000 + index),
        name=place.name,
        code=place.code,
        kind=kind,
        is_charter=index >= len(KINDS) and index % 6 == 0,
        network=place.network,
        low_grade=place.grades[0],
        high_grade=place.grades[1],
        first_bell=place.first_bell,
        last_bell=place.last_bell,
    )


def _name(rng: Random, index: int, word: str, names: set[str]) -> str:
    if index < len(KINDS):
        name = f"{STREETS[index]} {word}"
    else:
        name = " ".join(part for part in (rng.choice(STREETS), rng.choice(PATRONS), word) if part)
    base, number = name, 2
    while name in names:
        name = f"{base} {number}"
        number += 1
    names.add(name)
    return name
