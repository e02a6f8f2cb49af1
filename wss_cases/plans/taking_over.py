"""A plan that comes into force while another one stands: what becomes of the money and the open steps of that one.

Where the two share a school year, the earlier plan's resources with their entries and its open steps come along with
the new plan; its text stays as it is. Where they share none, its money stays with it and its open steps are canceled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import PlainForm
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.outcomes.counting.scope.rules import years_between
from wss_cases.plans.money.amounts import money_words
from wss_cases.plans.money.funding.models import funding_by_source, source_lines
from wss_cases.plans.money.resources.models import PlanResource
from wss_cases.plans.money.resources.queries import Money, money_of, resources_of
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan, shares_year, standing_plan, writable_plan
from wss_cases.plans.plan.core.pages import plan_trail, plan_words
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy, Tree, tree_of
from wss_cases.plans.plan.progress import advance


@dataclass(frozen=True)
class Along:
    """What comes along from a plan: its resources, the money of each by id, and its open steps with who is asked."""

    resources: Sequence[PlanResource]
    money: dict[int, Money]
    steps: Sequence[tuple[PlanStep, FollowUp]]

    @property
    def planned(self) -> int:
        """What is planned for all resources, in cents."""
        return sum(one.planned for one in self.money.values())

    @property
    def used(self) -> int:
        """What is no longer free, resource by resource, in cents."""
        return sum(one.used for one in self.money.values())

    @property
    def strategies(self) -> set[int]:
        """The ids of the earlier plan's strategies that something hangs on."""
        return {row.strategy_id for row in self.resources} | {step.strategy_id for step, _asked in self.steps}


def before_of(plan: SchoolPlan) -> SchoolPlan | None:
    """The plan that stands at a plan's school and is another one; None without."""
    standing = standing_plan(plan.school_id)
    return standing if standing is not None and standing.id != plan.id else None


def along_with(actor: Actor, before: SchoolPlan, locked: bool = False) -> Along:
    """What may come along from a plan that the caller has checked, its follow-ups `locked` for whoever moves them."""
    resources = resources_of(actor, before.id)
    steps = (
        select(PlanStep, FollowUp)
        .join(FollowUp, FollowUp.plan_step_id == PlanStep.id)
        .where(PlanStep.plan_id == before.id, FollowUp.state == FollowUpState.OPEN)
        .order_by(PlanStep.due_on, PlanStep.id)
    )
    wanted = steps.with_for_update(of=FollowUp) if locked else steps
    found = [(row[0], row[1]) for row in db.session.execute(wanted)]
    return Along(resources, money_of(actor, [row.id for row in resources]), found)


def strategy_like(strategy: PlanStrategy, goal: PlanGoal, tree: Tree) -> PlanStrategy | None:
    """The strategy of another plan that says the same under the same component as one of a goal; None without one."""
    here = [one for same in tree.goals if same.component is goal.component for one in tree.strategies.get(same.id, ())]
    return next((one for one in here if _words(one) == _words(strategy)), None)


def goal_like(goal: PlanGoal, tree: Tree) -> PlanGoal | None:
    """The goal of another plan under which strategies of a goal come along: one with the same words, else the first of
    the same component, else the first; None in a plan without a goal."""
    same = [one for one in tree.goals if one.component is goal.component]
    worded = [one for one in same if one.statement.strip() == goal.statement.strip()]
    return next(iter([*worded, *same, *tree.goals]), None)


def _words(strategy: PlanStrategy) -> tuple[str, ...]:
    return tuple(text.strip() for text in (strategy.if_words, strategy.then_words, strategy.leads_to))


def take_over(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Reaction: bring along what comes from the plan that still stands, which shares a school year with this one."""
    before = before_of(plan)
    assert before is not None
    along = along_with(uow.actor, before, locked=True)
    for row in along.resources:
        strategy = _strategy_of(uow, plan, row.strategy_id)
        row.plan_id, row.strategy_id = plan.id, strategy.id
        uow.record(row, "plan_resource.came_along")
    for step, asked in along.steps:
        _bring(uow, plan, step, asked)
    first = (before.money_since or before.first_year) if along.resources else plan.first_year
    plan.money_since = first if first < plan.first_year else None
    said: dict[str, Any] = {
        "planned": money_words(along.planned),
        "used": money_words(along.used),
        "steps": len(along.steps),
    }
    uow.record(plan, "plan.took_over", plan=before.id, **said)
    uow.record(before, "plan.gave_over", plan=plan.id, **said)


def _strategy_of(uow: UnitOfWork, plan: SchoolPlan, strategy_id: int) -> PlanStrategy:
    """The plan's strategy that says the same as an earlier plan's; written under its goal where there is none."""
    earlier, tree = uow.session.get_one(PlanStrategy, strategy_id), tree_of(plan.id)
    earlier_goal = uow.session.get_one(PlanGoal, earlier.goal_id)
    if (found := strategy_like(earlier, earlier_goal, tree)) is not None:
        return found
    goal = goal_like(earlier_goal, tree)
    if goal is None:
        raise Refused("", str(NO_GOAL))
    siblings = tree.strategies.get(goal.id, ())
    new = PlanStrategy(
        school_id=plan.school_id, plan_id=plan.id, goal_id=goal.id, if_words=earlier.if_words,
        then_words=earlier.then_words, leads_to=earlier.leads_to, owner_id=earlier.owner_id,
        position=max((one.position for one in siblings), default=0) + 1,
    )  # fmt: skip
    uow.record(new, "plan.strategy_came_along")
    return new


def _bring(uow: UnitOfWork, plan: SchoolPlan, step: PlanStep, asked: FollowUp) -> None:
    """Let an open step go on in the plan: whoever is asked for it stays asked, for the same step where it has one."""
    strategy = _strategy_of(uow, plan, step.strategy_id)
    siblings = tree_of(plan.id).steps.get(strategy.id, ())
    new = next((one for one in siblings if one.text.strip() == step.text.strip()), None)
    if new is None:
        new = PlanStep(
            school_id=plan.school_id, plan_id=plan.id, strategy_id=strategy.id, text=step.text, due_on=step.due_on,
            evidence_required=step.evidence_required, owner_id=step.owner_id,
            position=max((one.position for one in siblings), default=0) + 1,
        )  # fmt: skip
        uow.record(new, "plan.step_came_along")
    asked.plan_step_id, asked.lead_id = new.id, plan.lead_id
    uow.record(asked, "plan.step_came_along")


NO_GOAL: Final = _l("This plan has no goal that the money and the open steps of the plan before could come under.")


def facts_of(actor: Actor, plan: SchoolPlan, before: SchoolPlan) -> list[dict[str, Any]]:
    """What will happen when the plan comes into force, as rows of label and value."""
    along, words = along_with(actor, before), (plan_words(before), before.state.label)
    money = _("%(planned)s planned, %(used)s committed or spent", planned=money_words(along.planned),
              used=money_words(along.used))  # fmt: skip
    rows: list[tuple[str, Any]] = [(_("This plan closes"), dotted(*words))]
    if shares_year(before, plan):
        years = years_between(min(plan.first_year, before.money_since or before.first_year), plan.last_year)
        funding = funding_by_source(actor, [plan.school_id], years).get(plan.school_id, {})
        steps = [dotted(step.text, _due(asked)) for step, asked in along.steps]
        rows += [
            (_("Money that comes along"), money),
            (_("Funding"), source_lines(funding)),
            (_("Resources that come along"), _resource_lines(along) or _("None")),
            (_("Open steps that come along"), steps or _("None")),
            (_("Strategies that come along with them"), _strategy_lines(plan, along) or _("None")),
            (_("Stays with the closed plan"), _("Its text, goals, baselines, votes, reviews, and closed steps")),
        ]
    else:
        ended = ngettext("%(num)s open step", "%(num)s open steps", len(along.steps))
        rows += [(_("Its money stays with it"), money), (_("Canceled"), ended)]
    return [{"label": label, "value": value} for label, value in rows]


def _due(asked: FollowUp) -> str:
    return _("due %(day)s", day=day_words_with_year(asked.due_on))


def _resource_lines(along: Along) -> list[str]:
    lines = []
    for row in along.resources:
        money = along.money[row.id]
        words = _("Planned %(planned)s, committed %(committed)s, spent %(spent)s", planned=money_words(money.planned),
                  committed=money_words(money.committed), spent=money_words(money.spent))  # fmt: skip
        lines.append(f"{row.title}: {words}")
    return lines


def _strategy_lines(plan: SchoolPlan, along: Along) -> list[str]:
    """The strategies that are written into the new plan, each with its goal there."""
    tree, lines = tree_of(plan.id), []
    for number in sorted(along.strategies):
        earlier = db.session.get_one(PlanStrategy, number)
        earlier_goal = db.session.get_one(PlanGoal, earlier.goal_id)
        if strategy_like(earlier, earlier_goal, tree) is None:
            goal = goal_like(earlier_goal, tree)
            under = goal.statement if goal is not None else str(NO_GOAL)
            lines.append(_("“%(strategy)s”, under the goal “%(goal)s”", strategy=earlier.if_words, goal=under))
    return lines


pages = Pages("plan_take_over", __name__, url_prefix="/safety-plans")


def _lede(plan: SchoolPlan) -> str:
    if before_of(plan) is None:
        return _("No other plan of this school is in force.")
    return _("Another plan of this school is in force. This is what will happen.")


def _more(plan: SchoolPlan, _form: PlainForm) -> dict[str, Any]:
    before = before_of(plan)
    return {"facts": facts_of(current_actor(), plan, before) if before is not None else []}


@pages.act(
    "/<int:school_plan_id>/into-force", Subject(SchoolPlan, writable_plan), PlainForm, Permission.PLAN_WRITE,
    endpoint="into_force", title=_l("Put the plan in force"), button=_l("Put the plan in force"),
    lede=_lede, more=_more,
    then=lambda plan, _id: url_for("plans.home", school_plan_id=plan.id), done=_l("The plan is now in force."),
    trail=lambda plan: plan_trail(plan, "")[:-1], template="plans/money/form.html", boxed=False,
)  # fmt: skip
def put_in_force(uow: UnitOfWork, plan: SchoolPlan, _form: PlainForm) -> None:
    """Put an approved plan in force, in place of the one that stands. Refused where something blocks it."""
    advance(uow, plan, PlanState.IN_FORCE)


SENTENCES: Final[dict[str, Any]] = {
    "plan.took_over": _l(
        "From the plan before came along: %(planned)s planned, %(used)s committed or spent, and %(steps)s open steps"
    ),
    "plan.gave_over": _l(
        "Went on in the next plan: %(planned)s planned, %(used)s committed or spent, and %(steps)s open steps"
    ),
    "plan.strategy_came_along": _l("Strategy came along from the plan before"),
    "plan.step_came_along": _l("Step came along from the plan before"),
    "plan_resource.came_along": _l("Resource and its entries came along from the plan before"),
}
ROOM = Room(pages=(pages,), sentences=SENTENCES, reactions={"plan.takes_over": take_over})
