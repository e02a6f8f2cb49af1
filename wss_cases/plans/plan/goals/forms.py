"""The forms of goals, strategies and steps."""

from datetime import datetime
from typing import Any

from wtforms import DateField, FloatField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, radio, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.plans.measures.states import PLAN_MEASURES, SURVEY
from wss_cases.plans.plan.core.forms import no_student_named, people_of
from wss_cases.plans.plan.goals.actions import StepContent, StrategyContent
from wss_cases.plans.plan.goals.models import LONGEST_EVIDENCE, PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.goals.rules import GoalContent
from wss_cases.plans.plan.goals.states import Direction
from wss_cases.plans.plan.templates.states import Component

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
