"""The state of one import, and the base of every file's handler."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wss_cases.foundation.i18n import _
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.import_files.report import Odd, Problem, Report, RowRefused
from wss_cases.roster.import_files.values import (
    LONGEST_ID,
    LONGEST_NAME,
    grade,
    iso_day,
    our_day,
    required,
    role_kind,
    speaks_against,
)
from wss_cases.roster.oneroster.bundle import Table
from wss_cases.roster.oneroster.formats import Format, Mode
from wss_cases.roster.oneroster.ledger import Item, Ledger, mark
from wss_cases.roster.oneroster.staging import Links, Staged

REFERRED_TO = frozenset({"orgs", "users", "classes"})
"""Files whose keys other files name."""

Progress = Callable[[str, int], None]
Cells = Mapping[str, str]
Place = tuple[int, date | None, date | None]
"""A school with the first and last day there, if the roster gives them."""

Post = tuple[int, str]
"""A school, and a person's work there."""


@dataclass(frozen=True)
class Org:
    """One row of orgs.csv."""

    kind: str
    parent: str
    name: str
    number: str


@dataclass(frozen=True)
class HeldRole:
    """One row of roles.csv, or the role of a user in version 1.1."""

    kind: str
    role: str
    org: str
    grade: int | None
    starts_on: date | None
    ends_on: date | None
    is_primary: bool


@dataclass
class Run:
    """One import under way."""

    uow: UnitOfWork
    source: str
    format: Format
    modes: dict[str, Mode]
    report: Report
    today: date
    orgs: dict[str, Org]
    links: Links
    progress: Progress
    facts: Staged | None = None
    """Students' data from demographics."""
    schools: dict[str, int] = field(default_factory=dict)
    is_first: bool = True
    sessions: dict[str, tuple[date, date]] = field(default_factory=dict)
    classes: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    roles: dict[str, tuple[HeldRole, ...]] = field(default_factory=dict)
    guardian_roles: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[int | None, tuple[Place, ...]]] = field(default_factory=dict)
    spans: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    shrunk: list[Problem] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    """Staff who were on the roster before this run and are not after it."""
    disabled: int = 0
    """Number of staff in `left` who are still in the file, but marked as disabled."""
    posts: dict[str, frozenset[Post]] = field(default_factory=dict)
    """Each staff member's posts."""
    unsure: set[str] = field(default_factory=set)
    """Staff with an unknown org; they leave no school."""
    left_places: set[tuple[int, int]] = field(default_factory=set)
    """Staff members and the schools where they no longer have a post."""
    doubtful: set[str] = field(default_factory=set)
    """Users with a refused row of roles; they keep their earlier roles."""
    roleless: list[str] = field(default_factory=list)
    """Users without any row that names a role."""
    table: Table | None = None
    """The file that is being read."""
    _known: dict[str, set[int]] = field(default_factory=dict)

    def known(self, file: str) -> set[int]:
        """The marks of the keys that a file has now or had in the last import."""
        if file not in self._known:
            self._known[file] = {mark(key) for _id, key in Ledger(self.uow.session, self.source, file).present()}
        return self._known[file]

    def add_known(self, file: str, marks: Iterable[int]) -> None:
        """Add the marks of keys that this import has read, where other files name them."""
        if file in REFERRED_TO:
            self.known(file).update(marks)

    def must_know(self, file: str, key: str, column: str) -> None:
        """Raise RowRefused when a reference names no row."""
        if mark(key) not in self.known(file):
            raise RowRefused(column, _("There is no such row in %(file)s:", file=f"{file}.csv"), key)

    def org(self, key: str, column: str) -> str:
        """An org named by a row, or '' when it is unknown."""
        if not key or mark(key) in self.known("orgs"):
            return key
        self.odd(column, key, _("This org is not in orgs.csv:"))
        return ""

    def odd(self, column: str, value: str, message: str) -> None:
        """Report an unknown cell of the present row."""
        assert self.table is not None
        self.table.odd.append(Odd(column, value, message))

    def day(self, row: Cells, column: str) -> date | None:
        """A date, or None: 8/24/2026 counts only when nothing in the whole column contradicts it."""
        text = row.get(column, "")
        read = iso_day(text)
        if not text or read is not None:
            return read
        read = our_day(text)
        if read is None and not speaks_against(text):
            self.odd(column, text, _("This is not a known date format; write it as 2026-08-24:"))
        elif self.table is None or self.table.speaks_against(column, speaks_against):
            self.odd(column, text, _("The dates of this column are not all written month/day/year:"))
            read = None
        return read

    def days(self, row: Cells, first: str, last: str) -> tuple[date | None, date | None]:
        """Two dates; a last one before the first is unknown."""
        starts, ends = self.day(row, first), self.day(row, last)
        if starts and ends and ends < starts:
            self.odd(last, row[last], _("The end lies before the start:"))
            ends = None
        return starts, ends

    def kind_of(self, role: str) -> str:
        """'student', 'guardian' or 'staff'. Raises RowRefused for another role."""
        kind = role_kind(role, setting("ROSTER_STAFF_ROLES"))
        if kind is None:
            words = _(
                "This role is not known, and no one with it is treated as staff; WSS_ROSTER_STAFF_ROLES adds one:"
            )
            raise RowRefused("role", words, role)
        return kind

    def text(self, row: Cells, column: str, limit: int = LONGEST_NAME) -> str:
        """A text, '' when it is missing or too long to store: nothing is cut."""
        text = row.get(column, "")
        if len(text) <= limit:
            return text
        self.odd(column, text, _("The text is longer than %(limit)d characters:", limit=limit))
        return ""

    def grade(self, row: Cells, column: str) -> int | None:
        """The first grade of a cell, or None."""
        text = row.get(column, "")
        known, first = grade(text)
        if not known:
            self.odd(column, text, _("This grade is not known:"))
        return first

    def school_of(self, org: str) -> int | None:
        """The school that an org is or belongs to, or None."""
        for _step in range(20):
            if org in self.schools:
                return self.schools[org]
            above = self.orgs.get(org)
            if above is None or not above.parent:
                return None
            org = above.parent
        return None


class Handler:
    """How the rows of one file are read and what they change; the base class only stores them."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def key(self, row: Cells) -> str:
        """The row's key, its sourcedId. Raises RowRefused."""
        return required(row, "sourcedId", LONGEST_ID)

    def read(self, row: Cells) -> Any:
        """The row's values. Raises RowRefused."""
        return None

    def apply(self, items: list[Item]) -> None:
        """Write a batch of valid rows."""

    def gone(self, keys: list[str]) -> None:
        """End what belongs to rows that a bulk file no longer has."""

    def finish(self) -> None:
        """Write what had to wait until all files were read."""
