"""A list, declared once: filters, columns with sort and cells. Its pages and its file come from the declaration."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import Select, select
from wtforms import Field, HiddenField
from wtforms.validators import Length

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import BaseForm, check_characters
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts, order_in, shown_columns, with_choice
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.journal.extension_points import list_kinds
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


class KeysField(Field):
    """Checked boxes with one name; values that the list no longer has are allowed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist


class ColumnsForm(BaseForm):
    """The list, its columns, and the page to return to."""

    list = HiddenField(validators=[Length(max=40), check_characters])
    columns = KeysField()
    to = HiddenField(validators=[Length(max=2000), check_characters])


@use_case
def choose_columns(uow: UnitOfWork, kind: ListKind, keys: Iterable[str]) -> int:
    """Store the actor's columns of a list; returns their account's id."""
    row = uow.session.get_one(UserAccount, uow.actor.user_id, with_for_update=True, populate_existing=True)
    row.list_columns = with_choice(kind.name, kind.columns, keys, row.list_columns)
    uow.record(row, "account.columns_chosen")
    return row.id


FILES = (("csv", _l("Download (CSV)")), ("xlsx", _l("Download (Excel)")))
NAMELESS = (("csv", _l("Download without names (CSV)")), ("xlsx", _l("Download without names (Excel)")))
SORT = "sort"


def order_of(kind: ListKind, arguments: Mapping[str, str]) -> Order:
    """The order in a list's address, otherwise the list's own."""
    return order_in(arguments.get(SORT, ""), kind.columns, kind.order)


def takes_files(actor: Actor, school_id: int | None) -> bool:
    """Whether someone may download the list of a school (None: of all they cover): people who work at several
    schools only where they are responsible."""
    if not might(actor, Permission.OUTCOMES_EXPORT):
        return False
    return school_id is None or actor.covers(school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def table_of(
    kind: ListKind, actor: Actor, rows: Sequence[Row], order: Order, address: Callable[..., str],
    asked: Mapping[str, Any], filters: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """The values of a list's table. `address(sort=…)` returns the address of the first page in another order (None:
    its own); `asked` are the parameters of its file, `filters` its filters in words."""
    columns = shown_columns(kind.name, kind.columns, actor.list_columns)
    shown_keys = {one.key for one in columns}
    sort = order.parameter if order != kind.order else None
    return {
        "name": kind.name,
        "title": kind.title,
        "columns": [_head(kind, one, order, address) for one in columns],
        "choices": [(one.key, one.label, one.key in shown_keys) for one in kind.columns if not one.always],
        "rows": rows,
        "here": address(sort=sort),
        "printed": _("Printed %(day)s", day=day_words_with_year(today_at(None, clock.now()))),
        "filters": filters,
        "sorted": sorted_words(kind, order),
        "files": _files(kind, actor, {**asked, SORT: sort}),
    }


def _files(kind: ListKind, actor: Actor, asked: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """(words, address) of the files that the actor can download."""
    if takes_files(actor, chosen_school_id(actor, *kind.roles)):
        page, forms = "outcomes.list_files.file", FILES
    elif kind.names:
        page, forms = "outcomes.list_files.nameless", NAMELESS
    else:
        return []
    return [(words, url_for(page, name=kind.name, form=form, **asked)) for form, words in forms]


def sorted_words(kind: ListKind, order: Order) -> str:
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


PAGE_SIZE = 20


class Filter(Protocol):
    """The filters of a list, read from its address."""

    @property
    def school_id(self) -> int | None:
        """The school whose records are listed; None for all that the actor covers."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters in the address of each page of the list, except its order."""

    @property
    def words(self) -> Mapping[str, str]:
        """The filters in words, by parameter."""


@dataclass(frozen=True)
class LongList:
    """Records of one table, page by page in the order of one of its columns.

    `narrow(actor, arguments)` reads a Filter from an address. `visible(select, actor)` keeps what the actor may see.
    `select(actor, filter, now)` starts from that and has the table's `ids` as a column. `sorting(order)` returns the
    sort key, never null (`ids` itself: the id alone). `cells(rows, actor, filter, now, in_file)` makes the cells of
    rows.
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
        """Up to `limit` rows in an order, after the row with the id `after`."""
        statement, sorted_by = self.select(actor, wanted, now), self.sorting(order)
        last = self._place(actor, sorted_by, after) if after is not None else None
        return db.session.execute(
            in_order(statement, self.ids, sorted_by, down=order.down, limit=limit, last=last)
        ).all()

    def _place(self, actor: Actor, sorted_by: Any, record_id: int) -> tuple[Any, int] | None:
        """The sort key where the previous page ended, even if the filter no longer matches that record."""
        if sorted_by is self.ids:
            return record_id, record_id
        row = db.session.execute(self.visible(select(sorted_by, self.ids).where(self.ids == record_id), actor)).first()
        return (row[0], row[1]) if row is not None else None

    def page(self, actor: Actor, now: datetime) -> dict[str, Any]:
        """The list for this request's page: `table`, `chips`, `newer`, `older`, and `wanted`."""
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
    """Declare a long list. `kind` are the further fields of ListKind: order, permission, page, names, roles; `parts`
    are the fields of LongList. `says(filter)` returns the filters in words for its file."""

    def read(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
        wanted = listed.narrow(actor, arguments)
        rows = listed.rows(actor, wanted, now, order_of(listed.kind, arguments), limit=limit)
        parameters = {name: arguments[name] for name in (*wanted.parameters, "sort") if arguments.get(name)}
        words = in_parts(rows, lambda part: listed.cells(part, actor, wanted, now, True))
        return ListRead(words, says(wanted), parameters, wanted.school_id)

    listed = LongList(kind=ListKind(name, title, columns, read=read, **kind), **parts)
    return listed


@dataclass(frozen=True)
class ShortList:
    """A few records of one school. `records(school_id)` reads them; each column's `value` is its cell. `kind` is
    made by `short_list`. A row also has `id`, for the buttons of its page."""

    kind: ListKind
    records: Callable[[int], Sequence[Any]]

    def table(self, actor: Actor, school_id: int | None) -> dict[str, Any]:
        """A school's list as the components `list_table` and `list_tools` show it; no rows for None."""
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


blueprint = Blueprint("list_columns", __name__)


@blueprint.post("/account/columns")
@gate(Permission.SIGNED_IN)
def choose() -> Page:
    """Store the checked columns, and return to the list."""
    form = ColumnsForm()
    if not form.validate_on_submit():
        raise NotFound
    kind = existing(list_kinds().get(form.list.data or ""))
    choose_columns(submitted(form), kind, form.columns.data or [])
    return redirect(safe_next(form.to.data) or url_for("web.home"), 303)


ROOM = Room(pages=(blueprint,))
