"""What the pages of the system say of imports."""

from collections.abc import Callable
from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import district_zone
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.import_files.report import Cause
from wss_cases.roster.runs.queries import still_unplaced

SHOWN = 50
"""Lines of one import that a page shows; its command printed all of them."""


def run_row(run: ImportRun) -> dict[str, Any]:
    """Return an import as the pages show it."""
    report = run.report
    problems, causes = report.get("problems", []), report.get("causes", [])
    refused = sum(counts.get("refused", 0) for counts in report.get("files", {}).values() if isinstance(counts, dict))
    unknown = sum(report.get("unknown", {}).values())
    figures = [
        ngettext("%(num)d row refused", "%(num)d rows refused", refused) if refused else "",
        ngettext("%(num)d row without a field", "%(num)d rows without a field", unknown) if unknown else "",
        *_nowhere(report.get("unplaced", {})),
    ]
    tag = ngettext("%(num)d problem", "%(num)d problems", len(problems)) if problems else None
    return {
        "title": f"{run.kind} · {run.source}",
        "meta": " · ".join([moment_words(run.started_at, district_zone()), *filter(None, figures)]),
        "tag": tag if run.landed else _("Refused"),
        "tone": "sun" if run.landed else "coral",
        "lines": _lines(problems, causes)[:SHOWN],
    }


def unplaced_words() -> list[str]:
    """Return how many students and staff have no school today."""
    return _nowhere({kind: {"count": count} for kind, count in still_unplaced().items()})


def _nowhere(unplaced: dict[str, Any]) -> list[str]:
    number = {kind: found["count"] for kind, found in unplaced.items()}
    words: dict[str, Callable[[int], str]] = {
        "students": lambda num: ngettext("%(num)d student without a school", "%(num)d students without a school", num),
        "staff": lambda num: ngettext(
            "%(num)d member of staff without a school", "%(num)d members of staff without a school", num
        ),
        "schools": lambda num: ngettext("%(num)d school without a district", "%(num)d schools without a district", num),
        "roleless": lambda num: ngettext("%(num)d person without a role", "%(num)d people without a role", num),
    }
    return [say(number[kind]) for kind, say in words.items() if number.get(kind)]


def _lines(problems: list[dict[str, Any]], causes: list[dict[str, Any]]) -> list[str]:
    """Return what was wrong: of the whole first, then each cause once."""
    whole = [f"{problem['file']}: {problem['message']}" for problem in problems if problem.get("row") is None]
    grouped = [Cause(**cause) for cause in causes]
    named = {(cause.file, cause.column) for cause in grouped}
    single = [
        _("%(file)s, row %(row)s: %(words)s", file=one["file"], row=one["row"], words=one["message"])
        for one in problems
        if one.get("row") is not None and (one["file"], one["column"]) not in named
    ]
    return [*whole, *(f"{one.file} {one.column or ''}: {one.words()}" for one in grouped), *single]
