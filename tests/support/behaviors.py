"""How each behavior of the catalog usually looks: how often, who is in it, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode


class Shape(Enum):
    """Who is in it."""

    ALONE = "alone"
    PAIR = "pair"
    MUTUAL = "mutual"
    CROWD = "crowd"
    STAFF = "staff"


@dataclass(frozen=True)
class Profile:
    """One behaviour: weight within its group, tile, shapes, and facts that go with it."""

    weight: int
    tile: str
    shapes: tuple[Shape, ...]
    facts: Mapping[str, tuple[Any, ...]]
    what: str


@dataclass(frozen=True)
class Behavior:
    """One code of the catalogue."""

    id: int
    code: str
    code_set: str
    group: int | None
    tile: str


def read_codes() -> dict[str, list[Behavior]]:
    """Return the codes in force that have a profile, by code set and group."""
    found: dict[str, list[Behavior]] = {}
    code = BehaviorCode
    statement = select(code.id, code.code, code.code_set, code.behavior_group, code.tile).order_by(code.id)
    for row in db.session.execute(statement.where(code.ends_on.is_(None), code.code.in_(sorted(PROFILES)))):
        found.setdefault(f"{row[2]}{row[3] or ''}", []).append(Behavior(*row))
    return found


GROUP_WEIGHTS = {1: 27, 2: 33, 3: 24, 4: 9, 5: 5, 6: 2}
"""About 60 % groups 1-2, 33 % groups 3-4, 7 % groups 5-6, as published."""

DANGER = {4: 0.02, 5: 0.08, 6: 0.12}
"""How often somebody is in danger just then, by group."""

_A, _P, _M, _C, _S = Shape.ALONE, Shape.PAIR, Shape.MUTUAL, Shape.CROWD, Shape.STAFF
_CHECKED = ("yes", "yes", "unknown")

PROFILES: Mapping[str, Profile] = {
    "running_noise": Profile(12, "disruption", (_A,), {}, "Ran and shouted in the hallway after being asked to walk."),
    "left_class": Profile(14, "left_class", (_A,), {}, "Left the room without a pass and came back after some time."),
    "disruption": Profile(32, "disruption", (_A, _A, _S), {},
        "Kept talking across the room while others were working."),
    "late": Profile(5, "other", (_A,), {}, "Came in late for the third time this month."),
    "device": Profile(22, "other", (_A,), {}, "Used the phone during the lesson and did not put it away."),
    "other_rule": Profile(10, "other", (_A,), {}, "Did not keep to a rule of the school."),
    "skipped": Profile(4, "left_class", (_A,), {}, "Was not in class and was found in the stairwell."),
    "left_school": Profile(2, "left_class", (_A,), {}, "Left the building during lunch without permission."),
    "hurtful_words": Profile(26, "hurtful_words", (_P, _P, _P, _S), {},
        "Called another student names in front of others."),
    "argument": Profile(12, "hurtful_words", (_M,), {},
        "Two students shouted at each other until an adult stepped in."),
    "pushing": Profile(22, "pushing", (_P, _P, _M), {"injury": ("none", "none", "minor")},
        "Pushed another student in line."),
    "not_following": Profile(14, "disruption", (_A, _S), {}, "Refused several times to take a seat."),
    "tobacco_vape": Profile(8, "substance", (_A,), {"substance": ("tobacco_vape",)}, "Was found with a vape."),
    "untruth": Profile(3, "other", (_A,), {}, "Handed in work that was copied."),
    "fight": Profile(46, "fight", (_M, _M, _P), {"injury": ("none", "minor", "minor")},
        "Two students fought; staff separated them."),
    "property_damage": Profile(16, "property", (_A, _P), {}, "Wrote on and broke a locker door."),
    "took_something": Profile(14, "property", (_P,), {}, "Took headphones that belong to another student."),
    "gestures_group": Profile(4, "threat", (_A, _P), {}, "Drew and showed signs meant to frighten."),
    "hurtful_online": Profile(10, "hurtful_words", (_P,), {},
        "Posted hurtful words about another student in a group chat."),
    "repeated_disruption": Profile(10, "disruption", (_A,), {},
        "Stopped the lesson again, the fourth time this week."),
    "threat": Profile(18, "threat", (_P, _P, _S), {}, "Told another student they would be hurt after school."),
    "bullying": Profile(20, "bullying", (_P,), {"bullying": (True,)},
        "Kept a student from sitting with others, day after day."),
    "bullying_race": Profile(6, "bullying", (_P,), {"bullying": (True,), "bias": (True,)},
        "Repeated insults about where the family comes from."),
    "bullying_sex": Profile(4, "bullying", (_P,), {"bullying": (True,), "bias": (True,)},
        "Repeated insults about being a girl."),
    "bullying_disability": Profile(3, "bullying", (_P,), {"bullying": (True,), "bias": (True,)},
        "Imitated the way a student speaks, again and again."),
    "bullying_orientation": Profile(3, "bullying", (_P,), {"bullying": (True,), "bias": (True,)},
        "Repeated insults about whom a student likes."),
    "bullying_religion": Profile(2, "bullying", (_P,), {"bullying": (True,), "bias": (True,)},
        "Made fun of a head covering several times."),
    "hurt_someone": Profile(18, "fight", (_P, _P, _P, _S), {"injury": ("minor",)},
        "Hit another student, who was hurt."),
    "fight_group": Profile(16, "fight", (_C,), {"injury": ("minor", "needed_care")},
        "Several students fought and did not stop when asked."),
    "alcohol": Profile(4, "substance", (_A,), {"substance": ("alcohol",)}, "Brought alcohol in a bottle."),
    "false_alarm": Profile(3, "other", (_A,), {}, "Pulled the fire alarm; there was no fire."),
    "sexual_words": Profile(5, "hurtful_words", (_P,), {"sexual": ("harassment",)},
        "Made unwanted sexual remarks to another student."),
    "weapon_other": Profile(16, "weapon", (_A,), {"weapon": ("other", "lookalike")}, "Had a pocket knife in the bag."),
    "drugs": Profile(26, "substance", (_A,),
        {"substance": ("cannabis", "cannabis", "other_drug"), "verified": _CHECKED},
        "Was found with something that looked like cannabis."),
    "hurt_badly": Profile(34, "fight", (_P, _P, _C), {"injury": ("needed_care",)},
        "Hurt another student, who needed care from the nurse."),
    "took_by_force": Profile(16, "property", (_P,), {"injury": ("none", "minor")},
        "Took a phone from another student by force."),
    "school_threat": Profile(8, "threat", (_A,), {}, "Wrote a threat against the school on a wall."),
    "sexual_contact": Profile(6, "other", (_P,), {"sexual": ("contact",)},
        "Touched another student in a way that was not wanted."),
    "gave_or_sold": Profile(34, "substance", (_A,),
        {"substance": ("tobacco_vape", "cannabis"), "distribution": (True,), "verified": _CHECKED},
        "Passed something on to other students in the restroom."),
    "firearm": Profile(9, "weapon", (_A,), {"weapon": ("maybe_firearm", "firearm"), "verified": _CHECKED},
        "Something that may be a firearm was seen in a bag."),
    "fire": Profile(16, "other", (_A,), {"fire_or_bomb": (False, True)},
        "Lit paper in a restroom bin; it was put out."),
    "hit_or_pushed": Profile(28, "fight", (_P, _P, _M), {"injury": ("none", "minor")},
        "Hit another child while waiting in line."),
    "rough_play": Profile(14, "pushing", (_M,), {"injury": ("none",)}, "Rough play at recess that got too rough."),
    "unkind_words": Profile(14, "hurtful_words", (_P,), {}, "Said unkind words at the table."),
    "scary_words": Profile(4, "threat", (_P,), {}, "Said something that frightened another child."),
    "unkind_again": Profile(3, "bullying", (_P,), {"bullying": (True,)}, "Was unkind to the same child again."),
    "upset_lesson": Profile(18, "disruption", (_A,), {}, "Was very upset and threw pencils on the floor."),
    "ran_off": Profile(10, "left_class", (_A,), {}, "Ran out of the room and was found in the library."),
    "broke_things": Profile(6, "property", (_A,), {}, "Tore a picture from the wall."),
    "took_things": Profile(4, "property", (_P,), {}, "Took a toy that belongs to another child."),
    "unsafe_thing": Profile(1, "weapon", (_A,), {"weapon": ("lookalike",)},
        "Brought a thing from home that is not safe."),
    "other_prek2": Profile(4, "other", (_A,), {}, "Did not keep to a rule of the class."),
}  # fmt: skip

PLACES = {
    "fight": "hallway hallway cafeteria cafeteria yard yard gym restroom way_to_school school_bus",
    "pushing": "hallway hallway cafeteria yard yard classroom school_bus gym",
    "threat": "classroom hallway online cafeteria way_to_school yard",
    "bullying": "classroom cafeteria online hallway yard school_bus",
    "hurtful_words": "classroom classroom cafeteria hallway online yard school_bus",
    "disruption": "classroom classroom classroom classroom library hallway auditorium",
    "left_class": "classroom classroom hallway outside_other",
    "property": "classroom hallway restroom computer_lab gym parking_lot",
    "weapon": "classroom hallway restroom bus_stop",
    "substance": "restroom restroom outside_other parking_lot hallway",
    "other": "classroom classroom hallway cafeteria office school_event",
}
TRAVEL = frozenset({"way_to_school", "bus_stop", "school_bus"})
HOURS = ((9, 8), (10, 11), (11, 15), (12, 18), (13, 14), (14, 12), (8, 6))
_HOURS, _HOUR_WEIGHTS = zip(*HOURS, strict=True)


def draw_place(rng: Random, tile: str) -> str:
    return rng.choice(PLACES[tile].split())


def draw_minute(rng: Random, location: str, first_bell: int, last_bell: int) -> int:
    """Return the minute of the day: lunch is busiest, travel lies around the bells."""
    if location in TRAVEL:
        return rng.choice((first_bell - rng.randrange(5, 35), last_bell + rng.randrange(3, 40)))
    hour = rng.choices(_HOURS, _HOUR_WEIGHTS)[0]
    return max(first_bell, min(last_bell - 1, int(hour) * 60 + rng.randrange(60)))


def draw_facts(rng: Random, profile: Profile) -> dict[str, Any]:
    facts = {name: rng.choice(options) for name, options in profile.facts.items()}
    return {name: value for name, value in facts.items() if value is not False}
