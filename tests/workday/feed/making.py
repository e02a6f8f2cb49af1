"""Things that stand in a private calendar, its address, and how another program reads it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import vobject
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.mentoring import MentorFactory, MentoringPlanFactory
from tests.pathways.circles.making import plan, ready_circle
from tests.support.applications import people_client
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.reengagement.plan import ReengagementPlan

CANARY = "Zephyrine", "Quillfeather", "CANARY77"


def made_address(client):
    """Make a calendar address on its page; return its path."""
    answer_ = client.submit("/account/calendar", action="/account/calendar")
    assert answer_.status_code == 200 and answer_.headers["Cache-Control"] == "no-store"
    (found,) = re.findall(r'value="https?://[^/"]+(/calendar/[\w-]{43}\.ics)"', answer_.get_data(as_text=True))
    return found


def read(client, address, **headers):
    return client.get(address, headers=headers)


def events(app, address):
    """Read an address as a calendar does, with no sign-in; return its entries by summary."""
    got = read(people_client(app), address)
    assert got.status_code == 200, got.get_data(as_text=True)
    calendar = vobject.readOne(got.get_data(as_text=True))
    found = {}
    for one in getattr(calendar, "vevent_list", []):
        found.setdefault(one.summary.value, []).append(one)
    return found


def reentry(world, **values):
    """Plan a re-entry meeting of the world's case for tomorrow at 8."""
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, pathway="reengagement", kind="reengagement",
        owner_id=world.coordinator.id, state=PathwayState.PREPARING, accepted_on=TODAY,
    )  # fmt: skip
    made = ReengagementPlan(
        pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, return_on=date(2026, 11, 27),
        meeting_at=NOW + timedelta(hours=22), meeting_place="Office", supporters=f"Ask {CANARY[0]}",
        **values,
    )  # fmt: skip
    db.session.add(made)
    db.session.commit()
    return made


def mentored(world, mentor_user, students=1):
    mentor = MentorFactory(school_id=world.school.id, user_id=mentor_user.id)
    mentored_by(world, mentor, students)


def mentored_by(world, mentor, students):
    for _ in range(students):
        row = PathwayFactory(
            case_id=world.case.id, school_id=world.school.id, pathway="mentoring", kind="one_to_one",
            state=PathwayState.ACTIVE, accepted_on=TODAY, started_on=TODAY,
        )  # fmt: skip
        MentoringPlanFactory(
            pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, mentor_id=mentor.id,
            starts_on=date(2026, 11, 2), goal=f"{CANARY[0]} is calm",
        )  # fmt: skip


def full(world):
    """One of everything that may stand in the coordinator's calendar."""
    circle = ready_circle(world, make_user(world.school))
    plan(world, circle)
    reentry(world)
    mentored(world, world.coordinator, 2)
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id, due_on=date(2026, 11, 30),
        kind="check_in_person_harmed", title=f"Call {CANARY[0]} {CANARY[1]}",
    )  # fmt: skip
    return circle


def circle_keeper(circle):
    return db.session.scalar(select(CircleKeeper.user_id).where(CircleKeeper.pathway_id == circle.id))
