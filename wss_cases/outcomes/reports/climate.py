"""Survey answers beside incidents by school year, all years counted over the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.outcomes.counting.scope.pages import shown, years_of
from wss_cases.outcomes.counting.scope.queries import first_year_counted, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, year_before
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.surveys.results import SurveyResult, YearShare, shares_by_year
from wss_cases.surveys.rounds import ADULT, CIRCLE, SAFE, SurveyGroup

MOST_YEARS = 5
MEASURES = (
    *(f"{SurveyGroup.STUDENT.value}.{code}" for code in (SAFE, ADULT, CIRCLE)),
    *(f"{group.value}.{SAFE}" for group in (SurveyGroup.FAMILY, SurveyGroup.STAFF)),
)
"""The survey shares shown beside incidents, in order."""


@dataclass(frozen=True)
class ClimateYear:
    """One school year: incidents per 100 students per school day (None: not recorded), and the survey shares."""

    year: str
    rate: float | None
    shares: dict[str, YearShare]


def climate_of(actor: Actor, scope: Scope, days: SchoolDays) -> list[ClimateYear]:
    """The years of a scope's school, the oldest first, up to the scope's own, each with the incidents of the same
    days."""
    first = first_year_counted(actor, scope.school_id)
    scopes = [scope]
    while len(scopes) < MOST_YEARS:
        scopes.append(year_before(scopes[-1], days))
    years = [year_scope.year for year_scope in scopes]
    shares = shares_by_year(within_schools(actor, scope, SurveyResult.school_id), years, MEASURES)
    climate_years = []
    for year_scope in reversed(scopes):
        year_shares = {
            measure: shares[year_scope.year, measure] for measure in MEASURES if (year_scope.year, measure) in shares
        }
        recorded = first is not None and first <= year_scope.last
        if recorded or year_shares:
            climate_years.append(
                ClimateYear(year_scope.year, core_of(actor, year_scope, days).rate if recorded else None, year_shares)
            )
    return climate_years


HEADS = {
    "student.safe": _l("Students who feel safe"),
    "student.adult": _l("Students who trust an adult"),
    "student.circle": _l("Students who were in a circle"),
    "family.safe": _l("Families who say their child is safe"),
    "staff.safe": _l("Staff who feel safe"),
}


def rows_of(years: Sequence[ClimateYear], *, of_schools: bool) -> list[list[Any]]:
    """A row per year. With `of_schools` each share also names how many schools it covers."""
    return [
        [
            _year(year.year),
            _("not recorded") if year.rate is None else f"{year.rate:.2f}",
            *(_share(year.shares.get(measure), of_schools=of_schools) for measure in MEASURES),
        ]
        for year in years
    ]


def _share(share: YearShare | None, *, of_schools: bool) -> str:
    if share is None:
        return _("not asked")
    percent = share.share.percent
    if percent is None:
        return _("too few to show")
    words = _("%(percent)d%% of %(answers)d", percent=round(percent), answers=share.share.denominator)
    if of_schools:
        schools = ngettext("%(num)s school", "%(num)s schools", share.schools)
        return f"{words} ({schools})"
    return words


def share_points(years: Sequence[ClimateYear], measure: str) -> list[dict[str, Any]]:
    """A point per year with its share of a measure."""
    points = []
    for year in years:
        year_share = year.shares.get(measure)
        percent = year_share.share.percent if year_share else None
        note = _("not asked") if year_share is None else _("too few to show")
        points.append(_point(year, percent, None if percent is None else f"{round(percent)}%", note))
    return points


def _point(year: ClimateYear, value: float | None, figure: str | None, gap: str) -> dict[str, Any]:
    """A point of a chart; `gap` is the note where it has no value."""
    return {"label": _year(year.year), "value": value, "figure": figure, "note": gap if value is None else None}


def _year(year: str) -> str:
    return year.replace("-", "\u2060–\u2060")


blueprint = Blueprint("climate", __name__)


@blueprint.get("/climate")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Incidents per 100 students per school day beside the share of students who feel safe, and other survey
    results."""
    page = shown()
    years = climate_of(page.actor, page.scope, school_days(page.scope.school_id))
    return render_template(
        "outcomes/reports/climate/page.html",
        page=page,
        years=years_of(page),
        heads=[
            _("School year"),
            _("Incidents per 100 students a school day"),
            *(HEADS[measure] for measure in MEASURES),
        ],
        rows=rows_of(years, of_schools=page.scope.school_id is None),
        incidents=[
            _point(year, year.rate, None if year.rate is None else f"{year.rate:.2f}", _("not recorded"))
            for year in years
        ],
        safe=share_points(years, "student.safe"),
    )
