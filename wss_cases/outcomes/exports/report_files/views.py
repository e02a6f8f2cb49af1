"""Files: one way to take one, and the list of those taken."""

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone
from wss_cases.outcomes.counting.scope.presenters import Shown, shown, shown_by_network
from wss_cases.outcomes.documents.rendering import Report
from wss_cases.outcomes.exports.export_log.queries import PAGE, exports
from wss_cases.outcomes.exports.export_log.views import file_page
from wss_cases.outcomes.exports.report_files.queries import COLLECTIONS, LIVE, history

blueprint = Blueprint("files", __name__)
WRITERS = {**LIVE, **COLLECTIONS}
OF_NO_NETWORK = ("history", "equity", *COLLECTIONS)
"""Reports that are made for a school or for the whole district."""


@blueprint.route("/files/<name>.<form>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(name: str, form: str) -> Page:
    """Say what for; then one report as CSV or XLSX. A missing report or school year is a 404. Federal and State counts
    are whole to the last student of a group, so the district alone takes them."""
    page = shown_by_network()
    report = _report(page, name, form)
    named, about = f"{name}-{page.scope.year}.{form}", report.about[2:] if name in COLLECTIONS else []
    template = "outcomes/exports/report_files/reason.html"
    return file_page(report, form, named, page.scope.year, page.scope.school_id, template, page=page, about=about)


@blueprint.route("/practice/file.<form>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_READ)
def practice(form: str) -> Page:
    """The same for what was held, which coordinators download too: it names nobody and tells of no student."""
    page = shown()
    template = "outcomes/exports/report_files/reason.html"
    report, named = _report(page, "practice", form), f"practice-{page.scope.year}.{form}"
    return file_page(report, form, named, page.scope.year, page.scope.school_id, template, page=page, about=[])


def _report(page: Shown, name: str, form: str) -> Report:
    if form not in ("csv", "xlsx") or (name != "history" and name not in WRITERS):
        raise NotFound
    try:
        if name == "history":
            return history(page.scope.year)
        if name in COLLECTIONS and not page.actor.everywhere(Role.DISTRICT):
            raise NotFound
        if page.scope.network is not None and name in OF_NO_NETWORK:
            raise NotFound
        return WRITERS[name](page.actor, page.scope, page.school_words)
    except Refused as refused:
        raise NotFound from refused


@blueprint.get("/exports")
@gate(Permission.EXPORTS_READ)
def taken() -> Page:
    """Which files were taken: by whom, how many rows, and what for."""
    before = id_in(request.args.get("before"))
    files = exports(current_actor(), before, PAGE + 1)
    return render_template(
        "outcomes/exports/report_files/list.html",
        rows=[
            {
                "when": moment_words(row.made_at, district_zone()),
                "who": who,
                "what": f"{row.name}-{row.school_year}.{row.form}",
                "school": school or _("All schools"),
                "count": row.row_count,
                "reason": row.reason,
            }
            for row, who, school in files[:PAGE]
        ],
        older=url_for("outcomes.files.taken", before=files[PAGE - 1][0].id) if len(files) > PAGE else None,
        newest=url_for("outcomes.files.taken") if before else None,
    )
