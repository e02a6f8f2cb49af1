"""Generated incidents: what somebody reports and answers, as plain values, and what must follow from them.

What must follow is read off the answers themselves, with the second reading of the routing text (`tests/routing`);
nothing of the system is asked.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import or_
from typing import Any

from tests.routing import oracle

FLAGS = (
    "gun_violence_threat", "fire_or_bomb", "imminent_danger", "clear_and_present_danger", "distribution",
    "intimate_partner", "bullying", "repeated_between_same_people", "abuse_suspected", "self_harm",
    "staff_written_complaint",
)  # fmt: skip
CHOICES = {
    "injury": ("none", "minor", "needed_care"),
    "weapon": ("none", "lookalike", "maybe_firearm", "other", "firearm"),
    "substance": ("none", "tobacco_vape", "alcohol", "cannabis", "narcotic_or_meth", "other_drug"),
    "sexual": ("none", "harassment", "contact", "image"),
    "verified": ("yes", "no", "unknown"),
}
TILES = (
    "fight", "pushing", "threat", "bullying", "hurtful_words", "disruption", "left_class", "property",
    "weapon", "substance", "other",
)  # fmt: skip
CAUSED = ("caused_harm", "both")
SUFFERED = ("harmed", "both")


@dataclass(frozen=True)
class Part:
    """One person of a story: `who` is a place among the school's students or staff, None when nobody knows yet."""

    kind: str
    who: int | None
    role: str


@dataclass(frozen=True)
class Story:
    """A report and the answers that complete it, once or twice."""

    seed: int
    tile: str
    location: str
    parts: tuple[Part, ...]
    answers: tuple[dict[str, Any], ...]

    def of(self, roles: tuple[str, ...], kind: str = "student") -> set[int]:
        """Which known students (or staff) have one of these roles."""
        return {one.who for one in self.parts if one.role in roles and one.kind == kind and one.who is not None}

    def as_on_a_page(self) -> Story:
        """The same, where the second answers stand beside the first: a page shows what was said and keeps it."""
        return replace(self, answers=tuple(accumulate(self.answers, or_)))


def story_of(seed: int, students: int, staff: int, locations: list[str]) -> Story:
    """Make the story of a number; `students` and `staff` are how many there are to choose from."""
    chance = random.Random(seed)
    left = {
        "student": chance.sample(range(students), 6), "staff": chance.sample(range(staff), 2), "not_identified": [None],
    }  # fmt: skip
    roles = [chance.choice(("caused_harm",) * 5 + ("both",))]
    roles += ["caused_harm"] * (chance.random() < 0.25) + ["harmed"] * chance.choice((0, 1, 1, 2))
    roles += ["witness"] * (chance.random() < 0.3)
    parts = [_part(chance, left, role) for role in roles]
    # the page names the known people first
    parts.sort(key=lambda one: one.who is None)
    times = 2 if chance.random() < 0.3 else 1
    answers = tuple(_answers(chance) for _time in range(times))
    return Story(seed, chance.choice(TILES), chance.choice(locations), tuple(parts), answers)


def _part(chance: random.Random, left: dict[str, list[Any]], role: str) -> Part:
    kind = chance.choice(("student",) * 8 + ("staff", "not_identified"))
    kind = kind if left[kind] else "student"
    return Part(kind, left[kind].pop(), role)


def _answers(chance: random.Random) -> dict[str, Any]:
    density = chance.choice((0.1, 0.3, 0.7))
    said: dict[str, Any] = {name: chance.choice((True, False, None)) for name in FLAGS if chance.random() < density}
    said |= {name: chance.choice(words) for name, words in CHOICES.items() if chance.random() < density}
    if chance.random() < density:
        said["bias"] = chance.random() < 0.5
    return said


def duties_of(story: Story, places: dict[str, str | None], students: list[Any]) -> dict[str, str]:
    """What the law asks for after all answers: duty to 'due' or 'verify_first'. What was raised stays raised."""
    found: dict[str, str] = {}
    for said in story.answers:
        for facts in _facts(story, said, places[story.location], students):
            for duty, (state, _rules) in oracle.answer(facts)["duties"].items():
                found[duty] = "due" if "due" in (state, found.get(duty)) else state
    return found


def _facts(story: Story, said: dict[str, Any], place: str | None, students: list[Any]) -> list[dict[str, Any]]:
    causers = [one for one in story.parts if one.role in CAUSED]
    return [_facts_of(story, one, said, place, students) for one in causers]


def _facts_of(
    story: Story, causer: Part, said: dict[str, Any], place: str | None, students: list[Any]
) -> dict[str, Any]:
    suffered = {one.kind for one in story.parts if one.role in SUFFERED and one is not causer}
    harmed = "student" if suffered & {"student", "not_identified"} else "staff" if suffered else "none"
    facts = {"bullying": True if story.tile == "bullying" else None} | {
        name: value for name, value in said.items() if value is not None
    }
    facts |= {"harmed": harmed, "place": place}
    facts["caused_by"] = {"not_identified": "unknown"}.get(causer.kind, causer.kind)
    if causer.kind == "student" and causer.who is not None:
        facts["grade"] = students[causer.who].grade
        facts["supports"] = ["iep"] if students[causer.who].has_iep else []
    return facts
