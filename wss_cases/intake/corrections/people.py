"""Adding people to a report later, even after the decision. The report is routed again, and they join its case."""

from collections.abc import Sequence

from flask import Blueprint, request, url_for

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import copy_people
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.changes import add_person
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.details import adding_form, named_in
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.report.forms import captured_person, people_items, search_items
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


@use_case
def name_people(uow: UnitOfWork, incident_id: int, people: Sequence[CapturedPerson], in_place_of: int | None) -> int:
    """Add people to a report, or identify the unidentified person `in_place_of` as the first of them. Raises Refused
    for someone already in it or not at the school."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    for number, who in enumerate(people):
        person = add_person(uow, incident, who, in_place_of if number == 0 else None)
        join_cases(uow, incident, person)
    if incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
    return incident.id


def join_cases(uow: UnitOfWork, incident: Incident, person: IncidentPerson) -> None:
    """Add a person who was added or identified in a report to the cases that it opened."""
    for case in cases_of_incident(incident.id):
        for part in case.participants:
            if part.incident_person_id == person.id:
                part.student_id, part.description = person.student_id, person.staff.name if person.staff else ""
                uow.record(part, "case.person_added")
        if copy_people(uow, case, incident):
            uow.record(case, "case.facts_corrected", reference=incident.reference)


blueprint = Blueprint("naming", __name__, url_prefix="/incidents/<int:incident_id>")


@blueprint.route("/people", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def people(incident_id: int) -> Page:
    """Identify a person, or add people to a report."""
    actor = current_actor()
    report = get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)
    form, back = adding_form(report), url_for("review.incident", incident_id=report.id)
    words, title = form.people_q.data or "", _("Name the people")
    chosen = [person for value in form.people.data or [] if (person := captured_person(value))]
    shown = {
        "title": title,
        "go_words": _("Save"),
        "crumbs": [(_("Review"), url_for("queue.page")), (report.reference, back), (title, None)],
        "back_href": back,
        "incident": report,
        "chosen": people_items(report.school_id, chosen),
        "matches": search_items(actor, report.school_id, words) if "find" in request.form else None,
        "searched": words,
    }

    def act() -> int:
        return name_people(submitted(form), report.id, named_in(form), id_in(form.in_place_of.data))

    return form_page(form, act, back, "intake/corrections/people.html", **shown)


ROOM = Room(pages=(blueprint,))
