"""Pure readings of cells: dates, grades, demographics, roles. An unknown cell is None."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from wss_cases.foundation.i18n import _
from wss_cases.roster.import_files.report import RowRefused

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
    "ell": "is_english_learner",
    "englishlearner": "is_english_learner",
    "lep": "is_english_learner",
    "homeless": "has_housing_support",
    "mckinneyvento": "has_housing_support",
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
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


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
    plain = _NOT_LETTERS.sub("", text.upper()).lower()
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
    plain = _NOT_LETTERS.sub("", kind.upper()).lower()
    if plain in OTHER_ORGS or "district" in plain:
        return False
    return True if plain in SCHOOLS or "school" in plain else None
