"""The page on which another school is told of its student, and what the page of a report says of other schools."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import number_given, person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.other_schools import where_words
from wss_cases.intake.other_schools.actions import Told, may_tell, seek, tell_school
from wss_cases.intake.other_schools.forms import TellForm, tell_form
from wss_cases.roster.directory.queries import other_schools, schools_by_id

blueprint = Blueprint("other_schools", __name__, url_prefix="/incidents/<int:incident_id>")


def _load(actor: Actor, incident_id: int) -> Incident:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    if not may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report)):
        raise NotFound
    return report


def _act(call: Invocation, report: Incident, form: TellForm) -> int:
    number, school_id = (form.number.data or "").strip(), int(form.school.data) if form.school.data else None
    student_id = None
    if number:
        own = replace(call, request_key=f"{call.request_key}:{number}:{school_id}")
        student_id = seek(own, report.id, number, school_id)
        if not student_id:
            raise Refused("number", _("No student of another school has exactly this number. Check it."))
    told = Told(
        role=PersonRole(form.role.data),
        words=form.message.data or "",
        student_id=student_id,
        school_id=school_id,
        description=form.description.data or "",
        number=number,
    )
    return tell_school(call, report.id, told)


def _words(report: Incident) -> dict[str, Any]:
    back, title = _address(report), _("A student of another school")
    return {
        "title": title,
        "go_words": _("Notify their school"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "intro": _(
            "Their own school sees their part, makes decisions about it, and calls the family. No one here sees the "
            "name. Each number tried is recorded."
        ),
        "fields": ["school", "description", "number", "role", "message"],
    }


def _address(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


act_page(
    blueprint,
    "/other-school",
    "tell",
    Permission.INCIDENT_COMPLETE,
    load=_load,
    form=lambda report: tell_form(other_schools(report.school_id), number_given(report.people)),
    act=_act,
    done=_address,
    words=_words,
    template="intake/review/acts/act.html",
)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return where a part happened, or which schools were told and the way to tell one; None for neither."""
    where = where_words(report)
    known = sorted({person.other_school_id for person in report.people if person.other_school_id is not None})
    told = [one.name for one in schools_by_id(known).values()] if not where else []
    may = may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report))
    if not (where or told or may):
        return None
    href = url_for("other_schools.tell", incident_id=report.id) if may else ""
    wrong = [
        (person_words(one), url_for("named_in_error.take_back", incident_id=report.id, told_id=one.id))
        for one in report.people
        if may and one.other_school_id is not None
    ]
    return "intake/other_schools/_panel.html", {"where": where, "told": told, "href": href, "wrong": wrong}
