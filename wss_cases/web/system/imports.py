"""A line of the list of imports."""

from typing import Any

from flask import url_for

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import district_zone
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.runs import counts_of, nowhere_words


def run_row(run: ImportRun) -> dict[str, Any]:
    """Return an import as lists show it."""
    report = run.report
    problems = report.get("problems", [])
    refused = sum(counts_of(report, name)["refused"] for name in report.get("files", {}))
    unknown = sum(report.get("unknown", {}).values())
    figures = [
        ngettext("%(num)d row refused", "%(num)d rows refused", refused) if refused else "",
        ngettext("%(num)d row without a field", "%(num)d rows without a field", unknown) if unknown else "",
        *nowhere_words(report.get("unplaced", {})),
    ]
    tag = ngettext("%(num)d problem", "%(num)d problems", len(problems)) if problems else None
    return {
        "title": f"{run.kind} · {run.source}",
        "href": url_for("system.import_run", run_id=run.id),
        "meta": " · ".join([moment_words(run.started_at, district_zone()), *filter(None, figures)]),
        "tag": tag if run.landed else _("Refused"),
        "tone": "sun" if run.landed else "coral",
    }
