"""A plan's baselines: freezing figures, survey values, and a measure year by year."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import select
from wtforms import FloatField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import NotBlank, PlainForm, ShortText, choices
from wss_cases.foundation.i18n import _, _l, dotted, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, local_date, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts import family_texts
from wss_cases.plans.baselines import queries
from wss_cases.plans.measures import (
    PLAN_MEASURES,
    Figure,
    beside,
    direction_words,
    figures,
    is_too_small,
    made_of,
    number_words,
    value_of,
    value_words,
)
from wss_cases.plans.plan.baselines import LONGEST_INSTRUMENT, PlanBaseline, SurveySource, SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan, get_plan, writable_plan
from wss_cases.plans.plan.core.pages import no_student_named, plan_frame
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.goals.queries import reads_small
from wss_cases.roster.names.queries import refuse_names
from wss_cases.surveys.results import survey_share
from wss_cases.surveys.rounds import SurveyGroup, text_code

Line = dict[str, Any]


def baseline_lines(
    actor: Actor, plan: SchoolPlan, rows: Sequence[PlanBaseline], again: dict[int, Figure]
) -> list[Line]:
    """The frozen figures; each also has its value counted again where that differs."""
    names, zone = user_names(row.taken_by_id for row in rows), zone_of(plan.school_id)
    small = reads_small(actor, plan.school_id)
    return [_line(plan, row, again[row.id], small, names, zone) for row in rows]


def _line(
    plan: SchoolPlan, row: PlanBaseline, now: Figure, small: bool, names: dict[int, str], zone: str
) -> Line:  # fmt: skip
    frozen = row.figure
    hidden = row.suppressed and not small
    fewest = 0 if small else smallest_groups(school_year(row.period_from)).cell
    changed = frozen != now and not hidden and not is_too_small(row.measure, now, fewest)
    return {
        "title": PLAN_MEASURES[row.measure].title,
        "period": _period(row),
        "value": _("Too few to show") if hidden else value_words(row.measure, frozen),
        "made_of": "" if hidden else made_of(row.measure, frozen),
        "small": row.suppressed and small,
        "taken": day_words_with_year(local_date(row.taken_at, zone)),
        "by": names.get(row.taken_by_id or 0, ""),
        "again": _both(row.measure, now) if changed else "",
        "href": url_for("plan_baselines.trend", school_plan_id=plan.id, measure=row.measure),
    }


def _period(row: PlanBaseline) -> str:
    """The school year; for an unfinished year also the last day counted."""
    year = school_year(row.period_from)
    if row.period_to == school_year_bounds(year)[1]:
        return _("School year %(year)s", year=year)
    return _("School year %(year)s, to %(day)s", year=year, day=day_words_with_year(row.period_to))


def _both(measure: str, figure: Figure) -> str:
    parts = made_of(measure, figure)
    return f"{value_words(measure, figure)} ({parts})" if parts else value_words(measure, figure)


def climate_words(measure: str, day: date) -> str:
    """A question of the climate survey in the reader's language, with the group."""
    group, _dot, code = measure.partition(".")
    text = text_code(SurveyGroup(group), code)
    words = family_texts([text], locale_code(), day)
    return f"{SurveyGroup(group).label}: {words[text].text if text in words else code}"


def survey_lines(rows: Sequence[SurveyValue]) -> list[Line]:
    """The survey values; those of the school's own survey as a share in percent, with the question's text."""
    return [
        {
            **(_climate_line(row) if row.source is SurveySource.CLIMATE else _entered_line(row)),
            "year": row.school_year,
            "is_entered": row.source is SurveySource.ENTERED,
        }
        for row in rows
    ]


def _entered_line(row: SurveyValue) -> Line:
    return {"title": row.instrument, "scale": row.scale, "value": number_words(row.value)}


def _climate_line(row: SurveyValue) -> Line:
    question = climate_words(row.scale, school_year_bounds(row.school_year)[1])
    return {"title": row.source.label, "scale": question, "value": f"{number_words(row.value)}%"}


def trend_points(measure: str, trend: queries.Trend, small: bool, fewest: int) -> list[Line]:
    """The finished years as points of a chart; a year with too few is a gap with a note. The current year is not joined
    to them."""
    points = []
    for year in trend.years:
        if year.until is not None:
            continue
        hidden = not small and is_too_small(measure, year.figure, fewest)
        value = None if hidden else value_of(measure, year.figure.numerator, year.figure.denominator)
        points.append(
            {
                "label": year.name,
                "value": value,
                "figure": None if value is None else number_words(value),
                "note": _("Too few to show") if hidden else "",
                "made_of": "" if hidden else dotted(made_of(measure, year.figure), beside(measure, year.figure)),
            }
        )
    return points


def same_days(measure: str, trend: queries.Trend, small: bool, fewest: int) -> list[Line]:
    """This year until today, and the same days of the year before, in words."""
    rows = [(_("This school year, to today"), trend.now), (_("Same days of the year before"), trend.before)]
    return [
        {"label": label, "value": _("Not recorded") if figure is None else _shown(measure, figure, small, fewest)}
        for label, figure in rows
    ]


def _shown(measure: str, figure: Figure, small: bool, fewest: int) -> str:
    return _("Too few to show") if not small and is_too_small(measure, figure, fewest) else _both(measure, figure)


pages = Pages("plan_baselines", __name__, url_prefix="/safety-plans/<int:school_plan_id>/baselines")
PAGE = "plan_baselines.baselines"


@pages.get("")
@gate(Permission.PLAN_READ)
def baselines(school_plan_id: int) -> Page:
    """A plan's baselines: frozen figures, and survey values."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    rows = queries.baselines_of(plan.id)
    again = queries.counted_again(actor, plan.school_id, rows, today_at(plan.school_id, clock.now()))
    return render_template(
        "plans/baselines/baselines.html",
        lines=baseline_lines(actor, plan, rows, again),
        surveys=survey_lines(queries.survey_values_of(plan.id)),
        writes=can(actor, Permission.PLAN_WRITE, plan) and plan.state is not PlanState.CLOSED,
        **plan_frame(actor, plan, PAGE),
    )


@pages.get("/<measure>")
@gate(Permission.PLAN_READ)
def trend(school_plan_id: int, measure: str) -> Page:
    """One measure of the school, year by year, with the numbers behind each figure."""
    if measure not in PLAN_MEASURES:
        raise NotFound
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, clock.now())
    small, fewest = reads_small(actor, plan.school_id), smallest_groups(school_year(today)).cell
    measure_trend = queries.trend_of(actor, plan.school_id, measure, today)
    return render_template(
        "plans/baselines/trend.html",
        measure=PLAN_MEASURES[measure],
        direction=direction_words(measure),
        points=trend_points(measure, measure_trend, small, fewest),
        now=same_days(measure, measure_trend, small, fewest),
        small=small,
        **plan_frame(actor, plan, PAGE),
    )


HIGHEST_VALUE = 1000
WRITE = Permission.PLAN_WRITE
PLAN = Subject(SchoolPlan, writable_plan)


def _year_field() -> SelectField:
    """The school year; the page offers those that its reader sees, and the act checks it."""
    required = [InputRequired(_l("Choose a school year that is recorded here."))]
    return SelectField(_l("Of which school year?"), validators=required, choices=[], validate_choice=False)


def _baselines(plan: SchoolPlan, _answer: int = 0) -> str:
    return url_for(PAGE, school_plan_id=plan.id)


def _with_years(plan: SchoolPlan, form: Any) -> dict[str, Any]:
    years = queries.years_recorded(current_actor(), plan.school_id, today_at(plan.school_id, clock.now()))
    form.year.choices = choices([(year, year) for year in years])
    if isinstance(form, FreezeForm) and not form.year.data:
        form.year.data = years[min(1, len(years) - 1)]  # the last finished year, if there is one
    return {"back_href": _baselines(plan)}


ACT: dict[str, Any] = {"then": _baselines, "more": _with_years, "adds": True, "boxed": False}


class FreezeForm(PlainForm):
    """The measures to freeze, and their school year."""

    year = _year_field()
    measures = SelectMultipleField(
        _l("Which measures?"), validators=[InputRequired(_l("Choose at least one measure."))]
    )

    def fit(self, _plan: SchoolPlan) -> None:
        """Offer every measure."""
        self.measures.choices = choices([(key, measure.title) for key, measure in PLAN_MEASURES.items()])


@pages.act(
    "/freeze", PLAN, FreezeForm, WRITE, title=_l("Freeze baselines"), button=_l("Freeze these figures"),
    lede=_l(
        "The figures are counted now and stay as they are. What is corrected later is shown beside them. Until the "
        "plan is put to the council’s vote, a goal takes the latest school year that is frozen. From the vote "
        "until the plan is in force, only a goal that has no baseline takes one."
    ),
    **ACT,
)  # fmt: skip
def freeze(uow: UnitOfWork, plan: SchoolPlan, form: FreezeForm) -> None:
    """Freeze measures of a school year, and give them to goals with no baseline or one of an earlier school year."""
    _refuse_closed(plan)
    year, today = form.year.data, today_at(plan.school_id, uow.now)
    if year not in queries.years_recorded(uow.actor, plan.school_id, today):
        raise Refused("year", _("Choose a school year that is recorded here."))
    first, end = school_year_bounds(year)
    chosen = list(dict.fromkeys(form.measures.data))
    of_year = select(PlanBaseline).where(PlanBaseline.plan_id == plan.id, PlanBaseline.period_from == first)
    taken = {row.measure: row for row in uow.session.scalars(of_year)}
    new = [measure for measure in chosen if measure not in taken]
    counted = figures(uow.actor, plan.school_id, new, first, end, today)
    fewest = smallest_groups(year).cell
    for measure, figure in counted.items():
        row = PlanBaseline(
            plan_id=plan.id, school_id=plan.school_id, measure=measure, period_from=first, period_to=min(end, today),
            numerator=figure.numerator, denominator=figure.denominator,
            apart=None if figure.apart is None else list(figure.apart),
            suppressed=is_too_small(measure, figure, fewest), taken_at=uow.now, taken_by_id=uow.actor.user_id,
        )  # fmt: skip
        taken[measure] = uow.add(row)
        uow.record(row, "plan.baseline_frozen", year=year)
    given = 0
    for measure in chosen:
        goals = uow.session.scalars(queries.goals_before(plan, measure, first).with_for_update()).all()
        given += _give(uow, goals, baseline_id=taken[measure].id)
    if not new and not given:
        raise Refused("measures", _("This is frozen already for that school year. A baseline is taken only once."))


def _goals_field() -> SelectMultipleField:
    return SelectMultipleField(
        _l("Which goals is it the baseline of?"),
        coerce=int,
        description=_l(
            "Only goals about this very question and group. It takes the place of a value that a goal has now."
        ),
    )


class ValueForm(PlainForm):
    """A survey value, given to goals that are chosen among those about the same question."""

    goals: SelectMultipleField

    def fit(self, plan: SchoolPlan) -> None:
        """Offer the goals that may take a survey value; without any, remove the question."""
        offered = [(goal.id, goal.statement) for goal in queries.goals_offered(plan)]
        self.goals.choices = choices(offered)
        if not offered and not self.goals.data:
            del self.goals

    def give(self, uow: UnitOfWork, plan: SchoolPlan, source: SurveySource, **columns: Any) -> None:
        """Add a survey value with these columns, and give it to the chosen goals."""
        value = SurveyValue(
            plan_id=plan.id, school_id=plan.school_id, school_year=self["year"].data, source=source,
            entered_at=uow.now, entered_by_id=uow.actor.user_id, **columns,
        )  # fmt: skip
        _keep_value(uow, plan, value, self.goals.data if "goals" in self else [])


class ClimateForm(ValueForm):
    """A question of the school's own survey, and the school year."""

    year = _year_field()
    measure = SelectField(_l("Which question?"), validators=[InputRequired(_l("Choose a question."))])
    goals = _goals_field()

    def fit(self, plan: SchoolPlan) -> None:
        """Offer the questions of the survey, and goals."""
        super().fit(plan)
        today = today_at(plan.school_id, clock.now())
        self.measure.choices = choices([(key, climate_words(key, today)) for key in queries.climate_measures(today)])


@pages.act(
    "/climate", PLAN, ClimateForm, WRITE, endpoint="climate", title=_l("Take from the school’s survey"),
    button=_l("Take this share"), **ACT,
    lede=_l("The percent who agreed, of those invited who answered. The code on the wall is not counted."),
)  # fmt: skip
def take_climate(uow: UnitOfWork, plan: SchoolPlan, form: ClimateForm) -> None:
    """Take a share of the school's own climate survey, in percent of the invited people who answered.

    Refused where the question was not asked or too few answered. Answers by the code on the wall are never a baseline.
    """
    _refuse_closed(plan)
    year, measure = form.year.data, form.measure.data
    _refuse_year(year, school_year(today_at(plan.school_id, uow.now)))
    share = survey_share(plan.school_id, year, measure)
    if share is None:
        raise Refused("year", _("This was not asked in that school year, or the survey is not over."))
    if share.percent is None:
        raise Refused(
            "measure", _("Too few people answered, or nearly everyone gave one answer, so it cannot be a baseline.")
        )
    form.give(uow, plan, SurveySource.CLIMATE, instrument=queries.CLIMATE, scale=measure, value=round(share.percent, 1))


class SurveyForm(ValueForm):
    """A value that was computed elsewhere."""

    instrument = ShortText(
        _l("Name of the survey"), [NotBlank(_l("Enter the name of the survey."))], limit=LONGEST_INSTRUMENT
    )
    scale = ShortText(
        _l("What was measured, and in which group?"),
        [NotBlank(_l("Enter what was measured."))],
        limit=LONGEST_INSTRUMENT,
    )
    value = FloatField(
        _l("Value"),
        [
            InputRequired(_l("Enter a number.")),
            NumberRange(0, HIGHEST_VALUE, _l("Enter a number from 0 to %(most)d.", most=HIGHEST_VALUE)),
        ],
    )
    year = _year_field()
    goals = _goals_field()
    anyway = no_student_named()


@pages.act(
    "/survey", PLAN, SurveyForm, WRITE, endpoint="survey", title=_l("Enter a survey value"),
    button=_l("Save the value"), lede=_l("It is shown as entered, not computed."),
    **ACT,
)  # fmt: skip
def enter_survey(uow: UnitOfWork, plan: SchoolPlan, form: SurveyForm) -> None:
    """Enter a survey value that was computed elsewhere."""
    _refuse_closed(plan)
    instrument, scale = form.instrument.data.strip(), form.scale.data.strip()
    refuse_names(plan.school_id, form.anyway.data, instrument, scale)
    _refuse_year(form.year.data, school_year(today_at(plan.school_id, uow.now)))
    form.give(uow, plan, SurveySource.ENTERED, instrument=instrument, scale=scale, value=form.value.data)


def _keep_value(uow: UnitOfWork, plan: SchoolPlan, value: SurveyValue, goals: Collection[int]) -> None:
    """Add a survey value, or use the equal one that exists, and give it to the chosen goals only."""
    same = ("plan_id", "instrument", "scale", "value", "school_year", "source")
    stands = select(SurveyValue).where(*(getattr(SurveyValue, name) == getattr(value, name) for name in same))
    row = uow.session.scalars(stands.order_by(SurveyValue.id).limit(1)).one_or_none()
    open_to = uow.session.scalars(queries.goals_of_surveys(plan).with_for_update()).all()
    chosen = [goal for goal in open_to if goal.id in goals]
    if len(chosen) != len(set(goals)):
        raise Refused("goals", _("Choose goals that are measured by a survey."))
    if row is None:
        row = uow.add(value)
        uow.record(row, "plan.survey_entered", year=row.school_year)
    elif all(goal.survey_value_id == row.id for goal in chosen):
        raise Refused("", _stands_words(any(goal.survey_value_id != row.id for goal in open_to)))
    _give(uow, [goal for goal in chosen if goal.survey_value_id != row.id], survey_value_id=row.id)


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


def _refuse_closed(plan: SchoolPlan) -> None:
    if plan.state is PlanState.CLOSED:
        raise Refused("", _("This plan is closed. Copy it forward to go on with it."))


def _give(uow: UnitOfWork, goals: Sequence[PlanGoal], **baseline: int) -> int:
    """Give a baseline to goals; returns how many."""
    for goal in goals:
        for name, value in baseline.items():
            setattr(goal, name, value)
        uow.record(goal, "plan.goal_has_baseline")
    return len(goals)


SENTENCES: Final[dict[str, Any]] = {
    "plan.baseline_frozen": _l("Baseline frozen for %(year)s"),
    "plan.survey_entered": _l("Survey value entered for %(year)s"),
    "plan.goal_has_baseline": _l("Goal given its baseline"),
}
ROOM = Room(pages=(pages,), sentences=SENTENCES, plan_tabs=(PlanTab(PAGE, _l("Baselines"), 20, Permission.PLAN_READ),))
