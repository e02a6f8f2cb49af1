"""What pages say of an import: its report by file and by cause, and whom it gives no place."""

from collections.abc import Callable, Iterable
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.roster.import_files.report import Cause
from wss_cases.roster.runs.queries import still_unplaced

MOST_ROWS = 200
"""Line numbers of one cause that a page shows."""
COUNTED = ("created", "updated", "unchanged", "refused")


def unplaced_words() -> list[str]:
    """Return how many students and staff have no school today."""
    return nowhere_words({kind: {"count": count} for kind, count in still_unplaced().items()})


def report_parts(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report of an import as its page shows it: of the whole, by file, by cause, and whom it gives no place.

    Every cause stands once, with how many rows it has and which; the largest first.
    """
    problems = report.get("problems", [])
    causes = sorted((Cause(**cause) for cause in report.get("causes", [])), key=lambda cause: -cause.count)
    named = {(cause.file, cause.column) for cause in causes}
    unplaced = report.get("unplaced", {})
    return {
        "whole": [_placed(one["file"], one["message"]) for one in problems if one.get("row") is None],
        "files": [{"name": name, **counts_of(report, name)} for name in report.get("files", {})],
        "refused": _cause_rows(cause for cause in causes if cause.refused),
        "unknown": _cause_rows(cause for cause in causes if not cause.refused),
        "single": [
            _("%(file)s, row %(row)s: %(words)s", file=one["file"], row=one["row"], words=one["message"])
            for one in problems
            if one.get("row") is not None and (one["file"], one["column"]) not in named
        ],
        "unplaced": [
            {"title": words, "ids": ", ".join(unplaced[kind].get("sourced_ids", []))}
            for kind, words in zip(_placeless(unplaced), nowhere_words(unplaced), strict=True)
        ],
    }


def counts_of(report: dict[str, Any], name: str) -> dict[str, int]:
    """Return what became of the rows of a file."""
    counts = report["files"][name]
    numbers = {word: counts.get(word, 0) if isinstance(counts, dict) else 0 for word in COUNTED}
    return {**numbers, "unknown": report.get("unknown", {}).get(name, 0)}


def _placed(file: str, words: str) -> str:
    return f"{file}: {words}" if file else words


def _cause_rows(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [
        {
            "title": f"{cause.file} {cause.column or ''}".strip(),
            "words": cause.words(),
            "number": cause.count,
            "rows": ", ".join(map(str, cause.rows[:MOST_ROWS])) + (" …" if cause.count > MOST_ROWS else ""),
        }
        for cause in causes
    ]


def _placeless(unplaced: dict[str, Any]) -> list[str]:
    return [kind for kind in _NOWHERE if unplaced.get(kind, {}).get("count")]


def nowhere_words(unplaced: dict[str, Any]) -> list[str]:
    """Return how many of each kind have no place, in words."""
    return [_NOWHERE[kind](unplaced[kind]["count"]) for kind in _placeless(unplaced)]


_NOWHERE: dict[str, Callable[[int], str]] = {
    "students": lambda num: ngettext("%(num)d student without a school", "%(num)d students without a school", num),
    "staff": lambda num: ngettext(
        "%(num)d member of staff without a school", "%(num)d members of staff without a school", num
    ),
    "schools": lambda num: ngettext("%(num)d school without a district", "%(num)d schools without a district", num),
    "roleless": lambda num: ngettext("%(num)d person without a role", "%(num)d people without a role", num),
}
