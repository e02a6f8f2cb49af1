"""Freezing baselines, and entering survey values. A baseline is recorded once and never changed here.

Until a plan is before the council, its goals take a newer baseline: of a later school year, or a corrected survey
value. Before the council only a goal without a baseline can still take its first.
"""

import math
from collections.abc import Collection, Sequence

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.baselines.queries import CLIMATE, climate_measures, goals_before, goals_of_surveys, years_recorded
from wss_cases.plans.measures import PLAN_MEASURES, figures, is_too_small
from wss_cases.plans.plan.baselines import LONGEST_INSTRUMENT, PlanBaseline, SurveySource, SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.queries import PlanGoal
from wss_cases.roster.names.queries import refuse_names
from wss_cases.surveys.results import survey_share

HIGHEST_VALUE = 1000


@use_case
def freeze(uow: UnitOfWork, school_plan_id: int, measures: Sequence[str], year: str) -> int:
    """Freeze measures of a school year as a plan's baselines, and give them to goals with no baseline or one of an
    earlier school year.

    Returns the plan's id. Raises NotFound, Refused naming the field.
    """
    plan = _writable(uow, school_plan_id)
    today = today_at(plan.school_id, uow.now)
    chosen = list(dict.fromkeys(measures))
    if not chosen or not set(chosen) <= PLAN_MEASURES.keys():
        raise Refused("measures", _("Choose at least one measure."))
    if year not in years_recorded(uow.actor, plan.school_id, today):
        raise Refused("year", _("Choose a school year that is recorded here."))
    first, end = school_year_bounds(year)
    of_year = select(PlanBaseline).where(PlanBaseline.plan_id == plan.id, PlanBaseline.period_from == first)
    taken = {row.measure: row for row in uow.session.scalars(of_year)}
    new = [measure for measure in chosen if measure not in taken]
    counted = figures(uow.actor, plan.school_id, new, first, end, today)
    fewest = smallest_groups(year).cell
    for measure, figure in counted.items():
        row = PlanBaseline(
            plan_id=plan.id, school_id=plan.school_id, measure=measure, period_from=first, period_to=min(end, today),
            numerator=figure.numerator, denominator=figure.denominator,
            suppressed=is_too_small(measure, figure, fewest), taken_at=uow.now, taken_by_id=uow.actor.user_id,
        )  # fmt: skip
        taken[measure] = uow.add(row)
        uow.record(row, "plan.baseline_frozen", year=year)
    given = 0
    for measure in chosen:
        goals = uow.session.scalars(goals_before(plan, measure, first).with_for_update()).all()
        given += _give(uow, goals, baseline_id=taken[measure].id)
    if not new and not given:
        raise Refused("measures", _("This is frozen already for that school year. A baseline is taken only once."))
    return plan.id


@use_case
def enter_survey(
    uow: UnitOfWork,
    school_plan_id: int,
    instrument: str,
    scale: str,
    value: float | None,
    year: str,
    goals: Collection[int] = (),
    anyway: bool = False,
) -> int:
    """Enter a survey value that was computed elsewhere, and give it to `goals`, which must be about the same scale.

    Returns the plan's id. Raises NotFound, Refused naming the field, also, unless `anyway`, for text that may name a
    student.
    """
    plan = _writable(uow, school_plan_id)
    refuse_blank("instrument", instrument, _("Enter the name of the survey."))
    refuse_blank("scale", scale, _("Enter what was measured."))
    for field, words in (("instrument", instrument), ("scale", scale)):
        if len(words) > LONGEST_INSTRUMENT:
            raise Refused(field, _("Use at most %(most)d characters.", most=LONGEST_INSTRUMENT))
    refuse_names(plan.school_id, anyway, instrument, scale)
    if value is None or not math.isfinite(value) or not 0 <= value <= HIGHEST_VALUE:
        raise Refused("value", _("Enter a number from 0 to %(most)d.", most=HIGHEST_VALUE))
    _refuse_year(year, school_year(today_at(plan.school_id, uow.now)))
    row = SurveyValue(
        plan_id=plan.id, school_id=plan.school_id, instrument=instrument.strip(), scale=scale.strip(), value=value,
        school_year=year, source=SurveySource.ENTERED, entered_at=uow.now, entered_by_id=uow.actor.user_id,
    )  # fmt: skip
    return _keep_value(uow, plan, row, goals)


@use_case
def take_climate(uow: UnitOfWork, school_plan_id: int, measure: str, year: str, goals: Collection[int] = ()) -> int:
    """Take a share of the school's own climate survey, in percent of the invited people who answered, as a survey
    value, and give it to `goals`, which must be about the same question and group.

    `measure` as `student.safe`. Returns the plan's id. Raises NotFound, and Refused where the question was not asked or
    too few answered. Answers by the code on the wall are never a baseline.
    """
    plan = _writable(uow, school_plan_id)
    today = today_at(plan.school_id, uow.now)
    _refuse_year(year, school_year(today))
    if measure not in climate_measures(today):
        raise Refused("measure", _("Choose a question."))
    share = survey_share(plan.school_id, year, measure)
    if share is None:
        raise Refused("year", _("This was not asked in that school year, or the survey is not over."))
    if share.percent is None:
        raise Refused(
            "measure", _("Too few people answered, or nearly everyone gave one answer, so it cannot be a baseline.")
        )
    row = SurveyValue(
        plan_id=plan.id, school_id=plan.school_id, instrument=CLIMATE, scale=measure, value=round(share.percent, 1),
        school_year=year, source=SurveySource.CLIMATE, entered_at=uow.now, entered_by_id=uow.actor.user_id,
    )  # fmt: skip
    return _keep_value(uow, plan, row, goals)


def _keep_value(uow: UnitOfWork, plan: SchoolPlan, value: SurveyValue, goals: Collection[int]) -> int:
    """Add a survey value, or use the equal one that exists, and give it to the chosen goals only."""
    same = ("plan_id", "instrument", "scale", "value", "school_year", "source")
    stands = select(SurveyValue).where(*(getattr(SurveyValue, name) == getattr(value, name) for name in same))
    row = uow.session.scalars(stands.order_by(SurveyValue.id).limit(1)).one_or_none()
    open_to = uow.session.scalars(goals_of_surveys(plan).with_for_update()).all()
    chosen = [goal for goal in open_to if goal.id in goals]
    if len(chosen) != len(set(goals)):
        raise Refused("goals", _("Choose goals that are measured by a survey."))
    if row is None:
        row = uow.add(value)
        uow.record(row, "plan.survey_entered", year=row.school_year)
    elif all(goal.survey_value_id == row.id for goal in chosen):
        raise Refused("", _stands_words(any(goal.survey_value_id != row.id for goal in open_to)))
    _give(uow, [goal for goal in chosen if goal.survey_value_id != row.id], survey_value_id=row.id)
    return plan.id


def _stands_words(others: bool) -> str:
    """Why a value is not taken a second time, and what to do where other goals could take it."""
    if others:
        return _("This value stands already. Choose the goal that it is the baseline of.")
    return _("This value stands already, and there is no goal that could take it.")


def _refuse_year(year: str, this_year: str) -> None:
    try:
        school_year_bounds(year)
    except ValueError:
        raise Refused("year", _("Write the school year as 2025-26.")) from None
    if year > this_year:
        raise Refused("year", _("Choose a school year that has begun."))


def _writable(uow: UnitOfWork, school_plan_id: int) -> SchoolPlan:
    plan = uow.load(SchoolPlan, school_plan_id, Permission.PLAN_WRITE)
    if plan.state is PlanState.CLOSED:
        raise Refused("", _("This plan is closed. Copy it forward to go on with it."))
    return plan


def _give(uow: UnitOfWork, goals: Sequence[PlanGoal], **baseline: int) -> int:
    """Give a baseline to goals; returns how many."""
    for goal in goals:
        for name, value in baseline.items():
            setattr(goal, name, value)
        uow.record(goal, "plan.goal_has_baseline")
    return len(goals)
