"""A school's contacts as tables: its School Sergeants, and its Safe Passage routes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.list_columns.presenters import order_of
from wss_cases.contacts.models import SafePassageRoute, SchoolSergeant, ThreatTeam
from wss_cases.contacts.queries import READERS, routes_of, sergeants_of
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import zone_of
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.journal.timeline import entry_rows


def sergeant_cells(rows: Sequence[SchoolSergeant]) -> list[Row]:
    """Return School Sergeants cell by cell; `card` is no column: it is where their card is printed."""
    return [
        {
            "name": Cell(row.name),
            "district": Cell(row.police_district),
            "phone": Cell(row.phone),
            "since": Cell(day_words_with_year(row.starts_on) if row.starts_on else ""),
            "card": Cell(url_for("contacts.card", sergeant_id=row.id)),
        }
        for row in rows
    ]


def sergeant_words(row: SchoolSergeant) -> str:
    """Return a contact at the police as a notification names them."""
    return _("School Sergeant %(name)s, police district %(district)s", name=row.name, district=row.police_district)


def police_lines(rows: Sequence[SchoolSergeant]) -> list[tuple[str, str]]:
    """Return School Sergeants as lines that call: their words and their number, '' where none is known."""
    return [(dotted(sergeant_words(row), row.phone), row.phone.replace(" ", "")) for row in rows]


def route_cells(rows: Sequence[SafePassageRoute]) -> list[Row]:
    """Return Safe Passage routes cell by cell; `id` is no column: it is what ends one."""
    return [
        {
            "place": Cell(row.place),
            "hours": Cell(row.hours),
            "vendor": Cell(row.vendor),
            "from": Cell(day_words_with_year(row.starts_on)),
            "id": Cell(str(row.id)),
        }
        for row in rows
    ]


def in_order(rows: Sequence[Any], order: Order, names: Mapping[str, str]) -> list[Any]:
    """Return the contacts of a school, a handful, in the order of a column."""

    def key(row: Any) -> tuple[bool, Any]:
        value = getattr(row, names[order.key])
        return value is not None, value.casefold() if isinstance(value, str) else value

    return sorted(rows, key=key, reverse=order.down)


SERGEANT_ORDER = {"name": "name", "district": "police_district", "since": "starts_on"}
ROUTE_ORDER = {"place": "place", "vendor": "vendor", "from": "starts_on"}


def sergeant_rows(school_id: int, order: Order) -> list[Row]:
    """Return the School Sergeants of a school in an order, cell by cell. The caller has checked the school."""
    return sergeant_cells(in_order(sergeants_of(school_id), order, SERGEANT_ORDER))


def route_rows(school_id: int, order: Order) -> list[Row]:
    """Return the Safe Passage routes of a school in an order, cell by cell. The caller has checked the school."""
    return route_cells(in_order(routes_of(school_id), order, ROUTE_ORDER))


def _read(
    rows: Callable[[int, Order], list[Row]], kind: Callable[[], ListKind]
) -> Callable[[Actor, Mapping[str, str], datetime, int], ListRead]:
    def read(actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
        school_id = chosen_school_id(actor, *READERS)
        if school_id is None:
            return ListRead([], [], {}, None)
        sort = {"sort": arguments["sort"]} if arguments.get("sort") else {}
        return ListRead(rows(school_id, order_of(kind(), arguments))[:limit], [], sort, school_id)

    return read


SERGEANTS: ListKind = ListKind(
    "school_sergeants", _l("School Sergeants"),
    (
        Column("name", _l("Name"), sorts=True, always=True),
        Column("district", _l("Police district"), sorts=True, said=True),
        Column("phone", _l("Phone")),
        Column("since", _l("Since"), sorts=True, said=True),
    ),
    Order("district"), Permission.CONTACT_READ, "contacts.page", _read(sergeant_rows, lambda: SERGEANTS), roles=READERS,
)  # fmt: skip
ROUTES: ListKind = ListKind(
    "safe_passage_routes", _l("Safe Passage routes"),
    (
        Column("place", _l("Place"), sorts=True, always=True),
        Column("hours", _l("Hours"), said=True),
        Column("vendor", _l("Vendor"), sorts=True, said=True),
        Column("from", _l("Since"), sorts=True, said=True),
    ),
    Order("place"), Permission.CONTACT_READ, "contacts.page", _read(route_rows, lambda: ROUTES), roles=READERS,
)  # fmt: skip


def filing_history(team: ThreatTeam) -> list[dict[str, str]]:
    """Return who recorded and corrected a filing, when, and what it said before."""
    zone = zone_of(team.school_id)
    return entry_rows(history("threat_team", team.id), zone)
