"""Pages of a plan's baselines: what is frozen, freezing, a survey's value, and a measure year by year."""

from typing import TypeVar

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.plans.baselines import actions
from wss_cases.plans.baselines.forms import ClimateForm, FreezeForm, SurveyForm, ValueForm
from wss_cases.plans.baselines.presenters import (
    baseline_lines,
    climate_words,
    reads_small,
    same_days,
    survey_lines,
    trend_points,
)
from wss_cases.plans.baselines.queries import (
    baselines_of,
    climate_measures,
    counted_again,
    goals_offered,
    survey_values_of,
    trend_of,
    years_recorded,
)
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.core.states import PlanState

blueprint = Blueprint("plan_baselines", __name__, url_prefix="/safety-plans/<int:school_plan_id>/baselines")
PAGE = "plan_baselines.baselines"
Form = TypeVar("Form", bound=ValueForm)


@blueprint.get("")
@gate(Permission.PLAN_READ)
def baselines(school_plan_id: int) -> Page:
    """What a plan began with: frozen figures, and values of surveys."""
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
    """One measure of the school, year by year, with what each figure is made of."""
    if measure not in PLAN_MEASURES:
        raise NotFound
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, clock.now())
    small, fewest = reads_small(actor, plan.school_id), smallest_groups(school_year(today)).cell
    found = trend_of(actor, plan.school_id, measure, today)
    return render_template(
        "plans/baselines/trend.html",
        measure=PLAN_MEASURES[measure],
        points=trend_points(measure, found, small, fewest),
        now=same_days(measure, found, small, fewest),
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
    form.measures.choices = choices([(key, one.title) for key, one in PLAN_MEASURES.items()])
    if not form.is_submitted():
        form.year.data = years[min(1, len(years) - 1)]  # the last one that is over, where one is
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
    """Offer the goals that a survey's value may be given to; without one, no question about it."""
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
