"""Until a plan is before the council its goals take the latest: a later school year, a survey's value put right."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from tests.factories.base import fresh
from tests.plans.baselines.making import TODAY, call, only, wait_for_a_survey
from tests.plans.making import Planning
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.plans.baselines.pages import enter_survey, freeze
from wss_cases.plans.baselines.queries import baselines_of
from wss_cases.plans.measures import SURVEY
from wss_cases.plans.plan.baselines import SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, without_baseline
from wss_cases.plans.plan.progress import move_plan

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
