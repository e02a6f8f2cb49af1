"""Pages of goals, strategies and steps: all of a plan, and writing, changing or removing one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import DateField, FloatField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, radio, select
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.plans.measures import PLAN_MEASURES, SURVEY, number_words
from wss_cases.plans.plan.core.models import EDITABLE, GOALS_OPEN, STANDING, SchoolPlan
from wss_cases.plans.plan.core.pages import no_student_named, part_page, people_of, plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, writable_plan
from wss_cases.plans.plan.goals import actions, queries
from wss_cases.plans.plan.goals.actions import StepContent, StrategyContent
from wss_cases.plans.plan.goals.queries import (
    LONGEST_EVIDENCE,
    Direction,
    GoalContent,
    PlanGoal,
    PlanStep,
    PlanStrategy,
    Tree,
    fixed_words,
    get_part,
    tree_of,
)
from wss_cases.plans.plan.templates import Component

LONGEST_STATEMENT = 2000


class GoalForm(BaseForm):
    """One goal: what should change, and how it is measured or why it cannot be."""

    component = radio(_l("Component"), Component, _l("Choose a component."))
    statement = LongText(
        _l("Goal"),
        [NotBlank(_l("Write the goal."))],
        limit=LONGEST_STATEMENT,
        description=_l("What should be different."),
    )
    measure = SelectField(_l("Measure"))
    direction = select(_l("Direction"), [("", _l("Choose one")), *Direction.labels().items()])
    target = FloatField(_l("Target"), validators=[Optional()], description=_l("A number, in the unit of the measure."))
    target_by = DateField(_l("By"), validators=[Optional()])
    why_not_measured = LongText(
        _l("Why this goal cannot be measured"), limit=LONGEST_STATEMENT, description=_l("Only if you chose no measure.")
    )
    anyway = no_student_named()

    @property
    def content(self) -> GoalContent:
        """What the sound form says."""
        direction = Direction(self.direction.data) if self.direction.data else None
        return filled(self, GoalContent, component=Component(self.component.data), direction=direction)


def goal_form(goal: PlanGoal | None = None, component: Component | None = None, **sent: Any) -> GoalForm:
    """Return the form of a new goal under a component, or of one that is changed.

    `sent`: what a form is made with whose answers are not this request's own fields.
    """
    first = {"obj": goal} if goal else {"component": component.value if component else None}
    form = GoalForm(**first, **sent)
    offered = [(key, one.title) for key, one in PLAN_MEASURES.items() if not one.is_practice]
    if goal is not None and goal.measure and goal.measure not in {*dict(offered), SURVEY}:
        offered.append((goal.measure, goal.measure))
    survey = (SURVEY, _("A value of a survey"))
    form.measure.choices = choices([("", _("No measure")), *offered, survey])
    return form


class StrategyForm(BaseForm):
    """One strategy in three parts."""

    if_words = LongText(_l("If we …"), [NotBlank(_l("Write what you will do."))], limit=LONGEST_STATEMENT)
    then_words = LongText(_l("then …"), [NotBlank(_l("Write what changes."))], limit=LONGEST_STATEMENT)
    leads_to = LongText(_l("which leads to …"), [NotBlank(_l("Write what it leads to."))], limit=LONGEST_STATEMENT)
    owner = SelectField(_l("Person responsible"))
    anyway = no_student_named()

    @property
    def content(self) -> StrategyContent:
        """What the sound form says."""
        return filled(self, StrategyContent, owner_id=id_in(self.owner.data or ""))


def strategy_form(school_id: int, now: datetime, strategy: PlanStrategy | None = None, **sent: Any) -> StrategyForm:
    """Return the form of a new strategy, or of one that is changed."""
    owner_id = strategy.owner_id if strategy else None
    form = StrategyForm(obj=strategy, owner=str(owner_id or ""), **sent)
    form.owner.choices = people_of(school_id, now, owner_id, _("No one yet"))
    return form


class StepForm(BaseForm):
    """One step."""

    text = LongText(_l("Step"), [NotBlank(_l("Write what will be done."))], limit=LONGEST_STATEMENT)
    owner = SelectField(_l("Person responsible"))
    due_on = DateField(_l("Due by"), [InputRequired(_l("Choose a day."))])
    evidence_required = ShortText(
        _l("Evidence required to close it"),
        [NotBlank(_l("Write what will show that it was done."))],
        limit=LONGEST_EVIDENCE,
        description=_l("For example, the list of people trained."),
    )
    anyway = no_student_named()

    @property
    def content(self) -> StepContent:
        """What the sound form says."""
        return filled(self, StepContent, owner_id=id_in(self.owner.data or ""))


def step_form(school_id: int, now: datetime, step: PlanStep | None = None, **sent: Any) -> StepForm:
    """Return the form of a new step, or of one that is changed."""
    owner_id = step.owner_id if step else None
    form = StepForm(obj=step, owner=str(owner_id or ""), **sent)
    form.owner.choices = people_of(school_id, now, owner_id, _("No one yet"))
    return form


def measure_words(measure: str) -> str:
    """Return what a goal is measured by, with its unit."""
    if measure in PLAN_MEASURES:
        declared = PLAN_MEASURES[measure]
        return _("%(measure)s, %(unit)s", measure=declared.title, unit=declared.unit)
    return _("A value of a survey")


def target_words(goal: PlanGoal) -> str:
    """Return how a goal is measured, to which target and by when, or why it is not."""
    if not goal.measure or goal.direction is None or goal.target is None or goal.target_by is None:
        return _("Not measured: %(why)s", why=goal.why_not_measured)
    return _(
        "%(measure)s: %(direction)s %(target)s by %(day)s",
        measure=measure_words(goal.measure),
        direction=str(goal.direction.label).lower(),
        target=number_words(goal.target),
        day=day_words_with_year(goal.target_by),
    )


def needs_baseline(goal: PlanGoal) -> bool:
    """Whether a goal is measured and nothing is frozen for it yet."""
    return bool(goal.measure) and goal.baseline_id is None and goal.survey_value_id is None


def component_rows(tree: Tree) -> list[dict[str, Any]]:
    """Return the three components, each with its goals, their strategies and the steps of these."""
    strategies = [one for rows in tree.strategies.values() for one in rows]
    steps = [one for rows in tree.steps.values() for one in rows]
    names = user_names([*(one.owner_id for one in strategies), *(one.owner_id for one in steps)])
    return [
        {
            "name": component.value,
            "title": component.label,
            "goals": [_goal_row(goal, tree, names) for goal in tree.goals if goal.component is component],
        }
        for component in Component
    ]


def _goal_row(goal: PlanGoal, tree: Tree, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": goal.id,
        "statement": goal.statement,
        "target": target_words(goal),
        "needs_baseline": needs_baseline(goal),
        "strategies": [
            {
                "id": one.id,
                "if": one.if_words,
                "then": one.then_words,
                "leads_to": one.leads_to,
                "owner": names.get(one.owner_id or 0, ""),
                "steps": _step_rows(tree.steps.get(one.id, ()), names),
            }
            for one in tree.strategies.get(goal.id, ())
        ],
    }


def _step_rows(steps: Sequence[PlanStep], names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": step.id,
            "text": step.text,
            "meta": dotted(
                names.get(step.owner_id or 0, "") or _("No one yet"),
                _("due %(day)s", day=day_words_with_year(step.due_on)),
            ),
            "evidence": step.evidence_required,
        }
        for step in steps
    ]


blueprint = Blueprint("plan_goals", __name__, url_prefix="/safety-plans")
TAB = "plan_goals.goals"


@blueprint.get("/<int:school_plan_id>/goals")
@gate(Permission.PLAN_READ)
def goals(school_plan_id: int) -> Page:
    """Goals under the three components, with strategies and steps."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    return render_template(
        "plans/goals/list.html",
        components=component_rows(tree_of(plan.id)),
        writes=writes,
        writes_goals=writes and plan.state in GOALS_OPEN,
        fixed=fixed_words() if writes and plan.state in STANDING else "",
        **plan_frame(actor, plan, TAB),
    )


@blueprint.route("/<int:school_plan_id>/goals/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_goal(school_plan_id: int) -> Page:
    """Write a goal."""
    plan = writable_plan(current_actor(), school_plan_id)
    asked = request.args.get("component", "")
    form = goal_form(component=Component(asked) if asked in {*Component} else None)
    words = _words(plan, _("New goal"))
    return part_page(form, lambda call: actions.add_goal(call, plan.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/goals/<int:goal_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def goal(goal_id: int) -> Page:
    """Change a goal."""
    row = get_part(current_actor(), PlanGoal, goal_id)
    form = goal_form(row)
    removes = (_("Remove this goal"), url_for("plan_goals.remove_goal", goal_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change goal"), removes)
    return part_page(
        form, lambda call: actions.change_goal(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: goal_form(get_part(current_actor(), PlanGoal, goal_id), formdata=None),
    )  # fmt: skip


@blueprint.post("/goals/<int:goal_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_goal(goal_id: int) -> Page:
    """Take a goal out of the plan."""
    return _removed(get_part(current_actor(), PlanGoal, goal_id), actions.remove_goal)


@blueprint.route("/goals/<int:goal_id>/strategies/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_strategy(goal_id: int) -> Page:
    """Write a strategy for a goal."""
    row = get_part(current_actor(), PlanGoal, goal_id)
    form = strategy_form(row.school_id, clock.now())
    words = _words(writable_plan(current_actor(), row.plan_id), _("New strategy")) | {"lede": row.statement}
    return part_page(form, lambda call: actions.add_strategy(call, row.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/strategies/<int:strategy_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def strategy(strategy_id: int) -> Page:
    """Change a strategy."""
    row = get_part(current_actor(), PlanStrategy, strategy_id)
    form = strategy_form(row.school_id, clock.now(), row)
    removes = (_("Remove this strategy"), url_for("plan_goals.remove_strategy", strategy_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change strategy"), removes)
    return part_page(
        form, lambda call: actions.change_strategy(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: strategy_form(
            row.school_id, clock.now(), get_part(current_actor(), PlanStrategy, strategy_id), formdata=None
        ),
    )  # fmt: skip


@blueprint.post("/strategies/<int:strategy_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_strategy(strategy_id: int) -> Page:
    """Take a strategy out of the plan."""
    return _removed(get_part(current_actor(), PlanStrategy, strategy_id), actions.remove_strategy)


@blueprint.route("/strategies/<int:strategy_id>/steps/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_step(strategy_id: int) -> Page:
    """Write a step of a strategy."""
    row = get_part(current_actor(), PlanStrategy, strategy_id)
    form = step_form(row.school_id, clock.now())
    words = _words(writable_plan(current_actor(), row.plan_id), _("New step")) | {"lede": row.if_words}
    return part_page(form, lambda call: actions.add_step(call, row.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/steps/<int:step_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def step(step_id: int) -> Page:
    """Change a step."""
    row = get_part(current_actor(), PlanStep, step_id)
    form = step_form(row.school_id, clock.now(), row)
    removes = (_("Remove this step"), url_for("plan_goals.remove_step", step_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change step"), removes)
    return part_page(
        form, lambda call: actions.change_step(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: step_form(row.school_id, clock.now(), get_part(current_actor(), PlanStep, step_id), formdata=None),
    )  # fmt: skip


@blueprint.post("/steps/<int:step_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_step(step_id: int) -> Page:
    """Take a step out of the plan."""
    return _removed(get_part(current_actor(), PlanStep, step_id), actions.remove_step)


def _words(plan: SchoolPlan, title: str, removes: tuple[str, str, int] | None = None) -> dict[str, Any]:
    """Return what stands beside a form; `removes`: words, address and version of what takes the part out."""
    href = url_for(TAB, school_plan_id=plan.id)
    crumbs = plan_trail(plan, title, (_("Goals and strategies"), href))
    return {"title": title, "crumbs": crumbs, "back_href": href, "go_words": _("Save"), "remove": removes}


def _removed(part: Any, act: Callable[..., int]) -> Page:
    """Carry out a removal, and say so on the page of goals, or why not."""
    href = url_for(TAB, school_plan_id=part.plan_id)
    try:
        act(Invocation(current_actor(), clock.now(), version=id_in(request.form.get("version"))), part.id)
    except Refused as refused:
        flash(refused.message, "warning")
    else:
        flash(_("Removed."))
    return redirect(href, 303)


ROOM = Room(
    pages=(blueprint,),
    loaders={"plan_goal": queries.load_goal, "plan_strategy": queries.load_strategy, "plan_step": queries.load_step},
    plan_tabs=(PlanTab("plan_goals.goals", _l("Goals and strategies"), 30, Permission.PLAN_READ),),
)
