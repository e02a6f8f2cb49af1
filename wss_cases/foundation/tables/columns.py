"""A list as a table: its columns, those that a person chose, its order, and its cells. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OF, THEN, NEXT = "=", ",", ";"
PART = 500
"""So many rows of a file are put into words at once."""


@dataclass(frozen=True)
class Column:
    """One column of a list; `key` stands in addresses and in people's choices.

    `sorts`: the list can be sorted by it. `most_first`: sorting by it begins with the largest number. `always`: no one
    can hide it. `said`: a card shows its name before the value. `wide`: a card leaves it out. `off`: shown only to
    people who choose it. `unbroken`: no line break at a desk. `value`: in a short list (accounts/list_columns.py), a
    record's text, date or None; the list sorts by it.
    """

    key: str
    label: Any
    sorts: bool = False
    always: bool = False
    said: bool = False
    wide: bool = False
    off: bool = False
    most_first: bool = False
    unbroken: bool = False
    value: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Cell:
    """The contents of one cell: words, their link, words for screen readers only; with a `tone` it is a tag.

    `calls`: on a page, links that dial instead of the words, each its words and number; `uncalled`: lines beside them.
    `links`: names instead of the words, each with its address or ''. `button`: on a page the link is a button of this
    kind.
    """

    text: str
    href: str = ""
    about: str = ""
    tone: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    uncalled: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    button: str = ""


Row = Mapping[str, Cell]
"""One line of a list: its cells by the keys of the columns."""


@dataclass(frozen=True)
class Order:
    """The column that a list is sorted by, and whether the last comes first."""

    key: str
    down: bool = False

    @property
    def parameter(self) -> str:
        """The order in an address: "who", or "-who" for the last first."""
        return f"-{self.key}" if self.down else self.key

    @property
    def turned(self) -> "Order":
        """The opposite order of the same column."""
        return Order(self.key, not self.down)


def in_parts(rows: Sequence[Any], cells: Callable[[Sequence[Any]], Iterable[Row]]) -> list[Row]:
    """Yield the rows of a long list in parts, so that no statement names all of them."""
    parts = (rows[start : start + PART] for start in range(0, len(rows), PART))
    return [row for part in parts for row in cells(part)]


def order_in(text: str, columns: Iterable[Column], otherwise: Order) -> Order:
    """The order that an address asks for; `otherwise` when it names no column that sorts."""
    wanted = Order(text.removeprefix("-"), text.startswith("-"))
    return wanted if any(one.sorts and one.key == wanted.key for one in columns) else otherwise


def shown_columns(name: str, columns: Sequence[Column], choices: str) -> list[Column]:
    """The columns that a person sees: those they chose, else all except those that are `off`."""
    kept = _choices(choices).get(name)
    if kept is None:
        return [one for one in columns if not one.off]
    return [one for one in columns if one.always or one.key in kept]


def with_choice(name: str, columns: Sequence[Column], keys: Iterable[str], choices: str) -> str:
    """A person's choices with these columns for one list, without unknown keys and without columns that everyone
    sees."""
    wanted = set(keys)
    kept = [one.key for one in columns if one.always or one.key in wanted]
    others = {list_name: chosen for list_name, chosen in _choices(choices).items() if list_name != name}
    if kept != [one.key for one in columns if not one.off]:
        others[name] = kept
    return NEXT.join(f"{list_name}{OF}{THEN.join(chosen)}" for list_name, chosen in sorted(others.items()))


def _choices(text: str) -> dict[str, list[str]]:
    parts = (part.partition(OF) for part in text.split(NEXT) if part)
    return {name: keys.split(THEN) for name, _of, keys in parts}
