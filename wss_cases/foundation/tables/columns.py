"""A list as a table: its columns, those that a person chose, the order it stands in, and its cells. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OF, THEN, NEXT = "=", ",", ";"
PART = 500
"""So many rows of a file are put into words at once."""


@dataclass(frozen=True)
class Column:
    """One column of a list; `key` stands in addresses and in what a person chose.

    `sorts`: the list can stand in its order. `most_first`: whoever sorts by it sees the largest number first. `always`:
    no one can leave it out. `said`: where the row is a card, its name stands before the value. `wide`: left out there.
    `off`: shown only to whoever asks for it. `unbroken`: at a desk its words stay on one line. `value`: in a short list
    (accounts/list_columns.py), what a record has there: a text, a date or None; the list sorts by it.
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
    """What stands in one cell: words, where they lead, words that only readers hear; with a `tone` it is a tag.

    `calls`: on a page, links that dial in place of the words, each its words and number; `uncalled`: lines beside them.
    `links`: names in place of the words, each with its address or ''. `button`: on a page the link is one of this kind.
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
    """By which column a list stands, and whether the last comes first."""

    key: str
    down: bool = False

    @property
    def parameter(self) -> str:
        """How it stands in an address: "who", or "-who" for the last first."""
        return f"-{self.key}" if self.down else self.key

    @property
    def turned(self) -> "Order":
        """The same column the other way round."""
        return Order(self.key, not self.down)


def in_parts(rows: Sequence[Any], cells: Callable[[Sequence[Any]], Iterable[Row]]) -> list[Row]:
    """Return the rows of a long list in words, some at a time: no statement names all of them."""
    parts = (rows[start : start + PART] for start in range(0, len(rows), PART))
    return [row for part in parts for row in cells(part)]


def order_in(text: str, columns: Iterable[Column], otherwise: Order) -> Order:
    """Return the order that an address asks for; `otherwise` where it names no column that sorts."""
    wanted = Order(text.removeprefix("-"), text.startswith("-"))
    return wanted if any(one.sorts and one.key == wanted.key for one in columns) else otherwise


def shown_columns(name: str, columns: Sequence[Column], choices: str) -> list[Column]:
    """Return the columns of a list that a person sees: those that they chose, else all but those that are `off`."""
    kept = _choices(choices).get(name)
    if kept is None:
        return [one for one in columns if not one.off]
    return [one for one in columns if one.always or one.key in kept]


def with_choice(name: str, columns: Sequence[Column], keys: Iterable[str], choices: str) -> str:
    """Return a person's choices with these columns for one list; keys that it does not have are left out, and the
    columns that everyone sees are no choice."""
    wanted = set(keys)
    kept = [one.key for one in columns if one.always or one.key in wanted]
    others = {list_name: chosen for list_name, chosen in _choices(choices).items() if list_name != name}
    if kept != [one.key for one in columns if not one.off]:
        others[name] = kept
    return NEXT.join(f"{list_name}{OF}{THEN.join(chosen)}" for list_name, chosen in sorted(others.items()))


def _choices(text: str) -> dict[str, list[str]]:
    parts = (part.partition(OF) for part in text.split(NEXT) if part)
    return {name: keys.split(THEN) for name, _of, keys in parts}
