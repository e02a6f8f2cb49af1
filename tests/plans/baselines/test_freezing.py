"""Baselines: frozen once with their denominators, given to goals, the latest year until the council votes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.plans.baselines.making import NOW, TODAY, call, only, reports, wait_for_a_survey
from tests.plans.making import Planning, make_plan
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.plans.baselines.pages import enter_survey, freeze, take_climate
from wss_cases.plans.baselines.queries import baselines_of, trend_of
from wss_cases.plans.measures import (
    COUNTERS,
    PLAN_MEASURES,
    SURVEY,
    Figure,
    figures,
    is_too_small,
    refuse_as_target,
    value_of,
)
from wss_cases.plans.plan.baselines import SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, without_baseline
from wss_cases.plans.plan.progress import move_plan
from wss_cases.plans.plan.templates import Component
from wss_cases.surveys.results import ResultState, SurveyResult
from wss_cases.surveys.rounds import SurveyGroup, SurveyRound, Way


def test_it_is_counted_with_its_denominator_given_to_the_goals_and_never_again(here: Planning, client_as: Any) -> None:
    freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
    row = only(here)
    assert (row.numerator, row.suppressed) == (12, False)
    assert (row.period_from, row.period_to) == (date(2025, 8, 1), date(2026, 7, 31))
    assert (row.taken_at, row.taken_by_id) == (NOW, here.place.ids["admin"])
    again = figures(
        acting(here.place.people["admin"]), here.plan.school_id, ["incidents"], row.period_from, row.period_to, TODAY
    )
    assert row.denominator == again["incidents"].denominator > 20
    goals = [fresh(goal) for goal in here.goals.values()]
    assert {goal.baseline_id for goal in goals} == {row.id}
    with pytest.raises(Refused, match="only once"):
        freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
    before = (row.numerator, row.denominator, row.taken_at)
    reports(here, 3)
    text = client_as(here.place.people["dean"]).page(f"/safety-plans/{here.plan.id}/baselines").text
    assert "12 incidents of" in text and "Counted again now:" in text and "15 incidents of" in text
    row = only(here)
    assert (row.numerator, row.denominator, row.taken_at) == before


def test_what_is_small_is_marked_and_shown_to_the_school_alone(here: Planning, client_as: Any) -> None:
    reports(here, 3, local_date=date(2026, 9, 8))
    freeze(call(here), here.plan.id, measures=["incidents"], year="2026-27")
    row = only(here)
    assert (row.numerator, row.suppressed, row.period_to) == (3, True, TODAY)
    page = f"/safety-plans/{here.plan.id}/baselines"
    school = client_as(here.place.people["dean"]).page(page).text
    assert "3 incidents of" in school and "Not for release" in school
    district = client_as(make_user(Role.DISTRICT))
    for address in (page, f"{page}/incidents"):
        text = district.page(address).text
        assert "Too few to show" in text and "3 incidents" not in text


@pytest.mark.parametrize(
    ("measures", "year", "field"),
    [
        ([], "2025-26", "measures"),
        (["incidents", "moons"], "2025-26", "measures"),
        (["incidents"], "2024-25", "year"),
        (["incidents"], "2027-28", "year"),
        (["incidents"], "soon", "year"),
    ],
)
def test_what_cannot_be_frozen_is_refused_at_its_field(
    here: Planning, measures: list[str], year: str, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        freeze(call(here), here.plan.id, measures=measures, year=year)
    assert refusal.value.field == field and not baselines_of(here.plan.id)


def test_only_who_writes_the_plan_freezes(here: Planning, client_as: Any) -> None:
    for part in ("dean", "owner"):
        with pytest.raises(NotFound):
            freeze(call(here, part), here.plan.id, measures=["incidents"], year="2025-26")
        assert (
            client_as(here.place.people[part]).get(f"/safety-plans/{here.plan.id}/baselines/freeze").status_code == 404
        )
    stranger = make_plan(state=PlanState.DRAFT).place.people["admin"]
    for path in ("", "/freeze", "/survey", "/incidents"):
        assert client_as(stranger).get(f"/safety-plans/{here.plan.id}/baselines{path}").status_code == 404


def test_a_closed_plan_takes_none(here: Planning) -> None:
    closed = make_plan(here.place, state=PlanState.CLOSED, closed_on=TODAY, first_year="2024-25")
    with pytest.raises(Refused, match="closed"):
        freeze(call(here), closed.plan.id, measures=["incidents"], year="2025-26")


def test_the_pages_freeze_and_enter_what_a_survey_found(here: Planning, client_as: Any) -> None:
    client = client_as(here.place.people["admin"])
    page = f"/safety-plans/{here.plan.id}/baselines"
    assert client.submit(f"{page}/freeze", {"measures": []}).status_code == 400
    sent = client.submit(f"{page}/freeze", {"measures": ["incidents", "contact"]})
    assert (sent.status_code, len(baselines_of(here.plan.id))) == (303, 2)
    wrong = client.submit(f"{page}/survey", {"instrument": "5Essentials", "scale": "Trust", "value": "-4"})
    assert wrong.status_code == 400 and "5Essentials" in wrong.get_data(as_text=True)
    goal = here.goals[Component.TRUST]
    goal.measure, goal.baseline_id = "survey", None
    db.session.commit()
    told = {"instrument": "5Essentials", "scale": "Trust", "value": "47.5", "goals": [str(goal.id)]}
    assert client.submit(f"{page}/survey", told).status_code == 303
    value = db.session.scalars(select(SurveyValue)).one()
    assert (value.value, fresh(goal).survey_value_id) == (47.5, value.id)
    text = client.page(page).text
    assert "Entered, not computed" in text and "47.5" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1000.5, None])
def test_a_value_that_is_none_is_refused(here: Planning, value: float | None) -> None:
    with pytest.raises(Refused) as refusal:
        enter_survey(call(here), here.plan.id, instrument="5Essentials", scale="Trust", value=value, year="2025-26")
    assert refusal.value.field == "value"


def test_years_are_compared_with_themselves_and_a_year_before_the_records_is_not_recorded(
    here: Planning, client_as: Any
) -> None:
    reports(here, 2, local_date=date(2026, 9, 8))
    reports(here, 1, local_date=date(2025, 9, 8))
    actor = acting(here.place.people["dean"])
    found = trend_of(actor, here.plan.school_id, "incidents", TODAY)
    assert [(year.name, year.figure.numerator, year.until) for year in found.years] == [
        ("2025-26", 13, None),
        ("2026-27", 2, TODAY),
    ]
    assert (found.now.numerator, found.before and found.before.numerator) == (2, 13)
    other = make_plan(state=PlanState.DRAFT)
    reports(other, 2, local_date=date(2026, 9, 8))
    text = client_as(other.place.people["dean"]).page(f"/safety-plans/{other.plan.id}/baselines/incidents").text
    assert "Not recorded" in text and "No finished school year is recorded here yet." in text


def test_every_declared_measure_is_counted_and_practice_is_no_target(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    assert COUNTERS.keys() == PLAN_MEASURES.keys()
    for measure, declared in PLAN_MEASURES.items():
        if declared.is_practice:
            with pytest.raises(Refused, match="not a goal by itself") as refusal:
                refuse_as_target(measure)
            assert refusal.value.field == "measure"
        else:
            refuse_as_target(measure)
    refuse_as_target("survey")
    with pytest.raises(Refused):
        refuse_as_target("moons")


@pytest.mark.parametrize(
    ("measure", "figure", "value", "small"),
    [
        ("suspensions", Figure(29, 420), 100 * 29 / 420, False),
        ("suspensions", Figure(9, 420), 100 * 9 / 420, True),
        ("suspensions", Figure(0, 420), 0, False),
        ("police", Figure(12, 400), 30, False),
        ("contact", Figure(40, 45), 100 * 40 / 45, True),
        ("contact", Figure(45, 45), 100, False),
        ("contact", Figure(0, 0), None, False),
        ("circles", Figure(3), 3, False),
    ],
)
def test_values_and_what_is_too_small(measure: str, figure: Figure, value: float | None, small: bool) -> None:
    assert value_of(measure, figure.numerator, figure.denominator) == value
    assert is_too_small(measure, figure, 10) is small


def plant_result(here: Planning, way: Way, favorable: int | None, answered: int | None) -> None:
    """A counted survey of last year, with one question by one way."""
    asked = SurveyRound(
        school_id=here.plan.school_id, school_year="2025-26", opens_on=date(2025, 10, 6), closes_on=date(2025, 10, 17),
        asks_students=False, asks_families=True, asks_staff=False, made_at=NOW, counted_at=NOW,
    )  # fmt: skip
    db.session.add(asked)
    db.session.flush()
    state = ResultState.TOO_FEW if answered is None else ResultState.SHOWN
    found = {"state": state, "favorable": favorable, "answered": answered, "question": "safe", "way": way}
    placed = {"round_id": asked.id, "school_id": asked.school_id, "school_year": asked.school_year}
    db.session.add(SurveyResult(audience=SurveyGroup.FAMILY, **placed, **found))
    db.session.commit()


def test_a_share_of_the_schools_own_survey_is_taken_but_not_of_few_or_of_the_wall(
    here: Planning, client_as: Any
) -> None:
    plant_result(here, Way.OPEN, 20, 40)
    with pytest.raises(Refused, match="not asked"):
        take_climate(call(here), here.plan.id, measure="family.safe", year="2025-26")
    plant_result(here, Way.INVITED, None, None)
    with pytest.raises(Refused, match="Too few"):
        take_climate(call(here), here.plan.id, measure="family.safe", year="2025-26")
    plant_result(here, Way.INVITED, 21, 32)
    client, page = client_as(here.place.people["admin"]), f"/safety-plans/{here.plan.id}/baselines"
    assert client.submit(f"{page}/climate", {"measure": "family.safe", "year": "2025-26"}).status_code == 303
    value = db.session.scalars(select(SurveyValue)).one()
    assert (value.value, value.source.value, value.school_year) == (65.6, "climate", "2025-26")
    text = client.page(page).text
    assert "65.6%" in text and "My child is safe at this school." in text and "Entered, not computed" not in text


def test_a_surveys_value_is_the_baseline_of_the_goals_it_was_taken_for_and_of_no_other(here: Planning) -> None:
    waiting = wait_for_a_survey(here)
    plant_result(here, Way.INVITED, 21, 32)
    take_climate(call(here), here.plan.id, measure="family.safe", year="2025-26", goals=[waiting[0]])
    enter_survey(call(here), here.plan.id, instrument="5Essentials", scale="Trust", value=47.5, year="2025-26")
    values = {one.scale: one.id for one in db.session.scalars(select(SurveyValue))}
    held = [fresh(goal).survey_value_id for goal in here.goals.values()]
    assert held == [values["family.safe"], None, None]
    enter_survey(
        call(here),
        here.plan.id,
        instrument="5Essentials",
        scale="Trust",
        value=47.5,
        year="2025-26",
        goals=[waiting[2]],
    )
    assert fresh(here.goals[Component.TRUST]).survey_value_id == values["Trust"], "the value that stands, not another"
    for goals, field in (([10**9], "goals"), ([waiting[2]], ""), ([], "")):
        with pytest.raises(Refused) as refusal:
            enter_survey(
                call(here),
                here.plan.id,
                instrument="5Essentials",
                scale="Trust",
                value=47.5,
                year="2025-26",
                goals=goals,
            )
        assert refusal.value.field == field


def test_the_page_asks_for_which_goals_only_where_some_could_take_it(here: Planning, client_as: Any) -> None:
    client, page = client_as(here.place.people["admin"]), f"/safety-plans/{here.plan.id}/baselines/climate"
    assert "Which goals is it the baseline of?" not in client.page(page).text
    waiting = wait_for_a_survey(here)
    plant_result(here, Way.INVITED, 21, 32)
    assert "Only goals about this very question and group." in client.page(page).text
    asked = {"measure": "family.safe", "year": "2025-26", "goals": [str(waiting[1])]}
    assert client.submit(page, asked).status_code == 303
    assert [fresh(goal).survey_value_id is None for goal in here.goals.values()] == [True, False, True]


TRUST = {"instrument": "5Essentials", "scale": "Trust", "year": "2025-26"}


def move(plan_id: int, state: PlanState, by: int) -> None:
    """Let a plan stand in another state."""
    plan = db.session.get_one(SchoolPlan, plan_id)
    plan.state = state
    if state is not PlanState.DRAFT:
        plan.council_approved_on = plan.approved_on = plan.in_force_on = TODAY
        plan.approved_by_id = by
    db.session.commit()


def test_a_mistyped_value_is_put_right_until_the_council_votes(here: Planning, client_as: Any) -> None:
    def held() -> set[float]:
        value = select(SurveyValue.value).join(PlanGoal, PlanGoal.survey_value_id == SurveyValue.id)
        found = list(db.session.scalars(value.where(PlanGoal.plan_id == plan_id)))
        assert len(found) == len(waiting)
        return set(found)

    waiting, plan_id, admin = wait_for_a_survey(here), here.plan.id, call(here)
    client, page = client_as(here.place.people["admin"]), f"/safety-plans/{plan_id}/baselines/survey"
    told = {"instrument": "5Essentials", "scale": "Trust", "year": "2025-26", "goals": [str(one) for one in waiting]}
    assert client.submit(page, {**told, "value": "45"}).status_code == 303
    assert held() == {45}
    assert client.submit(page, {**told, "value": "54"}).status_code == 303
    assert held() == {54}
    move(plan_id, PlanState.COUNCIL_VOTE, here.place.ids["admin"])
    assert "Which goals is it the baseline of?" not in client.page(page).text
    with pytest.raises(Refused) as refusal:
        enter_survey(admin, plan_id, **TRUST, value=45, goals=[waiting[0]])
    assert refusal.value.field == "goals"
    with pytest.raises(Refused, match="there is no goal that could take it"):
        enter_survey(admin, plan_id, **TRUST, value=45)
    assert held() == {54}


@pytest.mark.parametrize("state", [PlanState.COUNCIL_VOTE, PlanState.APPROVED, PlanState.IN_FORCE])
def test_from_the_vote_on_goals_keep_what_the_council_read_and_going_back_opens_them(
    here: Planning, state: PlanState
) -> None:
    def held() -> set[int | None]:
        return {fresh(goal).baseline_id for goal in here.goals.values()}

    def take(*measures: str) -> dict[str, int]:
        freeze(call(here), here.plan.id, measures=measures, year="2026-27")
        return {one.measure: one.id for one in baselines_of(here.plan.id) if one.id != first}

    move(here.plan.id, PlanState.DRAFT, here.place.ids["admin"])
    freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
    first = only(here).id
    assert held() == {first}
    move(here.plan.id, state, here.place.ids["admin"])
    later = take("incidents")["incidents"]
    assert held() == {first}
    with pytest.raises(Refused, match="only once"):
        take("incidents")
    if state is not PlanState.IN_FORCE:
        move_plan(call(here), here.plan.id, PlanState.COMMITTEE)
        take("incidents")
        assert held() == {later}
        with pytest.raises(Refused, match="only once"):
            freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
        assert held() == {later}, "an earlier year takes no place of a later one"


@pytest.mark.parametrize("state", [PlanState.COUNCIL_VOTE, PlanState.APPROVED, PlanState.IN_FORCE])
def test_a_goal_of_before_takes_its_first_baseline_at_the_council_and_keeps_it(
    here: Planning, state: PlanState
) -> None:
    """Nothing comes into force without one, and such a plan may have been approved before one was asked for."""
    first, second, *_others = here.goals.values()
    move(here.plan.id, PlanState.DRAFT, here.place.ids["admin"])
    freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
    held = only(here).id
    db.session.get_one(PlanGoal, second.id).baseline_id = None
    move(here.plan.id, state, here.place.ids["admin"])
    if state is PlanState.IN_FORCE:
        with pytest.raises(Refused, match="only once"):
            freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
        assert without_baseline(here.plan.id) == [fresh(second)]
        return
    freeze(call(here), here.plan.id, measures=["incidents"], year="2026-27")
    newest = fresh(second).baseline_id
    assert newest not in (None, held) and fresh(first).baseline_id == held
    assert without_baseline(here.plan.id) == []
    with pytest.raises(Refused, match="only once"):
        freeze(call(here), here.plan.id, measures=["incidents"], year="2025-26")
    assert fresh(second).baseline_id == newest, "once it has one it keeps it"
    waiting = [goal.id for goal in here.goals.values()]
    db.session.execute(update(PlanGoal).where(PlanGoal.id.in_(waiting)).values(measure=SURVEY, baseline_id=None))
    db.session.commit()
    enter_survey(call(here), here.plan.id, **TRUST, value=45, goals=waiting)
    with pytest.raises(Refused) as refusal:
        enter_survey(call(here), here.plan.id, **TRUST, value=54, goals=waiting)
    assert refusal.value.field == "goals" and without_baseline(here.plan.id) == []
