"""What removals, restraint and time-out add to the pages of a report and of a student, for the case team."""

from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.recording.pages import action_words, days_words, disability_words, row_words
from wss_cases.safeguards.discipline.removals.models import ALARM_DAY
from wss_cases.safeguards.discipline.removals.queries import actions_of_incident, actions_of_student
from wss_cases.safeguards.duties.duty.pages import duty_words
from wss_cases.safeguards.duties.duty.queries import mandated_duties_of
from wss_cases.safeguards.questioning.pages import of_incident
from wss_cases.safeguards.restraint import restraint_row, restraints_of_incident


def incident_panel(actor: Actor, incident: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return the removals, restraints and time-outs of a report, and where the next is recorded."""
    if not actor.covers(incident.school_id, *CASE_TEAM):
        return None
    listed = actions_of_incident(actor, incident.id)
    shown = {
        "rows": [row_words(row) for row in listed],
        "alarms": [row.student.shown_name for row in listed if action_words(row)["alarm"]],
        "record_href": url_for("discipline.record", incident_id=incident.id)
        if can(actor, Permission.DISCIPLINE_RECORD, incident)
        else None,
        "restraints": [restraint_row(row) for row in restraints_of_incident(actor, incident.id)],
        "restraint_href": url_for("restraints.record", incident_id=incident.id)
        if can(actor, Permission.RESTRAINT_RECORD, incident)
        else None,
    }
    return "safeguards/panels/_incident_discipline.html", shown


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return a student's days away this school year, over all schools, and the removals that this person may see."""
    if student.school_id is None or not actor.covers(student.school_id, *CASE_TEAM):
        return None
    days = days_words(student.id, school_year(today_at(student.school_id, clock.now())))
    plans = disability_words(student)
    shown = {
        "days": days,
        "plans": plans,
        "alarm": bool(plans) and days["number"] >= ALARM_DAY,
        "rows": [row_words(row) for row in actions_of_student(actor, student.id)],
    }
    return "safeguards/panels/_student_discipline.html", shown


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


ROOM = Room(
    panels=(
        Panel(Place.STUDENT, 30, student_panel),
        Panel(Place.INCIDENT, 20, incident_panel),
        Panel(Place.INCIDENT, 30, panel),
    )
)
