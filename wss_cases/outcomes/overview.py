"""The first outcomes page of a school or the district, and the page that explains how figures are counted."""

from flask import Blueprint, redirect, render_template, request

from wss_cases.access.actor import Role
from wss_cases.access.gate import TELLING_PAGES, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.pages import Page
from wss_cases.journal.rooms import Room
from wss_cases.outcomes import sections
from wss_cases.outcomes.answers import answers, answers_before, answers_of, groups_of, read_answers_ahead
from wss_cases.outcomes.counting.cache import figures_pages
from wss_cases.outcomes.counting.measures import MEASURES
from wss_cases.outcomes.counting.scope.pages import shown_by_network
from wss_cases.outcomes.equity import pages as equity_pages
from wss_cases.outcomes.exports import export_log as lists
from wss_cases.outcomes.exports import report_files as export
from wss_cases.outcomes.reports import climate, core, history, practice
from wss_cases.outcomes.reports import drill_down as behind
from wss_cases.outcomes.reports import saved_views as saved
from wss_cases.outcomes.sections import framed
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")
_REPORTS = (history, behind, core, climate, practice, saved, sections)
_FILES = (export, equity_pages, lists)
for pages in (*_REPORTS, *_FILES):
    blueprint.register_blueprint(pages.blueprint)
blueprint.register_blueprint(lists.replay_file_blueprint)
FROM_THE_MAIN = TELLING_PAGES | {
    "outcomes.equity.minimums",
    "outcomes.files.taken",
    "outcomes.replay_file.file",
    "outcomes.saved.mine",
}
"""Pages that must read the main database: those of rows just written, which the copy may not have yet, and of records
deleted, which it may still have."""


figures_pages(blueprint, FROM_THE_MAIN)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def overview() -> Page:
    """Three sentences: is harm repaired, who is not reached yet, and who is removed or met by the police."""
    page = shown_by_network()
    if "pathway" in request.args:  # an old address of the form on this page
        return redirect(page.at("repair", pathway=request.args["pathway"], _anchor="funnel"))
    days = school_days(page.scope.school_id)
    read_answers_ahead(page.actor, page.scope, days)
    now, before = answers_of(page.actor, page.scope, days), answers_before(page.actor, page.scope, days)
    return render_template(
        "outcomes/overview/page.html",
        **framed(page, "overview"),
        answers=answers(page, now, before, groups_of(page.actor, page.scope)),
        incidents=now.offered.whole,
        collects=page.actor.everywhere(Role.DISTRICT),
    )


@blueprint.get("/counted")
@gate(Permission.OUTCOMES_READ)
def counted() -> str:
    """The page that explains how every figure is counted."""
    return render_template("outcomes/overview/counted.html", measures=MEASURES)


ROOM = Room(pages=(blueprint,))
