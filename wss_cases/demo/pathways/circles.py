"""A circle from its offer to its end: support, consent, separate meetings, the screen, the meeting, the agreement."""

from datetime import datetime, timedelta

from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.district.calendar import moment
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
    """Let a circle be prepared and held, as far as it comes."""
    work, world = path.work, path.work.world
    invited = parties(path.for_whom, path.participant_id, work.people)
    add_keeper(work.calls(now), path.id, keeper=work.lead.id)
    now = yield from _prepare(path, invited, now)
    if not _may_meet(path, now):
        end_early(work.calls(now), path.id, EndReason.NOT_SUITABLE, "")
        return
    now = yield world.calendar.soon(now, 10)
    now = yield from meet(path, invited, now, work.place.rng.choice((1, 1, 2, 3)))
    world.circles[work.id] = "held"
    now = yield from ask(path, invited, now)
    if not any(party.caused_harm for party in invited) or work.place.rng.random() < 0.2:
        now = yield world.calendar.in_days(now, 1, 15 * 60 + work.place.rng.randrange(60))
        complete_circle(work.calls(now), path.id, outcome=NO_AGREEMENT)
        return
    end = yield from agree(path, invited, now)
    now = end.now if end.without else (yield from meet(path, invited, end.now, 0))
    now = yield world.calendar.soon(now, 15)
    complete_circle(work.calls(now), path.id, outcome=end.outcome, without_meeting=end.without)


def _prepare(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Offer support to whoever was harmed, ask everybody and their guardians, meet each alone, and screen.

    A circle for one person needs neither separate meetings nor the screen.
    """
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    for party in invited:
        if party.was_harmed:
            now = yield calendar.soon(now, 6)
            record_visit(work.calls(now), path.id, party.id, Visit(work.world.day(now), "in_person", support=True))
    for party in invited:
        now = yield calendar.soon(now, 25)
        said = Visit(
            on=work.world.day(now),
            manner="in_person",
            letter=True,
            answer=PartyAnswer.YES,
            guardian=GuardianAnswer.PAPER if party.pupil else None,
            guardian_name=party.pupil.guardian if party.pupil else "",
        )
        record_visit(work.calls(now), path.id, party.id, said)
    if len(invited) < 2:
        return now
    for number, party in enumerate(invited):
        now = yield calendar.in_days(now, 1 - number % 2, rng.randrange(9 * 60, 13 * 60))
        met = Visit(on=work.world.day(now), manner="in_person", pre_met=True)
        record_visit(work.calls(now), path.id, party.id, met)
        now = yield calendar.soon(now, 20)
        supporter = party.pupil.guardian if party.pupil and rng.random() < 0.15 else ""
        relation = SupporterRelation.GUARDIAN if supporter else None
        record_visit(work.calls(now), path.id, party.id, Visit(ready=True, supporter=supporter, relation=relation))
    now = yield calendar.soon(now, 15)
    record_screen(work.calls(now), path.id, ScreenAnswer.SAFE, work.world.day(now))
    return now


def _may_meet(path: Path, now: datetime) -> bool:
    """Say why the holds are met that can be, and return whether every gate is open."""
    work, day = path.work, path.work.world.day(now)
    state = circle_of(db.session.get_one(Pathway, path.id))
    shut = unmet(state.requirements_on(day))
    if any(gate.code != "hold" for gate in shut):
        return False
    can_be_lifted = {hold.rule for hold in state.holds if hold.can_be_lifted}
    for gate in shut:
        if gate.rule in can_be_lifted:
            lift_hold(work.calls(now), path.id, gate.rule, LIFTED)
    return all(gate.rule in can_be_lifted for gate in shut)


def meet(path: Path, invited: list[Party], now: datetime, wait: int) -> Steps:
    """Plan a meeting so many school days ahead and say whether it was held, again and again until it was."""
    work, world = path.work, path.work.world
    while True:
        starts_at, room = _time(path, invited, now, wait)
        call = work.calls(now)
        meeting = plan_meeting(
            call, path.id, starts_at=starts_at, room=room, keeper_id=work.lead.id, minutes=MINUTES, anyway=True
        )
        world.circles.setdefault(work.id, "planned")
        # of today's circles their keeper finds in My day that nobody said yet whether they happened
        now = yield world.calendar.never if work.story == "circle" else starts_at + timedelta(minutes=MINUTES + 5)
        state = MeetingState.WALKED_OUT if work.story == "walked" else work.place.rng.choices(*HELD_OR_NOT)[0]
        answer_meeting(work.calls(now), meeting, state, _came(path, invited, state))
        if state is MeetingState.WALKED_OUT:
            yield world.calendar.never
        if state is MeetingState.HELD:
            return now
        now = yield world.calendar.in_days(now, 1, 9 * 60 + 10)
        wait = 1


def _time(path: Path, invited: list[Party], now: datetime, wait: int) -> tuple[datetime, str]:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    pupils = [party.pupil for party in invited if party.pupil]
    day, wish = calendar.school_days.add(work.world.day(now), wait), rng.randrange(FIRST, LAST, STEP)
    if wait == 0:
        wish = max(FIRST, (now - moment(day, 0)) // timedelta(minutes=STEP) * STEP + 2 * STEP)
    if work.story == "circle":
        day, wish = calendar.due_today, TODAYS_MINUTES[work.id % 2]
    elif work.story == "walked":
        day, wish = calendar.school_days.add(calendar.due_today, -1), 11 * 60
    for _number in range(FURTHEST):
        if work.story or all(pupil.is_there(day) for pupil in pupils):
            break
        day = calendar.school_days.add(day, 1)
    who = [("staff", work.lead.id), *(("pupil", pupil.id) for pupil in pupils)]
    return work.world.diary(work.place).book(who, day, wish, MINUTES)


def _came(path: Path, invited: list[Party], state: MeetingState) -> Attendance:
    came = {party.id: Presence.CAME for party in invited}
    if state in (MeetingState.NO_SHOW, MeetingState.WALKED_OUT):
        came[invited[-1].id] = Presence.ABSENT if state is MeetingState.NO_SHOW else Presence.LEFT_EARLY
    supporters = rows(CircleSupporter.id, where=CircleSupporter.pathway_id == path.id)
    return Attendance(came, {number: Presence.CAME for (number,) in supporters}, {path.work.lead.id: Presence.CAME})
