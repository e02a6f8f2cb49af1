"""Months that were taken out of the audit log: what is kept of their seals, and which links that explains. Pure.

Rows go with their month; their seals stay in the chain. A seal without its row cannot be reckoned again, so the row
that says that a month was detached names the seals and holds a digest of them all. All that it says is signed by the
key that seals: whoever has the database alone can write such a row, and the scheduler would seal it like any other.
The same holds for the row that says that a month came back, after which its rows are missed again.
"""

import hashlib
import hmac
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wss_cases.journal.audit.rules import CLOCKS_DIFFER, SEAL_FIELDS, plain

DETACHED, ATTACHED, CLOCK = "audit.month_detached", "audit.month_attached", "audit.clock_noted"
"""The acts that say that a month went, that it came back, and that a clock was wrong."""
LEAST_YEARS = 5
"""No month goes sooner: records of a student stay as long after the student left, and the log says who read them."""


def years_before(moment: datetime, years: int) -> datetime:
    """Return the same moment so many years ago; 29 February is then 1 March."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, month=3, day=1)


class Gathering:
    """The seals of one month as they pass, in the order of the chain: how many, which runs of numbers, their digest."""

    def __init__(self) -> None:
        self.rows = 0
        self.runs: list[list[int]] = []
        self._digest = hashlib.sha256()

    def add(self, link: Mapping[str, Any]) -> None:
        """Take in the next seal."""
        number = link["number"]
        if self.runs and self.runs[-1][1] == number - 1:
            self.runs[-1][1] = number
        else:
            self.runs.append([number, number])
        self.rows += 1
        said = [plain(link[name]) for name in (*SEAL_FIELDS, "hash")]
        self._digest.update(json.dumps(said, separators=(",", ":")).encode() + b"\n")

    def document(self) -> dict[str, Any]:
        """What the audit log keeps of them."""
        return {"rows": self.rows, "seals": self.runs, "digest": self._digest.hexdigest()}


@dataclass
class Detached:
    """One month that the audit row `entry_id` says was detached, and the seals of it that were met meanwhile."""

    entry_id: int
    month: str
    at: datetime
    kept: dict[str, Any]
    met: Gathering = field(default_factory=Gathering)
    missing: int = 0
    sealed_at: datetime | None = None
    """When the row that says so was sealed, once that was met as it was sealed."""

    def explains(self, made: datetime) -> bool:
        """Whether a seal without its row is one of these, made so long before that its month could go."""
        self.missing += 1
        return made <= years_before(self.at, LEAST_YEARS)


class Months:
    """Every month that is out of the log, by the seals that went without their rows. One that went several times is as
    it went last, and one that came back since is not out; a copy of what was said says nothing new.

    `proven` takes the rows that a seal was reckoned over: what none of them says explains nothing, and neither does
    what no key of these signed.
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
        """Return the month that a seal's row went with, or was part of when it went."""
        place = bisect_right(self._begins, number) - 1
        if place < 0 or number > self._runs[place][1]:
            return None
        return self.months[self._runs[place][2]]

    def proven(self, entry_id: int, sealed_at: datetime) -> None:
        """Note that the row of this number is as it was sealed, and when that was."""
        for each in self._by_row.get(entry_id, ()):
            each.sealed_at = sealed_at

    def problem(self) -> tuple[int, str] | None:
        """Return the audit row that explains missing rows and is not to be believed, and why; None when all is well."""
        for each in filter(lambda month: month.missing, self.months):
            if each.sealed_at is None:
                return each.entry_id, f"it says that {each.month} was detached, and has no seal. Run: flask audit seal"
            if each.at > each.sealed_at + CLOCKS_DIFFER:
                return each.entry_id, f"it says that {each.month} was detached later than this row was sealed"
            if each.met.document() != each.kept:
                return each.entry_id, f"the seals of {each.month} are not those that it says were detached"
        return None

    def gone(self) -> dict[str, int]:
        """Return how many rows each month took along, the oldest first."""
        return {each.month: each.missing for each in sorted(self.months, key=lambda one: one.month) if each.missing}


def note_of(
    month: str, at: datetime, seals: Gathering, earlier: Iterable[Any], keys: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return what the audit row of a detachment says, signed by the first of the keys.

    `earlier` are such notes, and those of months that came back, among the rows that go: what a key signed lives on.
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
    """Return what the audit row says of a month that was put back, signed by the first of the keys."""
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
    """Return those of a part of a note that a key signed as this act; none of what this system did not write."""
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
    """Return what is said in one entry of a note, signed by the first of the keys."""
    name, key = next(iter(keys.items()))
    one = {**said, "key": name}
    return one | {"signature": _signature(act, key, one)}


def _signature(act: str, key: bytes, one: Mapping[str, Any]) -> str:
    """Return the signature over all that is said of one month or clock. It is over a list, and a seal over an object:
    what was made as one is never the other."""
    said = [act, *(one[name] for name in _FIELDS[act])]
    return hmac.new(key, json.dumps(said, separators=(",", ":")).encode("ascii"), hashlib.sha256).hexdigest()


def _kept(one: dict[str, Any]) -> dict[str, Any]:
    runs = [[int(first), int(last)] for first, last in one["seals"]]
    return {"rows": one["rows"], "seals": runs, "digest": one["digest"]}
