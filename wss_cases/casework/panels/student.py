"""What stands on a student's page from the rooms above it: their cases and reports, for those who may see them."""

from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.cases.case.models import Case, CaseResult, CaseState
from wss_cases.casework.access.clean_slate.views import student_words
from wss_cases.casework.next_act.presenters import harm_words
from wss_cases.casework.panels.queries import cases_with, reports_with
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.roster.directory.models import Student


def panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the cases and reports of a student that this person may see; None for anybody without a case team."""
    if not actor.has(*CASE_TEAM):
        return None
    shown: dict[str, Any] = {
        "past": student_words(actor, student, clock.now()),
        "cases": [
            {
                "title": f"{case.reference} · {harm_words(case.harm_kind)}",
                "href": url_for("casework.case", case_id=case.id),
                "meta": f"{PersonRole(role).label} · {day_words_with_year(case.opened_on)}",
                "state": _state(case),
            }
            for case, role in cases_with(actor, student.id)
        ],
        "reports": [
            {
                "title": f"{incident.reference} · {harm_words(incident.tile)}",
                "href": url_for("incidents.incident", incident_id=incident.id),
                "meta": f"{PersonRole(role).label} · {day_words_with_year(incident.local_date)}",
                "state": str(IncidentState(incident.state).label),
            }
            for incident, role in reports_with(actor, student.id)
        ],
    }
    return "casework/panels/student.html", shown


def _state(case: Case) -> str:
    return str(CaseResult(case.result).label) if case.result else str(CaseState(case.state).label)
