"""Safety plans: agreed with the person harmed where the rules ask for one, and reviewed until they are not needed."""

from datetime import datetime

from wss_cases.cases.case.models import GuardianTold, PlanAnswer, PlanState, SafetyPlan
from wss_cases.cases.safety_plans import PlanText
from wss_cases.casework.safety_plans.actions import agree, end, review, write
from wss_cases.demo.cases.case import PLAN_WORKED, Party, Work
from wss_cases.demo.story.agenda import Life
from wss_cases.demo.story.world import rows

STEPS = "An adult walks the first hallway with them. A sign to any teacher is enough to leave the room."
ADULTS = "Homeroom teacher, counselor, security officer at door 3"
ROUTES = ("By the east stairs", "Arrives by the gym door", "")
SEATS = ("In front, beside a friend", "Keeps their own seat; the other one moved", "")
PHONES = ("May keep the phone on silent", "")


def wanted(work: Work) -> Party | None:
    """Return whom a plan is for: the first student who was harmed."""
    return next((one for one in work.people if one.was_harmed and one.pupil is not None), None)


def protect(work: Work, person: Party, days: int, now: datetime) -> Life:
    """Write a plan, agree on it within so many school days, and review it until it is not needed any more."""
    rng, calendar = work.place.rng, work.world.calendar
    now = yield calendar.soon(now, rng.randrange(30, 150))
    text = PlanText(STEPS, ADULTS, rng.choice(ROUTES), rng.choice(SEATS), rng.choice(PHONES))
    work.plan_id = plan_id = write(work.calls(now), work.id, person.id, text)
    if work.story == "fresh":
        return
    now = yield calendar.in_days(now, days, rng.randrange(540, 840))
    told = rng.choice((GuardianTold.TOLD, GuardianTold.TOLD, GuardianTold.NOT_TO_BE_TOLD))
    agree(work.calls(now), plan_id, work.world.day(now), told)
    for _number in range(rng.randrange(2, 5)):
        due = rows(SafetyPlan.next_review_on, where=SafetyPlan.id == plan_id)[0][0]
        now = yield calendar.on(due, rng.randrange(540, 900), now)
        if not _stands(plan_id):
            return
        review(work.calls(now), plan_id, PlanAnswer.WORKS, "")
    now = yield calendar.soon(now, 20)
    if _stands(plan_id):
        end(work.calls(now), plan_id, PLAN_WORKED)
        work.plan_id = None


def _stands(plan_id: int) -> bool:
    return rows(SafetyPlan.state, where=SafetyPlan.id == plan_id)[0][0] is PlanState.AGREED
