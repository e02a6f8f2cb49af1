"""Circles of the last day: each school's circle plans and its trained teacher, and the demo school's practice log."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from wss_cases.demo.district.schools import Person, Place
from wss_cases.demo.story.world import World
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.plans.pages import make_plan, write_for_circle
from wss_cases.pathways.circles.plans.queries import CirclePlanKind, PlanContent, content_of, ready_made
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.practice.log.pages import Held, log_practice
from wss_cases.practice.log.queries import Leader, PracticeKind, Purpose

WEEK, HARM = 0, 2
"""Which of the ready-made plans: a community circle at the start of the week, a circle to talk about harm."""
SHELF: Final = PlanContent(
    title="Community circle: after a hard week",
    opening="Dim the lights and breathe together. Say that it was a hard week and that everyone is welcome.",
    talking_piece="The smooth stone from the shelf by the window. Anyone may pass.",
    shared_values="Patience\nListen to understand\nWhat is said here stays here",
    rounds="Which color was your week, and why?\nWhat helped you through it?\nWhat can we do for each other on Monday?",
    closing="Each person thanks the person on their left.",
)


def add_keeping(world: World, now: datetime) -> None:
    """Let each school plan its circles; `anyway`, since these texts are the demo's own and name no child."""
    for place in world.places:
        teacher, lead = world.calls(place.teacher, now), world.calls(place.coordinator, now)
        ready = [content_of(one) for one in ready_made(lead.actor, "en")]
        make_plan(lead, place.id, CirclePlanKind.SHELF, SHELF, anyway=True)
        next_day = world.calendar.school_days.add(world.calendar.due_today, 1)
        make_plan(teacher, place.id, CirclePlanKind.COMMUNITY, ready[WEEK], next_day, place.teacher.id, anyway=True)
        circle_id = _next_circle(place, place.coordinator, now)
        if circle_id is not None:
            write_for_circle(lead, circle_id, ready[HARM], anyway=True)
            add_keeper(lead, circle_id, keeper=place.teacher.id)


def _next_circle(place: Place, keeper: Person, now: datetime) -> int | None:
    """Return the circle that somebody keeps and that meets next; else one that met and waits for an answer, else one
    that is prepared; None where there is none.
    """
    statement = (
        select(Pathway.id, CircleMeeting.starts_at)
        .join(CircleKeeper, CircleKeeper.pathway_id == Pathway.id)
        .outerjoin(CircleMeeting, (CircleMeeting.pathway_id == Pathway.id) & CircleMeeting.happened.is_(None))
        .where(
            Pathway.school_id == place.id, Pathway.state.in_(LIVE),
            CircleKeeper.user_id == keeper.id, CircleKeeper.ended_at.is_(None),
            CircleMeeting.id.is_not(None) | Pathway.held_on.is_(None),
        )
    )  # fmt: skip
    kept = [
        (at is None, at is not None and at < now, at or now, number) for number, at in db.session.execute(statement)
    ]
    return min(kept)[-1] if kept else None


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
