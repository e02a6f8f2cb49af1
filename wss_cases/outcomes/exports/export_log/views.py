"""The page on which someone says what a file is for, and the file."""

from typing import Any

from flask import Response, render_template

from wss_cases.access.gate import current_actor
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.outcomes.documents.rendering import TYPES, Report, rendered
from wss_cases.outcomes.exports.export_log.actions import note_export
from wss_cases.outcomes.exports.export_log.forms import ExportForm


def file_page(
    report: Report, form: str, name: str, year: str, school_id: int | None, template: str, names: bool = True,
    **context: Any,
) -> Page:  # fmt: skip
    """Ask what a file is for; once that is said and noted, answer with the report as 'csv' or 'xlsx' under a name.

    `names`: it may name children or give figures of them, so that a second person is told.
    """
    asking = ExportForm()
    if asking.validate_on_submit():
        actor, reason = current_actor(), asking.reason.data or ""
        try:
            note_export(
                actor, report, form=form, year=year, school_id=school_id, reason=reason, now=clock.now(), tell=names
            )
        except Refused as refusal:
            apply_refusal(asking, refusal)
        else:
            disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(rendered(report, form), mimetype=TYPES[form], headers=disposition)
    words = {"name": name, "rows": len(report.rows), "most": setting("EXPORT_ROWS")}
    return render_template(template, form=asking, told=names, **words, **context), 400 if asking.is_submitted() else 200
