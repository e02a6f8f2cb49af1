"""Whole School Safety plans: the demo school's is in force, with its money, its community's voices and its public page;
the next school has a draft. Climate surveys that are over belong to them.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.district import Place, World
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.baselines.pages import enter_survey, freeze
from wss_cases.plans.baselines.queries import years_recorded
from wss_cases.plans.measures import INCIDENTS, REPAIRED, SUSPENSIONS, Direction, value_of
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.funding.pages import Given, add_funding
from wss_cases.plans.money.resources.models import EntryKind, ResourceKind
from wss_cases.plans.money.resources.pages import Needed, add_entry, add_resource, correct_entry
from wss_cases.plans.money.resources.queries import strategies_of
from wss_cases.plans.plan.answers import Written, digest_of, write_answers
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import MemberGroup, add_member
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan, standing_plan
from wss_cases.plans.plan.core.pages import council_decided
from wss_cases.plans.plan.goals.models import PlanStep
from wss_cases.plans.plan.goals.pages import add_goal, add_step, add_strategy
from wss_cases.plans.plan.home import start_plan
from wss_cases.plans.plan.progress import Rating, ReviewKind, move_plan
from wss_cases.plans.plan.templates import Component, questions_of, template_on
from wss_cases.plans.public.publications.models import ON, seals_of
from wss_cases.plans.public.publications.pages import Confirmed, WrittenYes, publish
from wss_cases.plans.public.publications.presenters import (
    Summary,
    adults_named,
    children_named,
    contents_of,
    figures_for,
    free_text,
)
from wss_cases.plans.review import goals_of, rate_goal, start_review
from wss_cases.plans.steps import record_step
from wss_cases.plans.voices.meetings.models import MeetingType, Theme
from wss_cases.plans.voices.meetings.pages import answer_heard, record_meeting, write_heard
from wss_cases.plans.voices.votes import VotingBody, record_vote
from wss_cases.setup.settings.catalogue import BY_NAME
from wss_cases.setup.settings.pages import set_setting
from wss_cases.surveys.answering import answer, open_code
from wss_cases.surveys.links import people_of, show_slips
from wss_cases.surveys.pages import end_round, make_slips, open_round
from wss_cases.surveys.rounds import VALUES, SurveyGroup, questions_on, running_round

ANSWERS = {
    "school_now": "Students say that they feel safe in class, and less safe at the east stairs and after dismissal.",
    "who_is_not_reached": "Students who joined during the year, and students who are learning English.",
    "places": "The east stairs between second and third period, and the bus stop after dismissal.",
    "adults_present": "Two adults stand at the stairs in every passing period and greet students by name.",
    "belonging": "Each student names a trusted adult in the first month. Advisory teachers call those who named none.",
    "mental_health": "The counselor holds open hours every day. Two partner clinics take referrals within a week.",
    "circles": "Every advisory holds a circle on Monday. Teachers plan them together once a month.",
    "repair": "The coordinator leads circles after harm, with trained teachers as keepers.",
}
GOALS = (
    (Component.PHYSICAL, "What happens in hallways and at dismissal ends without a suspension", SUSPENSIONS,
     ("two adults greet students at the stairs and the bus stop", "students meet someone they know",
      "conflicts end before someone is sent home"),
     (("Post adults at the stairs and the bus stop", -7, "The schedule, signed by the team"),
      ("Walk the building with students and list unsafe places", 14, "The list, with a date for each place"))),
    (Component.EMOTIONAL, "Every student can name an adult they trust", "",
     ("advisory teachers call every student who named no adult", "these students meet one adult each week",
      "students ask for help before something happens"),
     (("Ask every student for a trusted adult", 21, "How many were asked and how many named someone"),)),
    (Component.TRUST, "Harm is repaired by those it concerns", REPAIRED,
     ("every advisory holds a circle each week and ten more adults can keep one", "students know how a circle works",
      "more people accept a circle after harm"),
     (("Train ten more circle keepers", 60, "List of the trained"),)),
)  # fmt: skip
"""Component, goal, what measures it ('' for nothing yet), if-then-leads to, and the steps: text, days from today,
evidence."""
AIMS = {SUSPENSIONS: (Direction.DOWN, 0.75, 3.0), REPAIRED: (Direction.UP, 1.1, 75.0)}
"""Which way is better, the target as a part of the year before, and the target where that year has no figure."""
NO_ONE_ASKED = "No one has asked every student yet."
SEATS = (
    (MemberGroup.STUDENT, "", 6),
    (MemberGroup.PARENT, "Parent Advisory Group", 3),
    (MemberGroup.COUNCIL, "Local School Council", 2),
    (MemberGroup.LABOR, "Teachers Union", 1),
)


def fill(world: World, now: datetime) -> None:
    """Let the demo school's plan be in force and worked on, and the next school start one; no text names a child."""
    place = world.places[0]
    plan_id = _plan_in_force(world, place, now)
    for other in world.places[1:2]:
        draft_id = _start(world.calls(other.head, now), other, world.day(now), "Tier 2")
        _write_answers(world.calls(other.head, now), draft_id, world.day(now), ("school_now", "places"))
    _make_progress(world, place, plan_id, now)
    _add_money(world, place, plan_id, now)
    _hear_voices(world, place, plan_id, now)


def _aim(measure: str, before: float | None, last: date) -> dict[str, Any]:
    """What a goal aims at, or why it is not measured: the year before cannot be bettered."""
    direction, part, usual = AIMS[measure]
    target = usual if before is None else min(round(part * before, 1), 100.0)
    if before == target:
        return {"why_not_measured": "The year before was as good as it can be."}
    return {"measure": measure, "direction": direction, "target": target, "target_by": last}


def _plan_in_force(world: World, place: Place, now: datetime) -> int:
    first, last = school_year_bounds(school_year(world.day(now)))
    began = min(moment(world.calendar.school_days.add(first, 3), 10 * 60), now)
    call, day = world.calls(place.head, began), world.day(began)
    plan_id = _start(call, place, day, "Tier 1")
    _write_answers(call, plan_id, day, tuple(ANSWERS))
    for group, organization, people in SEATS:
        add_member(
            call, plan_id, member_group=group, organization=organization, people=people, starts_on=day, anyway=True
        )
    owner = place.coordinator.id
    recorded = years_recorded(call.actor, place.id, day)
    year = recorded[min(1, len(recorded) - 1)]
    freeze(call, plan_id, measures=[INCIDENTS, SUSPENSIONS, REPAIRED], year=year)
    frozen = db.session.scalars(select(PlanBaseline).where(PlanBaseline.plan_id == plan_id))
    before = {row.measure: value_of(row.measure, row.numerator, row.denominator) for row in frozen}
    for component, statement, measure, (if_words, then_words, leads_to), steps in GOALS:
        aim = _aim(measure, before[measure], last) if measure else {"why_not_measured": NO_ONE_ASKED}
        goal_id = add_goal(call, plan_id, component=component, statement=statement, anyway=True, **aim)
        strategy_id = add_strategy(
            call, goal_id, if_words=if_words, then_words=then_words, leads_to=leads_to, owner=owner, anyway=True
        )
        for text, later, evidence in steps:
            due_on = min(max(world.day(now) + timedelta(days=later), first), last)
            add_step(call, strategy_id, text=text, owner=owner, due_on=due_on, evidence_required=evidence, anyway=True)
    enter_survey(
        call, plan_id, instrument="School climate survey", scale="Students who trust an adult, percent", value=58,
        year=year,
    )  # fmt: skip
    move_plan(call, plan_id, PlanState.COMMITTEE)
    move_plan(call, plan_id, PlanState.COUNCIL_VOTE)
    with unit_of_work(call.actor, began) as uow:
        council_decided(uow, uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE), day)
    move_plan(call, plan_id, PlanState.APPROVED)
    move_plan(call, plan_id, PlanState.IN_FORCE)
    return plan_id


def _start(call: Invocation, place: Place, day: date, tier: str) -> int:
    year = school_year(day)
    return start_plan(call, place.id, first_year=year, last_year=year, tier=tier, lead=place.head.id)


def _write_answers(call: Invocation, plan_id: int, day: date, codes: tuple[str, ...]) -> None:
    texts = {row.id: ANSWERS[row.code] for row in questions_of(template_on(day).id) if row.code in codes}
    write_answers(call, plan_id, {key: Written(text, 0, digest_of("")) for key, text in texts.items()}, anyway=True)


def _make_progress(world: World, place: Place, plan_id: int, now: datetime) -> None:
    """One step is done and one stays overdue; a review has rated one goal."""
    lead, today = world.calls(place.coordinator, now), world.day(now)
    upcoming = (
        select(FollowUp.id)
        .join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        .where(PlanStep.plan_id == plan_id, FollowUp.state == FollowUpState.OPEN, FollowUp.due_on > today)
    )
    step_id = db.session.scalars(upcoming.order_by(FollowUp.due_on, FollowUp.id).limit(1)).one()
    evidence = "Twelve places, listed with students, each with a date; the list hangs in the main office."
    record_step(lead, step_id, outcome="done", on_day=today, evidence=evidence, anyway=True)
    review_id = start_review(world.calls(place.head, now), plan_id, kind=ReviewKind.MID_YEAR, held_on=today)
    goal_id = goals_of(review_id)[0][0].id
    changes = "A third adult at dismissal on Fridays."
    rate_goal(lead, goal_id, rating=Rating.ON_TRACK, what_changes=changes, anyway=True)


CENTS = 100
FUNDING = (
    (FundingSource.FORMER_POLICE, 165_000, 2, ""),
    (FundingSource.DISTRICT, 40_000, None, ""),
    (FundingSource.GRANT, 12_500, None, "Community foundation, healing spaces"),
    (FundingSource.IN_KIND, 3_000, None, "Rooms of the park district"),
)
SPENT, COMMITTED = EntryKind.SPENT, EntryKind.COMMITTED
RESOURCES = (
    (ResourceKind.POSITION, "Restorative justice coordinator", 92_000, "RJC-1", 60, None,
     ((COMMITTED, 92_000, "Salary and benefits of the year"), (SPENT, 23_000, "First quarter"))),
    (ResourceKind.POSITION, "Youth intervention specialist", 61_000, "YIS-1", None, 41, ()),
    (ResourceKind.TRAINING, "Training of circle keepers", 6_000, "", None, None,
     ((COMMITTED, 6_000, "Contract of the trainer"), (SPENT, 7_450, "Two groups instead of one"))),
    (ResourceKind.MATERIALS, "Peace room", 4_500, "", None, None, ((SPENT, 1_280, "Chairs and a rug"),)),
    (ResourceKind.STIPEND, "Stipends of families on the committee", 2_000, "", None, None, ()),
)  # fmt: skip
"""Kind, title, planned dollars, job code, days since it was filled, days since it is vacant, and what was entered."""


def _add_money(world: World, place: Place, plan_id: int, now: datetime) -> None:
    """Write the money of a plan, and correct one entry."""
    today, head, district = world.day(now), world.calls(place.head, now), world.calls(world.district, now)
    year = school_year(today)
    for source, dollars, officers, note in FUNDING:
        add_funding(district, place.id, Given(year, source, dollars * CENTS, officers, note))
    strategies, on_day = [row[0] for row in strategies_of(head.actor, plan_id)], today - timedelta(days=20)
    for number, (kind, title, dollars, code, filled, vacant, entries) in enumerate(RESOURCES):
        filled_on = today - timedelta(days=filled) if filled else None
        vacant_since = today - timedelta(days=vacant) if vacant else None
        needed = Needed(kind, title, dollars * CENTS, code, 100 if code else None, filled_on, vacant_since)
        resource_id = add_resource(head, strategies[number % len(strategies)], needed)
        for entry, amount, why in entries:
            entry_id = add_entry(head, resource_id, kind=entry, amount=str(amount), on_day=on_day, note=why)
            if kind is ResourceKind.MATERIALS:
                why = "The rug was a gift"
                correct_entry(head, entry_id, kind=SPENT, amount="980", on_day=on_day, note="Chairs", reason=why)


HEARD = (
    (Theme.ARRIVAL, "The corner at the bus stop is dark in winter.", "We asked the city for two lamps.",
     "An adult stands there until the last bus."),
    (Theme.INFORMED, "Letters come in English only.", "Every letter now comes in both languages.", ""),
    (Theme.REPAIR, "Students want to help lead circles.", "", ""),
)  # fmt: skip
"""Theme, what was heard, the answer and what changed; '' where the answer is still to come."""
SUMMARY = Summary(
    "Our plan has goals for safe places, for an adult whom everyone trusts, and for repairing harm together.",
    "Nuestro plan tiene metas para lugares seguros, para que cada estudiante tenga una persona adulta de confianza "
    "y para reparar juntos el daño.",
)


def _hear_voices(world: World, place: Place, plan_id: int, now: datetime) -> None:
    """The school meets its families and answers them, its committee votes, and its plan is published."""
    today, days = world.day(now), world.calendar.school_days
    lead, head = world.calls(place.coordinator, now), world.calls(place.head, now)

    def meet(kind: MeetingType, day: date, **counts: int) -> Any:
        return record_meeting(
            lead, place.id, kind=kind, held_on=day, notice_on=day - timedelta(days=7), languages=["en", "es"],
            interpreter=kind is MeetingType.FAMILIES, **counts,
        )  # fmt: skip

    families = meet(MeetingType.FAMILIES, days.add(today, -12), families=23, students=4, staff=5, community=2)
    for theme, heard, reply, changed in HEARD:
        heard_id = write_heard(lead, families, theme=theme, heard=heard, anyway=True)
        if reply:
            answer_heard(lead, heard_id, theme=theme, heard=heard, answer=reply, changed=changed, anyway=True)
    committee = meet(MeetingType.COMMITTEE, days.add(today, -5), members=7, quorum=6)
    meet(MeetingType.COUNCIL, days.add(today, 8), quorum=7)
    record_vote(head, committee, plan=plan_id, body=VotingBody.COMMITTEE, yes=6, no=0, abstained=1, quorum=6)
    set_setting(world.calls(world.district, now), BY_NAME["public-plans"], ON, today, None)
    plan = standing_plan(place.id)
    assert plan is not None and plan.id == plan_id
    contents = contents_of(plan, SUMMARY, figures_for(place.id, today), today)
    text = free_text(contents, SUMMARY)
    # these texts are the demo's own: a word of them that is a name, too, names nobody
    nobody = tuple(WrittenYes(words, names_no_one=True) for words in adults_named(plan, text))
    shown, seen = frozenset(children_named(place.id, text)), frozenset(seals_of(contents).values())
    publish(head, plan_id, SUMMARY, Confirmed(True, shown, seen, nobody))


ENOUGH = {SurveyGroup.STUDENT: 24, SurveyGroup.FAMILY: 12, SurveyGroup.STAFF: 11}
TOO_FEW = {SurveyGroup.STUDENT: 9}
LASTS, ANSWERED_AFTER = 9, 3
"""School days from the first to the last, and to the day on which everyone answers."""
TOLD = timedelta(days=14)
AGREE = (5, 7, 5, 3)
"""How often each answer is chosen, the most favorable first; of yes and no the first two."""


def surveys(world: World) -> Iterator[Steps]:
    """Yield the climate surveys that are over, of this school year and the one before.

    They are in October. At the second school too few answer to show anything.
    """
    days = world.calendar.school_days
    for place, answers in zip(world.places, (ENOUGH, TOO_FEW), strict=False):
        for year in world.calendar.years[-2:]:
            opens = days.on_or_after(school_year_bounds(year)[0] + timedelta(days=70))
            if world.calendar.first_day < opens - TOLD and days.add(opens, LASTS) < world.calendar.today:
                yield _survey(world, place, opens, answers)


def _survey(world: World, place: Place, opens: date, answers: dict[SurveyGroup, int]) -> Steps:
    days, rng = world.calendar.school_days, Random(f"{place.id}/{opens}")
    now = yield moment(opens, 9 * 60)
    closes = days.add(opens, LASTS)
    days_of_it = {"opens_on": opens, "closes_on": closes, "notice_on": opens - TOLD}
    round_id = open_round(world.calls(place.head, now), place.id, groups=list(answers), **days_of_it)
    now = yield moment(days.add(opens, ANSWERED_AFTER), 10 * 60)
    running = running_round(place.id)
    assert running is not None
    for group, number in answers.items():
        if not people_of(place.id, group, world.day(now)):
            continue
        make_slips(world.calls(place.head, now), running.id, group=group)
        slips = show_slips(world.calls(place.head, now), running.id, group)
        questions = questions_on(running.opens_on, group)
        for code in [slip.code for slip in slips][:number]:
            opened = open_code(code, now)
            assert opened is not None
            values = {row.code: rng.choices(VALUES[row.scale], AGREE[: len(VALUES[row.scale])])[0] for row in questions}
            answer(opened, group, values, code, now)
    now = yield moment(closes, 16 * 60)
    end_round(world.calls(place.head, now), round_id)
