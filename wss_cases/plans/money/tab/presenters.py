"""The money of a plan in words: funding by source, money by kind, each goal with what is spent for it, vacancies."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.money.amounts.rules import money_words
from wss_cases.plans.money.funding.states import FundingSource
from wss_cases.plans.money.resources.models import PlanResource
from wss_cases.plans.money.resources.presenters import over_words, position_words, staffing_of
from wss_cases.plans.money.resources.rules import Money, days_open
from wss_cases.plans.money.resources.states import ResourceKind
from wss_cases.plans.money.tab.queries import PlanMoney
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy


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
    return [
        (str(source.label), money_words(money.funding[source])) for source in FundingSource if source in money.funding
    ]


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
    results: dict[int, list[dict[str, Any]]],
    today: date,
) -> list[dict[str, Any]]:
    """Return each goal with its result, the money of its strategies, and their resources."""
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
                "facts": [*results.get(goal.id, []), *figures],
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
