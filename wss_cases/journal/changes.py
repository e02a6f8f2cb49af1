"""The changed columns of each record for its audit row, including those that a query flushed before."""

from typing import Any, Final

from sqlalchemy import LargeBinary, inspect
from sqlalchemy.orm import Session

REDACTED: Final = "…"


class Changes:
    """The changes of one unit of work that no audit row has yet."""

    def __init__(self) -> None:
        self._made: dict[Any, dict[str, Any]] = {}
        self._written: dict[Any, dict[str, Any]] = {}
        self._told: dict[Any, dict[str, Any]] = {}

    def made(self, record: Any) -> None:
        """Store a new record's values before it is flushed."""
        self._made[record] = changes_of(record)

    def take(self, record: Any) -> dict[str, Any]:
        """A record's changes since its last audit row, flushed or not."""
        changes = self._made.pop(record, {}) | _joined(self._written.pop(record, {}), changes_of(record))
        self._told[record] = changes
        return changes

    def remember(self, session: Session, *_flush: Any) -> None:
        """Store what a flush is about to write: a query may flush before the act is recorded."""
        for row in (*session.dirty, *session.new):
            if row in self._made:
                continue
            told = self._told.pop(row, {})
            changes = {name: change for name, change in changes_of(row).items() if told.get(name) != change}
            if changes:
                self._written[row] = _joined(self._written.get(row, {}), changes)


def _joined(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Two changes of a record as one: from the first old value to the last new value."""
    both = {name: [earlier[name][0], new] if name in earlier else [old, new] for name, (old, new) in later.items()}
    return {name: pair for name, pair in (earlier | both).items() if pair[0] != pair[1] or pair[0] == REDACTED}


def changes_of(record: Any) -> dict[str, Any]:
    """{column: [old, new]} of what is about to be flushed; private texts show only that they changed."""
    state = inspect(record)
    private: frozenset[str] = getattr(record, "PRIVATE", frozenset())
    changes: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        is_told = attribute.key not in {"id", "version"} and attribute.key in state.committed_state
        if not is_told or not (history := state.attrs[attribute.key].history).has_changes():
            continue
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        if old is None and new is None:
            continue
        hidden = attribute.key in private or isinstance(attribute.columns[0].type, LargeBinary)
        changes[attribute.key] = [REDACTED, REDACTED] if hidden else [_plain(old), _plain(new)]
    return changes


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
