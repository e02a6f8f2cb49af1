"""What happens in each pathway of a case: declined, or a conversation, a circle, mentoring, a referral, a return."""

from datetime import date, datetime, timedelta

from wss_cases.casework.case_page.acts import add_note
from wss_cases.casework.pathway_page import decline, end_early
from wss_cases.demo.cases.case import Path, Work, close_case
from wss_cases.demo.district.schools import MentorPlaces
from wss_cases.demo.pathways.circles import circle
from wss_cases.demo.pathways.referrals import referral
from wss_cases.demo.story.world import FIRST, LAST, STEP, Life, Steps, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.school_time import district_zone, local
from wss_cases.pathways.common.rules import LIVE, EndReason, Pathway, PathwayState
from wss_cases.pathways.conversations import log_conversation
from wss_cases.pathways.mentoring.card import check_in, check_out, mark, set_card
from wss_cases.pathways.mentoring.course import finish, match, review
from wss_cases.pathways.mentoring.plan.models import OWN_RHYTHM, After, Cadence, DailyCard, GoesOn, Missed, Reason
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.mentoring.sessions import DayAnswer, log_session
from wss_cases.pathways.reengagement.pages import (
    HELD,
    add_review,
    answer_meeting,
    complete,
    plan_meeting,
    record_return,
    save_plan,
)
from wss_cases.pathways.reengagement.plan import REVIEW, ReengagementPlan, ReviewAnswer, is_near
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family

DECLINED = {Family.CIRCLE: 0.45, Family.WRAPAROUND: 0.45, Family.MENTORING: 0.25, Family.RESTORATIVE_CONVERSATION: 0.06}
"""How often what is offered is not wished; a return is lived in any case."""
LEFT, LEAST = 0.55, 0.4
"""How much of what would have happened with somebody still happens after such work, and at least: a modest effect."""
NOTES = (
    "Spoke with the homeroom teacher about the seating plan.",
    "The family asked to be called in the afternoon.",
    "Agreed with the counselor who checks in on Mondays.",
)


def case_life(work: Work, now: datetime) -> Life:
    """Let the pathways of a case live; close it some days after the last of them ended."""
    rng, path, number = work.place.rng, Pathway, 0
    while True:
        live = (path.case_id == work.id) & path.state.in_(LIVE)
        columns = (path.id, path.pathway, path.kind, path.for_whom, path.participant_id)
        left = rows(*columns, where=live)
        for row in left:
            if row.id not in work.begun:
                work.begun.add(row.id)
                work.world.agenda.begin(_pathway(Path(work, *row), now))
        if number and not left and close_case(work, now):
            return
        if number == 1 and rng.random() < 0.4:
            add_note(work.calls(now), work.id, text=rng.choice(NOTES))
        number += 1
        now = yield work.world.calendar.in_days(now, rng.randrange(2, 6), rng.randrange(540, 930))


def _pathway(path: Path, now: datetime) -> Life:
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if path.family != Family.REENGAGEMENT:
        now = yield calendar.in_days(now, rng.choice((0, 0, 1, 1, 2)), rng.randrange(9 * 60, 15 * 60))
    if not work.story and rng.random() < DECLINED.get(Family(path.family), 0.0):
        decline(work.calls(now), path.id)
        if path.family == Family.CIRCLE:
            work.world.circles.setdefault(work.id, "declined")
        return
    yield from LIVES[Family(path.family)](path, now)
    if rows(Pathway.state, where=Pathway.id == path.id)[0][0] is PathwayState.COMPLETED:
        for party in work.people:
            if party.caused_harm and party.pupil is not None and path.owner in (None, party):
                party.pupil.calm = max(LEAST, party.pupil.calm * LEFT)


OUTCOMES = (("repair_agreed", "understood", "no_understanding"), (6, 4, 1))
REPAIR = "Repairs what was broken, together with the engineer."


def conversation(path: Path, now: datetime) -> Steps:
    """Let the conversation be held and logged in one act."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if work.story == "fresh":
        now = yield calendar.never
    now = yield calendar.in_days(now, rng.randrange(3), rng.randrange(9 * 60, 15 * 60))
    outcome = rng.choices(*OUTCOMES)[0]
    owes = outcome == "repair_agreed" and path.owner is not None and path.owner.caused_harm
    today = work.world.day(now)
    log_conversation(
        work.calls(now),
        path.id,
        held_on=today,
        outcome=outcome,
        repair=REPAIR if owes else "",
        repair_on=calendar.school_days.add(today, 5) if owes else None,
    )


GOALS = ("Ask for a break before it gets loud", "Be in first period on time", "Find one adult to talk to")
EXPECTATIONS = "Be on time\nKeep hands and words kind\nAsk for a break before leaving"
PERIODS = ("Morning", "After lunch")
RHYTHMS = {
    Kind.CHECK_IN_CHECK_OUT.value: (Cadence.DAILY, 4, 10),
    Kind.GROUP.value: (Cadence.WEEKLY, 7, 40),
    Kind.ONE_TO_ONE.value: (Cadence.WEEKLY, 8, 45),
}
"""Rhythm, length in weeks, and minutes of a session, by kind."""
REVIEW_AFTER = timedelta(days=28)
STANDS = (("goal_reached", "goal_partly_reached", "goal_not_reached"), (3, 6, 2))
CARD_DAYS = 6
"""The card of check-in/check-out is filled in for the last so many school days before today."""


def mentoring(path: Path, now: datetime) -> Steps:
    """Let a student be with a mentor for some weeks."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    is_group = path.kind == Kind.GROUP.value
    free = [mentor for mentor in work.place.mentors if mentor.taken < mentor.capacity and mentor.is_group == is_group]
    if not free or path.owner is None or path.owner.pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No place is free this term.")
        return
    chosen = max(free, key=lambda mentor: mentor.capacity - mentor.taken)
    chosen.taken += 1
    rhythm, weeks, minutes = RHYTHMS[path.kind]
    starts = work.world.day(now)
    review_on = calendar.school_days.on_or_after(starts + REVIEW_AFTER)
    match(
        work.calls(now), path.id, goal=rng.choice(GOALS), preset=OWN_RHYTHM, rhythm=rhythm, weeks=weeks,
        minutes=minutes, starts_on=starts, review_on=review_on, chosen=chosen.id,
        reasons=[Reason.PLACE, Reason.TRAINED], participant_id=path.owner.id, agreed="yes",
    )  # fmt: skip
    last = last_day_of(starts, weeks)
    assert last is not None
    for day in due_days(rhythm, starts, last, calendar.school_days):
        if day >= review_on > starts:
            now = yield calendar.on(review_on, 10 * 60, now)
            stands = rng.choices(*STANDS)[0]
            review(work.calls(now), path.id, stands=stands, goes_on=GoesOn.ENDS)
            review_on = starts
        now = yield calendar.on(day, rng.randrange(12 * 60, 14 * 60), now)
        yield from _session(path, chosen, day, minutes, now)
    now = yield calendar.in_days(now, 1, 15 * 60 + 10)
    outcome = rng.choices(*STANDS)[0]
    after = rng.choice(list(After))
    finish(work.calls(now), path.id, how=outcome, after=after)
    chosen.taken -= 1


def _session(path: Path, chosen: MentorPlaces, day: date, minutes: int, now: datetime) -> Steps:
    """Log one planned session; a few of the last days are not logged yet, and today's card is filled in."""
    world, pupil, chance = path.work.world, path.pupil, path.work.place.rng.random()
    is_late = world.calendar.school_days.between(day, world.calendar.due_today) < CARD_DAYS
    if chance > 0.95 and is_late:
        return
    call = world.calls(chosen.account or path.work.lead, now)
    is_missed = 0.86 < chance <= 0.95 or (pupil is not None and not pupil.is_there(day))
    if path.kind != Kind.CHECK_IN_CHECK_OUT or not is_late or is_missed:
        missed = Missed.STUDENT_ABSENT if is_missed else None
        log_session(call, path.id, day, DayAnswer(minutes=None if is_missed else minutes, missed=missed), None)
        return
    if not rows(DailyCard.id, where=DailyCard.pathway_id == path.id):
        set_card(path.work.calls(now), path.id, expectations=EXPECTATIONS, periods="\n".join(PERIODS), goal_percent=80)
    check_in(call, path.id)
    for period, marks in zip(PERIODS, ([2, 2, 1], [2, 1, 2]), strict=True):
        now = yield world.calendar.soon(now, 20)
        mark(world.calls(chosen.account or path.work.lead, now), path.id, world.day(now), period, marks)
    check_out(world.calls(chosen.account or path.work.lead, now), path.id)


RETURNS = (
    {
        "supporters": "Their aunt and the basketball coach",
        "supports": "A quiet place at lunch in the first week",
        "work_missed": "One essay",
    },
    {"supporters": "The counselor", "supports": "Check-in with the counselor on the first three days"},
)
RETURN_OUTCOMES = (("settled", "back_with_support", "not_back"), (6, 3, 1))
MINUTES = 45
MET = 0.7
"""How often a student wants a re-entry meeting."""


def come_back(path: Path, now: datetime) -> Steps:
    """Plan a return on the day of the removal, meet near it, and see how it goes."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    back_on = rows(ReengagementPlan.return_on, where=ReengagementPlan.pathway_id == path.id)[0][0]
    now = yield calendar.soon(now, rng.randrange(20, 90))
    save_plan(work.calls(now), path.id, return_on=back_on, agreed=True, **rng.choice(RETURNS))
    meeting = _book(path, back_on, now) if rng.random() < MET else None
    if meeting is not None:
        now = yield calendar.soon(now, 8)
        starts_at, room = meeting
        begins = local(starts_at, district_zone()).time()
        plan_meeting(work.calls(now), path.id, day=work.world.day(starts_at), time=begins, place=room)
    came = calendar.on(back_on, 8 * 60 + 20 + rng.randrange(20), now)
    held = [meeting[0] + timedelta(minutes=MINUTES)] if meeting is not None else []
    for at in sorted([came, *held]):
        now = yield at
        if at == came:
            record_return(work.calls(now), path.id, on=work.world.day(now))
        else:
            answer_meeting(work.calls(now), path.id, happened=HELD)
    follow_up = FollowUp
    waits = (follow_up.pathway_id == path.id) & (follow_up.kind == REVIEW) & (follow_up.state == FollowUpState.OPEN)
    while due := rows(follow_up.due_on, where=waits, order_by=follow_up.due_on):
        now = yield calendar.on(due[0][0], rng.randrange(9 * 60, 15 * 60), now)
        add_review(work.calls(now), path.id, answer=ReviewAnswer.SUPPORT_GOES_ON)
    now = yield calendar.in_days(now, 1, 15 * 60 + rng.randrange(50))
    complete(work.calls(now), path.id, outcome=rng.choices(*RETURN_OUTCOMES)[0])


def _book(path: Path, back_on: date, now: datetime) -> tuple[datetime, str] | None:
    """Return a time on the day of the return or the day after, where everybody is free; None where none is near."""
    work, rng, days = path.work, path.work.place.rng, path.work.world.calendar.school_days
    who = [("staff", work.lead.id), ("pupil", path.pupil.id if path.pupil else 0)]
    day = max(days.on_or_after(back_on), days.add(work.world.day(now), 1))
    starts_at, room = work.world.diary(work.place).book(who, day, rng.randrange(FIRST, LAST, STEP), MINUTES)
    return (starts_at, room) if is_near(work.world.day(starts_at), back_on, days) else None


LIVES = {
    Family.RESTORATIVE_CONVERSATION: conversation,
    Family.CIRCLE: circle,
    Family.MENTORING: mentoring,
    Family.WRAPAROUND: referral,
    Family.REENGAGEMENT: come_back,
}
