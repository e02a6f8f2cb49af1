"""The stages and the groups of students that equity is counted by, and their words."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT
from wss_cases.roster.directory.rules import RACE_LABELS, SEX_LABELS
from wss_cases.safeguards.discipline.removals.models import DisciplineKind

PLACES: Final = {"classroom": ("classroom",), "hallway": ("hallway",), "elsewhere": None}
"""Where a decision point lies: location codes; None is every other place."""
NOON: Final = 12 * 60
HALVES: Final = ("morning", "afternoon")
POINTS: Final = tuple(f"{place}_{half}" for place in PLACES for half in HALVES)
"""Vulnerable decision points: subjective behavior by place and time of day."""

STAGES: Final[dict[str, str]] = {
    ROOT: ENROLLED,
    "offered": ROOT,
    "accepted": "offered",
    "held": "accepted",
    "agreement": "held",
    "kept": "agreement",
    "suspended": ROOT,
    "removed": ROOT,
    "police": ROOT,
    "subjective": ROOT,
    **dict.fromkeys(POINTS, "subjective"),
}
"""Stage to the stage before it, each after its own."""

SUSPENSIONS: Final = (DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION)

STAGE_LABELS: Final[dict[str, Any]] = {
    ENROLLED: _l("Enrolled"),
    ROOT: _l("Reported in an incident"),
    "offered": _l("Offered a restorative pathway"),
    "accepted": _l("Accepted it"),
    "held": _l("It was held"),
    "agreement": _l("Agreement made"),
    "kept": _l("Agreement kept"),
    "suspended": _l("Suspended"),
    "removed": _l("Removed in another way"),
    "police": _l("Police were notified"),
    "subjective": _l("Reported for subjective behaviors"),
    "classroom_morning": _l("In a classroom, before noon"),
    "classroom_afternoon": _l("In a classroom, from noon on"),
    "hallway_morning": _l("In a hallway or on stairs, before noon"),
    "hallway_afternoon": _l("In a hallway or on stairs, from noon on"),
    "elsewhere_morning": _l("Elsewhere, before noon"),
    "elsewhere_afternoon": _l("Elsewhere, from noon on"),
}

UNKNOWN: Final = "not_known"
_NOT_KNOWN: Final = {UNKNOWN: _l("Not in the roster")}

FAMILIES: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "race": (_l("Race or ethnicity"), {**RACE_LABELS, **_NOT_KNOWN}),
    "disability": (_l("Disability"), {"yes": _l("With an IEP or a 504 plan"), "no": _l("With neither"), **_NOT_KNOWN}),
    "english": (_l("English learners"), {"yes": _l("English learners"), "no": _l("Other students"), **_NOT_KNOWN}),
    "sex": (_l("Gender"), {**SEX_LABELS, **_NOT_KNOWN}),
    "housing": (_l("Housing support"), {"yes": _l("With housing support"), "no": _l("Other students"), **_NOT_KNOWN}),
}
"""Kind of group to (its words, the words of its categories)."""

LEAST_CELL, MOST_CELL, MOST_GROUP = 5, 100, 1000
SENTENCES: Final[dict[str, Any]] = {
    "equity.minimums": _l("Smallest figures of groups changed from %(day)s on: cell %(cell)s, group %(group)s")
}
