"""Goals, strategies and steps of a plan. What is removed stays in its table, marked with the day.

While a plan is in force its goals are fixed; its strategies and steps are not.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import func, select
from wtforms import DateField, FloatField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, choice_field, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import PlanColumn, PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.measures import PLAN_MEASURES, SURVEY, Direction, direction_words, number_words
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core import pages
from wss_cases.plans.plan.core.models import EDITABLE, GOALS_OPEN, STANDING, SchoolPlan, get_plan, writable_plan
from wss_cases.plans.plan.goals import models, queries
from wss_cases.plans.plan.templates import Component
from wss_cases.roster.names.queries import refuse_names

LONGEST_STATEMENT = 2000


class GoalForm(PlainForm):
    """One goal: what should change, and how it is measured or why it cannot be."""

    component = radio(_l("Component"), Component, _l("Choose a component."))
    statement = LongText(
        _l("Goal"),
        [NotBlank(_l("Write the goal."))],
        limit=LONGEST_STATEMENT,
        description=_l("What should be different."),
    )
    measure = SelectField(_l("Measure"))
    direction = choice_field(_l("Direction"), [("", _l("Choose one")), *Direction.labels().items()])
    target = FloatField(_l("Target"), validators=[Optional()], description=_l("A number, in the unit of the measure."))
    target_by = DateField(_l("By"), validators=[Optional()])
    why_backward = LongText(
        _l("Reason, if the target is worse than the baseline"),
        limit=LONGEST_STATEMENT,
        description=_l("It stands beside the goal wherever the goal stands, on the public page too."),
    )
    why_not_measured = LongText(
        _l("Why this goal cannot be measured"), limit=LONGEST_STATEMENT, description=_l("Only if you chose no measure.")
    )
    anyway = pages.no_student_named()

    def fit(self, record: SchoolPlan | models.PlanGoal) -> None:
        """Offer the measures that a goal may have; counts of what adults do are none."""
        offered = [(key, measure.title) for key, measure in PLAN_MEASURES.items() if not measure.is_practice]
        before = record.measure if isinstance(record, models.PlanGoal) else ""
        if before and before not in {*dict(offered), SURVEY}:
            offered.append((before, before))
        self.measure.choices = choices([("", _("No measure")), *offered, (SURVEY, _("A value of a survey"))])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that the goal is measurable, or says why not."""
        sound = super().validate(extra_validators)
        aim = (self.direction, self.target, self.target_by)
        if not self.measure.data:
            sound = needs(
                sound, self.measure, not self.why_not_measured.data.strip(),
                _("Choose a measure, or write below why this goal cannot be measured."),
            )  # fmt: skip
            aims = any(field.data not in (None, "") for field in aim)
            return needs(sound, self.measure, aims, _("Choose what the target measures."))
        for field in aim:
            missing = field.data in (None, "")
            sound = needs(sound, field, missing, _("A measured goal needs a direction, a target, and a day."))
        possible = self.target.data is not None and 0 <= self.target.data <= models.MOST
        return needs(sound, self.target, not possible, _("Enter a number from 0 to 1,000,000."))

    def write(self, goal: models.PlanGoal) -> None:
        """Set the goal's columns."""
        goal.component, goal.statement, goal.measure = (
            Component(self.component.data), self.statement.data, self.measure.data,
        )  # fmt: skip
        goal.direction = Direction(self.direction.data) if self.direction.data else None
        goal.target, goal.target_by = self.target.data, self.target_by.data
        goal.why_not_measured, goal.why_backward = self.why_not_measured.data, self.why_backward.data


class OwnedForm(PlainForm):
    """A part of a plan with a person responsible."""

    owner = SelectField(_l("Person responsible"))

    def fit(self, record: Any) -> None:
        """Offer who works at the school, and who is responsible already."""
        before_id = getattr(record, "owner_id", None) if isinstance(record, self.PART) else None
        self.owner.choices = pages.people_of(record.school_id, clock.now(), before_id, _("No one yet"))

    @property
    def owner_id(self) -> int | None:
        """The chosen person."""
        return id_in(self.owner.data)


class StrategyForm(OwnedForm):
    """One strategy in three parts."""

    PART = models.PlanStrategy
    TEXTS = ("if_words", "then_words", "leads_to")

    if_words = LongText(_l("If we …"), [NotBlank(_l("Write what you will do."))], limit=LONGEST_STATEMENT)
    then_words = LongText(_l("then …"), [NotBlank(_l("Write what changes."))], limit=LONGEST_STATEMENT)
    leads_to = LongText(_l("which leads to …"), [NotBlank(_l("Write what it leads to."))], limit=LONGEST_STATEMENT)
    owner = SelectField(_l("Person responsible"))
    anyway = pages.no_student_named()


class StepForm(OwnedForm):
    """One step."""

    PART = models.PlanStep
    TEXTS = ("text", "evidence_required")

    text = LongText(_l("Step"), [NotBlank(_l("Write what will be done."))], limit=LONGEST_STATEMENT)
    owner = SelectField(_l("Person responsible"))
    due_on = DateField(_l("Due by"), [InputRequired(_l("Choose a day."))])
    evidence_required = ShortText(
        _l("Evidence required to close it"),
        [NotBlank(_l("Write what will show that it was done."))],
        limit=models.LONGEST_EVIDENCE,
        description=_l("For example, the list of people trained."),
    )
    anyway = pages.no_student_named()


def component_rows(tree: models.Tree, lines: Mapping[int, queries.GoalLine]) -> list[dict[str, Any]]:
    """The three components, each with its goals and their `lines`, their strategies and the steps of these."""
    strategies = [one for rows in tree.strategies.values() for one in rows]
    steps = [one for rows in tree.steps.values() for one in rows]
    names = user_names([*(one.owner_id for one in strategies), *(one.owner_id for one in steps)])
    return [
        {
            "name": component.value,
            "title": component.label,
            "goals": [
                _goal_row(goal, lines[goal.id], tree, names) for goal in tree.goals if goal.component is component
            ],
        }
        for component in Component
    ]


def _goal_row(
    goal: models.PlanGoal, line: queries.GoalLine, tree: models.Tree, names: dict[int, str]
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": goal.id,
        "statement": goal.statement,
        "line": line,
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


def _step_rows(steps: Sequence[models.PlanStep], names: dict[int, str]) -> list[dict[str, Any]]:
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


blueprint = Pages("plan_goals", __name__, url_prefix="/safety-plans")
TAB = "plan_goals.goals"


@blueprint.get("/<int:school_plan_id>/goals")
@gate(Permission.PLAN_READ)
def goals(school_plan_id: int) -> Page:
    """Goals under the three components, with strategies and steps."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    tree, today = models.tree_of(plan.id), today_at(plan.school_id, clock.now())
    lines = queries.lines_of(actor, plan, tree.goals, today, queries.fewest_for(actor, plan, today))
    return render_template(
        "plans/goals/list.html",
        components=component_rows(tree, lines),
        writes=writes,
        writes_goals=writes and plan.state in GOALS_OPEN,
        fixed=models.fixed_words() if writes and plan.state in STANDING else "",
        **pages.plan_frame(actor, plan, TAB),
    )


WRITE = Permission.PLAN_WRITE
PLAN = Subject(SchoolPlan, writable_plan)


def _part(model: Any) -> Subject:
    return Subject(model, lambda actor, part_id: models.get_part(actor, model, part_id))


GOAL, STRATEGY, STEP = _part(models.PlanGoal), _part(models.PlanStrategy), _part(models.PlanStep)


def _goals_page(record: Any, _answer: int = 0) -> str:
    plan_id = record.id if isinstance(record, SchoolPlan) else record.plan_id
    return url_for(TAB, school_plan_id=plan_id)


def _trail(record: Any) -> list[tuple[Any, Any]]:
    plan = record if isinstance(record, SchoolPlan) else writable_plan(current_actor(), record.plan_id)
    return pages.plan_trail(plan, "", (_("Goals and strategies"), _goals_page(record)))[:-1]


PART: dict[str, Any] = {
    "button": _l("Save"), "then": _goals_page, "trail": _trail, "template": pages.FORM, "boxed": False,
}  # fmt: skip
ADDED = PART | {"adds": True}
REMOVAL: dict[str, Any] = {"then": _goals_page, "done": _l("Removed."), "tells_refusals": True}


def _changed(
    kind: str, form: type[PlainForm], subject: Subject, start: Callable[[Any], dict[str, Any]], title: Any, remove: Any
) -> dict[str, Any]:
    """The page on which a part of a kind is changed, or removed by a button with the words `remove`."""

    def button(part: Any, _form: PlainForm) -> dict[str, Any]:
        more = _measures(part) if isinstance(part, models.PlanGoal) else {}
        href = url_for(f"plan_goals.remove_{kind}", **{f"{kind}_id": part.id})
        return more | {"remove": (remove, href, part.version)}

    both = pages.both_texts(form, subject, start, title)
    return PART | {"endpoint": kind, "title": title, "start": start, "guard": both, "more": button}


def _start(part: Any) -> dict[str, Any]:
    names = ("text", "due_on", "evidence_required") if isinstance(part, models.PlanStep) else StrategyForm.TEXTS
    return {name: getattr(part, name) for name in names} | {"owner": str(part.owner_id or "")}


def _goal_now(goal: models.PlanGoal) -> dict[str, Any]:
    names = (
        "component", "statement", "measure", "direction", "target", "target_by", "why_backward", "why_not_measured",
    )  # fmt: skip
    return {name: getattr(goal, name) for name in names}


def _chosen_component(_plan: SchoolPlan) -> dict[str, Any]:
    component = request.args.get("component", "")
    return {"component": component if component in {*Component} else None}


def _measures(record: SchoolPlan | models.PlanGoal, _form: PlainForm | None = None) -> dict[str, Any]:
    """What the form says beside its fields: of each measure which way is better, its baseline, and its figure now; and
    the line of the goal as it is saved."""
    plan = record if isinstance(record, SchoolPlan) else writable_plan(current_actor(), record.plan_id)
    today = today_at(plan.school_id, clock.now())
    frozen, actor = _frozen_of(plan.id), current_actor()
    goals = [
        models.PlanGoal(id=-number, measure=measure, baseline_id=frozen.get(measure))
        for number, (measure, declared) in enumerate(PLAN_MEASURES.items(), 1)
        if not declared.is_practice
    ]
    own = [record] if isinstance(record, models.PlanGoal) else []
    known = queries.known_of(actor, plan, [*goals, *own], today)
    fewest = queries.fewest_for(actor, plan, today)
    shown: dict[str, Any] = {"measures": [queries.measure_row(goal, known[goal.id], fewest) for goal in goals]}
    for goal in own:
        shown["line"] = queries.goal_line(goal, known[goal.id], today, fewest)
    return shown


@blueprint.act(
    "/<int:school_plan_id>/goals/new", PLAN, GoalForm, WRITE, endpoint="new_goal", title=_l("New goal"),
    start=_chosen_component, more=_measures, **ADDED,
)  # fmt: skip
def add_goal(uow: UnitOfWork, plan: SchoolPlan, form: GoalForm) -> int:
    """Write a goal of a plan, with the baseline that is frozen for its measure already, where there is one."""
    pages.refuse_fixed(plan)
    _check_goal(plan, form)
    goal = models.PlanGoal(baseline_id=_frozen_of(plan.id).get(form.measure.data))
    form.write(goal)
    _refuse_backward(goal)
    return _add(uow, goal, plan, "plan.goal_written", models.PlanGoal.plan_id == plan.id)


@blueprint.act(
    "/goals/<int:goal_id>", GOAL, GoalForm, WRITE,
    **_changed("goal", GoalForm, GOAL, _goal_now, _l("Change goal"), _l("Remove this goal")),
)  # fmt: skip
def change_goal(uow: UnitOfWork, goal: models.PlanGoal, form: GoalForm) -> None:
    """Change a goal. Under another measure it takes the baseline that is frozen for that one, where there is one."""
    plan = _open(uow, goal)
    _check_goal(plan, form)
    if form.measure.data != goal.measure:
        goal.baseline_id, goal.survey_value_id = _frozen_of(goal.plan_id).get(form.measure.data), None
    form.write(goal)
    _refuse_backward(goal)
    uow.record(goal, "plan.goal_changed")


@blueprint.button("/goals/<int:goal_id>/remove", GOAL, WRITE, **REMOVAL)
def remove_goal(uow: UnitOfWork, goal: models.PlanGoal) -> None:
    """Take a goal out of its plan. Refused while a strategy stands under it."""
    _refuse_fixed_goals(_open(uow, goal))
    _remove(uow, goal, models.PlanStrategy.goal_id, _("Remove its strategies first."), "plan.goal_removed")


@blueprint.act(
    "/goals/<int:goal_id>/strategies/new", GOAL, StrategyForm, WRITE, endpoint="new_strategy",
    title=_l("New strategy"), lede=attrgetter("statement"), **ADDED,
)  # fmt: skip
def add_strategy(uow: UnitOfWork, goal: models.PlanGoal, form: StrategyForm) -> int:
    """Write a strategy for a goal."""
    plan, strategy = _open(uow, goal), models.PlanStrategy(goal_id=goal.id)
    _write(uow, strategy, form, plan, None)
    return _add(uow, strategy, plan, "plan.strategy_written", models.PlanStrategy.goal_id == goal.id)


@blueprint.act(
    "/strategies/<int:strategy_id>", STRATEGY, StrategyForm, WRITE,
    **_changed("strategy", StrategyForm, STRATEGY, _start, _l("Change strategy"), _l("Remove this strategy")),
)  # fmt: skip
def change_strategy(uow: UnitOfWork, strategy: models.PlanStrategy, form: StrategyForm) -> None:
    """Change a strategy."""
    _write(uow, strategy, form, _open(uow, strategy), strategy.owner_id)
    uow.record(strategy, "plan.strategy_changed")


@blueprint.button("/strategies/<int:strategy_id>/remove", STRATEGY, WRITE, **REMOVAL)
def remove_strategy(uow: UnitOfWork, strategy: models.PlanStrategy) -> None:
    """Take a strategy out of its plan. Refused while a step stands under it."""
    _open(uow, strategy)
    _remove(uow, strategy, models.PlanStep.strategy_id, _("Remove its steps first."), "plan.strategy_removed")


@blueprint.act(
    "/strategies/<int:strategy_id>/steps/new", STRATEGY, StepForm, WRITE, endpoint="new_step", title=_l("New step"),
    lede=attrgetter("if_words"), **ADDED,
)  # fmt: skip
def add_step(uow: UnitOfWork, strategy: models.PlanStrategy, form: StepForm) -> int:
    """Write a step of a strategy."""
    plan, step = _open(uow, strategy), models.PlanStep(strategy_id=strategy.id, due_on=form.due_on.data)
    _refuse_outside(plan, form.due_on)
    _write(uow, step, form, plan, None)
    step_id = _add(uow, step, plan, "plan.step_written", models.PlanStep.strategy_id == strategy.id)
    react(uow, "plan.step_written", step)
    return step_id


@blueprint.act(
    "/steps/<int:step_id>", STEP, StepForm, WRITE,
    **_changed("step", StepForm, STEP, _start, _l("Change step"), _l("Remove this step")),
)  # fmt: skip
def change_step(uow: UnitOfWork, step: models.PlanStep, form: StepForm) -> None:
    """Change a step."""
    plan = _open(uow, step)
    if step.due_on != form.due_on.data:
        _refuse_outside(plan, form.due_on)
    _write(uow, step, form, plan, step.owner_id)
    step.due_on = form.due_on.data
    uow.record(step, "plan.step_changed")
    react(uow, "plan.step_changed", step)


@blueprint.button("/steps/<int:step_id>/remove", STEP, WRITE, **REMOVAL)
def remove_step(uow: UnitOfWork, step: models.PlanStep) -> None:
    """Take a step out of its plan."""
    _open(uow, step)
    _remove(uow, step, None, "", "plan.step_removed")
    react(uow, "plan.step_removed", step)


def _open(uow: UnitOfWork, part: Any) -> SchoolPlan:
    """Lock the plan of a part. Raises NotFound for a part that was removed, Refused for a plan that is not changed."""
    if part.removed_on is not None:
        raise NotFound
    return pages.open_plan(uow, part.plan_id)


def _frozen_of(plan_id: int) -> dict[str, int]:
    """The baseline of the latest school year of each measure that is frozen for a plan, by id."""
    rows = select(PlanBaseline.measure, PlanBaseline.id).where(PlanBaseline.plan_id == plan_id)
    latest_last = rows.order_by(PlanBaseline.period_from, PlanBaseline.id.desc())
    return dict(db.session.execute(latest_last).all())


def _refuse_fixed_goals(plan: SchoolPlan) -> None:
    if plan.state not in GOALS_OPEN:
        raise Refused("", models.fixed_words())


def _add(uow: UnitOfWork, part: Any, plan: SchoolPlan, kind: str, siblings: Any) -> int:
    """Add a part behind its siblings."""
    last = uow.session.scalar(select(func.max(type(part).position)).where(siblings)) or 0
    part.plan_id, part.school_id, part.position = plan.id, plan.school_id, last + 1
    uow.record(part, kind)
    return int(part.id)


def _write(
    uow: UnitOfWork, part: Any, form: StrategyForm | StepForm, plan: SchoolPlan, before_id: int | None
) -> None:  # fmt: skip
    texts = {name: form[name].data for name in form.TEXTS}
    pages.refuse_stranger(uow, plan.school_id, "owner", form.owner_id, before_id)
    refuse_names(plan.school_id, form.anyway.data, *texts.values())
    for name, text in texts.items():
        setattr(part, name, text)
    part.owner_id = form.owner_id


def _remove(uow: UnitOfWork, part: Any, hung_on: Any, words: str, kind: str) -> None:
    if hung_on is not None:
        under = select(func.count()).where(hung_on == part.id, hung_on.class_.removed_on.is_(None))
        if uow.session.scalar(under):
            raise Refused("", words)
    part.removed_on = today_at(part.school_id, uow.now)
    uow.record(part, kind)


def _check_goal(plan: SchoolPlan, form: GoalForm) -> None:
    _refuse_fixed_goals(plan)
    if form.target_by.data is not None:
        _refuse_outside(plan, form.target_by)
    texts = (form.statement.data, form.why_not_measured.data, form.why_backward.data)
    refuse_names(plan.school_id, form.anyway.data, *texts)


def _refuse_backward(goal: models.PlanGoal) -> None:
    """Refuse a goal that points the wrong way and says no reason."""
    aim = queries.aim_of(goal, queries.baselines_of_goals([goal]).get(goal.id, queries.Known()))
    if aim is None or not aim.is_backward() or goal.why_backward.strip():
        return
    words = [] if goal.measure == SURVEY else [direction_words(goal.measure)]
    if aim.then is not None:
        words.append(_("The baseline is %(value)s.", value=number_words(aim.then)))
    words.append(_("This goal points the wrong way. Change the direction or the target, or write the reason."))
    raise Refused("why_backward", " ".join(words))


def _refuse_outside(plan: SchoolPlan, field: DateField) -> None:
    first, _end = school_year_bounds(plan.first_year)
    _start_of_last, last = school_year_bounds(plan.last_year)
    if not first <= field.data <= last:
        raise Refused(field.name, _("Choose a day within the school years of the plan."))


ROOM = Room(
    pages=(blueprint,),
    loaders={"plan_goal": models.load_goal, "plan_strategy": models.load_strategy, "plan_step": models.load_step},
    plan_tabs=(PlanTab("plan_goals.goals", _l("Goals and strategies"), 30, Permission.PLAN_READ),),
    plan_columns=(
        PlanColumn("backward", _l("Goals that point the wrong way"), 20, queries.backward_counts, tone="brick"),
    ),
)
