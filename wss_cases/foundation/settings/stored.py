"""Settings that a district made on its pages, by key and first day. Read here, written by the settings pages."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, Generic, TypeVar

from flask import current_app, has_app_context
from sqlalchemy import Date, ScalarSelect, String, cast, column, func, literal_column, select, table

from wss_cases.foundation.settings.reading import setting

KNOWN_DISTRICT: Final = "known_district"
"""Under which name a session keeps what it knows of the district's settings."""
_PART, _ROW = "\x1f", "\x1e"
"""Between the parts of a row and between rows, where all stand in one text: no value holds them."""
SETTING: Final = table(
    "setting", column("id"), column("key"), column("value"), column("starts_on", Date), column("withdrawn_at")
)
Value = TypeVar("Value")
Rows = Sequence[tuple[date, str]]
"""What was said of one setting: its first days and values, in the order in which they count."""


@cache
def every_setting() -> ScalarSelect[Any]:
    """SQL for all settings in one text, as part of another statement; null when there are none."""
    columns = SETTING.c
    # compiled once: a nested statement is compiled again at each request
    written: list[Any] = [literal_column(f"'{one}'", String) for one in (_PART, _ROW, "")]
    part, end, nothing = written
    starts_on = func.coalesce(cast(columns.starts_on, String(10)), nothing)
    row = cast(columns.id, String(20)) + part + columns.key + part + starts_on + part + columns.value
    return select(func.aggregate_strings(row, end)).where(columns.withdrawn_at.is_(None)).scalar_subquery()


def _session() -> Any:
    # the database is opened by settings, so it cannot import this module
    return current_app.extensions["sqlalchemy"].session


def know_settings(text: str | None) -> Mapping[str, Rows]:
    """Store for this session what such a statement read."""
    said: dict[str, list[tuple[date, int, str]]] = defaultdict(list)
    for row in filter(None, (text or "").split(_ROW)):
        number, key, starts_on, value = row.split(_PART)
        said[key].append((date.fromisoformat(starts_on) if starts_on else date.min, int(number), value))
    # of two values from the same day the later row counts
    known = {key: [(starts_on, value) for starts_on, _id, value in sorted(rows)] for key, rows in said.items()}
    _session().info[KNOWN_DISTRICT] = known
    return known


def forget() -> None:
    """Read the settings again, after one was written in this session."""
    _session().info.pop(KNOWN_DISTRICT, None)


def _rows(key: str) -> Rows:
    if not has_app_context():
        return ()
    known: Mapping[str, Rows] | None = _session().info.get(KNOWN_DISTRICT)
    if known is None:
        session = _session()
        with session.no_autoflush:
            known = know_settings(session.scalar(select(every_setting())))
    return known.get(key, ())


@dataclass(frozen=True)
class StoredSetting(Generic[Value]):
    """One setting: `read` converts the stored text, `otherwise` is the value while none is stored."""

    key: str
    read: Callable[[str], Value]
    otherwise: Callable[[], Value]

    def ever(self) -> list[Value]:
        """The value while none is stored, and all stored values."""
        return [self.otherwise(), *(self.read(value) for _starts_on, value in _rows(self.key))]

    def said(self) -> tuple[tuple[date, str], ...]:
        """The stored first days and values, as a tuple that differs when any of them differs."""
        return tuple(_rows(self.key))

    def on(self, day: date) -> Value:
        """The value in force on a date; a page's session knows all settings without a query of their own."""
        for starts_on, value in reversed(_rows(self.key)):
            if starts_on <= day:
                return self.read(value)
        return self.otherwise()


def number_setting(key: str, name: str) -> StoredSetting[int]:
    """A whole-number setting; while none is stored, the configuration's value under this name."""
    return StoredSetting(key, int, lambda: int(setting(name)))


def fixed(value: Value) -> Callable[[], Value]:
    """A setting that always has the same value."""
    return lambda: value
