"""Funding in words: the list as a table, one line with its history, and what waits for a second person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.plans.money.amounts.rules import money_words
from wss_cases.plans.money.funding.models import Funding, FundingChange
from wss_cases.plans.money.funding.queries import BY_SCHOOL, Narrowed, lines
from wss_cases.plans.money.funding.states import FundingSource
from wss_cases.plans.plan.core.rules import PLAN_READERS

COLUMNS = (
    Column("school", _l("School"), sorts=True, always=True),
    Column("year", _l("School year"), sorts=True),
    Column("source", _l("Source"), sorts=True),
    Column("amount", _l("Amount"), sorts=True, said=True),
    Column("officers", _l("Police officers removed"), said=True),
    Column("note", _l("Note")),
)


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of the list's filters; what it cannot mean is left out."""
    source = arguments.get("source", "")
    year = arguments.get("year", "")[:7]
    asked = {"source": source if source in set(FundingSource) else "", "year": year}
    return {name: value for name, value in asked.items() if value}


def narrowed_by(actor: Actor, asked: Mapping[str, str]) -> Narrowed:
    """Return which lines are asked for: of the chosen school, and what the address narrows them to."""
    source = FundingSource(asked["source"]) if "source" in asked else None
    return Narrowed(chosen_school_id(actor, *PLAN_READERS), asked.get("year", ""), source)


def filter_words(asked: Mapping[str, str]) -> list[str]:
    """Return what narrows the list, in words."""
    source = [str(FundingSource(asked["source"]).label)] if "source" in asked else []
    return [*source, *([asked["year"]] if "year" in asked else [])]


def funding_cells(rows: Sequence[tuple[Funding, str]]) -> list[Row]:
    """Return the rows of the list, cell by cell."""
    return [
        {
            "school": Cell(school, url_for("funding.line", funding_id=row.id), f"{row.school_year} {row.source.label}"),
            "year": Cell(row.school_year),
            "source": Cell(str(row.source.label)),
            "amount": Cell(money_words(row.amount_cents)),
            "officers": Cell("" if row.officers_removed is None else str(row.officers_removed)),
            "note": Cell(row.note),
        }
        for row, school in rows
    ]


def read_funding(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the list as a file takes it."""
    asked = asked_of(arguments)
    narrowed = narrowed_by(actor, asked)
    rows = lines(actor, narrowed, order_of(FUNDING, arguments), limit=limit)
    sort = {"sort": arguments["sort"]} if arguments.get("sort") else {}
    return ListRead(in_parts(rows, funding_cells), filter_words(asked), asked | sort, narrowed.school_id)


FUNDING = ListKind(
    "funding", _l("Funding of safety plans"), COLUMNS, BY_SCHOOL, Permission.PLANS_LIST, "funding.listed", read_funding
)


def facts_of(row: Funding) -> list[dict[str, Any]]:
    """Return what a line says, as rows of label and value."""
    facts: list[dict[str, Any]] = [
        {"label": _("School year"), "value": row.school_year},
        {"label": _("Source"), "value": row.source.label},
        {"label": _("Amount"), "value": money_words(row.amount_cents)},
    ]
    if row.source is FundingSource.FORMER_POLICE:
        removed = _("Not provided") if row.officers_removed is None else str(row.officers_removed)
        facts.append({"label": _("Police officers removed"), "value": removed})
    if row.note:
        facts.append({"label": _("Note"), "value": row.note})
    return facts


def change_words(change: FundingChange) -> str:
    """Return what was asked: the amount and the officers before and after."""
    amounts = _(
        "%(before)s to %(after)s",
        before=money_words(change.amount_before_cents),
        after=money_words(change.amount_cents),
    )
    if change.officers_before == change.officers_removed:
        return amounts
    officers = [
        _("none given") if one is None else str(one) for one in (change.officers_before, change.officers_removed)
    ]
    return dotted(amounts, _("officers removed: %(before)s to %(after)s", before=officers[0], after=officers[1]))


def change_rows(changes: Sequence[FundingChange]) -> list[dict[str, Any]]:
    """Return everything that was asked about a line, with who asked, who answered, and why."""
    names = user_names({user for one in changes for user in (one.asked_by_id, one.settled_by_id)})
    rows = []
    for one in changes:
        zone = zone_of(one.school_id)
        answered = ""
        if one.settled_at is not None:
            by = names.get(one.settled_by_id or 0, "")
            words = _("Agreed by %(name)s", name=by) if one.agreed else _("Not made: %(name)s", name=by)
            answered = dotted(words, moment_words(one.settled_at, zone))
        rows.append(
            {
                "id": one.id,
                "what": change_words(one),
                "asked": dotted(
                    _("Asked by %(name)s", name=names.get(one.asked_by_id, "")), moment_words(one.asked_at, zone)
                ),
                "reason": one.reason,
                "answered": answered,
                "answer": one.answer,
                "waits": one.settled_at is None,
            }
        )
    return rows
