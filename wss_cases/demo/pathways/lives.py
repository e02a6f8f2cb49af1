"""A student's return: planned with them, the re-entry meeting near it, the first day back, two reviews."""

from datetime import date, datetime, timedelta

from wss_cases.casework.pathway_page import decline, end_early
from wss_cases.demo.cases.case import Path, PathLife
from wss_cases.demo.district.schools import MentorPlaces, Person
from wss_cases.demo.pathways.circles import circle
from wss_cases.demo.pathways.referrals import referral
from wss_cases.demo.story.world import FIRST, LAST, STEP, Steps, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.pathways.common.rules import EndReason, Pathway, PathwayState
from wss_cases.pathways.conversations.pages import log_conversation
from wss_cases.pathways.mentoring.card import check_in, check_out, mark, set_card
from wss_cases.pathways.mentoring.course import Course, Match, finish, match, review
from wss_cases.pathways.mentoring.plan.models import After, Cadence, DailyCard, GoesOn, Missed, Reason
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.mentoring.sessions.actions import DayAnswer, log_session
from wss_cases.pathways.reengagement.case_page.pages import PlanText, add_review, complete, record_return, save_plan
from wss_cases.pathways.reengagement.meeting import answer_meeting, plan_meeting
from wss_cases.pathways.reengagement.plan.queries import REVIEW
from wss_cases.pathways.reengagement.plan.rules import ReengagementPlan, ReviewAnswer, is_near
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family

OUTCOMES = (("repair_agreed", "understood", "no_understanding"), (6, 4, 1))
REPAIRS = ("Repairs what was broken, together with the engineer.", "Writes a letter and reads it out.")


def conversation(path: Path, now: datetime) -> Steps:
    """Let the conversation be held and logged in one act. Returns that instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    if work.story == "fresh":
        now = yield calendar.never
    now = yield calendar.in_days(now, rng.randrange(3), rng.randrange(9 * 60, 15 * 60))
    outcome = rng.choices(*OUTCOMES)[0]
    owes = outcome == "repair_agreed" and rng.random() < 0.4 and path.owner is not None and path.owner.caused_harm
    today = work.world.day(now)
    log_conversation(
        work.calls(now),
        path.id,
        held_on=today,
        outcome=outcome,
        note="",
        repair=rng.choice(REPAIRS) if owes else "",
        repair_on=calendar.school_days.add(today, rng.choice((3, 5))) if owes else None,
    )
    return now


GOALS = (
    "Ask for a break before it gets loud",
    "Be in first period on time",
    "Find one adult to talk to",
    "Finish the week without leaving class",
)
MISSED = (Missed.STUDENT_ABSENT, Missed.STUDENT_ABSENT, Missed.STUDENT_CHOSE_NOT, Missed.MENTOR_ABSENT, Missed.OTHER)
EXPECTATIONS = ("Be on time", "Keep hands and words kind", "Ask for a break before leaving")
PERIODS = ("Morning", "After lunch")
RHYTHMS = {
    Kind.CHECK_IN_CHECK_OUT.value: ((Cadence.DAILY,), (3, 4), 10),
    Kind.GROUP.value: ((Cadence.WEEKLY,), (6, 8), 40),
    Kind.ONE_TO_ONE.value: ((Cadence.WEEKLY, Cadence.WEEKLY, Cadence.BIWEEKLY), (6, 8, 8), 45),
}
"""Rhythms, lengths in weeks, and minutes of a session, by kind."""
REVIEW_AFTER = timedelta(days=28)
STANDS = (("goal_reached", "goal_partly_reached", "goal_not_reached"), (3, 6, 2))
CARD_DAYS = 6
"""The card of check-in/check-out is filled in for the last so many school days before today."""


def mentoring(path: Path, now: datetime) -> Steps:
    """Let a student be with a mentor for some weeks. Returns the last instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    chosen, owner = _free(path), path.owner
    if chosen is None or owner is None or owner.pupil is None:
        end_early(work.calls(now), path.id, EndReason.OTHER_PATHWAY, "No place is free this term.")
        return now
    chosen.taken += 1
    rhythms, lengths, minutes = RHYTHMS[path.kind]
    starts, weeks, rhythm = work.world.day(now), rng.choice(lengths), rng.choice(rhythms)
    review_on = calendar.school_days.on_or_after(starts + REVIEW_AFTER)
    course = Course(rng.choice(GOALS), rhythm, weeks, minutes, starts, review_on)
    why = Match(chosen.id, (Reason.PLACE, Reason.TRAINED), owner.id, True)
    match(work.calls(now), path.id, why, course)
    last = last_day_of(starts, weeks)
    assert last is not None
    for day in due_days(rhythm, starts, last, calendar.school_days):
        if day >= review_on > starts:
            now = yield calendar.on(review_on, rng.randrange(9 * 60, 11 * 60), now)
            _review(path, now)
            review_on = starts
        now = yield calendar.on(day, rng.randrange(12 * 60, 14 * 60), now)
        yield from _session(path, chosen, day, minutes, now)
    now = yield calendar.in_days(now, 1, 15 * 60 + 10)
    outcome = rng.choices(*STANDS)[0]
    after = rng.choice(list(After))
    finish(work.calls(now), path.id, outcome=outcome, reason=None, after=after, note="")
    chosen.taken -= 1
    return now


def _free(path: Path) -> MentorPlaces | None:
    wants_group = path.kind == Kind.GROUP.value
    free = [one for one in path.work.place.mentors if one.taken < one.capacity and one.is_group == wants_group]
    return max(free, key=lambda one: one.capacity - one.taken, default=None)


def _review(path: Path, now: datetime) -> None:
    stands = path.work.place.rng.choices(*STANDS)[0]
    review(path.work.calls(now), path.id, stands=stands, goes_on=GoesOn.ENDS, note="", next_on=None)


def _session(path: Path, chosen: MentorPlaces, day: date, minutes: int, now: datetime) -> Steps:
    """Log one planned session; a few of the last days are not logged yet, and today's card is filled in."""
    work, rng, world = path.work, path.work.place.rng, path.work.world
    chance = rng.random()
    is_late = world.calendar.school_days.between(day, world.calendar.due_today) < CARD_DAYS
    if chance > 0.95 and is_late:
        return
    who = chosen.account or work.lead
    missed = None if chance < 0.86 or chance > 0.95 else rng.choice(MISSED)
    if path.pupil is not None and not path.pupil.is_there(day):
        missed = Missed.STUDENT_ABSENT
    if path.kind == Kind.CHECK_IN_CHECK_OUT and is_late and missed is None:
        yield from _card(path, who, now)
        return
    lasted = max(5, minutes + rng.choice((-15, -5, 0, 0, 0, 10)))
    answer = DayAnswer(minutes=None if missed else lasted, missed=missed)
    log_session(world.calls(who, now), path.id, day, answer, None)


def _card(path: Path, who: Person, now: datetime) -> Steps:
    """Check in, mark the day, check out; the card is set the first time."""
    world, rng = path.work.world, path.work.place.rng
    if not rows(DailyCard.id, where=DailyCard.pathway_id == path.id):
        set_card(path.work.calls(now), path.id, expectations=EXPECTATIONS, periods=PERIODS, goal_percent=80)
    check_in(world.calls(who, now), path.id)
    for period in PERIODS:
        marks = [rng.choices((0, 1, 2), (1, 3, 6))[0] for _line in EXPECTATIONS]
        now = yield world.calendar.soon(now, 20)
        mark(world.calls(who, now), path.id, world.day(now), period, marks)
    check_out(world.calls(who, now), path.id)


SUPPORTS = ("Check-in with the counselor on the first three days", "A quiet place at lunch in the first week")
SUPPORTERS = ("Their aunt and the basketball coach", "The counselor", "Their mother and the librarian")
MISSED_WORK = ("Two math tests, one essay", "One week of science", "", "")
ANSWERS = (ReviewAnswer.SETTLED, ReviewAnswer.SUPPORT_GOES_ON, ReviewAnswer.SUPPORT_GOES_ON)
PATHWAYS_OUTCOMES = (("settled", "back_with_support", "not_back"), (6, 3, 1))
MINUTES = 45
MET = 0.7
"""How often a student wants a re-entry meeting."""


def come_back(path: Path, now: datetime) -> Steps:
    """Plan a return on the day of the removal, meet near it, and see how it goes. Returns the last instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    back_on = rows(ReengagementPlan.return_on, where=ReengagementPlan.pathway_id == path.id)[0][0]
    now = yield calendar.soon(now, rng.randrange(20, 90))
    text = PlanText(back_on, rng.choice(SUPPORTERS), rng.choice(SUPPORTS), rng.choice(MISSED_WORK))
    save_plan(work.calls(now), path.id, text, True)
    if back_on is None:
        yield calendar.never
    meeting = _book(path, back_on, now) if rng.random() < MET else None
    if meeting is not None:
        now = yield calendar.soon(now, 8)
        starts_at, room = meeting
        plan_meeting(work.calls(now), path.id, starts_at, room)
    came = calendar.on(back_on, 8 * 60 + 20 + rng.randrange(20), now)
    held = meeting[0] + timedelta(minutes=MINUTES) if meeting is not None else None
    for at in sorted(at for at in (came, held) if at is not None):
        now = yield at
        if at == came:
            record_return(work.calls(now), path.id, work.world.day(now))
        else:
            answer_meeting(work.calls(now), path.id, None)
    while (due := _next_review(path)) is not None:
        now = yield calendar.on(due, rng.randrange(9 * 60, 15 * 60), now)
        add_review(work.calls(now), path.id, rng.choice(ANSWERS), "")
    now = yield calendar.in_days(now, 1, 15 * 60 + rng.randrange(50))
    complete(work.calls(now), path.id, rng.choices(*PATHWAYS_OUTCOMES)[0], "")
    return now


def _book(path: Path, back_on: date, now: datetime) -> tuple[datetime, str] | None:
    """Return a time on the day of the return or the day after, where everybody is free; None where none is near."""
    work, rng, days = path.work, path.work.place.rng, path.work.world.calendar.school_days
    who = [("staff", work.lead.id), ("pupil", path.pupil.id if path.pupil else 0)]
    day = max(days.on_or_after(back_on), days.add(work.world.day(now), 1))
    starts_at, room = work.world.diary(work.place).book(who, day, rng.randrange(FIRST, LAST, STEP), MINUTES)
    return (starts_at, room) if is_near(work.world.day(starts_at), back_on, days) else None


def _next_review(path: Path) -> date | None:
    one = FollowUp
    waits = (one.pathway_id == path.id) & (one.kind == REVIEW) & (one.state == FollowUpState.OPEN)
    found = rows(one.due_on, where=waits, order_by=one.due_on)
    return found[0][0] if found else None


LIVES: dict[str, PathLife] = {
    Family.RESTORATIVE_CONVERSATION: conversation,
    Family.CIRCLE: circle,
    Family.MENTORING: mentoring,
    Family.WRAPAROUND: referral,
    Family.REENGAGEMENT: come_back,
}
DECLINED = {Family.CIRCLE: 0.45, Family.WRAPAROUND: 0.45, Family.MENTORING: 0.25, Family.RESTORATIVE_CONVERSATION: 0.06}
"""How often what is offered is not wished; a return is lived in any case."""


LEFT, LEAST = 0.55, 0.4
"""How much of what would have happened with somebody still happens after such work, and at least: a modest effect."""


def life_of(path: Path, now: datetime) -> Steps:
    """Let a pathway be offered, declined or lived. Returns its last instant."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    chance = DECLINED.get(Family(path.family), 0.0)
    if path.family != Family.REENGAGEMENT:
        now = yield calendar.in_days(now, rng.choice((0, 0, 1, 1, 2)), rng.randrange(9 * 60, 15 * 60))
    if not work.story and rng.random() < chance:
        decline(work.calls(now), path.id)
        work.declined += 1
        if path.family == Family.CIRCLE and work.world.circles[work.id] == "":
            work.world.circles[work.id] = "declined"
        return now
    now = yield from LIVES[path.family](path, now)
    if rows(Pathway.state, where=Pathway.id == path.id)[0][0] is PathwayState.COMPLETED:
        _calm(path)
    return now


def _calm(path: Path) -> None:
    """Let those who caused harm and took part be in fewer reports from now on."""
    for one in path.work.people:
        if one.caused_harm and one.pupil is not None and (path.owner is None or path.owner.id == one.id):
            one.pupil.calm = max(LEAST, one.pupil.calm * LEFT)
