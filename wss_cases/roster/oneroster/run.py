"""The state of one import, the base of every file's handler, and the feed with its orgs and classes."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import renamed_networks
from wss_cases.roster.directory.rules import school_code
from wss_cases.roster.import_files import (
    LONGEST_ID,
    LONGEST_NAME,
    Counts,
    Odd,
    Problem,
    Report,
    RowRefused,
    SourceRefused,
    grade,
    is_school,
    iso_day,
    many,
    our_day,
    required,
    role_kind,
    speaks_against,
)
from wss_cases.roster.oneroster.bundle import Format, Mode, Table
from wss_cases.roster.oneroster.staging import Item, Ledger, Links, Staged, ids_of, mark, upsert
from wss_cases.roster.runs import MOST_LISTED, other_schools, sources

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


def read_orgs(table: Table | None) -> dict[str, Org]:
    """The org tree, read before anything else, because rows name orgs in any order."""
    if table is None:
        return {}
    aside = Report(files={table.file: Counts()})
    return {
        row["sourcedId"]: Org(row["type"], row.get("parentSourcedId", ""), row["name"], row.get("identifier", ""))
        for _number, row, _joined in table.rows(aside)
        if row["sourcedId"]
    }


def root_of(orgs: dict[str, Org]) -> str:
    """The sourcedId of the org above most others ('' without orgs): the feed's own name."""
    roots = Tally(climb(orgs, org) for org in orgs)
    if not roots:
        return ""
    return min(roots, key=lambda root: (-roots[root], root in orgs and is_school(orgs[root].kind) is True, root))


def climb(orgs: dict[str, Org], org: str) -> str:
    """The topmost org above this one."""
    for _step in range(20):
        if org not in orgs or not orgs[org].parent:
            break
        org = orgs[org].parent
    return org


class Orgs(Handler):
    """Schools become records; districts and other orgs are only stored as rows."""

    def read(self, row: Cells) -> dict[str, Any] | None:
        """The school in a row, or None for another kind of org."""
        run, key, kind = self.run, row["sourcedId"], row["type"]
        name, parent = run.text(row, "name"), row.get("parentSourcedId", "")
        number = run.text(row, "identifier", 80)
        if not name:
            run.odd("name", "", _("The org has no name and goes by its number."))
        if parent == key:
            run.odd("parentSourcedId", parent, _("An org cannot be its own parent:"))
        school = is_school(kind)
        if school is None:
            run.odd("type", kind, _("This type of org is not known and was not treated as a school:"))
        if not school:
            return None
        above = run.orgs.get(parent)
        network = above.name[:80] if above and above.parent and not is_school(above.kind) else None
        return {
            "sourced_id": key,
            "identifier": number,
            "name": name or number or key,
            "is_charter": row.get("metadata.classification", "").lower() == "charter",
            "roster_network": network,
            "is_active": True,
        }

    def apply(self, items: list[Item]) -> None:
        """Insert new schools with a code of their own, and update the others."""
        session, source = self.run.uow.session, self.run.source
        standing = ids_of(session, School, source)
        codes = set(session.scalars(select(School.code)))
        renamed = renamed_networks(session)
        moved = (School.source == source, School.network_by_hand)
        by_hand = set(session.scalars(select(School.sourced_id).where(*moved)))
        new, old, kept = [], [], []
        for item in items:
            if item.content is None:
                continue
            if item.key in by_hand:
                kept.append(item.content)
                continue
            fed = item.content["roster_network"]
            school = {**item.content, "network": renamed.get(fed, fed)}
            if item.key in standing:
                old.append(school)
                continue
            code = school_code(item.content["name"], codes)
            codes.add(code)
            new.append({**school, "code": code})
        upsert(session, School, source, new)
        upsert(session, School, source, old, insert=False)
        upsert(session, School, source, kept, insert=False)
        self.gone([item.key for item in items if item.deleted])
        self.run.schools = ids_of(session, School, source)

    def gone(self, keys: list[str]) -> None:
        """Close schools that the roster no longer has."""
        rows = [{"sourced_id": key, "is_active": False} for key in keys]
        upsert(self.run.uow.session, School, self.run.source, rows, insert=False)


class Sessions(Handler):
    """Terms and school years: their dates limit classes."""

    def read(self, row: Cells) -> None:
        starts, ends = self.run.days(row, "startDate", "endDate")
        if starts is not None and ends is not None:
            self.run.sessions[row["sourcedId"]] = (starts, ends)


class Courses(Handler):
    """Courses are remembered."""


class Classes(Handler):
    """Classes lead from an enrollment to a school and its dates."""

    def read(self, row: Cells) -> None:
        column = "schoolSourcedId" if "schoolSourcedId" in row else "orgSourcedId"
        org = self.run.org(row[column], column)
        terms = many(row.get("termSourcedIds") or row.get("sessionSourcedIds") or "")
        self.run.classes[row["sourcedId"]] = (org, tuple(terms))


SHOWN = 5


def source_of(session: Session, orgs: dict[str, Org]) -> str:
    """The feed of a roster without a name: the earlier feed that its orgs still name, else its root org."""
    before = [source for source in sources(session) if source in orgs]
    return before[0] if len(before) == 1 else root_of(orgs)


def refuse_unknown(session: Session, source: str, orgs: Mapping[str, Org]) -> None:
    """Raise SourceRefused for a new feed beside a known one, and for schools that belong to another."""
    known = sources(session)
    if known and source not in known:
        words = _(
            "This roster would come in as %(source)s, a new source in addition to %(known)s. If it is the same feed, "
            "run again with --source and that name. If it really is another one, run again with --accept-source.",
            source=source, known=", ".join(known[:SHOWN]),
        )  # fmt: skip
        raise SourceRefused(Problem("orgs.csv", None, None, words))
    standing = ids_of(session, School, source)
    schools = {key: org for key, org in orgs.items() if is_school(org.kind) and key not in standing}
    numbers = {org.number for org in schools.values()} - {""}
    names = {fold(org.name) for org in schools.values()}
    twice = [
        (name, other)
        for other, key, number, name in other_schools(session, source)
        if key in schools or number in numbers or fold(name) in names
    ]
    if twice:
        words = _(
            "%(number)d schools in this roster are already here from another source: %(schools)s. Run again with "
            "--source and the name of that source, or, if they really are other schools, with --accept-source.",
            number=len(twice), schools=", ".join(f"{name} ({other})" for name, other in twice[:SHOWN]),
        )  # fmt: skip
        raise SourceRefused(Problem("orgs.csv", None, None, words))


def list_unplaced_orgs(run: Run, report: Report) -> None:
    """Report the schools without a district, and the users without any role."""
    loose = [key for key, org in run.orgs.items() if is_school(org.kind) and is_school(_top(run.orgs, key))]
    report.place("schools", len(loose), sorted(loose)[:MOST_LISTED])
    report.place("roleless", len(run.roleless), sorted(run.roleless)[:MOST_LISTED])


def _top(orgs: dict[str, Org], key: str) -> str:
    top = climb(orgs, key)
    return orgs[top].kind if top in orgs else "school"
