"""What a goal of a plan aims at, in words: where the school stood, and the target."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.baselines.models import PlanBaseline, SurveyValue
from wss_cases.plans.plan.goals.models import PlanGoal


def results_of(goals: Sequence[PlanGoal]) -> dict[int, list[dict[str, Any]]]:
    """Return for each goal its baseline and target, as rows of label and value; the caller has checked the plan."""
    baselines = _by_id(PlanBaseline, (goal.baseline_id for goal in goals))
    values = _by_id(SurveyValue, (goal.survey_value_id for goal in goals))
    rows: dict[int, list[dict[str, Any]]] = {}
    for goal in goals:
        if goal.why_not_measured:
            rows[goal.id] = [{"label": _("Why it is not measured"), "value": goal.why_not_measured}]
            continue
        then = ""
        if goal.baseline_id is not None:
            then = _baseline_words(baselines[goal.baseline_id])
        elif goal.survey_value_id is not None:
            value = values[goal.survey_value_id]
            then = dotted(f"{value.value:g}", value.scale, value.school_year)
        rows[goal.id] = [
            {"label": _("Baseline"), "value": then or _("Not frozen yet")},
            {"label": _("Target"), "value": _target_words(goal)},
        ]
    return rows


def _by_id(model: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = sorted({one for one in ids if one is not None})
    rows: Iterable[Any] = db.session.scalars(select(model).where(model.id.in_(wanted))) if wanted else ()
    return {row.id: row for row in rows}


def _baseline_words(baseline: PlanBaseline) -> str:
    period = f"{day_words_with_year(baseline.period_from)} – {day_words_with_year(baseline.period_to)}"
    if baseline.suppressed or baseline.numerator is None:
        return dotted(_("Too few to show"), period)
    counted = f"{baseline.numerator:g}"
    if baseline.denominator is not None:
        counted = _("%(part)s of %(whole)s", part=f"{baseline.numerator:g}", whole=f"{baseline.denominator:g}")
    return dotted(counted, period)


def _target_words(goal: PlanGoal) -> str:
    if goal.direction is None or goal.target is None:
        return ""
    return dotted(f"{goal.direction.label} {goal.target:g}", day_words_with_year(goal.target_by))
