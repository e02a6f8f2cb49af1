"""Outcomes of a school or of the district: the page, and how it is counted."""

from flask import Blueprint, redirect, render_template, request

from wss_cases.access.actor import Role
from wss_cases.access.gate import TELLING_PAGES, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.pages import Page
from wss_cases.outcomes.answers.presenters import answers
from wss_cases.outcomes.answers.queries import answers_before, answers_of, groups_of, read_answers_ahead
from wss_cases.outcomes.counting.cache.views import figures_pages
from wss_cases.outcomes.counting.measures.definitions import MEASURES
from wss_cases.outcomes.counting.scope.presenters import shown_by_network
from wss_cases.outcomes.equity import views as views_equity
from wss_cases.outcomes.exports.list_files import views as views_lists
from wss_cases.outcomes.exports.replay_file import views as views_replay
from wss_cases.outcomes.exports.report_files import views as views_export
from wss_cases.outcomes.reports.climate import views as views_climate
from wss_cases.outcomes.reports.core import views as views_core
from wss_cases.outcomes.reports.drill_down import views as views_behind
from wss_cases.outcomes.reports.history import views as views_history
from wss_cases.outcomes.reports.practice import views as views_practice
from wss_cases.outcomes.reports.saved_views import views as views_saved
from wss_cases.outcomes.sections import views as views_sections
from wss_cases.outcomes.sections.views import framed
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")
_REPORTS = (views_history, views_behind, views_core, views_climate, views_practice, views_saved, views_sections)
_FILES = (views_export, views_equity, views_lists, views_replay)
for pages in (*_REPORTS, *_FILES):
    blueprint.register_blueprint(pages.blueprint)
FROM_THE_MAIN = TELLING_PAGES | {
    "outcomes.equity.minimums",
    "outcomes.files.taken",
    "outcomes.replay_file.file",
    "outcomes.saved.mine",
}
"""Pages of what was just written, which a copy may not hold yet, and of records, which it may hold still."""


figures_pages(blueprint, FROM_THE_MAIN)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def overview() -> Page:
    """Three sentences: is harm repaired, who is not reached yet, and who is removed or met by the police."""
    page = shown_by_network()
    if "pathway" in request.args:  # as this page's own form once was sent
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
    """How every figure is counted."""
    return render_template("outcomes/overview/counted.html", measures=MEASURES)
