"""Whole School Safety plans: the demo school's, in force since the start of the year, and a draft at the next one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Place
from wss_cases.demo.story.world import World
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.baselines.actions import enter_survey, freeze
from wss_cases.plans.baselines.queries import years_recorded
from wss_cases.plans.measures import INCIDENTS, REPAIRED, SUSPENSIONS
from wss_cases.plans.plan.answers import Written, digest_of, write_answers
from wss_cases.plans.plan.committee import MemberGroup, Seat, add_member
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import PlanHead, council_decided, start_plan
from wss_cases.plans.plan.goals.actions import StepContent, StrategyContent, add_goal, add_step, add_strategy
from wss_cases.plans.plan.goals.queries import Direction, GoalContent
from wss_cases.plans.plan.progress import move_plan
from wss_cases.plans.plan.templates import Component, questions_of, template_on

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
        add_member(call, plan_id, Seat(group, "", organization, people, world.day(began), None, None), anyway=True)
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
    freeze(call, plan_id, [INCIDENTS, SUSPENSIONS, REPAIRED], year)
    enter_survey(call, plan_id, "School climate survey", "Students who trust an adult, percent", 58, year)


def _start(call: Invocation, place: Place, day: date, tier: str) -> int:
    year = school_year(day)
    return start_plan(call, place.id, PlanHead(year, year, tier, place.head.id))


def _answer(call: Invocation, plan_id: int, day: date, codes: tuple[str, ...]) -> None:
    texts = {one.id: ANSWERS[one.code] for one in questions_of(template_on(day).id) if one.code in codes}
    write_answers(call, plan_id, {key: Written(text, 0, digest_of("")) for key, text in texts.items()}, anyway=True)


def _goal(call: Invocation, plan_id: int, place: Place, goal: Wanted, days: tuple[date, date, date]) -> None:
    """Write a goal with its strategy and steps; `days`: today, and the first and last of the school year."""
    today, first, last = days
    by = (last, "") if goal.measure else (None, NOT_YET)
    measured = (goal.measure, goal.direction, goal.target, *by)
    goal_id = add_goal(call, plan_id, GoalContent(goal.component, goal.statement, *measured), anyway=True)
    if_words, then_words, leads_to = goal.strategy
    strategy = StrategyContent(if_words, then_words, leads_to, place.coordinator.id)
    strategy_id = add_strategy(call, goal_id, strategy, anyway=True)
    for text, later, evidence in goal.steps:
        due_on = min(max(today + timedelta(days=later), first), last)
        add_step(call, strategy_id, StepContent(text, place.coordinator.id, due_on, evidence), anyway=True)
