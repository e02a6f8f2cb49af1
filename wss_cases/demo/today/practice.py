"""Circles and the like that the coordinator of the demo school held in the last school days, without any incident."""

from datetime import datetime

from wss_cases.demo.story.world import World
from wss_cases.practice.log.pages import Held, log_practice
from wss_cases.practice.log.queries import Leader, PracticeKind, Purpose

HELD = (
    (PracticeKind.COMMUNITY, Purpose.START, "Room 204", 22, 1, 20),
    (PracticeKind.PEACE_ROOM, None, "Peace room", 1, 1, 15),
    (PracticeKind.CHECK_IN, Purpose.START, "Room 204", 24, 1, 10),
    (PracticeKind.CHAT, Purpose.AFTER, "Hallway", 2, 1, 15),
    (PracticeKind.COMMUNITY, Purpose.BELONGING, "Library", 18, 2, 30),
    (PracticeKind.FAMILY, None, "Peace room", 1, 3, 45),
    (PracticeKind.STAFF, Purpose.LEARNING, "Library", 0, 12, 45),
)
"""The latest first, one a school day: kind, purpose, place, students, adults, minutes."""


def add_practice(world: World, now: datetime) -> None:
    """Log them all at the end of the last day."""
    place = world.places[0]
    keeper, call = place.coordinator, world.calls(place.coordinator, now)
    for back, (kind, purpose, where, students, adults, minutes) in reversed(list(enumerate(HELD))):
        day = world.calendar.school_days.add(world.day(now), -back) if back else world.day(now)
        grade = place.grades[0] if students > 1 else None
        held = Held(day, kind, purpose, grade, where, Leader.STAFF, keeper.id, students, adults, minutes)
        log_practice(call, place.id, held)
