"""The pages of a plan's baselines: frozen figures, freezing, survey values, and a measure year by year."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, render_template, url_for
from wtforms import FloatField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.mail.family_texts.queries import family_texts
from wss_cases.plans.baselines import actions, models
from wss_cases.plans.baselines.queries import (
    Trend,
    baselines_of,
    climate_measures,
    counted_again,
    goals_offered,
    survey_values_of,
    trend_of,
    years_recorded,
)
from wss_cases.plans.measures import PLAN_MEASURES, Figure, is_too_small, number_words, value_of, value_words
from wss_cases.plans.plan.baselines import LONGEST_INSTRUMENT, PlanBaseline, SurveySource, SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import no_student_named, plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.surveys.instrument import SurveyGroup, text_code

YEAR = _l("Choose a school year that is recorded here.")


class FreezeForm(BaseForm):
    """The measures to freeze, and their school year."""

    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    measures = SelectMultipleField(
        _l("Which measures?"), validators=[InputRequired(_l("Choose at least one measure."))]
    )


def goals_field() -> SelectMultipleField:
    """The field that names the goals of a survey value."""
    return SelectMultipleField(
        _l("Which goals is it the baseline of?"),
        coerce=int,
        description=_l(
            "Only goals about this very question and group. It takes the place of a value that a goal has now."
        ),
    )


class ValueForm(BaseForm):
    """The goals of a survey value, chosen individually among those about the same question."""

    goals: SelectMultipleField

    @property
    def chosen(self) -> list[int]:
        """The chosen goals; empty where no goal could take the value."""
        return self.goals.data or [] if "goals" in self else []


class ClimateForm(ValueForm):
    """A question of the school's own survey, and the school year."""

    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    measure = SelectField(_l("Which question?"), validators=[InputRequired(_l("Choose a question."))])
    goals = goals_field()


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
    value = FloatField(_l("Value"), validators=[InputRequired(_l("Enter a number."))])
    year = SelectField(_l("Of which school year?"), validators=[InputRequired(YEAR)])
    goals = goals_field()
    anyway = no_student_named()


Line = dict[str, Any]


def made_of(measure: str, figure: Figure) -> str:
    """The numbers behind a figure: "29 suspensions of 420 students"; '' for a count, and where the denominator is
    zero."""
    declared = PLAN_MEASURES[measure]
    if not figure.denominator:
        return ""
    return _(
        "%(part)s %(parts)s of %(whole)s %(wholes)s",
        part=number_words(figure.numerator),
        parts=declared.numerator,
        whole=number_words(figure.denominator),
        wholes=declared.denominator,
    )


def reads_small(actor: Actor, school_id: int) -> bool:
    """Whether the actor may open every record of a school, and so see its small figures too."""
    return actor.covers(school_id, *CASE_TEAM)


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
    frozen = Figure(row.numerator or 0, row.denominator)
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


def trend_points(measure: str, trend: Trend, small: bool, fewest: int) -> list[Line]:
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
                "made_of": "" if hidden else made_of(measure, year.figure),
            }
        )
    return points


def same_days(measure: str, trend: Trend, small: bool, fewest: int) -> list[Line]:
    """This year until today, and the same days of the year before, in words."""
    rows = [(_("This school year, to today"), trend.now), (_("Same days of the year before"), trend.before)]
    return [
        {"label": label, "value": _("Not recorded") if figure is None else _shown(measure, figure, small, fewest)}
        for label, figure in rows
    ]


def _shown(measure: str, figure: Figure, small: bool, fewest: int) -> str:
    return _("Too few to show") if not small and is_too_small(measure, figure, fewest) else _both(measure, figure)


blueprint = Blueprint("plan_baselines", __name__, url_prefix="/safety-plans/<int:school_plan_id>/baselines")
PAGE = "plan_baselines.baselines"
Form = TypeVar("Form", bound=ValueForm)


@blueprint.get("")
@gate(Permission.PLAN_READ)
def baselines(school_plan_id: int) -> Page:
    """A plan's baselines: frozen figures, and survey values."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    rows = baselines_of(plan.id)
    again = counted_again(actor, plan.school_id, rows, today_at(plan.school_id, clock.now()))
    return render_template(
        "plans/baselines/baselines.html",
        lines=baseline_lines(actor, plan, rows, again),
        surveys=survey_lines(survey_values_of(plan.id)),
        writes=can(actor, Permission.PLAN_WRITE, plan) and plan.state is not PlanState.CLOSED,
        **plan_frame(actor, plan, PAGE),
    )


@blueprint.get("/<measure>")
@gate(Permission.PLAN_READ)
def trend(school_plan_id: int, measure: str) -> Page:
    """One measure of the school, year by year, with the numbers behind each figure."""
    if measure not in PLAN_MEASURES:
        raise NotFound
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, clock.now())
    small, fewest = reads_small(actor, plan.school_id), smallest_groups(school_year(today)).cell
    measure_trend = trend_of(actor, plan.school_id, measure, today)
    return render_template(
        "plans/baselines/trend.html",
        measure=PLAN_MEASURES[measure],
        points=trend_points(measure, measure_trend, small, fewest),
        now=same_days(measure, measure_trend, small, fewest),
        small=small,
        **plan_frame(actor, plan, PAGE),
    )


def _writable(actor: Actor, school_plan_id: int) -> SchoolPlan:
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_WRITE, plan)
    return plan


def _years(plan: SchoolPlan) -> list[str]:
    return years_recorded(current_actor(), plan.school_id, today_at(plan.school_id, clock.now()))


def _freeze_form(plan: SchoolPlan) -> FreezeForm:
    form, years = FreezeForm(), _years(plan)
    form.year.choices = choices([(year, year) for year in years])
    form.measures.choices = choices([(key, declared.title) for key, declared in PLAN_MEASURES.items()])
    if not form.is_submitted():
        form.year.data = years[min(1, len(years) - 1)]  # the last finished year, if there is one
    return form


def _survey_form(plan: SchoolPlan) -> SurveyForm:
    form = SurveyForm()
    form.year.choices = choices([(year, year) for year in _years(plan)])
    return _with_goals(form, plan)


def _climate_form(plan: SchoolPlan) -> ClimateForm:
    form, today = ClimateForm(), today_at(plan.school_id, clock.now())
    form.year.choices = choices([(year, year) for year in _years(plan)])
    form.measure.choices = choices([(one, climate_words(one, today)) for one in climate_measures(today)])
    return _with_goals(form, plan)


def _with_goals(form: Form, plan: SchoolPlan) -> Form:
    """Offer the goals that may take a survey value; without any, remove the question."""
    offered = [(goal.id, goal.statement) for goal in goals_offered(plan)]
    form.goals.choices = choices(offered)
    if not offered:
        del form.goals
    return form


def _done(plan: SchoolPlan) -> str:
    return url_for(PAGE, school_plan_id=plan.id)


act_page(
    blueprint,
    "/freeze",
    "freeze",
    Permission.PLAN_WRITE,
    load=_writable,
    form=_freeze_form,
    act=lambda call, plan, form: actions.freeze(call, plan.id, form.measures.data or [], form.year.data),
    done=_done,
    words=lambda plan: {
        "title": _("Freeze baselines"),
        "go_words": _("Freeze these figures"),
        "lede": _(
            "The figures are counted now and stay as they are. What is corrected later is shown beside them. Until the "
            "plan is put to the council’s vote, a goal takes the latest school year that is frozen. From the vote "
            "until the plan is in force, only a goal that has no baseline takes one."
        ),
        "back_href": _done(plan),
    },
    template="plans/baselines/freeze.html",
)

act_page(
    blueprint,
    "/survey",
    "survey",
    Permission.PLAN_WRITE,
    load=_writable,
    form=_survey_form,
    act=lambda call, plan, form: actions.enter_survey(
        call,
        plan.id,
        form.instrument.data or "",
        form.scale.data or "",
        form.value.data,
        form.year.data,
        form.chosen,
        bool(form.anyway.data),
    ),
    done=_done,
    words=lambda plan: {
        "title": _("Enter a survey value"),
        "go_words": _("Save the value"),
        "lede": _("It is shown as entered, not computed."),
        "back_href": _done(plan),
    },
    template="layouts/form_page.html",
)

act_page(
    blueprint,
    "/climate",
    "climate",
    Permission.PLAN_WRITE,
    load=_writable,
    form=_climate_form,
    act=lambda call, plan, form: actions.take_climate(call, plan.id, form.measure.data, form.year.data, form.chosen),
    done=_done,
    words=lambda plan: {
        "title": _("Take from the school’s survey"),
        "go_words": _("Take this share"),
        "lede": _("The percent who agreed, of those invited who answered. The code on the wall is not counted."),
        "back_href": _done(plan),
    },
    template="layouts/form_page.html",
)


ROOM = Room(
    pages=(blueprint,),
    sentences=models.SENTENCES,
    plan_tabs=(PlanTab(PAGE, _l("Baselines"), 20, Permission.PLAN_READ),),
)
