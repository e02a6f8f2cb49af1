"""Months detached from the audit log, and seals made by a wrong clock: the signed notes that explain them. Pure.

Rows leave with their month; their seals stay in the chain. A seal without its row cannot be recomputed, so the audit
row that records the detachment names the seals and a digest of them. It is signed with the sealing key: anyone who can
write to the database could add such a row, and the scheduler would seal it like any other. The same holds for the row
that records that a month came back, after which its rows are required again.

A seal whose time is before the one before it, or in the future, is reported as a fault forever, though only a clock was
wrong. The operator can record that: the row names a run of seals with the hash of the last, which covers all before it,
and is signed in the same way.
"""

import hashlib
import hmac
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

GENESIS = "0" * 64
"""What stands before the first seal."""
PURPOSE = "audit-seal"
"""What the sealing keys are derived for."""

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the clocks of two schedulers may lie apart: seals of one come after those of the other."""

ENTRY_FIELDS = ("id", "at", "actor_id", "action", "object_type", "object_id", "changes", "request_id")
SEAL_FIELDS = ("number", "entry_id", "settled_id", "prev", "key_id", "sealed_at")


def key_name(key: bytes) -> str:
    """The name of the key that made a seal. It reveals nothing of the key."""
    return hashlib.blake2b(key, person=b"audit-key-name", digest_size=8).hexdigest()


def keyring(keys: tuple[bytes, ...]) -> dict[str, bytes]:
    """The keys by name, the newest first."""
    return {key_name(key): key for key in keys}


def seal_of(key: bytes, seal: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """The hash of a link: its own fields, the link before it, and every column of its row."""
    said = {
        "seal": {name: plain(seal[name]) for name in SEAL_FIELDS},
        "entry": {name: plain(entry[name]) for name in ENTRY_FIELDS},
    }
    words = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, words.encode("ascii"), hashlib.sha256).hexdigest()


def plain(value: Any) -> Any:
    """A value as it stands in canonical JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


DETACHED, ATTACHED, CLOCK = "audit.month_detached", "audit.month_attached", "audit.clock_noted"
"""The acts that say that a month went, that it came back, and that a clock was wrong."""
LEAST_YEARS = 5
"""No month goes sooner: records of a student stay as long after the student left, and the log says who read them."""


def years_before(moment: datetime, years: int) -> datetime:
    """The same moment so many years earlier; 29 February becomes 1 March."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, month=3, day=1)


class Gathering:
    """The seals of one month in the order of the chain: their number, their runs of ids, their digest."""

    def __init__(self) -> None:
        self.rows = 0
        self.runs: list[list[int]] = []
        self._digest = hashlib.sha256()

    def add(self, link: Mapping[str, Any]) -> None:
        number = link["number"]
        if self.runs and self.runs[-1][1] == number - 1:
            self.runs[-1][1] = number
        else:
            self.runs.append([number, number])
        self.rows += 1
        said = [plain(link[name]) for name in (*SEAL_FIELDS, "hash")]
        self._digest.update(json.dumps(said, separators=(",", ":")).encode() + b"\n")

    def document(self) -> dict[str, Any]:
        """What the audit log stores of them."""
        return {"rows": self.rows, "seals": self.runs, "digest": self._digest.hexdigest()}


@dataclass
class Detached:
    """One month that the audit row `entry_id` records as detached, and its seals met so far."""

    entry_id: int
    month: str
    at: datetime
    kept: dict[str, Any]
    met: Gathering = field(default_factory=Gathering)
    missing: int = 0
    sealed_at: datetime | None = None
    """When the row that says so was sealed, once that was met as it was sealed."""

    def explains(self, made: datetime) -> bool:
        """Whether a seal without its row is one of these, made long enough before that its month could be detached."""
        self.missing += 1
        return made <= years_before(self.at, LEAST_YEARS)


class Months:
    """Every detached month, by the seals whose rows left with it.

    A month that was detached several times counts as it was the last time; one that came back is not detached; a copied
    note adds nothing. `proven` takes the rows that match their seal: a note in any other row, or not signed by one of
    these keys, explains nothing.
    """

    def __init__(self, notes: Iterable[tuple[int, Any]], keys: Mapping[str, bytes]) -> None:
        went, back = dict[str, Detached](), dict[str, datetime]()
        for entry_id, said in notes:
            for each in _read(entry_id, said, keys):
                if each.month not in went or each.at > went[each.month].at:
                    went[each.month] = each
            for month, at in _came_back(said, keys):
                back[month] = max(at, back.get(month, at))
        self.months = [each for each in went.values() if each.month not in back or each.at > back[each.month]]
        self._runs: list[tuple[int, int, int]] = sorted(
            (run[0], run[1], place) for place, each in enumerate(self.months) for run in each.kept["seals"]
        )
        self._begins = [run[0] for run in self._runs]
        self._by_row: dict[int, list[Detached]] = {}
        for each in self.months:
            self._by_row.setdefault(each.entry_id, []).append(each)

    def of(self, number: int) -> Detached | None:
        """The detached month of a seal's row."""
        place = bisect_right(self._begins, number) - 1
        if place < 0 or number > self._runs[place][1]:
            return None
        return self.months[self._runs[place][2]]

    def proven(self, entry_id: int, sealed_at: datetime) -> None:
        """Record that the row of this id matches its seal, and when it was sealed."""
        for each in self._by_row.get(entry_id, ()):
            each.sealed_at = sealed_at

    def problem(self) -> tuple[int, str] | None:
        """The audit row that explains missing rows and cannot be believed, and why; None when all is well."""
        for each in filter(lambda month: month.missing, self.months):
            if each.sealed_at is None:
                return each.entry_id, f"it says that {each.month} was detached, and has no seal. Run: flask audit seal"
            if each.at > each.sealed_at + CLOCKS_DIFFER:
                return each.entry_id, f"it says that {each.month} was detached later than this row was sealed"
            if each.met.document() != each.kept:
                return each.entry_id, f"the seals of {each.month} are not those that it says were detached"
        return None

    def gone(self) -> dict[str, int]:
        """How many rows left with each month, the oldest first."""
        return {each.month: each.missing for each in sorted(self.months, key=lambda one: one.month) if each.missing}


def note_of(
    month: str, at: datetime, seals: Gathering, earlier: Iterable[Any], keys: Mapping[str, bytes]
) -> dict[str, Any]:
    """The contents of the audit row of a detachment, signed by the first key.

    `earlier` are notes of detachments and returns among the rows that leave: they are carried on.
    """
    earlier = list(earlier)
    carried = [each for said in earlier for each in _read(0, said, keys)]
    said = [(month, at, seals.document()), *((each.month, each.at, each.kept) for each in carried)]
    returned = [each for old in earlier for each in _came_back(old, keys)]
    return {
        "months": [
            signed(DETACHED, {"month": one, "at": moment.isoformat(), **kept}, keys) for one, moment, kept in said
        ],
        "back": [_back(one, moment, keys) for one, moment in returned],
    }


def note_of_return(month: str, at: datetime, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The contents of the audit row of a month that came back, signed by the first key."""
    return {"back": [_back(month, at, keys)]}


def _back(month: str, at: datetime, keys: Mapping[str, bytes]) -> dict[str, Any]:
    return signed(ATTACHED, {"month": month, "at": at.isoformat()}, keys)


def _read(entry_id: int, said: Any, keys: Mapping[str, bytes]) -> list[Detached]:
    return [
        Detached(entry_id, one["month"], datetime.fromisoformat(one["at"]), _kept(one))
        for one in believed(said, "months", DETACHED, keys)
    ]


def _came_back(said: Any, keys: Mapping[str, bytes]) -> list[tuple[str, datetime]]:
    return [(one["month"], datetime.fromisoformat(one["at"])) for one in believed(said, "back", ATTACHED, keys)]


def believed(said: Any, part: str, act: str, keys: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The entries of a note that a key signed for this act; others were not written by this system."""
    entries = said.get(part) if isinstance(said, dict) else None
    return [one for one in entries if _is_signed(one, act, keys)] if isinstance(entries, list) else []


def _is_signed(one: Any, act: str, keys: Mapping[str, bytes]) -> bool:
    try:
        return hmac.compare_digest(_signature(act, keys[one["key"]], one), one["signature"])
    except (KeyError, TypeError, ValueError):
        return False


_FIELDS = {
    DETACHED: ("month", "at", "key", "rows", "seals", "digest"),
    ATTACHED: ("month", "at", "key"),
    CLOCK: ("first", "last", "digest", "at", "key"),
}


def signed(act: str, said: dict[str, Any], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The fields of one entry of a note, signed by the first key."""
    name, key = next(iter(keys.items()))
    one = {**said, "key": name}
    return one | {"signature": _signature(act, key, one)}


def _signature(act: str, key: bytes, one: Mapping[str, Any]) -> str:
    """The signature over one entry. It signs a list, while a seal signs an object, so that neither can pass for the
    other."""
    said = [act, *(one[name] for name in _FIELDS[act])]
    return hmac.new(key, json.dumps(said, separators=(",", ":")).encode("ascii"), hashlib.sha256).hexdigest()


def _kept(one: dict[str, Any]) -> dict[str, Any]:
    runs = [[int(first), int(last)] for first, last in one["seals"]]
    return {"rows": one["rows"], "seals": runs, "digest": one["digest"]}


@dataclass(frozen=True)
class Run:
    """The seals from `first` to `last`; the audit row `entry_id` says at an instant that their clock was wrong."""

    entry_id: int
    first: int
    last: int
    digest: str
    at: datetime


class Clocks:
    """Every signed run, a seal's oldest note first."""

    def __init__(self, notes: Iterable[tuple[int, Any]], keys: Mapping[str, bytes]) -> None:
        self.runs = [run for entry_id, said in notes for run in _read_clocks(entry_id, said, keys)]
        self._met: set[Run] = set()
        self._proven: set[int] = set()
        self.seen: dict[Run, None] = {}

    def of(self, number: int) -> Run | None:
        """The run that a seal is part of."""
        return next((run for run in self.runs if run.first <= number <= run.last), None)

    def made(self, link: Mapping[str, Any]) -> datetime:
        """The latest time at which a seal can have been made. Entries written under a wrong clock never expire by
        age."""
        run = self.of(link["number"])
        made: datetime = link["sealed_at"]
        return max(run.at, made) if run is not None else made

    def meet(self, link: Mapping[str, Any]) -> None:
        """Compare a seal with its run, in the order of the chain."""
        run = self.of(link["number"])
        if run is not None:
            self.seen[run] = None
        self._met |= {one for one in self.runs if (one.last, one.digest) == (link["number"], link["hash"])}

    def proven(self, entry_id: int) -> None:
        """Record that the row of this id matches its seal."""
        self._proven.add(entry_id)

    def problem(self) -> tuple[int, str] | None:
        """The audit row about a clock that cannot be believed, and why; None when all is well."""
        for run in self.seen:
            if run.entry_id not in self._proven:
                return run.entry_id, "it says that a clock was wrong, and has no seal. Run: flask audit seal"
            if run not in self._met:
                return run.entry_id, "the seals that it says a wrong clock made are others"
        return None


def runs_of(seals: Iterable[tuple[int, str]]) -> list[tuple[int, int, str]]:
    """Seals (number, hash) in the order of the chain as runs: first, last, and the hash of the last."""
    runs: list[tuple[int, int, str]] = []
    for number, digest in seals:
        first = runs.pop()[0] if runs and runs[-1][1] == number - 1 else number
        runs.append((first, number, digest))
    return runs


def note_of_clock(runs: Iterable[tuple[int, int, str]], at: datetime, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The contents of an audit row about some runs (first, last, hash of the last), signed by the first key."""
    return {"clocks": [_said(Run(0, *run, at), keys) for run in runs]}


def carried_clocks(earlier: Iterable[Any], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The notes about clocks in rows that leave the log, for the row that carries them on."""
    return {"clocks": [_said(run, keys) for said in earlier for run in _read_clocks(0, said, keys)]}


def _said(run: Run, keys: Mapping[str, bytes]) -> dict[str, Any]:
    said = {"first": run.first, "last": run.last, "digest": run.digest, "at": run.at.isoformat()}
    return signed(CLOCK, said, keys)


def _read_clocks(entry_id: int, said: Any, keys: Mapping[str, bytes]) -> list[Run]:
    return [
        Run(entry_id, int(one["first"]), int(one["last"]), one["digest"], datetime.fromisoformat(one["at"]))
        for one in believed(said, "clocks", CLOCK, keys)
    ]
