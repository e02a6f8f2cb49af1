"""What a draft changes of another rule set, row by row."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled

Row = Mapping[str, Any]


class Change(Labelled):
    """What becomes of a row. One that is changed can be moved, too."""

    ADDED = "added", _l("Added")
    REMOVED = "removed", _l("Removed")
    CHANGED = "changed", _l("Changed")
    MOVED = "moved", _l("Moved")


@dataclass(frozen=True)
class Difference:
    """One row that is not as it was, or not where it was."""

    row_id: str
    changes: tuple[Change, ...]
    before: Row | None
    after: Row | None


def differences(old: Sequence[Row], new: Sequence[Row]) -> list[Difference]:
    """Return the rows that differ, in the order of the new rows; those that are gone come last.

    Moved are as few rows as it takes to bring the others from the old order into the new one.
    """
    was, now = {row["id"]: row for row in old}, {row["id"]: row for row in new}
    moved = _moved([row_id for row_id in was if row_id in now], [row_id for row_id in now if row_id in was])
    found = []
    for row_id, row in now.items():
        changes = (
            *([Change.ADDED] if row_id not in was else []),
            *([Change.CHANGED] if row_id in was and was[row_id] != row else []),
            *([Change.MOVED] if row_id in moved else []),
        )
        if changes:
            found.append(Difference(row_id, changes, was.get(row_id), row))
    gone = (row_id for row_id in was if row_id not in now)
    return [*found, *(Difference(row_id, (Change.REMOVED,), was[row_id], None) for row_id in gone)]


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return all but a longest run of ids that keep their order."""
    place = {row_id: number for number, row_id in enumerate(old)}
    ends: list[int] = []
    runs: list[list[str]] = []
    for row_id in new:
        length = bisect_left(ends, place[row_id])
        run = [*(runs[length - 1] if length else []), row_id]
        ends[length:] = [place[row_id], *ends[length + 1 :]]
        runs[length:] = [run, *runs[length + 1 :]]
    return set(new) - set(runs[-1] if runs else [])
