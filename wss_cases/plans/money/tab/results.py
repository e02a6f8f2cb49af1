"""What a goal of a plan aims at, in words: where the school stood, where it stands now, and the target."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.plans.measures.queries import figures
from wss_cases.plans.measures.rules import Figure, is_too_small, number_words, value_words
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.baselines.models import PlanBaseline, SurveyValue
from wss_cases.plans.plan.baselines.queries import rows_by_id
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.goals.rules import aim_words

Rows = list[dict[str, Any]]


def results_of(actor: Actor, school_id: int, goals: Sequence[PlanGoal], today: date) -> dict[int, Rows]:
    """Return for each goal baseline, now and target, as rows of label and value; the caller has checked the plan."""
    baselines = rows_by_id(PlanBaseline, (goal.baseline_id for goal in goals))
    values = rows_by_id(SurveyValue, (goal.survey_value_id for goal in goals))
    now = _now(actor, school_id, {goal.measure for goal in goals} & PLAN_MEASURES.keys(), today)
    return {goal.id: _rows(goal, baselines, values, now) for goal in goals}


def _rows(
    goal: PlanGoal,
    baselines: dict[int | None, PlanBaseline],
    values: dict[int | None, SurveyValue],
    now: dict[str, str],
) -> Rows:
    if goal.why_not_measured:
        return [{"label": _("Why it is not measured"), "value": goal.why_not_measured}]
    then = ""
    if goal.baseline_id is not None:
        then = _baseline_words(baselines[goal.baseline_id])
    elif goal.survey_value_id is not None:
        value = values[goal.survey_value_id]
        then = dotted(number_words(value.value), value.scale, value.school_year)
    rows = [{"label": _("Baseline"), "value": then or _("Not frozen yet")}]
    if goal.measure in now:
        rows.append({"label": _("Now"), "value": now[goal.measure]})
    return [*rows, {"label": _("Target"), "value": _target_words(goal)}]


def _now(actor: Actor, school_id: int, measures: Iterable[str], today: date) -> dict[str, str]:
    """Return each measure of the school year until today, in words; too few are not shown."""
    year = school_year(today)
    fewest = smallest_groups(year).cell
    counted = figures(actor, school_id, sorted(measures), school_year_bounds(year)[0], today, today)
    return {
        measure: _("Too few to show") if is_too_small(measure, figure, fewest) else value_words(measure, figure)
        for measure, figure in counted.items()
    }


def _baseline_words(baseline: PlanBaseline) -> str:
    period = f"{day_words_with_year(baseline.period_from)} – {day_words_with_year(baseline.period_to)}"
    if baseline.suppressed or baseline.numerator is None:
        return dotted(_("Too few to show"), period)
    return dotted(value_words(baseline.measure, Figure(baseline.numerator, baseline.denominator)), period)


def _target_words(goal: PlanGoal) -> str:
    if goal.direction is None or goal.target is None:
        return ""
    return dotted(aim_words(goal.direction, goal.target), day_words_with_year(goal.target_by))
