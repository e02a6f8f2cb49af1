"""A list as its page shows it: the columns that the reader chose, what sorts it, what it can be downloaded as."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Order, Row, order_in, shown_columns
from wss_cases.journal.rooms import ListKind

FILES = (("csv", _l("Download (CSV)")), ("xlsx", _l("Download (Excel)")))
NAMELESS = (("csv", _l("Download without names (CSV)")), ("xlsx", _l("Download without names (Excel)")))
SORT = "sort"


def order_of(kind: ListKind, arguments: Mapping[str, str]) -> Order:
    """Return the order that a list's address asks for, else the list's own."""
    return order_in(arguments.get(SORT, ""), kind.columns, kind.order)


def takes_files(actor: Actor, school_id: int | None) -> bool:
    """Whether somebody may take a list of a school as a file (None: of all that they reach): who works at several
    schools does that only where they answer for it."""
    if not might(actor, Permission.OUTCOMES_EXPORT):
        return False
    return school_id is None or actor.covers(school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def table_of(
    kind: ListKind, actor: Actor, rows: Sequence[Row], order: Order, address: Callable[..., str],
    asked: Mapping[str, Any], filters: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Return what the table of a list shows.

    `address(sort=…)` returns the address of the same list in another order (None: its own) from its first page;
    `asked` are the parameters that its file takes, `filters` what narrows it, in words.
    """
    columns = shown_columns(kind.name, kind.columns, actor.list_columns)
    kept = {one.key for one in columns}
    sort = order.parameter if order != kind.order else None
    return {
        "name": kind.name,
        "title": kind.title,
        "columns": [_head(kind, one, order, address) for one in columns],
        "choices": [(one.key, one.label, one.key in kept) for one in kind.columns if not one.always],
        "rows": rows,
        "here": address(sort=sort),
        "printed": _("Printed %(day)s", day=day_words_with_year(today_at(None, clock.now()))),
        "filters": filters,
        "sorted": sorted_words(kind, order),
        "files": _files(kind, actor, {**asked, SORT: sort}),
    }


def _files(kind: ListKind, actor: Actor, asked: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return as what a list can be downloaded by its reader: (words, address)."""
    if takes_files(actor, chosen_school_id(actor, *kind.roles)):
        page, forms = "outcomes.list_files.file", FILES
    elif kind.names:
        page, forms = "outcomes.list_files.nameless", NAMELESS
    else:
        return []
    return [(words, url_for(page, name=kind.name, form=form, **asked)) for form, words in forms]


def sorted_words(kind: ListKind, order: Order) -> str:
    """Return in which order a list stands."""
    [label] = [one.label for one in kind.columns if one.key == order.key]
    if order.down:
        return _("Sorted by %(column)s, last first", column=label)
    return _("Sorted by %(column)s", column=label)


def _head(kind: ListKind, column: Any, order: Order, address: Callable[..., str]) -> dict[str, Any]:
    is_on = column.key == order.key
    turned = order.turned if is_on else Order(column.key, column.most_first)
    sort = turned.parameter if turned != kind.order else None
    return {
        "key": column.key,
        "label": column.label,
        "said": column.said,
        "wide": column.wide,
        "unbroken": column.unbroken,
        "href": address(sort=sort) if column.sorts else "",
        "sorted": ("descending" if order.down else "ascending") if is_on else "",
    }
