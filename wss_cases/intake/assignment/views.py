"""Taking a report oneself in one tap, or giving it to another reviewer of its school."""

from flask import Blueprint, redirect, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.intake.assignment.actions import assign
from wss_cases.intake.assignment.forms import NOBODY, AssignForm
from wss_cases.intake.assignment.queries import assignee_of, reviewers_at

blueprint = Blueprint("assignment", __name__, url_prefix="/review/<int:incident_id>")


def _report(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_REVIEW)


@blueprint.post("/take")
@gate(Permission.INCIDENT_REVIEW)
def take(incident_id: int) -> Page:
    """Review a report oneself."""
    report, form = _report(incident_id), BaseForm()
    key = f"{form.request_key.data or ''}:take:{report.id}"
    assign(Invocation(current_actor(), clock.now(), key), report.id, current_actor().user_id)
    if request.args.get("to") == "queue":
        return redirect(url_for("queue.page", _anchor=f"report-{report.id}"), 303)
    return redirect(url_for("review.incident", incident_id=report.id), 303)


@blueprint.route("/assign", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def choose(incident_id: int) -> Page:
    """Give a report to another reviewer, or back to everybody."""
    report, now = _report(incident_id), clock.now()
    page, title = url_for("review.incident", incident_id=report.id), _("Assign the report")
    people = reviewers_at({report.school_id}, now)[report.school_id]
    form = AssignForm(assignee=str(assignee_of(report.id) or NOBODY))
    form.assignee.choices = choices([*((str(number), name) for number, name in people.items()), (NOBODY, _("No one"))])
    return form_page(
        form,
        lambda: assign(submitted(form), report.id, form.chosen),
        with_flash(_("It is saved. The person who has it now finds it under “Mine”."), page),
        "intake/assignment/assign.html",
        title=title,
        lede=report.reference,
        crumbs=[(_("Review"), url_for("queue.page")), (report.reference, page), (title, None)],
        back_href=page,
        go_words=_("Save"),
    )
