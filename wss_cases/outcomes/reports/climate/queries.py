"""What people said in surveys beside incidents, school year by school year, each counted over the same days."""

from dataclasses import dataclass

from wss_cases.access.actor import Actor
from wss_cases.outcomes.counting.scope.queries import first_year_counted, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, year_before
from wss_cases.outcomes.counting.totals.queries import core_of
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.surveys.instrument import ADULT, CIRCLE, SAFE, SurveyGroup
from wss_cases.surveys.results import SurveyResult, YearShare, shares_by_year

MOST_YEARS = 5
MEASURES = (
    *(f"{SurveyGroup.STUDENT.value}.{code}" for code in (SAFE, ADULT, CIRCLE)),
    *(f"{group.value}.{SAFE}" for group in (SurveyGroup.FAMILY, SurveyGroup.STAFF)),
)
"""The shares that stand beside incidents, in order."""


@dataclass(frozen=True)
class ClimateYear:
    """One school year: incidents per 100 students a school day (None: not recorded), and what people said."""

    year: str
    rate: float | None
    shares: dict[str, YearShare]


def climate_of(actor: Actor, scope: Scope, days: SchoolDays) -> list[ClimateYear]:
    """Return the years of a scope's school, the oldest first, up to the scope's; incidents of the same days in each."""
    first = first_year_counted(actor, scope.school_id)
    scopes = [scope]
    while len(scopes) < MOST_YEARS:
        scopes.append(year_before(scopes[-1]))
    years = [one.year for one in scopes]
    shares = shares_by_year(within_schools(actor, scope, SurveyResult.school_id), years, MEASURES)
    found = []
    for one in reversed(scopes):
        said = {measure: shares[one.year, measure] for measure in MEASURES if (one.year, measure) in shares}
        recorded = first is not None and first <= one.last
        if recorded or said:
            found.append(ClimateYear(one.year, core_of(actor, one, days).rate if recorded else None, said))
    return found
