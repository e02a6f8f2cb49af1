"""The page on which a reviewer names people of a report, whatever became of it."""

from flask import Blueprint, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.intake.corrections.people.actions import name_people
from wss_cases.intake.details.views import adding_form, named_in
from wss_cases.intake.report.forms import captured_person
from wss_cases.intake.report.people_search import people_items, search_items

blueprint = Blueprint("naming", __name__, url_prefix="/incidents/<int:incident_id>")


@blueprint.route("/people", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def people(incident_id: int) -> Page:
    """Say who somebody is, or who else was there."""
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
