"""A short list of one school, declared by its columns: its page, its cards on a phone, its print and its file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request, url_for

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.list_columns.presenters import order_of, table_of
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.rooms import ListKind, ListRead


@dataclass(frozen=True)
class ShortList:
    """A handful of records of one school: `records(school_id)` reads them; each column's `value` says what it shows.

    `kind` is made by `short_list`. Beside its columns a row has `id`, for the buttons of its page.
    """

    kind: ListKind
    records: Callable[[int], Sequence[Any]]

    def table(self, actor: Actor, school_id: int | None) -> dict[str, Any]:
        """Return the list of a school as the components `list_table` and `list_tools` show it; no rows for None."""
        order = order_of(self.kind, request.args)
        rows = _rows(self.kind, self.records, school_id, order)
        return table_of(self.kind, actor, rows, order, lambda **changes: url_for(self.kind.page, **changes), {}, [])


def short_list(
    name: str, title: Any, columns: tuple[Column, ...], records: Callable[[int], Sequence[Any]], **kind: Any
) -> ShortList:
    """Declare a short list; `kind` are the further fields of ListKind: order, permission, page, roles."""

    def read(actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
        school_id = chosen_school_id(actor, *listed.kind.roles)
        sort = {"sort": arguments["sort"]} if arguments.get("sort") and school_id is not None else {}
        rows = _rows(listed.kind, records, school_id, order_of(listed.kind, arguments))
        return ListRead(rows[:limit], [], sort, school_id)

    listed = ShortList(ListKind(name, title, columns, read=read, **kind), records)
    return listed


def _rows(kind: ListKind, records: Callable[[int], Sequence[Any]], school_id: int | None, order: Order) -> list[Row]:
    if school_id is None:
        return []
    [sorted_by] = [column for column in kind.columns if column.key == order.key]

    def place(record: Any) -> tuple[bool, Any]:
        value = _value(sorted_by, record)
        return value is not None, value.casefold() if isinstance(value, str) else value

    return [_cells(kind, record) for record in sorted(records(school_id), key=place, reverse=order.down)]


def _cells(kind: ListKind, record: Any) -> Row:
    cells = {column.key: Cell(_text(_value(column, record))) for column in kind.columns}
    return {**cells, "id": Cell(str(record.id))}


def _value(column: Column, record: Any) -> Any:
    assert column.value is not None
    return column.value(record)


def _text(value: Any) -> str:
    return day_words_with_year(value) if isinstance(value, date) else str(value or "")
