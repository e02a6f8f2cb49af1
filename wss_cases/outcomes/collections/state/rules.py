"""What the State's collection counts of removals and police referrals; pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind

TYPES: Final = {
    "08": "Alcohol",
    "09": "Violence with physical injury",
    "10": "Violence without physical injury",
    "11": "Drug offenses",
    "12": "Dangerous weapon: firearm, handgun",
    "13": "Dangerous weapon: firearm, shotgun",
    "14": "Dangerous weapon: firearm, rifle",
    "15": "Dangerous weapon: firearm, multiple",
    "16": "Dangerous weapon: other",
    "17": "Dangerous weapon: firearm, other",
    "18": "Other reason",
    "19": "Tobacco",
}
"""The State Board's incident types. A report does not tell kinds of firearm apart: each is among the others (17)."""
ANY_FIREARM: Final = "17"
FIREARMS: Final = ("12", "13", "14", "15")
UNCONFIRMED: Final = ("08", "09", "11", "16", "18", "19")
"""To be checked with the State Board; the file says so."""
NO_REPORT: Final = "no_report"
KINDS: Final = (
    DisciplineKind.OUT_OF_SCHOOL_SUSPENSION.value,
    DisciplineKind.EXPULSION.value,
    DisciplineKind.ALTERNATIVE_PLACEMENT.value,
)
REFERRAL: Final = "police_referral"
SUBSTANCES: Final = {
    "alcohol": "08", "cannabis": "11", "narcotic_or_meth": "11", "other_drug": "11", "tobacco_vape": "19",
}  # fmt: skip
VIOLENCE: Final = ("SCH_OFFENSE_ATT", "SCH_OFFENSE_ROB", "SCH_OFFENSE_THR", "SCH_OFFENSE_BATT")
CONTACT: Final = "04669"
"""Physical contact without an offense of the federal list, by its CEDS code."""
HURT: Final = ("minor", "needed_care")
NOT_KNOWN: Final = "not_known"
RACES: Final = (
    "hispanic", "american_indian", "asian", "pacific_islander", "black", "white", "two_or_more", "not_known",
)  # fmt: skip
SEXES: Final = ("female", "male", "other", "not_known")
LEARNERS: Final = ("yes", "no", "not_known")
DISABILITIES: Final = ("iep", "section_504", "no", "not_known")
"""An individualized plan (IDEA) before a plan under Section 504 alone."""
GRADES: Final = (*(str(grade) for grade in range(-1, 13)), "not_known")
GROUPS: Final = {
    "race": RACES, "sex": SEXES, "english_learner": LEARNERS, "disability": DISABILITIES, "grade": GRADES,
}  # fmt: skip
LENGTHS: Final = ("0_days", "1_day", "2_to_3_days", "4_to_10_days", "11_and_more_days")
NO_LENGTH: Final = "length_not_known"
"""Of a removal without an end, and of what has none, as a referral."""


def incident_type(
    weapon: str | None, substance: str | None, injury: str | None, federal: set[str], ceds: set[str]
) -> str:
    """Return the State's type of a report: weapons first, then substances, then violence, else the other reasons."""
    if weapon in ("firearm", "other"):
        return ANY_FIREARM if weapon == "firearm" else "16"
    if (substance or "") in SUBSTANCES:
        return SUBSTANCES[substance or ""]
    if CONTACT in ceds or any(code.startswith(VIOLENCE) for code in federal):
        return "09" if injury in HURT else "10"
    return "18"


def length(days: int) -> str:
    """Return the band of a removal's days."""
    if days <= 1:
        return LENGTHS[max(days, 0)]
    return LENGTHS[2] if days <= 3 else LENGTHS[3] if days <= 10 else LENGTHS[4]


def disability(has_iep: bool | None, has_504: bool | None) -> str:
    """Return which disability the roster names; not known where it is silent on either plan and names none."""
    if has_iep or has_504:
        return DISABILITIES[0] if has_iep else DISABILITIES[1]
    return DISABILITIES[3] if has_iep is None or has_504 is None else DISABILITIES[2]


def claims(counts: Mapping[str, int]) -> set[str]:
    """Return the columns in which a zero would claim what the roster or the records do not say of somebody counted."""
    unknown = [name for name in GROUPS if counts.get(f"{name}_{NOT_KNOWN}")]
    found = {f"{name}_{key}" for name in unknown for key in GROUPS[name] if key != NOT_KNOWN}
    if counts.get(f"type_{ANY_FIREARM}"):
        found |= {f"type_{code}" for code in FIREARMS}
    if counts.get(NO_LENGTH):
        found |= {"days", *(f"length_{band}" for band in LENGTHS)}
    return found


def columns() -> tuple[str, ...]:
    """Return every column of the file after the school's own and the kind."""
    types = [f"type_{code}" for code in (*TYPES, NO_REPORT)]
    bands = [*(f"length_{band}" for band in LENGTHS), NO_LENGTH]
    students = [f"{name}_{key}" for name, keys in GROUPS.items() for key in keys]
    return ("instances", "students", "days", *types, *bands, *students)


STUDENT_COLUMNS: Final = (
    "student_id", "last_name", "first_name", "birth_date", "rcdts_home", "rcdts_serving", "incident_date",
    "incident_number", "incident_case_id", "action", "disciplinary_action", "incident_type", "disability_type",
    "disciplinary_duration",
)  # fmt: skip
"""Of a row for each student and action. `action` is ours: what the State's code in `disciplinary_action` stands for."""
NO_DISABILITY: Final = "99"
HALF: Final = 0.5
"""The least that the State's file takes, and what a half day of school counts."""


def letters(name: str) -> str:
    """Return a name in the letters, spaces and hyphens that the State's file takes."""
    return re.sub(r"[^A-Za-z -]", "", unicodedata.normalize("NFKD", name)).strip()


def duration(days: Iterable[date], calendar: SchoolDays) -> str:
    """Return how many school days a removal takes, a half day as half of one; '' where it takes none."""
    number = sum(HALF if calendar.is_half(day) else 1 for day in days)
    return f"{number:.1f}" if number else ""
