"""The report of an import: counts for each file, and every row or file that it refused or corrected."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from wss_cases.foundation.i18n import _

MOST_NOTES = 200
FIRST = 5
"""Line numbers and values named for one cause."""
MOST_ROWS = 1_000
"""Line numbers stored for one cause."""
LONGEST_VALUE = 60
UNQUOTED = frozenset(
    {"givenName", "familyName", "middleName", "preferredGivenName", "preferredFamilyName", "email", "phone", "sms"}
)
"""Columns that name a person: the report is kept for a year, so it gives only the row."""


@dataclass(frozen=True)
class Problem:
    """One sentence about a place in the input; `row` counts the header as 1, None is the whole file."""

    file: str
    row: int | None
    column: str | None
    message: str


@dataclass
class Counts:
    """The results of one file's rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


class Odd(NamedTuple):
    """An unknown cell: its field is stored as unknown, the row lands."""

    column: str
    value: str
    message: str


@dataclass
class Cause:
    """Rows of one file with the same problem in the same column: how many, which rows, and the cells' text."""

    file: str
    column: str | None
    message: str
    refused: bool
    count: int = 0
    rows: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def add(self, row: int, value: str) -> None:
        self.count += 1
        shown = value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
        if len(self.rows) < MOST_ROWS:
            self.rows.append(row)
        if shown and self.column not in UNQUOTED and len(self.values) < FIRST and shown not in self.values:
            self.values.append(shown)

    def words(self) -> str:
        """The message with the cells' text and the rows."""
        values = ", ".join(f'"{value}"' for value in self.values)
        rows = ", ".join(str(row) for row in self.rows[:FIRST]) + (" …" if self.count > FIRST else "")
        text = f"{self.message} {values}".rstrip()
        what = _("Not imported: %(number)d (rows %(rows)s).", number=self.count, rows=rows)
        if not self.refused:
            what = _("Imported without it: %(number)d (rows %(rows)s).", number=self.count, rows=rows)
        return f"{text} – {what}"


class BundleRefused(Exception):
    """The input as a whole is refused; nothing lands.

    `report` is what was found so far, if anything. `ask` names what a person may confirm to import it anyway, '' for
    nothing.
    """

    ask = ""

    def __init__(self, *problems: Problem, share: int = 0) -> None:
        super().__init__(problems[0].message)
        self.share = share
        """The percentage of refused rows that would have to be allowed."""
        self.problems = list(problems)
        self.report: Report | None = None


class TooManyRefused(BundleRefused):
    """So many rows are refused that the input is probably wrong; nothing lands."""

    ask = "refused"


class ShrinkRefused(BundleRefused):
    """So much of the last import is missing that a person must confirm it; nothing lands."""

    ask = "shrink"


class SourceRefused(BundleRefused):
    """The roster would arrive under another feed's name than before, or as a second feed; nothing lands."""

    ask = "source"


class RowRefused(Exception):
    """One row is refused; the others still land. `value` is the cell's text."""

    def __init__(self, column: str | None, message: str, value: str = "") -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.value = value


@dataclass
class Report:
    """The report of one run.

    `landed` is False for a refused or dry run; `unknown` counts by file the rows with an unknown field, `unplaced`
    names by kind who has no school in the roster.
    """

    source: str = ""
    files: dict[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    landed: bool = False
    notes: dict[str, int] = field(default_factory=dict)
    causes: dict[tuple[str, str | None, str, bool], Cause] = field(default_factory=dict)
    recalled: list[Cause] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    unplaced: dict[str, Any] = field(default_factory=dict)

    def refuse(self, file: str, row: int, refused: RowRefused) -> None:
        """Count a refused row with its reason."""
        self.files[file].refused += 1
        quoted = f'{refused.message} "{refused.value[:LONGEST_VALUE]}"' if refused.value else refused.message
        self.refused.append(Problem(file, row, refused.column, quoted))
        self.problems.append(self.refused[-1])
        self._cause(file, refused.column, refused.message, True).add(row, refused.value)

    def without(self, file: str, row: int, cells: Iterable[Odd]) -> None:
        """Count a row that lands without some of its fields, and name them."""
        self.unknown[file] += 1
        for odd in cells:
            self._cause(file, odd.column, odd.message, False).add(row, odd.value)

    def _cause(self, file: str, column: str | None, message: str, refused: bool) -> Cause:
        key = (file, column, message, refused)
        if key not in self.causes:
            self.causes[key] = Cause(*key)
        return self.causes[key]

    def note(self, file: str, row: int, column: str, message: str) -> None:
        """Report a correction in a row that landed; at most 200 a file, the rest as a number."""
        self.notes[file] = self.notes.get(file, 0) + 1
        if self.notes[file] <= MOST_NOTES:
            self.problems.append(Problem(file, row, column, message))

    def place(self, kind: str, number: int, first: Iterable[str]) -> None:
        """Report how many of a kind have no place in the roster, and the first names."""
        self.unplaced[kind] = {"count": number, "sourced_ids": list(first)}

    def recall(self, document: dict[str, Any]) -> None:
        """Repeat the document of an earlier run; `finish` adds nothing to it."""
        self.problems = [Problem(**problem) for problem in document["problems"]]
        self.recalled = [Cause(**cause) for cause in document["causes"]]
        self.unknown, self.unplaced = Counter(document["unknown"]), document["unplaced"]

    def finish(self) -> None:
        """Sort the problems by file and row, an unknown column as one; add how many notes were left out."""
        odd = (cause for cause in self.causes.values() if not cause.refused)
        self.problems += [Problem(cause.file, cause.rows[0], cause.column, cause.words()) for cause in odd]
        for file, number in self.notes.items():
            if number > MOST_NOTES:
                left_out = _("%(number)d more such notes are left out.", number=number - MOST_NOTES)
                self.problems.append(Problem(file, None, None, left_out))
        places = {file: place for place, file in enumerate(self.files)}
        self.problems.sort(key=lambda p: (places.get(p.file, -1), p.row is None, p.row or 0))

    def grouped(self) -> Iterator[Problem]:
        """Yield the problems, with the refused rows of one cause as one."""
        rows = set(self.refused)
        yield from (problem for problem in self.problems if problem not in rows)
        for cause in self.causes.values():
            if cause.refused:
                yield Problem(cause.file, None, cause.column, cause.words())

    def as_document(self) -> dict[str, Any]:
        """The JSON form: {"files": {name: counts}, "problems": [...], …}."""
        return {
            "files": {name: asdict(counts) for name, counts in self.files.items()},
            "problems": [asdict(problem) for problem in self.problems],
            "causes": [asdict(cause) for cause in (*self.recalled, *self.causes.values())],
            "unknown": dict(self.unknown),
            "unplaced": self.unplaced,
        }
