"""A circle from its offer to its end: support, consent, separate meetings, the screen, the meeting, the agreement."""

from datetime import datetime, timedelta

from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Person
from wss_cases.demo.district.staff import invented
from wss_cases.demo.pathways.agreements import agree, ask
from wss_cases.demo.story.world import FIRST, LAST, STEP, Steps, rows
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.agreements.pages import NO_AGREEMENT, complete_circle
from wss_cases.pathways.circles.circle.models import (
    CircleSupporter,
    GuardianAnswer,
    MeetingState,
    PartyAnswer,
    Presence,
    ScreenAnswer,
    SupporterRelation,
)
from wss_cases.pathways.circles.circle.rules import parties, unmet
from wss_cases.pathways.circles.consent import lift_hold
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.meeting.actions import answer_meeting
from wss_cases.pathways.circles.meeting.pages import plan_meeting, record_screen
from wss_cases.pathways.circles.meeting.rules import Attendance
from wss_cases.pathways.circles.preparation.actions import record_visit
from wss_cases.pathways.circles.preparation.rules import Visit
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.rules import EndReason, Pathway

LIFTED = "Spoken through with the family and the counselor; nothing new has happened for three weeks."
HELD_OR_NOT = ((MeetingState.HELD, MeetingState.POSTPONED, MeetingState.NO_SHOW), (93, 4, 3))
TODAYS_MINUTES = (10 * 60 + 30, 13 * 60 + 15)
MINUTES = 60
FURTHEST = 10
"""Somebody who is removed is waited for so many school days."""


def circle(path: Path, now: datetime) -> Steps:
    """Let a circle be prepared and held, as far as it comes. Returns its last instant."""
    work, world = path.work, path.work.world
    invited = parties(path.for_whom, path.participant_id, work.people)
    keepers = _keepers(path, now)
    now = yield from _consents(path, invited, now)
    now = yield from _prepare(path, invited, now)
    if not _may_meet(path, now):
        end_early(work.calls(now), path.id, EndReason.NOT_SUITABLE, "")
        return now
    now = yield world.calendar.soon(now, 10)
    state, now = yield from meet(path, invited, keepers, now, work.place.rng.choice((1, 1, 2, 3)))
    while state is not MeetingState.HELD:
        now = yield world.calendar.in_days(now, 1, 9 * 60 + 10)
        state, now = yield from meet(path, invited, keepers, now, 1)
    world.circles[work.id] = "held"
    now = yield from ask(path, invited, keepers, now)
    if not any(one.caused_harm for one in invited) or work.place.rng.random() < 0.2:
        now = yield world.calendar.in_days(now, 1, 15 * 60 + work.place.rng.randrange(60))
        complete_circle(work.calls(now), path.id, outcome=NO_AGREEMENT)
    else:
        now = yield from agree(path, invited, keepers, now, meet)
    return now


def _keepers(path: Path, now: datetime) -> list[Person]:
    """The lead keeps the circle, sometimes with a second keeper."""
    work = path.work
    others = [one for one in work.place.keepers if one != work.lead]
    keepers = [work.lead, *others[: work.place.rng.random() < 0.15]]
    for keeper in keepers:
        add_keeper(work.calls(now), path.id, keeper=keeper.id)
    return keepers


def _consents(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Offer support to whoever was harmed, and ask everybody; the guardians of students too."""
    work, calendar = path.work, path.work.world.calendar
    for one in invited:
        if one.was_harmed:
            now = yield calendar.soon(now, 6)
            offered = Visit(on=work.world.day(now), manner="in_person", support=True)
            record_visit(work.calls(now), path.id, one.id, offered)
    for one in invited:
        now = yield calendar.soon(now, 25)
        said = Visit(
            on=work.world.day(now),
            manner="in_person",
            letter=True,
            answer=PartyAnswer.YES,
            guardian=GuardianAnswer.PAPER if one.pupil else None,
            guardian_name=one.pupil.guardian if one.pupil else "",
        )
        record_visit(work.calls(now), path.id, one.id, said)
    return now


def _prepare(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Meet each party alone, ask who is ready, and screen; a circle for one person needs none of it."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if len(invited) < 2:
        return now
    for number, one in enumerate(invited):
        now = yield calendar.in_days(now, 1 - number % 2, rng.randrange(9 * 60, 13 * 60))
        met = Visit(on=work.world.day(now), manner="in_person", pre_met=True)
        record_visit(work.calls(now), path.id, one.id, met)
        now = yield calendar.soon(now, 20)
        record_visit(work.calls(now), path.id, one.id, Visit(ready=True))
        if one.pupil and rng.random() < 0.15:
            relation = rng.choice(list(SupporterRelation))
            name = one.pupil.guardian if relation is SupporterRelation.GUARDIAN else invented(rng)
            record_visit(work.calls(now), path.id, one.id, Visit(supporter=name, relation=relation))
    now = yield calendar.soon(now, 15)
    record_screen(work.calls(now), path.id, ScreenAnswer.SAFE, work.world.day(now))
    return now


def _may_meet(path: Path, now: datetime) -> bool:
    """Say why the holds are met that can be, and return whether every gate is open."""
    work, day = path.work, path.work.world.day(now)
    found = circle_of(db.session.get_one(Pathway, path.id))
    shut = unmet(found.requirements_on(day))
    if any(gate.code != "hold" for gate in shut):
        return False
    can_be_lifted = {hold.rule for hold in found.holds if hold.can_be_lifted}
    for gate in shut:
        if gate.rule in can_be_lifted:
            lift_hold(work.calls(now), path.id, gate.rule, LIFTED)
    return all(gate.rule in can_be_lifted for gate in shut)


def meet(path: Path, invited: list[Party], keepers: list[Person], now: datetime, wait: int) -> Steps:
    """Plan a meeting so many school days ahead, hold it or not, and say so. Returns its state and that instant."""
    work, world = path.work, path.work.world
    starts_at, room = _time(path, invited, keepers, now, wait)
    meeting = plan_meeting(
        work.calls(now), path.id, starts_at=starts_at, room=room, keeper_id=work.lead.id, minutes=MINUTES, anyway=True
    )
    if world.circles[work.id] != "held":
        world.circles[work.id] = "planned"
    # of today's circles their keeper finds in My day that nobody said yet whether they happened
    now = yield world.calendar.never if work.story == "circle" else starts_at + timedelta(minutes=MINUTES + 5)
    state = MeetingState.WALKED_OUT if work.story == "walked" else work.place.rng.choices(*HELD_OR_NOT)[0]
    answer_meeting(work.calls(now), meeting, state, _came(path, invited, keepers, state))
    if state is MeetingState.WALKED_OUT:
        yield world.calendar.never
    return state, now


def _time(path: Path, invited: list[Party], keepers: list[Person], now: datetime, wait: int) -> tuple[datetime, str]:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    pupils = [one.pupil for one in invited if one.pupil]
    day, wish = calendar.school_days.add(work.world.day(now), wait), rng.randrange(FIRST, LAST, STEP)
    if wait == 0:
        wish = max(FIRST, (now - moment(day, 0)) // timedelta(minutes=STEP) * STEP + 2 * STEP)
    if work.story == "circle":
        day, wish = calendar.due_today, TODAYS_MINUTES[work.id % 2]
    elif work.story == "walked":
        day, wish = calendar.school_days.add(calendar.due_today, -1), 11 * 60
    for _number in range(FURTHEST):
        if work.story or all(one.is_there(day) for one in pupils):
            break
        day = calendar.school_days.add(day, 1)
    who = [*(("staff", one.id) for one in keepers), *(("pupil", one.id) for one in pupils)]
    return work.world.diary(work.place).book(who, day, wish, MINUTES)


def _came(path: Path, invited: list[Party], keepers: list[Person], state: MeetingState) -> Attendance:
    came = {one.id: Presence.CAME for one in invited}
    if state in (MeetingState.NO_SHOW, MeetingState.WALKED_OUT):
        came[invited[-1].id] = Presence.ABSENT if state is MeetingState.NO_SHOW else Presence.LEFT_EARLY
    beside = rows(CircleSupporter.id, where=CircleSupporter.pathway_id == path.id)
    return Attendance(came, {number: Presence.CAME for (number,) in beside}, {one.id: Presence.CAME for one in keepers})
