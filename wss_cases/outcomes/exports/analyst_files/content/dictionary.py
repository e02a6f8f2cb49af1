"""The data dictionary that goes with a file for analysts: each column, its values, and how it was suppressed. It is in
English, as the codes are, and names the receiver and the agreement, nobody else."""

from collections.abc import Iterator, Mapping
from typing import Final

from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.incident.states import INJURY_LABELS, WhereTile
from wss_cases.outcomes.exports.analyst_files.content.rules import (
    COLUMNS,
    HELD_AGAINST,
    NOT_KNOWN,
    SEVERAL,
    SUPPRESSED,
    WHAT_FOLLOWED,
)
from wss_cases.roster.directory.states import RACE_LABELS

HEAD: Final = ("column", "value", "meaning")
MEANINGS: Final = {
    "incident": "A number made for this file alone. Its key was thrown away: two files cannot be joined by it.",
    "school_year": "The school year in which the incident happened.",
    "network": "The network of the school where it happened.",
    "school": "The school where it happened, by its name.",
    "grade_band": "The grades, at the time, of the students who are said to have caused harm.",
    "race_ethnicity": "Race or ethnicity, after the roster, of the students who are said to have caused harm.",
    "month": "The month in which it happened. No day or hour is given.",
    "location": "What kind of place it happened in.",
    "police_notified": "Whether the police were notified.",
    "removal": "Whether a removal that stands was recorded for it: suspension, expulsion, being sent home, or other.",
    "behavior_group": "The group of behaviors, 1 (least serious) to 6 (most serious), of the district's code.",
    "case_opened": "Whether it belongs to a restorative case.",
    "injury": "Whether anyone was hurt.",
}
YES_NO: Final = {"yes": "Yes", "no": "No"}
BANDS: Final = {"prek_2": "Pre-K to grade 2", "3_5": "Grades 3 to 5", "6_8": "Grades 6 to 8", "9_12": "Grades 9 to 12"}
GROUPS: Final = {str(number): f"Group {number}" for number in range(1, 7)}
OPEN: Final = {"network": {"none": "The school is in no network"}, "month": {"2026-10": "For example: October 2026"}}
DIFFERENT: Final = f"Students who differ in this ({SEVERAL})"
UNKNOWN: Final = "Not known, not recorded, or no student who is known by name"


def about_file(receiver: str, reference: str, period: str, rows: int, least: int) -> list[tuple[str, str, str]]:
    """Return the lines of the dictionary that are about the file as a whole."""
    return [
        ("(file)", "receiver", receiver),
        ("(file)", "agreement", reference),
        ("(file)", "months", period),
        ("(file)", "rows", f"{rows}; one for each incident reported, duplicates and withdrawn reports left out"),
        ("(file)", "left out", "Names, texts, days, hours, and the numbers of records"),
        ("(file)", "order", "By the number in the first column, which tells nothing"),
        (
            "(file)",
            SUPPRESSED,
            f"Rows that read alike in {', '.join(one for one in COLUMNS if one not in WHAT_FOLLOWED)} are at least "
            f"{2 * least} incidents with {2 * least} different students who acted; otherwise values are withheld, "
            f"column by column from left to right, and read {SUPPRESSED}. To protect a small value, a larger one may "
            "be withheld with it.",
        ),
        (
            "(file)",
            "what followed",
            f"{', '.join(WHAT_FOLLOWED)}: told only where rows that read alike have at least two answers, each with "
            f"{least} incidents and {least} different students; one answer for all of them would tell of everyone.",
        ),
        (
            "(file)",
            "totals",
            f"{', '.join(HELD_AGAINST)}: also withheld where the totals of the district's other reports, by school, "
            f"network and month, less the rows that say a value, would leave fewer than {least} of it, or one value in "
            "all. Schools, and months, that the file does not name are added up for this.",
        ),
        ("(file)", "cells", f"Every table made of this file has at least {least} incidents in each cell, or none."),
        ("(file)", "zero", f"A cell without rows is not zero: incidents may stand among those that read {SUPPRESSED}."),
        ("(file)", "use", "Only for the purpose of the agreement. Do not try to recognize anyone."),
        ("(file)", "joining", "Do not join it to records of persons, or to a file of another receiver."),
    ]  # fmt: skip


def lines() -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the dictionary that are about the columns."""
    with force_locale("en"):
        values = _values()
        for column, meaning in MEANINGS.items():
            yield column, "", meaning
            yield from ((column, value, str(words)) for value, words in values.get(column, {}).items())
            if column in COLUMNS:
                yield column, SUPPRESSED, "Withheld, so that nobody can be recognized"


def _values() -> dict[str, Mapping[str, object]]:
    unknown = {NOT_KNOWN: UNKNOWN}
    return {
        **OPEN,
        "grade_band": {**BANDS, SEVERAL: DIFFERENT, **unknown},
        "race_ethnicity": {**RACE_LABELS, SEVERAL: DIFFERENT, **unknown},
        "location": {**{str(tile): words for tile, words in WhereTile.labels().items()}, **unknown},
        "behavior_group": {**GROUPS, **unknown},
        "injury": {**INJURY_LABELS, **unknown},
        **dict.fromkeys(("police_notified", "removal", "case_opened"), YES_NO),
    }
