"""The outcomes pages of a school or the district: answers, repair of harm, removals and police, when and where."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import TELLING_PAGES, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.open_questions.models import quick_noes_of
from wss_cases.journal.rooms import Room
from wss_cases.outcomes.answers import (
    answers,
    answers_before,
    answers_of,
    change_of_share,
    groups_of,
    read_answers_ahead,
)
from wss_cases.outcomes.counting.cache import figures_pages
from wss_cases.outcomes.counting.daily_figures.actions import breakdowns, day_of_year_words
from wss_cases.outcomes.counting.measures import MEASURES, WINDOWS
from wss_cases.outcomes.counting.repair.mission import tells_wishes
from wss_cases.outcomes.counting.repair.police import apart_words
from wss_cases.outcomes.counting.repair.queries import minor_consequences
from wss_cases.outcomes.counting.scope.pages import Shown, shown_by_network, years_of
from wss_cases.outcomes.counting.scope.queries import networks_of, schools_reached, within
from wss_cases.outcomes.counting.scope.rules import per
from wss_cases.outcomes.counting.totals import core_of, repair_of
from wss_cases.outcomes.equity import pages as equity_pages
from wss_cases.outcomes.exports import export_log, report_files
from wss_cases.outcomes.published.queries import (
    are_published,
    district_years,
    live,
    published_schools,
    published_twin,
    school_years,
)
from wss_cases.outcomes.reports import charts, climate, core, drill_down, history, practice
from wss_cases.outcomes.reports.cases import (
    carried,
    harm_rows,
    harm_said_rows,
    repeat_rows,
    repeats_of,
    time_rows,
    times_of,
)
from wss_cases.outcomes.reports.mission import lowest_group, mission_section, mission_year, mission_year_before
from wss_cases.outcomes.reports.pathways import figures_of_pathways, pathway_rows, said_rows
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

Tab = tuple[str, str, bool]


def tabs_of(page: Shown, current: str) -> list[Tab]:
    """(label, address, whether it is the current one) of each page about the same year and network."""
    here: dict[str, Any] = {"year": page.scope.year, "network": page.scope.network}
    pages = {
        "overview": (_("Answers"), url_for("outcomes.overview", **here)),
        "repair": (_("Repair"), page.at("repair")),
        "removals": (_("Removals and police"), page.at("removals")),
        "patterns": (_("When and where"), page.at("patterns")),
        "equity": (_("Equity"), url_for("outcomes.equity.table", year=page.scope.year)),
        "climate": (_("Climate survey"), url_for("outcomes.climate.report", year=page.scope.year)),
        "practice": (_("Practice"), url_for("outcomes.practice.report", year=page.scope.year)),
    }
    return [(words, href, name == current) for name, (words, href) in pages.items()]


sections = Blueprint("sections", __name__)
HEADLINE = "police_notifications"


def framed(page: Shown, current: str) -> dict[str, Any]:
    """The values that the top of every outcomes page needs: whose figures, which year, the filter and the tabs."""
    networks = [] if page.school else networks_of(page.actor)
    return {
        "page": page,
        "tabs_here": tabs_of(page, current),
        "years": years_of(page),
        "networks": networks if len(networks) > 1 else [],
        "until": day_of_year_words(page.scope.last) if page.scope.is_current else None,
        "school_count": schools_reached(page.actor) if page.school is None and not page.scope.network else None,
    }


@sections.get("/repair")
@gate(Permission.OUTCOMES_READ)
def repair() -> str:
    """How harm is repaired: cases closed, the steps to an agreement, first contact, what people harmed say."""
    page, pathway = shown_by_network(), request.args.get("pathway", "")
    actor, scope, days = page.actor, page.scope, school_days(page.scope.school_id)
    core, done = core_of(actor, scope, days), repair_of(actor, scope, days)
    if pathway not in dict(charts.pathway_choices(done)):
        pathway = ""
    figures = figures_of_pathways(actor, scope, days)
    return render_template(
        "outcomes/sections/repair.html",
        **framed(page, "repair"),
        repair=done,
        windows=WINDOWS,
        harm_rows=harm_rows(done.harms, page.behind),
        harm_said_rows=harm_said_rows(done.harms),
        funnel=charts.funnel_rows(core.parts.total, done, pathway, page),
        pathway=pathway,
        pathways=charts.pathway_choices(done),
        contacts=charts.contact_rows(done),
        follow_ups=charts.follow_up_rows(done, page),
        pathway_figures=pathway_rows(figures),
        times=time_rows(times_of(actor, scope, days), page.behind),
        repeats=repeat_rows(repeats_of(actor, scope, days), page.behind),
        caseload=carried(page) if scope.is_this_year else None,
        quick_noes=quick_noes_of(within(actor, scope, Incident.school_id, Incident.local_date)),
        said=figures.said,
        said_rows=said_rows(figures.said),
    )


@sections.get("/removals")
@gate(Permission.OUTCOMES_READ)
def removals() -> str:
    """Suspensions, expulsions and other removals, and police notifications."""
    page = shown_by_network()
    days = school_days(page.scope.school_id)
    core, done = core_of(page.actor, page.scope, days), repair_of(page.actor, page.scope, days)
    numbers = {"suspensions": (done.suspensions, 100), "expulsions": (done.expulsions, 100)}
    numbers["police"] = (done.police.instances, 1000)
    return render_template(
        "outcomes/sections/removals.html",
        **framed(page, "removals"),
        core=core,
        repair=done,
        rates={name: per(number, core.students, base) for name, (number, base) in numbers.items()},
        removals=charts.removal_rows(done, page),
        apart=apart_words(done.police.unconfirmed, done.police.law_unconfirmed),
        consequences=charts.consequence_rows(minor_consequences(page.actor, page.scope)),
        trend=None if page.scope.network else _headline(page),
    )


@sections.get("/patterns")
@gate(Permission.OUTCOMES_READ)
def patterns() -> str:
    """Incidents by month, behavior, place, time of day, weekday, grade and group."""
    page = shown_by_network()
    core = core_of(page.actor, page.scope, school_days(page.scope.school_id))
    parts = {
        part: charts.bars(part, rows, charts.LONGEST, page.incidents) for part, rows in breakdowns(core.parts).items()
    }
    return render_template(
        "outcomes/sections/patterns.html",
        **framed(page, "patterns"),
        core=core,
        months=charts.month_rows(core, page.incidents),
        parts=parts,
        most={part: charts.most(rows) for part, rows in parts.items()},
    )


def _headline(page: Shown) -> dict[str, Any]:
    """Police notifications by school year: title, points, the notes under the chart, and the address of all figures."""
    twin = published_twin(page.school.id) if page.school else None
    if page.school is None:
        published, schools = district_years(), published_schools()
    else:
        published, schools = {year: row.figures for year, row in school_years(twin.id).items()} if twin else {}, {}
    counted_here = live(page.actor, page.scope.school_id, max(published, default=None), page.scope.today)
    points = history.year_points(HEADLINE, published, counted_here, page.scope)
    shown_live = counted_here if page.school is None else replace(counted_here, schools={})
    return {
        "sentence": history.trend_title(HEADLINE, points, published),
        "points": points,
        "under": history.year_notes(HEADLINE, schools, shown_live, page.scope.today),
        "published": published,
        "history": _history(page, twin.id if twin else None, bool(points)),
    }


def _history(page: Shown, twin: int | None, any_year: bool) -> str | None:
    """The address of all figures by school year; None where that page would be empty, because a reader of one school
    sees no district years that are counted here."""
    if twin is not None:
        return url_for("outcomes.history.school", school_id=twin)
    there = any_year if page.school is None else are_published()
    return url_for("outcomes.history.district") if there else None


blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")
for pages in (history, drill_down, core, climate, practice, report_files, export_log):
    blueprint.register_blueprint(pages.blueprint)
for more in (sections, core.views, equity_pages.pages, export_log.replay_file_blueprint):
    blueprint.register_blueprint(more)
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
    """Four sentences: restorative, police or neither; is harm repaired; who is not reached yet; who is removed or met
    by the police."""
    page = shown_by_network()
    if "pathway" in request.args:  # an old address of the form on this page
        return redirect(page.at("repair", pathway=request.args["pathway"], _anchor="funnel"))
    days = school_days(page.scope.school_id)
    read_answers_ahead(page.actor, page.scope, days)
    now, before = answers_of(page.actor, page.scope, days), answers_before(page.actor, page.scope, days)
    return render_template(
        "outcomes/overview/page.html",
        **framed(page, "overview"),
        mission=_mission(page, days),
        answers=answers(page, now, before, groups_of(page.actor, page.scope)),
        incidents=now.offers.of + now.offers.unfounded + now.offers.too_recent,
        collects=page.actor.everywhere(Role.DISTRICT),
    )


def _mission(page: Shown, days: SchoolDays) -> dict[str, Any]:
    """The page's first answer."""
    tells = tells_wishes(page.actor, page.scope.school_id)
    now = mission_year(page.actor, page.scope, days, tells)
    before = mission_year_before(page.actor, page.scope, days, tells)
    change = change_of_share(now.mission.share, before.mission.share if before else None).label
    return mission_section(now, before, lowest_group(page.scope), tells, change, page.behind)


@blueprint.get("/counted")
@gate(Permission.OUTCOMES_READ)
def counted() -> str:
    """The page that explains how every figure is counted."""
    return render_template("outcomes/overview/counted.html", measures=MEASURES)


ROOM = Room(pages=(blueprint,))
