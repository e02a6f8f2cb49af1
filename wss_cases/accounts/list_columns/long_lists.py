"""A long list, declared once: filters, columns with what sorts them, cells. Its pages and its file come from there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask import request, url_for
from sqlalchemy import Select, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.list_columns.presenters import order_of, table_of
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.tables.columns import Order, Row, in_parts
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.journal.rooms import ListKind, ListRead

PAGE_SIZE = 20


class Filter(Protocol):
    """What narrows a list, read from its address."""

    @property
    def school_id(self) -> int | None:
        """The school whose records the list keeps; None for all that the actor reaches."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the address of each page of the list carries, but for its order."""

    @property
    def words(self) -> Mapping[str, str]:
        """What narrows the list, in words, by the parameter that does."""


@dataclass(frozen=True)
class LongList:
    """Records of one table, page by page in the order of one of its columns.

    `narrow(actor, arguments)` reads a Filter from an address; `visible(select, actor)` keeps what the actor may see;
    `select(actor, filter, now)` starts from that and has the table's `ids` as a column; `sorting(order)` returns what
    sorts it, never null (`ids` itself: the id alone). `cells(rows, actor, filter, now, in_file)` puts rows into words.
    """

    kind: ListKind
    ids: Any
    narrow: Callable[[Actor, Mapping[str, str]], Any]
    visible: Callable[[Select[Any], Actor], Select[Any]]
    select: Callable[[Actor, Any, datetime], Select[Any]]
    sorting: Callable[[Order], Any]
    cells: Callable[[Sequence[Any], Actor, Any, datetime, bool], list[Row]]

    def rows(
        self, actor: Actor, wanted: Filter, now: datetime, order: Order, after: int | None = None,
        limit: int = PAGE_SIZE + 1,
    ) -> Sequence[Any]:  # fmt: skip
        """Up to `limit` rows in an order, those that come after the row with the id `after`."""
        statement, sorted_by = self.select(actor, wanted, now), self.sorting(order)
        last = self._place(actor, sorted_by, after) if after is not None else None
        return db.session.execute(
            in_order(statement, self.ids, sorted_by, down=order.down, limit=limit, last=last)
        ).all()

    def _place(self, actor: Actor, sorted_by: Any, record_id: int) -> tuple[Any, int] | None:
        """Where a page ended, also at a record that the filter has left out since."""
        if sorted_by is self.ids:
            return record_id, record_id
        row = db.session.execute(self.visible(select(sorted_by, self.ids).where(self.ids == record_id), actor)).first()
        return (row[0], row[1]) if row is not None else None

    def page(self, actor: Actor, now: datetime) -> dict[str, Any]:
        """Return what this request's page of the list shows: `table`, `chips`, `newer`, `older`, and `wanted`."""
        wanted, order = self.narrow(actor, request.args), order_of(self.kind, request.args)
        after = id_in(request.args.get("before"))
        rows = self.rows(actor, wanted, now, order, after)
        shown, filters = rows[:PAGE_SIZE], wanted.words
        sort: dict[str, Any] = {"sort": request.args.get("sort")}

        def address(**changes: Any) -> str:
            return url_for(self.kind.page, **{**wanted.parameters, **changes})

        cells = self.cells(shown, actor, wanted, now, False)
        return {
            "table": table_of(self.kind, actor, cells, order, address, wanted.parameters, list(filters.values())),
            "chips": [(words, address(**(sort | {name: None}))) for name, words in filters.items()],
            "older": address(before=shown[-1].id, **sort) if len(rows) > PAGE_SIZE else None,
            "newer": address(**sort) if after else None,
            "wanted": wanted,
        }


def long_list(
    name: str, title: Any, columns: Any, *, says: Callable[[Any], Sequence[str]], parts: Mapping[str, Any], **kind: Any
) -> LongList:
    """Declare a long list; `kind` are the further fields of ListKind: order, permission, page, names, roles.

    `parts` are the fields of LongList. `says(filter)` returns what narrows the list, in words, as its file says it.
    """

    def read(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
        wanted = listed.narrow(actor, arguments)
        rows = listed.rows(actor, wanted, now, order_of(listed.kind, arguments), limit=limit)
        kept = {name: arguments[name] for name in (*wanted.parameters, "sort") if arguments.get(name)}
        words = in_parts(rows, lambda part: listed.cells(part, actor, wanted, now, True))
        return ListRead(words, says(wanted), kept, wanted.school_id)

    listed = LongList(kind=ListKind(name, title, columns, read=read, **kind), **parts)
    return listed
