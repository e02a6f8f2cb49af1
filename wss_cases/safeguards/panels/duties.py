"""What a report's page shows of its legal duties."""

from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import mandated_duties_of
from wss_cases.safeguards.questioning.views import of_incident


def panel(actor: Actor, incident: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return what stands on a report's page: mandated-reporter duties, questionings, and links to add them."""
    if not can(actor, Permission.DUTY_RAISE_OWN, incident):
        return None
    zone, now = zone_of(incident.school_id), clock.now()
    shown: dict[str, Any] = {
        "own": [duty_words(row, now, zone) for row in mandated_duties_of(actor, incident.id)],
        "own_href": url_for("duty_raising.own", incident_id=incident.id),
        "questionings": [],
    }
    if can(actor, Permission.DUTY_RAISE, incident):
        shown["raise_href"] = url_for("duty_raising.new", incident_id=incident.id)
    if can(actor, Permission.QUESTIONING_RECORD, incident):
        shown["question_href"] = url_for("questionings.new", incident_id=incident.id)
        shown["questionings"] = of_incident(incident.id)
    return "safeguards/panels/_incident_duties.html", shown
