"""Opening support without an incident, from the student's page; and what that page says of it."""

from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import page_of
from wss_cases.pathways.mentoring.opening.actions import open_support
from wss_cases.pathways.mentoring.opening.forms import OpenForm
from wss_cases.pathways.mentoring.opening.queries import get_student_to_support
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import contacts_of

blueprint = Blueprint("support", __name__)


@blueprint.route("/students/<int:student_id>/support", methods=["GET", "POST"])
@gate(Permission.SUPPORT_OPEN)
def start(student_id: int) -> Page:
    """Open check-in/check-out or mentoring for a student, with the reason and the family's agreement."""
    student = get_student_to_support(current_actor(), student_id)
    form = OpenForm(agreed_on=today_at(student.school_id, clock.now()))
    guardians = {
        who.id: f"{who.name} ({who.relation})" if who.relation else who.name for who in contacts_of(student.id)
    }
    form.guardian_id.choices = people_choices(guardians, _("Choose"))
    return form_page(
        form,
        lambda: open_support(submitted(form), student.id, form.support()),
        lambda pathway_id: page_of(db.session.get_one(Pathway, pathway_id)),
        "pathways/mentoring/opening/start.html",
        student=student,
        reachable=bool(guardians),
    )


def panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the way to open support, on the page of a student for whom the actor may."""
    if not can(actor, Permission.SUPPORT_OPEN, student):
        return None
    return "pathways/mentoring/opening/panel.html", {"href": url_for("support.start", student_id=student.id)}
