"""The core reports: how many, when, where, by whom they are reported, narrowed by combining any of it."""

from typing import Any

from flask import Blueprint, render_template, request

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.incidents.lists import conditions_of
from wss_cases.outcomes.counting.daily_figures.presenters import day_of_year_words
from wss_cases.outcomes.counting.filters.actions import ask
from wss_cases.outcomes.counting.filters.queries import NotCountedYet
from wss_cases.outcomes.counting.scope.presenters import years_of
from wss_cases.outcomes.counting.scope.queries import networks_of, recorded_year_before, schools_reached
from wss_cases.outcomes.counting.totals.queries import core_of
from wss_cases.outcomes.published.queries import published_twin, school_years
from wss_cases.outcomes.reports.core import presenters
from wss_cases.outcomes.reports.core.comparison import core_before, similar
from wss_cases.outcomes.reports.core.presenters import DRILLS, Narrowed, narrowed_page
from wss_cases.outcomes.reports.core.queries import bands_of, by_reporter, code_words, reporting
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("core", __name__, url_prefix="/incidents")
GRADES = range(-1, 13)
ACCEPTED = 202
"""The status of a page whose figures are being counted: its script looks again until it is another."""


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Incidents of a school or of all, narrowed by any of their own traits."""
    here = narrowed_page()
    actor, scope = here.page.actor, here.page.scope
    days = school_days(scope.school_id)
    core = core_of(actor, scope, days, here.narrow)
    behaviors, places = code_words(locale_code())
    is_one_school = scope.school_id is not None
    bands = bands_of(actor, scope, _more(here), here.narrow.grade) if here.listed() else None
    return render_template(
        "outcomes/reports/core/page.html",
        asked=here,
        page=here.page,
        core=core,
        school_days=core.school_days,
        rate=core.rate,
        reporting=reporting(actor, scope, _more(here)) if is_one_school and scope.is_this_year else None,
        bands=presenters.band_rows(bands) if bands else [],
        months=presenters.month_rows(core, here),
        monthly=presenters.monthly_rows(core, behaviors),
        parts=presenters.part_rows(core, here),
        chips=presenters.chips(here, behaviors, places),
        options=_options(here, behaviors, places),
        kept={name: here.parameters[name] for name in (*DRILLS, "school") if name in here.parameters},
        until=day_of_year_words(scope.last) if scope.is_current else None,
        school_count=schools_reached(actor) if scope.is_all else None,
        leads=here.page.leads,
    )


@blueprint.get("/reporters")
@gate(Permission.OUTCOMES_READ)
def reporters() -> str:
    """Who reported how often: for the administrator of the school alone."""
    here = narrowed_page()
    if not here.page.leads:
        raise NotFound
    rows = by_reporter(here.page.actor, here.page.scope, _more(here))
    return render_template("outcomes/reports/core/reporters.html", asked=here, page=here.page, rows=rows)


@blueprint.get("/compare")
@gate(Permission.OUTCOMES_READ)
def compare() -> str:
    """The same days a year before, similar schools, and the published years where those can be compared."""
    here = narrowed_page()
    actor, scope = here.page.actor, here.page.scope
    days = school_days(scope.school_id)
    now = core_of(actor, scope, days, here.narrow)
    recorded = recorded_year_before(actor, scope) is not None
    before = core_before(actor, scope, days, here.narrow) if recorded else None
    twin = published_twin(scope.school_id) if scope.school_id is not None else None
    row = presenters.compared_row
    is_whole_year = here.is_plain and not scope.is_current and "term" not in here.parameters
    return render_template(
        "outcomes/reports/core/compare.html",
        asked=here,
        page=here.page,
        rows=[row(_("This year"), now), *([row(_("The same days a year before"), before)] if before else [])],
        recorded=recorded,
        months=presenters.compared_months(now, before),
        similar=similar(scope, here.narrow) if scope.school_id is not None else None,
        published=presenters.published_rows(school_years(twin.id)) if twin and is_whole_year else [],
        twin=twin,
        is_whole_year=is_whole_year,
        until=day_of_year_words(scope.last),
    )


@blueprint.errorhandler(NotCountedYet)
def not_counted_yet(missing: NotCountedYet) -> tuple[str, int]:
    """Ask for what a page misses, and say that it is being counted; the page looks for it again."""
    here = narrowed_page()
    is_asked = ask(here.page.actor, missing, clock.now())
    behaviors, places = code_words(locale_code())
    chips = presenters.chips(here, behaviors, places)
    words = render_template(
        "outcomes/reports/core/counting.html",
        asked=here,
        page=here.page,
        is_asked=is_asked,
        chips=chips,
        again=here.address(request.endpoint or ""),
    )
    return words, ACCEPTED


def _more(here: Narrowed) -> list[Any]:
    return [] if here.is_plain else conditions_of(here.narrow)


def _options(here: Narrowed, behaviors: dict[str, str], places: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the form offers: parameter to (value, words)."""
    return {
        "year": [(year, year.replace("-", "–")) for year in years_of(here.page)],
        "network": [] if here.page.school else [(name, name) for name in networks_of(here.page.actor)],
        "behavior": list(behaviors.items()),
        "place": list(places.items()),
        "grade": [(str(grade), grade_words(grade)) for grade in GRADES],
    }
