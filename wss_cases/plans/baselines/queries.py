"""Reading baselines and survey values, and counting a measure again, year by year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, literal, or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.outcomes.counting.scope.queries import first_year_counted
from wss_cases.outcomes.counting.scope.rules import scope_of, year_before, years_between
from wss_cases.plans.measures import SURVEY, Figure, figures, figures_in
from wss_cases.plans.plan.baselines import PlanBaseline, SurveyValue
from wss_cases.plans.plan.core.models import AT_THE_COUNCIL, GOALS_OPEN, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.roster.directory.queries import school_days
from wss_cases.surveys.rounds import SurveyGroup, questions_on, text_code

MOST_YEARS = 6
CLIMATE = "climate"
"""The instrument of a value from the school's own climate survey; its scale is the group and the question."""


@dataclass(frozen=True)
class Year:
    """A measure in one school year; `until` is the last day counted of the current year."""

    name: str
    figure: Figure
    until: date | None = None


@dataclass(frozen=True)
class Trend:
    """A measure year by year, the oldest first; and this year until today beside the same days of the year before
    (None: not recorded)."""

    years: Sequence[Year]
    now: Figure
    before: Figure | None


def baselines_of(plan_id: int) -> Sequence[PlanBaseline]:
    """The frozen baselines of a plan, the latest years first. The caller has checked the plan."""
    statement = select(PlanBaseline).where(PlanBaseline.plan_id == plan_id)
    return db.session.scalars(statement.order_by(PlanBaseline.period_from.desc(), PlanBaseline.id)).all()


def survey_values_of(plan_id: int) -> Sequence[SurveyValue]:
    """The survey values of a plan, the latest years first. The caller has checked the plan."""
    statement = select(SurveyValue).where(SurveyValue.plan_id == plan_id)
    return db.session.scalars(statement.order_by(SurveyValue.school_year.desc(), SurveyValue.id)).all()


def goals_before(plan: SchoolPlan, measure: str, first: date) -> Select[PlanGoal]:
    """A select of the goals that take the baseline of a school year beginning on `first`: those with none, or one of an
    earlier year."""
    of_plan = (PlanBaseline.plan_id == plan.id, PlanBaseline.measure == measure, PlanBaseline.period_from < first)
    earlier = PlanGoal.baseline_id.in_(select(PlanBaseline.id).where(*of_plan))
    return _open_goals(plan, measure).where(or_(PlanGoal.baseline_id.is_(None), earlier))


def goals_of_surveys(plan: SchoolPlan) -> Select[PlanGoal]:
    """A select of the goals that may take a survey value, also in place of another."""
    return _open_goals(plan, SURVEY)


def goals_offered(plan: SchoolPlan) -> Sequence[PlanGoal]:
    """The goals that may take a survey value. The caller has checked the plan."""
    return db.session.scalars(goals_of_surveys(plan)).all()


def _open_goals(plan: SchoolPlan, measure: str) -> Select[PlanGoal]:
    """A select of a plan's goals of a measure. While the council, which decides on the goals as they are, has the plan,
    only goals without a baseline; after that none. Returning the plan to the committee opens all again."""
    standing = (PlanGoal.plan_id == plan.id, PlanGoal.measure == measure, PlanGoal.removed_on.is_(None))
    bare = and_(PlanGoal.baseline_id.is_(None), PlanGoal.survey_value_id.is_(None))
    is_open = bare if plan.state in AT_THE_COUNCIL else literal(plan.state in GOALS_OPEN)
    return select(PlanGoal).where(is_open, *standing).order_by(PlanGoal.id)


def climate_measures(day: date) -> dict[str, tuple[SurveyGroup, str]]:
    """The questions of the climate survey on a day: the group and the code of the question's text, by measure."""
    return {
        f"{group.value}.{question.code}": (group, text_code(group, question.code))
        for group in SurveyGroup
        for question in questions_on(day, group)
    }


def years_recorded(actor: Actor, school_id: int, today: date) -> list[str]:
    """The school years with records of this school, the newest first."""
    first = first_year_counted(actor, school_id)
    this_year = school_year(today)
    begun = school_year(first) if first is not None else this_year
    return years_between(min(begun, this_year), this_year)[::-1]


def counted_again(actor: Actor, school_id: int, rows: Sequence[PlanBaseline], today: date) -> dict[int, Figure]:
    """Each baseline's period counted again now, by the baseline's id."""
    recounted: dict[int, Figure] = {}
    for start, end in sorted({(row.period_from, row.period_to) for row in rows}):
        here = [row for row in rows if (row.period_from, row.period_to) == (start, end)]
        now = figures(actor, school_id, [row.measure for row in here], start, end, today)
        recounted |= {row.id: now[row.measure] for row in here}
    return recounted


def trend_of(actor: Actor, school_id: int, measure: str, today: date) -> Trend:
    """A measure of a school, year by year. The caller has checked that the actor may see its outcomes."""
    years = []
    recorded = years_recorded(actor, school_id, today)
    for name in recorded[:MOST_YEARS][::-1]:
        first, end = school_year_bounds(name)
        figure = figures(actor, school_id, [measure], first, end, today)[measure]
        years.append(Year(name, figure, today if end > today else None))
    scope = scope_of(school_id, school_year(today), today)
    assert scope is not None
    same_days = year_before(scope, school_days(school_id))
    before = figures_in(actor, same_days, [measure])[measure] if same_days.year in recorded else None
    return Trend(years, years[-1].figure, before)
