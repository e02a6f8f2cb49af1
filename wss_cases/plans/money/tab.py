"""The money of a plan in words: funding by source, money by kind, each goal with what is spent for it, vacancies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import Select, select

from wss_cases.access.actor import Actor, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Panel, Place, PlanTab, Room
from wss_cases.plans.money.amounts import money_words
from wss_cases.plans.money.funding.models import FundingSource, source_lines, source_words, sources_of
from wss_cases.plans.money.resources.models import PlanResource, ResourceKind
from wss_cases.plans.money.resources.presenters import over_words, position_words, staffing_of
from wss_cases.plans.money.resources.queries import Money, days_open, money_of, resources_of, takes_resources
from wss_cases.plans.plan.core.models import PLAN_READERS, SchoolPlan, get_plan
from wss_cases.plans.plan.core.pages import plan_frame
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy
from wss_cases.plans.plan.goals.queries import GoalLine, fewest_for, lines_of


@dataclass(frozen=True)
class PlanMoney:
    """The money of a plan: what the school has for its years by source, its resources, and the money of each."""

    funding: dict[FundingSource, int]
    resources: list[PlanResource]
    money: dict[int, Money]

    @property
    def funded(self) -> int:
        """All that the school has for the years of the plan, in cents."""
        return sum(self.funding.values())

    @property
    def total(self) -> Money:
        """Planned, committed and spent of all resources."""
        return sum(self.money.values(), Money())

    @property
    def used(self) -> int:
        """What is no longer free, resource by resource, in cents."""
        return sum(one.used for one in self.money.values())

    @property
    def left(self) -> int:
        """What of the funding is neither committed nor spent, in cents; below 0 where more is."""
        return self.funded - self.used


def money_of_plan(actor: Actor, plan: SchoolPlan) -> PlanMoney:
    """Return the money of a plan that the caller has checked."""
    resources = list(resources_of(actor, plan.id))
    return PlanMoney(sources_of([plan.id])[plan.id], resources, money_of(actor, [one.id for one in resources]))


def goals_with_strategies(actor: Actor, plan_id: int) -> list[tuple[PlanGoal, list[PlanStrategy]]]:
    """Return the goals of a plan with their strategies, in their order."""
    of_plan: Select[Any] = select(PlanGoal).where(
        PlanGoal.plan_id == plan_id, PlanGoal.removed_on.is_(None), in_schools(PlanGoal.school_id, actor, *PLAN_READERS)
    )
    goals = db.session.scalars(of_plan.order_by(PlanGoal.component, PlanGoal.position, PlanGoal.id)).all()
    of_goals = select(PlanStrategy).where(PlanStrategy.plan_id == plan_id, PlanStrategy.removed_on.is_(None))
    strategies = db.session.scalars(of_goals.order_by(PlanStrategy.position, PlanStrategy.id)).all()
    return [(goal, [one for one in strategies if one.goal_id == goal.id]) for goal in goals]


Rows = list[dict[str, Any]]


def result_rows(line: GoalLine) -> Rows:
    """Return baseline, now and target of a goal, and how it stands, as rows of label and value."""
    if not line.target:
        return [{"label": _("Result"), "value": line.words}]
    rows = [
        {"label": _("Measure"), "value": line.measure},
        {"label": _("Baseline"), "value": line.then},
        {"label": _("Now"), "value": line.now},
        {"label": _("Target"), "value": line.target},
    ]
    said = [words for words in (line.progress, *line.notes) if words]
    return [*rows, {"label": _("How it stands"), "value": said}] if said else rows


def total_rows(money: PlanMoney) -> list[dict[str, Any]]:
    """Return the sums of a plan, as rows of label and value."""
    total = money.total
    return [
        {"label": _("Funding"), "value": money_words(money.funded)},
        {"label": _("Planned"), "value": money_words(total.planned)},
        {"label": _("Committed"), "value": money_words(total.committed)},
        {"label": _("Spent"), "value": money_words(total.spent)},
        {"label": _("Left of the funding"), "value": money_words(money.left)},
    ]


def warnings_of(money: PlanMoney) -> list[tuple[str, str]]:
    """Return what is over: of the plan first, then of each resource, with where it opens ('' for the plan)."""
    warnings = []
    if money.total.planned > money.funded:
        more = money_words(money.total.planned - money.funded)
        warnings.append((_("%(amount)s more is planned than funded.", amount=more), ""))
    if money.left < 0:
        words = _("%(amount)s more is committed or spent than funded.", amount=money_words(-money.left))
        warnings.append((words, ""))
    for one in money.resources:
        if words := over_words(money.money[one.id]):
            warnings.append((f"{one.title}: {words}", _address(one)))
    return warnings


def funding_rows(money: PlanMoney) -> list[tuple[str, ...]]:
    """Return the funding of a plan's years by source; a source without money is left out."""
    return [*source_words(money.funding)]


def kind_rows(money: PlanMoney) -> list[tuple[str, ...]]:
    """Return planned, committed and spent by kind of resource; a kind without a resource is left out."""
    rows: list[tuple[str, ...]] = []
    for kind in ResourceKind:
        of_kind = [money.money[one.id] for one in money.resources if one.kind is kind]
        if of_kind:
            rows.append((str(kind.label), *_amounts(sum(of_kind, Money()))))
    return rows


def _amounts(money: Money) -> tuple[str, str, str]:
    return money_words(money.planned), money_words(money.committed), money_words(money.spent)


def goal_cards(
    goals: Iterable[tuple[PlanGoal, Sequence[PlanStrategy]]],
    money: PlanMoney,
    lines: Mapping[int, GoalLine],
    today: date,
) -> list[dict[str, Any]]:
    """Return each goal with its line, the money of its strategies, and their resources."""
    cards = []
    for goal, strategies in goals:
        ids = {one.id for one in strategies}
        resources = [one for one in money.resources if one.strategy_id in ids]
        planned, committed, spent = _amounts(sum((money.money[one.id] for one in resources), Money()))
        figures = [
            {"label": _("Planned"), "value": planned},
            {"label": _("Committed"), "value": committed},
            {"label": _("Spent"), "value": spent},
        ]
        cards.append(
            {
                "title": goal.statement,
                "component": goal.component.label,
                "facts": [*result_rows(lines[goal.id]), *figures],
                "rows": [_row(one, money.money[one.id], today) for one in resources],
            }
        )
    return cards


def _row(one: PlanResource, money: Money, today: date) -> dict[str, Any]:
    planned, committed, spent = _amounts(money)
    amounts = _("Planned %(planned)s, committed %(committed)s, spent %(spent)s", planned=planned, committed=committed,
                spent=spent)  # fmt: skip
    staffing, tone = staffing_of(one)
    over = _("Over the plan") if money.over else ""
    return {
        "title": one.title,
        "href": _address(one),
        "meta": dotted(one.kind.label, amounts),
        "tag": over or staffing,
        "tone": "brick" if over else tone,
    }


def vacancy_rows(resources: Iterable[PlanResource], today: date) -> list[dict[str, Any]]:
    """Return the vacant positions, the one that stands open longest first."""
    vacant = sorted((one for one in resources if one.vacant_since), key=lambda one: (one.vacant_since, one.id))
    return [
        {
            "title": one.title,
            "href": _address(one),
            "meta": position_words(one, today),
            "tag": ngettext("%(num)s day open", "%(num)s days open", days_open(one, today) or 0),
            "tone": "sun",
        }
        for one in vacant
    ]


def _address(resource: PlanResource) -> str:
    return url_for("plan_resources.one", plan_resource_id=resource.id)


blueprint = Blueprint("plan_money", __name__, url_prefix="/safety-plans")


@blueprint.get("/<int:school_plan_id>/money")
@gate(Permission.PLAN_READ)
def money(school_plan_id: int) -> Page:
    """Planned, committed and spent beside what the goals aim at; what is over, and which positions are vacant."""
    actor, now = current_actor(), clock.now()
    plan = get_plan(actor, school_plan_id)
    of_plan, today = money_of_plan(actor, plan), today_at(plan.school_id, now)
    goals = goals_with_strategies(actor, plan.id)
    fewest = fewest_for(actor, plan, today)
    lines = lines_of(actor, plan, [goal for goal, _strategies in goals], today, fewest)
    writes = can(actor, Permission.PLAN_MONEY_WRITE, plan)
    return render_template(
        "plans/money/tab.html",
        totals=total_rows(of_plan),
        warnings=warnings_of(of_plan),
        funding=funding_rows(of_plan),
        kinds=kind_rows(of_plan),
        goals=goal_cards(goals, of_plan, lines, today),
        vacancies=vacancy_rows(of_plan.resources, today),
        new_href=url_for("plan_resources.new", school_plan_id=plan.id)
        if writes and takes_resources(plan.state)
        else "",
        may_import=writes,
        **plan_frame(actor, plan, "plan_money.money"),
    )


def home_panel(actor: Actor, plan: SchoolPlan) -> tuple[str, dict[str, Any]] | None:
    """What the plan's home shows of its money: the sums and what is over; nothing while there is none."""
    of_plan = money_of_plan(actor, plan)
    if not of_plan.funding and not of_plan.resources:
        return None
    href = url_for("plan_money.money", school_plan_id=plan.id)
    totals = [*total_rows(of_plan), {"label": _("The money comes from"), "value": source_lines(of_plan.funding)}]
    return "plans/money/panel.html", {"totals": totals, "warnings": warnings_of(of_plan), "href": href}


ROOM = Room(
    pages=(blueprint,),
    panels=(Panel(Place.PLAN, 40, home_panel),),
    plan_tabs=(PlanTab("plan_money.money", _l("Money"), 40, Permission.PLAN_READ),),
)
