"""Board reports as PDFs: asking for one, the list of those that are stored, one that is being made, and its file."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.board.report.presenters import period_words
from wss_cases.board.report.views import address_of, reported
from wss_cases.board.stored_reports.actions import ask_report, pdf_for
from wss_cases.board.stored_reports.models import BoardReport
from wss_cases.board.stored_reports.queries import PAGE, report_for, stored_reports
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.records.stored_pdfs import PdfForm, pdf_response, pdf_words
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("board_reports", __name__, url_prefix="/outcomes/board")


@blueprint.post("/pdf")
@gate(Permission.OUTCOMES_BOARD)
def ask() -> AnyResponse:
    """Ask for the report of the page as a PDF; the scheduler makes it."""
    page, form = reported(), PdfForm()
    try:
        if not form.validate():
            raise Refused("language", _("Choose English or Spanish for the report."))
        made = ask_report(submitted(form), page.scope, form.language.data)
    except Refused as refused:
        flash(refused.message, "warning")
        return redirect(address_of(page.scope.year, page.scope.school_id, page.scope.network), 303)
    return redirect(url_for("board_reports.report", report_id=made), 303)


@blueprint.get("/reports")
@gate(Permission.OUTCOMES_BOARD)
def kept() -> str:
    """The stored reports, newest first."""
    before = id_in(request.args.get("before"))
    reports = stored_reports(current_actor(), before, PAGE + 1)
    return render_template(
        "board/stored_reports/list.html",
        rows=[_words(row, school) for row, school in reports[:PAGE]],
        older=url_for("board_reports.kept", before=reports[PAGE - 1][0].id) if len(reports) > PAGE else None,
        newest=url_for("board_reports.kept") if before else None,
    )


@blueprint.get("/reports/<int:report_id>")
@gate(Permission.OUTCOMES_BOARD)
def report(report_id: int) -> str:
    """One report: being made, ready, or why not."""
    row = report_for(current_actor(), report_id)
    school = get_school(row.school_id) if row.school_id is not None else None
    return render_template(
        "board/stored_reports/report.html",
        report=_words(row, school.name if school else None),
        page=address_of(row.school_year, row.school_id, row.network),
    )


@blueprint.get("/reports/<int:report_id>/report.pdf")
@gate(Permission.OUTCOMES_BOARD)
def file(report_id: int) -> AnyResponse:
    """The PDF. A report that is not ready is a 404."""
    actor = current_actor()
    row = report_for(actor, report_id)
    name = f"board-report-{row.school_year}-{row.ends_on:%m}-{row.language}.pdf"
    page = url_for("board_reports.report", report_id=report_id)
    return pdf_response(lambda: pdf_for(actor, report_id), page, name)


def _words(row: BoardReport, school: str | None) -> dict[str, Any]:
    return {
        **pdf_words(
            row, url_for("board_reports.report", report_id=row.id), url_for("board_reports.file", report_id=row.id)
        ),
        "name": school or row.network or _("All schools"),
        "period": period_words(row.starts_on, row.ends_on),
    }
