"""Mentoring: the match, sessions held and missed, a review, what comes after; and the daily card."""

from datetime import date, datetime, timedelta

from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.cases.case import Path
from wss_cases.demo.district.schools import MentorPlaces, Person
from wss_cases.demo.story.world import Steps, rows
from wss_cases.pathways.common.rules import EndReason
from wss_cases.pathways.mentoring.card import check_in, check_out, mark, set_card
from wss_cases.pathways.mentoring.course import Course, Match, finish, match, review
from wss_cases.pathways.mentoring.plan.models import After, Cadence, DailyCard, GoesOn, Missed, Reason
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.mentoring.sessions.actions import DayAnswer, log_session
from wss_cases.routing.engine.pages import Kind

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
