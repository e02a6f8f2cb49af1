"""Seals that a wrong clock made: what a signed row of the log says of them, and which complaint that answers. Pure.

A seal that says an earlier time than the one before, or one that is still to come, would be named for as long as the
log is kept, though nobody but a clock did wrong. Whoever runs the system can say so: the row names a run of seals, with
the hash of the last of them, which stands for all before it. It is signed by the key that seals, as what is said of
detached months is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wss_cases.journal.audit.detached import CLOCK, believed, signed


@dataclass(frozen=True)
class Run:
    """The seals from `first` to `last`, of which the audit row `entry_id` said at an instant that a clock was wrong."""

    entry_id: int
    first: int
    last: int
    digest: str
    at: datetime


class Clocks:
    """Every run that a key signed, the oldest note of a seal first."""

    def __init__(self, notes: Iterable[tuple[int, Any]], keys: Mapping[str, bytes]) -> None:
        self.runs = [run for entry_id, said in notes for run in _read(entry_id, said, keys)]
        self._met: set[Run] = set()
        self._proven: set[int] = set()
        self.seen: dict[Run, None] = {}

    def of(self, number: int) -> Run | None:
        """Return the run that a seal is part of."""
        return next((run for run in self.runs if run.first <= number <= run.last), None)

    def made(self, link: Mapping[str, Any]) -> datetime:
        """Return when a seal was made at the latest: what a wrong clock says of it makes nothing old."""
        run = self.of(link["number"])
        made: datetime = link["sealed_at"]
        return max(run.at, made) if run is not None else made

    def meet(self, link: Mapping[str, Any]) -> None:
        """Note a seal as it passes, in the order of the chain."""
        run = self.of(link["number"])
        if run is not None:
            self.seen[run] = None
        self._met |= {one for one in self.runs if (one.last, one.digest) == (link["number"], link["hash"])}

    def proven(self, entry_id: int) -> None:
        """Note that the row of this number is as it was sealed."""
        self._proven.add(entry_id)

    def problem(self) -> tuple[int, str] | None:
        """Return the audit row that speaks of a clock and is not to be believed, and why; None when all is well."""
        for run in self.seen:
            if run.entry_id not in self._proven:
                return run.entry_id, "it says that a clock was wrong, and has no seal. Run: flask audit seal"
            if run not in self._met:
                return run.entry_id, "the seals that it says a wrong clock made are others"
        return None


def runs_of(seals: Iterable[tuple[int, str]]) -> list[tuple[int, int, str]]:
    """Return seals (number, hash) in the order of the chain as runs: first, last, and the hash of the last."""
    runs: list[tuple[int, int, str]] = []
    for number, digest in seals:
        first = runs.pop()[0] if runs and runs[-1][1] == number - 1 else number
        runs.append((first, number, digest))
    return runs


def note_of_clock(runs: Iterable[tuple[int, int, str]], at: datetime, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what the audit row says of some runs (first, last, hash of the last), signed by the first of the keys."""
    return {"clocks": [_said(Run(0, *run, at), keys) for run in runs]}


def carried_clocks(earlier: Iterable[Any], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what rows that leave the log say of clocks, as the row that says so carries it on."""
    return {"clocks": [_said(run, keys) for said in earlier for run in _read(0, said, keys)]}


def _said(run: Run, keys: Mapping[str, bytes]) -> dict[str, Any]:
    said = {"first": run.first, "last": run.last, "digest": run.digest, "at": run.at.isoformat()}
    return signed(CLOCK, said, keys)


def _read(entry_id: int, said: Any, keys: Mapping[str, bytes]) -> list[Run]:
    return [
        Run(entry_id, int(one["first"]), int(one["last"]), one["digest"], datetime.fromisoformat(one["at"]))
        for one in believed(said, "clocks", CLOCK, keys)
    ]
