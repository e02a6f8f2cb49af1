"""A plan in force that is long: every question answered at length in Spanish, 12 goals, 30 steps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from wss_cases.foundation.db import db
from wss_cases.plans.plan.answers import PlanAnswer
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.templates import Component, questions_of

GOALS, STEPS = 12, 30
SAID = (
    "Preguntamos a cada familia, en su idioma, qué le preocupa de la entrada y de los pasillos; las respuestas se leen "
    "en voz alta en la reunión del consejo y cada una recibe una contestación por escrito antes de quince días. "
)


def long_plan(school: Any, head: Any) -> Any:
    """Write it; returns the plan."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=head.id, standing=True)
    of_plan = {"school_id": school.id, "plan_id": plan.id}
    for question in questions_of(plan.template_id):
        by = {"written_by_id": head.id, "written_at": plan.started_at, "earlier_text": ""}
        db.session.add(PlanAnswer(question_id=question.id, text=SAID * 4, **by, **of_plan))
    frozen = PlanBaseline(
        measure="incidents", period_from=date(2025, 8, 1), period_to=date(2026, 7, 31), numerator=200,
        denominator=50_000, taken_at=datetime(2026, 5, 4, 15, tzinfo=UTC), **of_plan,
    )  # fmt: skip
    db.session.add(frozen)
    db.session.flush()
    components, strategies = list(Component), []
    for number in range(1, GOALS + 1):
        goal = PlanGoalFactory(
            component=components[number % len(components)], position=number, baseline_id=frozen.id, target=0.3,
            statement=f"Meta {number}: menos estudiantes resultan lastimados en los pasillos y escaleras", **of_plan,
        )  # fmt: skip
        strategy = PlanStrategyFactory(
            goal_id=goal.id, if_words=SAID[:120], then_words=SAID[:110], leads_to=SAID[:100], **of_plan
        )
        strategies.append(strategy)
    for number in range(1, STEPS + 1):
        PlanStepFactory(
            strategy_id=strategies[number % GOALS].id, position=number, text=f"Paso {number}: {SAID[:130]}", **of_plan
        )
    db.session.commit()
    return plan
