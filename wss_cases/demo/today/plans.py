"""Whole School Safety plans: the demo school's, in force since the start of the year, with what was done for it and its
money, and a draft at the next school."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select

from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Place
from wss_cases.demo.story.world import World
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.baselines.acts import enter_survey, freeze
from wss_cases.plans.baselines.queries import years_recorded
from wss_cases.plans.measures import INCIDENTS, REPAIRED, SUSPENSIONS
from wss_cases.plans.money.funding.actions import Given, add_funding
from wss_cases.plans.money.funding.queries import FundingSource
from wss_cases.plans.money.resources.models import EntryKind, ResourceKind
from wss_cases.plans.money.resources.pages import Needed, add_entry, add_resource, correct_entry
from wss_cases.plans.money.resources.queries import strategies_of
from wss_cases.plans.plan.answers import Written, digest_of, write_answers
from wss_cases.plans.plan.committee import MemberGroup, add_member
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import council_decided
from wss_cases.plans.plan.core.queries import standing_plan
from wss_cases.plans.plan.goals.pages import add_goal, add_step, add_strategy
from wss_cases.plans.plan.goals.queries import Direction, PlanStep
from wss_cases.plans.plan.home import start_plan
from wss_cases.plans.plan.progress import Rating, ReviewKind, move_plan
from wss_cases.plans.plan.templates import Component, questions_of, template_on
from wss_cases.plans.review import goals_of, rate_goal, start_review
from wss_cases.plans.steps import record_step

ANSWERS: Final = {
    "school_now": "Students say that they feel safe in class, and less safe at the east stairs and after dismissal.",
    "who_is_not_reached": "Students who joined during the year, and students who are learning English.",
    "places": "The east stairs between second and third period, and the bus stop after dismissal.",
    "adults_present": "Two adults stand at the stairs in every passing period and greet students by name.",
    "belonging": "Each student names a trusted adult in the first month. Advisory teachers call those who named none.",
    "mental_health": "The counselor holds open hours every day. Two partner clinics take referrals within a week.",
    "circles": "Every advisory holds a circle on Monday. Teachers plan them together once a month.",
    "repair": "The coordinator leads circles after harm, with trained teachers as keepers.",
}


@dataclass(frozen=True)
class Wanted:
    """A goal, what measures it ('' for nothing yet), its strategy, and its steps: text, days from today, evidence."""

    component: Component
    statement: str
    measure: str
    direction: Direction | None
    target: float | None
    strategy: tuple[str, str, str]
    steps: tuple[tuple[str, int, str], ...]


GOALS: Final = (
    Wanted(
        Component.PHYSICAL, "Fewer incidents in hallways and at dismissal", "incidents", Direction.DOWN, 0.4,
        ("two adults greet students at the stairs and the bus stop", "students meet someone they know",
         "fewer fights between periods"),
        (("Post adults at the stairs and the bus stop", -7, "The schedule, signed by the team"),
         ("Walk the building with students and list unsafe places", 14, "The list, with a date for each place")),
    ),
    Wanted(
        Component.EMOTIONAL, "Every student can name an adult they trust", "", None, None,
        ("advisory teachers call every student who named no adult", "these students meet one adult each week",
         "students ask for help before something happens"),
        (("Ask every student for a trusted adult", 21, "How many were asked and how many named someone"),),
    ),
    Wanted(
        Component.TRUST, "Harm is repaired by those it concerns", "repaired", Direction.UP, 75.0,
        ("every advisory holds a circle each week and ten more adults can keep one", "students know how a circle works",
         "more people accept a circle after harm"),
        (("Train ten more circle keepers", 60, "List of the trained"),),
    ),
)  # fmt: skip
NOT_YET: Final = "No one has asked every student yet."
SEATS: Final = (
    (MemberGroup.STUDENT, "", 6),
    (MemberGroup.PARENT, "Parent Advisory Group", 3),
    (MemberGroup.COUNCIL, "Local School Council", 2),
    (MemberGroup.LABOR, "Teachers Union", 1),
)


def add_plans(world: World, now: datetime) -> None:
    """Let the demo school's plan come into force, and the next school start one; these texts name no child."""
    _plan_in_force(world, world.places[0], now)
    if len(world.places) > 1:
        place = world.places[1]
        call = world.calls(place.head, now)
        plan_id = _start(call, place, world.day(now), "Tier 2")
        _answer(call, plan_id, world.day(now), ("school_now", "places"))


def _plan_in_force(world: World, place: Place, now: datetime) -> None:
    today = world.day(now)
    first, last = school_year_bounds(school_year(today))
    began = min(moment(world.calendar.school_days.add(first, 3), 10 * 60), now)
    call = world.calls(place.head, began)
    plan_id = _start(call, place, world.day(began), "Tier 1")
    _answer(call, plan_id, world.day(began), tuple(ANSWERS))
    for group, organization, people in SEATS:
        seat = {"member_group": group, "organization": organization, "people": people}
        add_member(call, plan_id, starts_on=world.day(began), anyway=True, **seat)
    for goal in GOALS:
        _goal(call, plan_id, place, goal, (today, first, last))
    _take_baselines(call, plan_id, place, world.day(began))
    move_plan(call, plan_id, PlanState.COMMITTEE)
    move_plan(call, plan_id, PlanState.COUNCIL_VOTE)
    with unit_of_work(call.actor, began) as uow:
        council_decided(uow, uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE), world.day(began))
    move_plan(call, plan_id, PlanState.APPROVED)
    move_plan(call, plan_id, PlanState.IN_FORCE)


def _take_baselines(call: Invocation, plan_id: int, place: Place, day: date) -> None:
    """Freeze the figures of the last school year that is over, where one is, and enter a survey's value of it."""
    recorded = years_recorded(call.actor, place.id, day)
    year = recorded[min(1, len(recorded) - 1)]
    freeze(call, plan_id, measures=[INCIDENTS, SUSPENSIONS, REPAIRED], year=year)
    share = {"scale": "Students who trust an adult, percent", "value": 58, "year": year}
    enter_survey(call, plan_id, instrument="School climate survey", **share)


def _start(call: Invocation, place: Place, day: date, tier: str) -> int:
    year = school_year(day)
    return start_plan(call, place.id, first_year=year, last_year=year, tier=tier, lead=place.head.id)


def _answer(call: Invocation, plan_id: int, day: date, codes: tuple[str, ...]) -> None:
    texts = {one.id: ANSWERS[one.code] for one in questions_of(template_on(day).id) if one.code in codes}
    write_answers(call, plan_id, {key: Written(text, 0, digest_of("")) for key, text in texts.items()}, anyway=True)


def _goal(call: Invocation, plan_id: int, place: Place, goal: Wanted, days: tuple[date, date, date]) -> None:
    """Write a goal with its strategy and steps; `days`: today, and the first and last of the school year."""
    today, first, last = days
    goal_id = add_goal(
        call, plan_id, component=goal.component, statement=goal.statement, measure=goal.measure,
        direction=goal.direction, target=goal.target, target_by=last if goal.measure else None,
        why_not_measured="" if goal.measure else NOT_YET, anyway=True,
    )  # fmt: skip
    if_words, then_words, leads_to = goal.strategy
    texts = {"if_words": if_words, "then_words": then_words, "leads_to": leads_to}
    strategy_id = add_strategy(call, goal_id, owner=place.coordinator.id, anyway=True, **texts)
    for text, later, evidence in goal.steps:
        due_on = min(max(today + timedelta(days=later), first), last)
        done = {"due_on": due_on, "evidence_required": evidence}
        add_step(call, strategy_id, text=text, owner=place.coordinator.id, anyway=True, **done)


EVIDENCE = "Twelve places, listed with students, each with a date; the list hangs in the main office."


def add_plan_progress(world: World, now: datetime) -> None:
    """Let head and coordinator of the demo school work on its plan: one step stays overdue, one is done."""
    place, today = world.places[0], world.day(now)
    plan = standing_plan(place.id)
    assert plan is not None, "the demo school's plan is in force"
    plan_id, head = plan.id, world.calls(place.head, now)
    asked = (
        select(FollowUp.id)
        .join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        .where(PlanStep.plan_id == plan_id, FollowUp.state == FollowUpState.OPEN, FollowUp.due_on > today)
    )
    step_id = db.session.scalars(asked.order_by(FollowUp.due_on, FollowUp.id).limit(1)).one()
    done = {"outcome": "done", "on_day": today, "evidence": EVIDENCE}
    record_step(world.calls(place.coordinator, now), step_id, anyway=True, **done)
    review_id = start_review(head, plan_id, kind=ReviewKind.MID_YEAR, held_on=today)
    goal_id = goals_of(review_id)[0][0].id
    rating = {"rating": Rating.ON_TRACK, "what_changes": "A third adult at dismissal on Fridays."}
    rate_goal(world.calls(place.coordinator, now), goal_id, anyway=True, **rating)


DOLLARS = 100
FUNDING = (
    (FundingSource.FORMER_POLICE, 165_000, 2, ""),
    (FundingSource.DISTRICT, 40_000, None, ""),
    (FundingSource.GRANT, 12_500, None, "Community foundation, healing spaces"),
    (FundingSource.IN_KIND, 3_000, None, "Rooms of the park district"),
)
SPENT, COMMITTED = EntryKind.SPENT, EntryKind.COMMITTED
RESOURCES = (
    (ResourceKind.POSITION, "Restorative justice coordinator", 92_000, "RJC-1", 100, "filled",
     ((COMMITTED, 92_000, "Salary and benefits of the year"), (SPENT, 23_000, "First quarter"))),
    (ResourceKind.POSITION, "Youth intervention specialist", 61_000, "YIS-1", 100, "vacant", ()),
    (ResourceKind.TRAINING, "Training of circle keepers", 6_000, "", None, "",
     ((COMMITTED, 6_000, "Contract of the trainer"), (SPENT, 7_450, "Two groups instead of one"))),
    (ResourceKind.WRAP_AROUND, "Mentoring after school", 18_000, "", None, "", ((COMMITTED, 18_000, "Agreement"),)),
    (ResourceKind.MATERIALS, "Peace room", 4_500, "", None, "", ((SPENT, 1_280, "Chairs and a rug"),)),
    (ResourceKind.STIPEND, "Stipends of families on the committee", 2_000, "", None, "", ()),
)  # fmt: skip
"""Kind, title, planned dollars, job code, hundredths of full time, filled or vacant, and what was entered."""
VACANT_DAYS = 41


def add_plan_money(world: World, now: datetime) -> None:
    """Write the money of a plan at the end of the last day, and correct one entry."""
    place, today = world.places[0], world.day(now)
    plan = standing_plan(place.id)
    if plan is None:
        return
    district, head = world.calls(world.district, now), world.calls(place.head, now)
    for source, dollars, officers, note in FUNDING:
        add_funding(district, place.id, Given(plan.first_year, source, dollars * DOLLARS, officers, note))
    strategies = [strategy_id for strategy_id, _words in strategies_of(head.actor, plan.id)]
    for number, (kind, title, dollars, code, share, staffing, entries) in enumerate(RESOURCES):
        filled = today - timedelta(days=60) if staffing == "filled" else None
        vacant = today - timedelta(days=VACANT_DAYS) if staffing == "vacant" else None
        needed = Needed(kind, title, dollars * DOLLARS, code, share, filled, vacant)
        resource_id = add_resource(head, strategies[number % len(strategies)], needed)
        entry_ids = [
            add_entry(head, resource_id, kind=entry, amount=str(amount), on_day=today - timedelta(days=20), note=why)
            for entry, amount, why in entries
        ]
        if kind is ResourceKind.MATERIALS:
            correct_entry(
                head, entry_ids[0], kind=SPENT, amount="980", on_day=today - timedelta(days=20), note="Chairs",
                reason="The rug was a gift",
            )  # fmt: skip
