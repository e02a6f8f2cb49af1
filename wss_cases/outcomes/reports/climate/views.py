"""What students, families and staff say in surveys, beside incidents, years side by side."""

from flask import Blueprint, render_template

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.outcomes.counting.scope.presenters import shown, years_of
from wss_cases.outcomes.reports.climate.presenters import heads, incident_points, rows_of, share_points
from wss_cases.outcomes.reports.climate.queries import climate_of
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("climate", __name__)


@blueprint.get("/climate")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Incidents per 100 students a school day beside the share of students who feel safe, and more of the survey."""
    page = shown()
    years = climate_of(page.actor, page.scope, school_days(page.scope.school_id))
    return render_template(
        "outcomes/reports/climate/page.html",
        page=page,
        years=years_of(page),
        heads=heads(),
        rows=rows_of(years, of_schools=page.scope.school_id is None),
        incidents=incident_points(years),
        safe=share_points(years, "student.safe"),
    )
