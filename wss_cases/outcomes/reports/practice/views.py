"""Practice: what was held before any harm and for cases, who keeps circles, who asks, and what people said."""

from flask import Blueprint, render_template

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.outcomes.counting.scope.presenters import shown, years_of
from wss_cases.outcomes.reports.pathways.presenters import said_rows
from wss_cases.outcomes.reports.pathways.queries import figures_of_pathways
from wss_cases.outcomes.reports.practice.presenters import hours_of, keepers_words, tables_of, waiting_words
from wss_cases.outcomes.reports.practice.queries import asked_in, case_circles, held_in, keepers_of
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("practice", __name__)


@blueprint.get("/practice")
@gate(Permission.OUTCOMES_READ)
def report() -> str:
    """Circles by kind, month and tier, people reached, hours, keepers, requests, and what people harmed said."""
    page = shown()
    held, asked = held_in(page.actor, page.scope), asked_in(page.actor, page.scope)
    said = figures_of_pathways(page.actor, page.scope, school_days(page.scope.school_id)).said
    keepers = keepers_of(page.actor, page.scope)
    return render_template(
        "outcomes/reports/practice/page.html",
        page=page,
        years=years_of(page),
        total=held.total,
        hours=hours_of(held.total),
        keepers=keepers,
        keepers_words=keepers_words(keepers),
        asked=asked,
        waiting_words=waiting_words(asked),
        tables=tables_of(held, case_circles(page.actor, page.scope), asked),
        said=said,
        said_rows=said_rows(said),
    )
