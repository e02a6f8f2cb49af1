"""A student's return: planned with them, the re-entry meeting near it, the first day back, two reviews."""

from datetime import date, datetime, timedelta

from wss_cases.demo.cases.case import Path
from wss_cases.demo.story.diary import FIRST, LAST, STEP
from wss_cases.demo.story.world import Steps, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.pathways.reengagement.case_page.pages import PlanText, add_review, complete, record_return, save_plan
from wss_cases.pathways.reengagement.meeting import answer_meeting, plan_meeting
from wss_cases.pathways.reengagement.plan.queries import REVIEW
from wss_cases.pathways.reengagement.plan.rules import ReengagementPlan, ReviewAnswer, is_near

SUPPORTS = ("Check-in with the counselor on the first three days", "A quiet place at lunch in the first week")
SUPPORTERS = ("Their aunt and the basketball coach", "The counselor", "Their mother and the librarian")
MISSED_WORK = ("Two math tests, one essay", "One week of science", "", "")
ANSWERS = (ReviewAnswer.SETTLED, ReviewAnswer.SUPPORT_GOES_ON, ReviewAnswer.SUPPORT_GOES_ON)
OUTCOMES = (("settled", "back_with_support", "not_back"), (6, 3, 1))
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
    complete(work.calls(now), path.id, rng.choices(*OUTCOMES)[0], "")
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
