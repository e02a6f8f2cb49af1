"""Outcomes of a school or of the district: the page, and how it is counted."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import TELLING_PAGES, gate
from wss_cases.access.permissions import Permission
from wss_cases.outcomes.counting.cache.views import figures_pages
from wss_cases.outcomes.counting.daily_figures.presenters import day_of_year_words
from wss_cases.outcomes.counting.measures.definitions import MEASURES
from wss_cases.outcomes.counting.repair.queries import minor_consequences
from wss_cases.outcomes.counting.scope.presenters import Shown, shown, years_of
from wss_cases.outcomes.counting.scope.queries import schools_reached
from wss_cases.outcomes.counting.scope.rules import per
from wss_cases.outcomes.counting.totals.queries import Repair, core_of, repair_of
from wss_cases.outcomes.equity import views as views_equity
from wss_cases.outcomes.exports.list_files import views as views_lists
from wss_cases.outcomes.exports.replay_file import views as views_replay
from wss_cases.outcomes.exports.report_files import views as views_export
from wss_cases.outcomes.published import queries as history
from wss_cases.outcomes.published.queries import Figures
from wss_cases.outcomes.reports.cases.presenters import carried, repeat_rows, time_rows
from wss_cases.outcomes.reports.cases.queries import times_of
from wss_cases.outcomes.reports.charts import presenters as charts
from wss_cases.outcomes.reports.charts.presenters import Point
from wss_cases.outcomes.reports.climate import views as views_climate
from wss_cases.outcomes.reports.core import views as views_core
from wss_cases.outcomes.reports.drill_down import views as views_behind
from wss_cases.outcomes.reports.history import views as views_history
from wss_cases.outcomes.reports.pathways.presenters import pathway_rows, said_rows
from wss_cases.outcomes.reports.pathways.queries import figures_of_pathways
from wss_cases.outcomes.reports.practice import views as views_practice
from wss_cases.outcomes.reports.repeats.queries import repeats_of
from wss_cases.outcomes.reports.saved_views import views as views_saved
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")
_REPORTS = (views_history, views_behind, views_core, views_climate, views_practice, views_saved)
_FILES = (views_export, views_equity, views_lists, views_replay)
for pages in (*_REPORTS, *_FILES):
    blueprint.register_blueprint(pages.blueprint)
HEADLINE = "police_notifications"
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
def overview() -> str:
    """What became of a school year so far."""
    page = shown()
    days = school_days(page.scope.school_id)
    core, repair = core_of(page.actor, page.scope, days), repair_of(page.actor, page.scope, days)
    figures = figures_of_pathways(page.actor, page.scope, days)
    pathway = request.args.get("pathway", "circle" if "circle" in repair.funnel else "")
    parts = charts.breakdown_rows(core, page)
    sentence, points, published, twin = _headline(page)
    numbers = {"suspensions": (repair.suspensions, 100), "expulsions": (repair.expulsions, 100)}
    numbers["police"] = (repair.police.instances, 1000)
    return render_template(
        "outcomes/overview/page.html",
        page=page,
        core=core,
        repair=repair,
        years=years_of(page),
        until=day_of_year_words(page.scope.last) if page.scope.is_current else None,
        school_count=schools_reached(page.actor) if page.school is None else None,
        rates={name: per(number, core.students, base) for name, (number, base) in numbers.items()},
        months=charts.month_rows(core, page),
        parts=parts,
        most={part: charts.most(rows) for part, rows in parts.items()},
        funnel=charts.funnel_rows(core.parts.total, repair, pathway, page),
        pathway=pathway,
        pathways=charts.pathway_choices(repair),
        contacts=charts.contact_rows(repair),
        follow_ups=charts.follow_up_rows(repair, page),
        **_decided(page, repair),
        pathway_figures=pathway_rows(figures),
        times=time_rows(times_of(page.actor, page.scope, days), page.behind),
        repeats=repeat_rows(repeats_of(page.actor, page.scope, days), page.behind),
        caseload=carried(page) if page.scope.is_this_year else None,
        said=figures.said,
        said_rows=said_rows(figures.said),
        trend=(sentence, points),
        published=published,
        history=_history(page, twin, bool(points)),
        collects=page.actor.everywhere(Role.DISTRICT),
    )


def _decided(page: Shown, repair: Repair) -> dict[str, list[Point]]:
    """Return removals and police notifications, and apart from them the minor consequences."""
    given = minor_consequences(page.actor, page.scope)
    return {"removals": charts.removal_rows(repair, page), "consequences": charts.consequence_rows(given)}


def _headline(page: Shown) -> tuple[str, list[Point], Mapping[str, Figures], int | None]:
    twin = history.published_twin(page.school.id) if page.school else None
    if page.school is None:
        published = history.district_years()
    else:
        published = charts.figures_of(history.school_years(twin.id)) if twin else {}
    live = history.live_years(page.actor, page.scope.school_id, max(published, default=None), page.scope.today)
    points = charts.year_points(HEADLINE, published, live, page.scope)
    return charts.trend_title(HEADLINE, points, published), points, published, twin.id if twin else None


def _history(page: Shown, twin: int | None, any_year: bool) -> str | None:
    """Return the address of every figure by school year, None where that page would have nothing to show: a reader of
    one school sees no years of the district that are counted here."""
    if twin is not None:
        return url_for("outcomes.history.school", school_id=twin)
    there = any_year if page.school is None else history.are_published()
    return url_for("outcomes.history.district") if there else None


@blueprint.get("/counted")
@gate(Permission.OUTCOMES_READ)
def counted() -> str:
    """How every figure is counted."""
    return render_template("outcomes/overview/counted.html", measures=MEASURES)
