"""Files of a roster: reading cells, the report of what was refused or corrected, and what another file is."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from babel import Locale
from babel.core import get_global

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import is_storable
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
        self.column, self.message, self.value = column, message, value


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
        return self.causes.setdefault(key, Cause(*key))

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


LONGEST_ID = 120
LONGEST_NAME = 200
STUDENT = "student"
STUDENTS = frozenset({STUDENT, "learner", "pupil"})
GUARDIAN_ROLES = frozenset(
    {
        "parent", "guardian", "relative", "aunt", "uncle", "grandparent", "mother", "father", "stepparent",
        "stepmother", "stepfather", "fosterparent", "grandmother", "grandfather", "caregiver", "legalguardian",
    }
)  # fmt: skip
_STAFF = frozenset({"other", "para", "slp", "bcba", "sro"})
"""Staff roles without any of the words below: OneRoster's, School Data Sync's, and some usual ones."""
_OFFICES = (
    "teach", "admin", "counsel", "principal", "proctor", "profess", "faculty", "staff", "employee", "lectur",
    "researcher", "adjunct", "instruct", "educator", "paraprof", "coach", "nurse", "socialwork", "psycholog", "therap",
    "patholog", "librar", "secretar", "clerk", "custodian", "janitor", "engineer", "security", "dean", "director",
    "manager", "supervisor", "superintend", "coordinator", "specialist", "interventionist", "consultant", "liaison",
    "registrar", "driver", "substitute", "technician", "analyst", "accountant", "advisor", "adviser", "trainer",
    "departmenthead",
)  # fmt: skip
"""Parts of names of adults' work, even next to the word student: dean of students, student teacher."""
_HELPERS = (
    "aide", "assistant", "attendant", "office", "worker", "monitor", "cafeteria", "lunch", "crossing", "cook",
    "volunteer",
)  # fmt: skip
"""Parts as well, unless said of a student: a student aide is a student."""
_YOUNG = ("student", "pupil", "learner", "peer", "child")
SCHOOLS = frozenset(
    {
        "college", "university", "campus", "academy", "charter", "magnet", "alternative", "elementary", "primary",
        "intermediate", "middle", "juniorhigh", "high", "seniorhigh", "secondary", "prek", "kindergarten",
    }
)  # fmt: skip
"""Types of orgs that are schools although their names do not say so."""
OTHER_ORGS = frozenset(
    {
        "district", "lea", "local", "state", "sea", "national", "network", "region", "area", "zone", "cluster",
        "county", "department", "division", "sector", "office", "faculty", "cooperative", "ministryofeducation",
    }
)  # fmt: skip
FLAG_COLUMNS = {
    "iep": "has_iep",
    "504": "has_504",
    **dict.fromkeys(("ell", "englishlearner", "lep"), "is_english_learner"),
    **dict.fromkeys(("homeless", "mckinneyvento"), "has_housing_support"),
}
_RACES = {
    "americanIndianOrAlaskaNative": "american_indian",
    "asian": "asian",
    "blackOrAfricanAmerican": "black",
    "nativeHawaiianOrOtherPacificIslander": "pacific_islander",
    "white": "white",
}
_ETHNICITIES = (*_RACES, "hispanicOrLatinoEthnicity", "demographicRaceTwoOrMoreRaces")
_YES = ("true", "1", "yes", "y")
_NO = ("false", "0", "no", "n")
SUPPORTS = {
    "iep": "has_iep",
    "504": "has_504",
    "english_learner": "is_english_learner",
    "housing": "has_housing_support",
    "language": "language",
}
"""Supports of a student that a roster may hold beyond the formats, by the name in mappings and files of supports."""
_BEFORE_KINDERGARTEN = (
    "IT", "PR", "PK", "PREK", "PRE-K", "PRESCHOOL", "PK3", "PK4", "PK-3", "PK-4", "P3", "P4", "EE", "EC", "ECSE", "-1",
)  # fmt: skip
_KINDERGARTEN = ("TK", "KG", "K", "KF", "KH", "KINDERGARTEN")
_GRADES: dict[str, int | None] = {
    **dict.fromkeys(_BEFORE_KINDERGARTEN, -1),
    **dict.fromkeys(_KINDERGARTEN, 0),
    **dict.fromkeys(("UG", "UNGRADED", "OTHER")),
}
_YEAR = re.compile("(?:GRADE)?0*([0-9]{1,2})(?:ST|ND|RD|TH)?(?:GRADE)?")
_SEXES = {
    **dict.fromkeys(("female", "f"), "female"),
    **dict.fromkeys(("male", "m"), "male"),
    **dict.fromkeys(("other", "o", "x", "n", "nonbinary"), "other"),
    **dict.fromkeys(("unspecified", "unknown", "u")),
}
_NOT_LETTERS = re.compile("[^A-Z0-9]")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?")
_OUR_DATE = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})( .*)?")
_STATUSES = {"": False, "active": False, "tobedeleted": True, "inactive": True}


def required(row: Mapping[str, str], column: str, limit: int = LONGEST_NAME) -> str:
    """A required cell. Raises RowRefused when it is blank."""
    value = row.get(column, "")
    if not value:
        raise RowRefused(column, _("The cell must not be blank."))
    return limited(value, column, limit)


def limited(value: str, column: str, limit: int) -> str:
    """A value that is short enough. Raises RowRefused otherwise: nothing is cut."""
    if len(value) > limit:
        raise RowRefused(column, _("The text is longer than %(limit)d characters.", limit=limit))
    return value


def is_deleted(row: Mapping[str, str]) -> bool | None:
    """Whether the row says that its record is deleted; None where the status is unknown."""
    return _STATUSES.get(row.get("status", "").lower())


def day(row: Mapping[str, str], column: str) -> date | None:
    """A date written 2026-08-24, or None. Raises RowRefused."""
    text = row.get(column, "")
    read = iso_day(text)
    if text and read is None:
        raise RowRefused(column, _("The date must be written as 2026-08-24 and exist."))
    return read


@lru_cache(maxsize=20_000)
def iso_day(text: str) -> date | None:
    """A date written 2026-08-24, or None."""
    return _date(text[:4], text[5:7], text[8:10]) if _DATE.fullmatch(text) else None


@lru_cache(maxsize=20_000)
def our_day(text: str) -> date | None:
    """A date written 8/24/2026, or None."""
    match = _OUR_DATE.fullmatch(text)
    return _date(match[3], match[1], match[2]) if match else None


def speaks_against(text: str) -> bool:
    """Whether a cell shows that its column is not written 8/24/2026: the month second, or the year first."""
    match = _OUR_DATE.fullmatch(text)
    if match is None:
        return iso_day(text) is not None
    return our_day(text) is None and _date(match[3], match[2], match[1]) is not None


def _date(year: str, month: str, day_of_month: str) -> date | None:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        return None


def many(cell: str) -> list[str]:
    """The values of a cell that holds several, separated by commas."""
    return [part.strip() for part in cell.split(",") if part.strip()] if cell else []


@lru_cache(maxsize=1_000)
def grade(text: str) -> tuple[bool, int | None]:
    """Whether a cell is known, and its first grade: -1 before kindergarten, 0 kindergarten, 13 after 12th."""
    parts = many(text)
    if not parts:
        return True, None
    code = parts[0].upper().replace(" ", "")
    match = _YEAR.fullmatch(code)
    if match:
        year = int(match[1])
        return (True, year) if year <= 13 else (False, None)
    code = code.removesuffix("GRADE")
    return (True, 13) if code.startswith("PS") else (code in _GRADES, _GRADES.get(code))


def sex(text: str) -> tuple[bool, str | None]:
    """Whether a cell is known, and 'female', 'male', 'other' or None."""
    plain = _letters(text)
    return not text or plain in _SEXES, _SEXES.get(plain)


@lru_cache(maxsize=1_000)
def support(field: str, text: str) -> tuple[bool, bool | str | None]:
    """Whether a support's cell is known, and True, False or None, or a language's code."""
    plain = text.casefold()
    if not plain:
        return True, None
    if field == "language":
        names = Locale("en").languages
        code = get_global("language_aliases").get(plain, plain.split("-")[0].split("_")[0])
        known = code if code in names else next((one for one, name in names.items() if name.casefold() == plain), None)
        return known is not None, known
    return plain in _YES or plain in _NO, plain in _YES if plain in (*_YES, *_NO) else None


def race_ethnicity(row: Mapping[str, str]) -> str | None:
    """The federal reporting category: Hispanic of any race, else the one race, else two or more."""
    if "raceCodes" in row or "ethnicityCodes" in row:
        true = set(many(row.get("raceCodes", "")) + many(row.get("ethnicityCodes", "")))
    else:
        true = {column for column in _ETHNICITIES if row.get(column, "").lower() in _YES}
    if "hispanicOrLatinoEthnicity" in true:
        return "hispanic"
    races = [value for column, value in _RACES.items() if column in true]
    if len(races) > 1 or "demographicRaceTwoOrMoreRaces" in true:
        return "two_or_more"
    return races[0] if races else None


@lru_cache(maxsize=1_000)
def role_kind(role: str, more: str = "") -> str | None:
    """'student', 'guardian', or 'staff' for plainly an adult's work; else None.

    Districts have staff roles of their own, but an unknown word makes no one staff: it may be a misspelled student.
    `more` names the district's additional staff roles, separated by commas.
    """
    plain = _letters(role)
    if plain in STUDENTS:
        return STUDENT
    if plain in GUARDIAN_ROLES:
        return "guardian"
    parts = _OFFICES if any(word in plain for word in _YOUNG) else _OFFICES + _HELPERS
    known = plain in _STAFF or any(word in plain for word in parts) or plain in map(_letters, many(more))
    return "staff" if known else None


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.upper()).lower()


@lru_cache(maxsize=1_000)
def is_school(kind: str) -> bool | None:
    """Whether a type of org has students and staff of its own; None where the type is unknown."""
    plain = _letters(kind)
    if plain in OTHER_ORGS or "district" in plain:
        return False
    return True if plain in SCHOOLS or "school" in plain else None


MOST_BYTES: Final = 2 * 1024**2


def rows_in(content: bytes) -> list[list[str]]:
    """The cells of a CSV file without outer spaces. Raises Refused for another file or too large a one."""
    if len(content) > MOST_BYTES:
        raise Refused("file", _("This file is too large."))
    try:
        text = content.decode("utf-8-sig")
        if not is_storable(text):
            raise ValueError("a character that cannot be stored")
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (ValueError, csv.Error) as error:
        words = _("This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and upload it again.")
        raise Refused("file", words) from error


_SDS_1 = {"school", "section", "student", "teacher", "studentenrollment", "teacherroster"}
_CLEVER = {"schools", "sections", "students", "teachers"}


def named(files: Iterable[str]) -> str:
    """What the files of another format are and what to do, or ''."""
    paths = [PurePosixPath(name.replace("\\", "/").lower()) for name in files]
    stems = {path.stem for path in paths if path.suffix == ".csv"}
    endings = {path.suffix for path in paths}
    if len(stems & _SDS_1) >= 2:
        return _("These are files of School Data Sync version 1. Export the roster as SDS 2.1 or OneRoster 1.1 or 1.2.")
    if len(stems & _CLEVER) >= 2:
        return _("These are files of Clever. Export the roster as OneRoster 1.1 or 1.2.")
    if endings & {".xlsx", ".xls", ".xlsm"} or "[content_types]" in {path.stem for path in paths}:
        return _("This is an Excel workbook. Export the roster as OneRoster 1.1 or 1.2: one CSV file for each table.")
    if ".xml" in endings:
        return _("These are XML files, not a roster. Export the roster as OneRoster 1.1 or 1.2.")
    if ".json" in endings:
        return _("These are JSON files, not a roster. Export the roster as OneRoster 1.1 or 1.2 in CSV files.")
    if endings & {".7z", ".rar", ".gz", ".tar", ".tgz", ".pgp", ".gpg"}:
        return _("This is an archive that cannot be read. Pack the roster as a zip, not encrypted.")
    return ""


def other_delimiter(header: Sequence[str]) -> str:
    """The delimiter of a header that is not separated by commas, in words, or ''."""
    if len(header) > 1:
        return ""
    counts = {mark: header[0].count(mark) for mark in (";", "\t", "|")}
    mark = max(counts, key=lambda one: counts[one])
    if not counts[mark]:
        return ""
    names = {";": _("semicolons"), "\t": _("tabs"), "|": _("vertical bars")}
    return _("The cells are separated by %(mark)s. Export the file with commas.", mark=names[mark])
