"""Pure readings of cells: dates, grades, demographics, roles. A cell that says nothing is None."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.import_files.report import RowRefused

LONGEST_ID = 120
LONGEST_NAME = 200
STUDENT = "student"
GUARDIAN_ROLES = frozenset({"parent", "guardian", "relative", "aunt", "uncle", "grandparent"})
STAFF_ROLES = frozenset(
    {
        "administrator", "aide", "counselor", "districtadministrator", "principal", "proctor", "siteadministrator",
        "systemadministrator", "teacher", "professor", "faculty", "staff", "adjunct", "coach", "lecturer", "instructor",
        "teachingassistant", "teacherassistant", "tutor", "nurse", "paraprofessional", "principaldelegate",
        "assistantprincipal", "viceprincipal", "chair", "alternateteacher", "substituteteacher", "officestaff",
        "teacherdesigner", "researcher", "itadmin", "teacherassociate", "other",
    }
)  # fmt: skip
SCHOOL_TYPES = frozenset({"school", "college", "university"})
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
_YES = ("true", "1", "yes")
_GRADES = {"IT": -1, "PR": -1, "PK": -1, "PREK": -1, "TK": 0, "KG": 0, "K": 0, "PS": 13, "UG": None, "OTHER": None}
_SEXES = {"female": "female", "f": "female", "male": "male", "m": "male", "other": "other", "unspecified": None}
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?")
_STATUSES = {"": False, "active": False, "tobedeleted": True}


def required(row: Mapping[str, str], column: str, limit: int = LONGEST_NAME) -> str:
    """Return a cell that must not be blank. Raises RowRefused."""
    value = row.get(column, "")
    if not value:
        raise RowRefused(column, _("The cell must not be blank."))
    return limited(value, column, limit)


def limited(value: str, column: str, limit: int) -> str:
    """Return the value when it is short enough. Raises RowRefused: nothing is cut."""
    if len(value) > limit:
        raise RowRefused(column, _("The text is longer than %(limit)d characters.", limit=limit))
    return value


def is_deleted(row: Mapping[str, str]) -> bool:
    """Whether the row says that its record is gone. Raises RowRefused for an unknown status."""
    status = row.get("status", "").lower()
    if status not in _STATUSES:
        raise RowRefused("status", _("The status must be active or tobedeleted."))
    return _STATUSES[status]


def day(row: Mapping[str, str], column: str) -> date | None:
    """Return a date written 2026-08-24, or None. Raises RowRefused."""
    text = row.get(column, "")
    read = _day(text)
    if text and read is None:
        raise RowRefused(column, _("The date must be written as 2026-08-24 and exist."))
    return read


@lru_cache(maxsize=20_000)
def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def many(cell: str) -> list[str]:
    """Return the values of a cell that holds several, separated by commas."""
    return [part.strip() for part in cell.split(",") if part.strip()] if cell else []


def grade(text: str, column: str) -> int | None:
    """Return the first grade of a cell: -1 before kindergarten, 0 kindergarten, 13 after 12th. Raises RowRefused."""
    known, first = _grade(text)
    if not known:
        raise RowRefused(column, _("This grade is not known."))
    return first


@lru_cache(maxsize=1_000)
def _grade(text: str) -> tuple[bool, int | None]:
    parts = many(text)
    if not parts:
        return True, None
    code = parts[0].upper()
    if code.isascii() and code.isdigit() and len(code) < 3:
        return 0 <= int(code) <= 13, int(code) if int(code) else 0
    code = "PS" if code.startswith("PS") else code
    return code in _GRADES, _GRADES.get(code)


def sex(row: Mapping[str, str]) -> str | None:
    """Return 'female', 'male', 'other' or None. Raises RowRefused."""
    text = row.get("sex", "").lower()
    if text and text not in _SEXES:
        raise RowRefused("sex", _("The value must be female, male, other or unspecified."))
    return _SEXES.get(text)


def race_ethnicity(row: Mapping[str, str]) -> str | None:
    """Return the federal reporting category: Hispanic of any race, else the one race, else two or more."""
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


def role_kind(role: str) -> str | None:
    """Return 'student', 'guardian' or 'staff', or None when the role is not known."""
    plain = role.replace(" ", "").lower()
    if plain == STUDENT:
        return STUDENT
    if plain in GUARDIAN_ROLES:
        return "guardian"
    return "staff" if plain in STAFF_ROLES or plain.startswith("ext:") else None
