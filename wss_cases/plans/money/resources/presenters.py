"""Resources in words: the list as a table, one resource with its entries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import url_for
from sqlalchemy import ColumnElement, Select, case, extract, func, select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import long_list
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.i18n import Labelled, _, _l, dotted, ngettext
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.foundation.tables.ordering import ranked, worded
from wss_cases.plans.money.amounts import hundredths_words, money_words
from wss_cases.plans.money.funding.models import FundingSource, source_lines, sources_of
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceEntry, ResourceKind, Staffing
from wss_cases.plans.money.resources.queries import Money, days_open, money_by_kind, visible_to
from wss_cases.plans.plan.core.models import PLAN_READERS, PlanState, SchoolPlan
from wss_cases.roster.directory.models import School

NEVER: Final = 9999_12_31


class Standing(Labelled):
    """The filter of the list besides the kind."""

    VACANT = "vacant", _l("Vacant positions")
    OVER = "over", _l("Over the plan")


@dataclass(frozen=True)
class ResourceFilter:
    """The resources that the chosen school and the filters select; None and '' filter nothing."""

    school_id: int | None = None
    kind: str = ""
    standing: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """What the address of each page carries."""
        return {name: value for name, value in (("kind", self.kind), ("standing", self.standing)) if value}

    @property
    def words(self) -> dict[str, str]:
        """The filters in words."""
        labels = {"kind": ResourceKind, "standing": Standing}
        return {name: str(labels[name](value).label) for name, value in self.parameters.items()}


def _filter_of(actor: Actor, arguments: Mapping[str, str]) -> ResourceFilter:
    kind, standing = arguments.get("kind", ""), arguments.get("standing", "")
    return ResourceFilter(
        chosen_school_id(actor, *PLAN_READERS), kind if kind in set(ResourceKind) else "",
        standing if standing in set(Standing) else "",
    )  # fmt: skip


def _entered(kind: EntryKind) -> ColumnElement[int]:
    """In SQL, the sum of a kind's entries for the resource of the outer row."""
    entered = select(func.coalesce(func.sum(ResourceEntry.amount_cents), 0))
    of_row = entered.where(ResourceEntry.resource_id == PlanResource.id, ResourceEntry.kind == kind)
    return of_row.correlate(PlanResource).scalar_subquery()


def _over() -> ColumnElement[int]:
    """In SQL, by how much the money committed or spent exceeds the plan, as `Money.over`."""
    committed, spent = _entered(EntryKind.COMMITTED), _entered(EntryKind.SPENT)
    used = case((committed > spent, committed), else_=spent)
    return case((used > PlanResource.planned_cents, used - PlanResource.planned_cents), else_=0)


def _sorted_by(order: Order) -> ColumnElement[Any]:
    if order.key == "kind":
        return ranked(PlanResource.kind, ResourceKind.labels())
    if order.key in ("committed", "spent"):
        return _entered(EntryKind(order.key))
    school = select(School.name).where(School.id == PlanResource.school_id).correlate(PlanResource)
    year, month, day = (extract(part, PlanResource.vacant_since) for part in ("year", "month", "day"))
    by: dict[str, Any] = {
        "what": worded(PlanResource.title),
        "school": worded(school.scalar_subquery()),
        "planned": PlanResource.planned_cents,
        "over": _over(),
        # the position vacant longest has the earliest day; one that is filled comes after all
        "open": -func.coalesce(year * 10_000 + month * 100 + day, NEVER),
    }
    column: ColumnElement[Any] = by[order.key]
    return column


def _select(actor: Actor, wanted: ResourceFilter, _now: datetime) -> Select[Any]:
    """Resources of open plans, with their school's name and what is committed and spent."""
    committed, spent = _entered(EntryKind.COMMITTED), _entered(EntryKind.SPENT)
    rows: Any = select(PlanResource, PlanResource.id, School.name, committed, spent)
    rows = rows.join(School, School.id == PlanResource.school_id)
    statement: Select[Any] = visible_to(rows.join(SchoolPlan, SchoolPlan.id == PlanResource.plan_id), actor)
    statement = statement.where(SchoolPlan.state != PlanState.CLOSED)
    for column, value in ((PlanResource.school_id, wanted.school_id), (PlanResource.kind, wanted.kind)):
        statement = statement.where(column == value) if value else statement
    if wanted.standing == Standing.VACANT:
        statement = statement.where(PlanResource.vacant_since.is_not(None))
    if wanted.standing == Standing.OVER:
        statement = statement.where(_over() > 0)
    return statement


def _cells(rows: Sequence[Any], _actor: Actor, _wanted: ResourceFilter, now: datetime, _in_file: bool) -> list[Row]:
    funding = sources_of([row[0].plan_id for row in rows])
    former = {plan_id: amounts.get(FundingSource.FORMER_POLICE, 0) for plan_id, amounts in funding.items()}
    return [
        {
            **_row_cells(resource, school, Money(resource.planned_cents, int(committed), int(spent)), now),
            "former": Cell(money_words(former.get(resource.plan_id, 0))),
        }
        for resource, _id, school, committed, spent in rows
    ]


def _row_cells(resource: PlanResource, school: str, money: Money, now: datetime) -> Row:
    days, (staffing, tone) = days_open(resource, today_at(resource.school_id, now)), staffing_of(resource)
    return {
        "what": Cell(resource.title, url_for("plan_resources.one", plan_resource_id=resource.id), school),
        "school": Cell(school),
        "kind": Cell(str(resource.kind.label)),
        "planned": Cell(money_words(money.planned)),
        "committed": Cell(money_words(money.committed)),
        "spent": Cell(money_words(money.spent)),
        "over": Cell(money_words(money.over) if money.over else "", tone="brick"),
        "staffing": Cell(staffing, tone=tone),
        "open": Cell("" if days is None else f"{days:,}"),
        "code": Cell(resource.job_code),
        "share": Cell(hundredths_words(resource.fte_hundredths)),
    }


def staffing_of(resource: PlanResource) -> tuple[str, str]:
    """A position's state and its tone; empty for other kinds."""
    if resource.kind is not ResourceKind.POSITION:
        return "", ""
    vacant = resource.vacant_since is not None
    return (str(Staffing.VACANT.label), "sun") if vacant else (str(Staffing.FILLED.label), "moss")


RESOURCES = long_list(
    "plan-resources", _l("Positions and resources"),
    (
        Column("what", _l("What"), sorts=True, always=True),
        Column("school", _l("School"), sorts=True),
        Column("kind", _l("Kind"), sorts=True),
        Column("planned", _l("Planned"), sorts=True, said=True),
        Column("committed", _l("Committed"), sorts=True, said=True),
        Column("spent", _l("Spent"), sorts=True, said=True),
        Column("over", _l("Over the plan"), sorts=True, said=True),
        Column("staffing", _l("Position")),
        Column("open", _l("Days open"), sorts=True, said=True),
        Column("former", _l("Former school police money of the plan"), said=True),
        Column("code", _l("Job code"), said=True, off=True),
        Column("share", _l("Full-time equivalent"), said=True, off=True),
    ),
    says=lambda wanted: list(wanted.words.values()),
    parts={
        "ids": PlanResource.id, "narrow": _filter_of, "visible": visible_to, "select": _select, "sorting": _sorted_by,
        "cells": _cells,
    },
    order=Order("school"), permission=Permission.PLANS_LIST, page="plan_resources.table",
)  # fmt: skip


def facts_of(resource: PlanResource, today: date) -> list[dict[str, Any]]:
    """A resource as rows of label and value."""
    facts: list[dict[str, Any]] = [{"label": _("Kind"), "value": resource.kind.label}]
    if resource.kind is ResourceKind.POSITION:
        facts.append({"label": _("Position"), "value": position_words(resource, today)})
        facts.append({"label": _("Job code"), "value": resource.job_code})
        facts.append({"label": _("Full-time equivalent"), "value": hundredths_words(resource.fte_hundredths)})
    return facts


def position_words(resource: PlanResource, today: date) -> str:
    """A position's state: filled on a day, or vacant since a day and for how many days."""
    days = days_open(resource, today)
    if days is None:
        return _("Filled on %(day)s", day=day_words_with_year(resource.filled_on))
    since = _("Vacant since %(day)s", day=day_words_with_year(resource.vacant_since))
    return dotted(since, ngettext("%(num)s day open", "%(num)s days open", days))


def money_rows(money: Money, plan_id: int) -> list[dict[str, Any]]:
    """Planned, committed, spent, the remainder, and where the plan's money comes from, as rows of label and value."""
    rows = [
        {"label": _("Planned"), "value": money_words(money.planned)},
        {"label": _("Committed"), "value": money_words(money.committed)},
        {"label": _("Spent"), "value": money_words(money.spent)},
    ]
    if not money.over:
        rows.append({"label": _("Left of the plan"), "value": money_words(money.planned - money.used)})
    lines = source_lines(sources_of([plan_id])[plan_id])
    return [*rows, {"label": _("Money of the plan comes from"), "value": lines}]


def over_words(money: Money) -> str:
    """By how much the money committed or spent exceeds the plan; '' where it does not."""
    if not money.over:
        return ""
    if money.spent > money.planned:
        return _("%(amount)s more is spent than planned.", amount=money_words(money.spent - money.planned))
    return _("%(amount)s more is committed than planned.", amount=money_words(money.over))


def entry_rows(entries: Sequence[ResourceEntry], corrected: Collection[int] = ()) -> list[dict[str, Any]]:
    """The entries of a resource; `corrected` are the ids of those that were changed."""
    names = user_names(entry.made_by_id for entry in entries)
    return [
        {
            "id": entry.id,
            "title": dotted(money_words(entry.amount_cents), EntryKind(entry.kind).label),
            "meta": dotted(
                _("Entry %(number)d", number=entry.id),
                day_words_with_year(entry.on_day),
                names.get(entry.made_by_id or 0, ""),
                entry.note,
            ),
            "state": _("Entry corrected") if entry.id in corrected else "",
        }
        for entry in entries
    ]


def public_rows(plan: SchoolPlan, _today: date) -> list[tuple[str, str]]:
    """A plan's planned and spent money by kind of resource, for its public page."""
    by_kind = money_by_kind(SYSTEM, plan_id=plan.id).get(plan.school_id, {})
    return [
        (str(kind.label), _("%(planned)s planned, %(spent)s spent", planned=planned, spent=spent))
        for kind in ResourceKind
        if kind in by_kind
        for planned, spent in [(money_words(by_kind[kind].planned), money_words(by_kind[kind].spent))]
    ]
