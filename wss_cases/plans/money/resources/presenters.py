"""Resources in words: the list as a table, one resource with its entries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.plans.money.amounts import hundredths_words, money_words
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceEntry, ResourceKind, Staffing
from wss_cases.plans.money.resources.queries import (
    BY_SCHOOL,
    Listed,
    Money,
    Standing,
    Wanted,
    days_open,
    listed,
    money_by_kind,
)
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import PLAN_READERS

COLUMNS = (
    Column("what", _l("What"), sorts=True, always=True),
    Column("school", _l("School"), sorts=True),
    Column("kind", _l("Kind"), sorts=True),
    Column("planned", _l("Planned"), sorts=True, said=True),
    Column("committed", _l("Committed"), sorts=True, said=True),
    Column("spent", _l("Spent"), sorts=True, said=True),
    Column("over", _l("Over the plan"), sorts=True, said=True),
    Column("staffing", _l("Position")),
    Column("open", _l("Days open"), sorts=True, said=True),
    Column("code", _l("Job code"), said=True, off=True),
    Column("share", _l("Full-time equivalent"), said=True, off=True),
)


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """The list's filters in an address; invalid values are left out."""
    filters = {"kind": arguments.get("kind", ""), "standing": arguments.get("standing", "")}
    known: dict[str, set[str]] = {"kind": set(ResourceKind), "standing": set(Standing)}
    return {name: value for name, value in filters.items() if value in known[name]}


def wanted_of(actor: Actor, filters: Mapping[str, str]) -> Wanted:
    """The resources that the chosen school and the filters select."""
    return Wanted(
        chosen_school_id(actor, *PLAN_READERS),
        ResourceKind(filters["kind"]) if "kind" in filters else None,
        Standing(filters["standing"]) if "standing" in filters else None,
    )


def filter_words(wanted: Wanted) -> list[str]:
    """The filters of the list, in words."""
    return [str(choice.label) for choice in (wanted.kind, wanted.standing) if choice is not None]


def resource_cells(rows: Sequence[Listed], now: datetime) -> list[Row]:
    """The rows of the list, cell by cell."""
    return [_cells(row, today_at(row.resource.school_id, now)) for row in rows]


def _cells(row: Listed, today: date) -> Row:
    resource, money, days = row.resource, row.money, days_open(row.resource, today)
    staffing, tone = staffing_of(resource)
    return {
        "what": Cell(resource.title, url_for("plan_resources.one", plan_resource_id=resource.id), row.school),
        "school": Cell(row.school),
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


def read_resources(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The list for a file."""
    filters = asked_of(arguments)
    wanted = wanted_of(actor, filters)
    rows = listed(actor, wanted, order_of(RESOURCES, arguments), limit=limit)
    sort = {"sort": arguments["sort"]} if arguments.get("sort") else {}
    cells = in_parts(rows, lambda part: resource_cells(part, now))
    return ListRead(cells, filter_words(wanted), filters | sort, wanted.school_id)


RESOURCES = ListKind(
    "plan-resources", _l("Positions and resources"), COLUMNS, BY_SCHOOL, Permission.PLANS_LIST,
    "plan_resources.table", read_resources,
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


def money_rows(money: Money) -> list[dict[str, Any]]:
    """Planned, committed, spent, and the remainder, as rows of label and value."""
    rows = [
        {"label": _("Planned"), "value": money_words(money.planned)},
        {"label": _("Committed"), "value": money_words(money.committed)},
        {"label": _("Spent"), "value": money_words(money.spent)},
    ]
    if not money.over:
        rows.append({"label": _("Left of the plan"), "value": money_words(money.planned - money.used)})
    return rows


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
