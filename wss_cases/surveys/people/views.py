"""On a student's page: whether they take part in surveys, and the page that records it."""

from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student
from wss_cases.surveys.people.actions import say_part
from wss_cases.surveys.people.forms import NO, YES, PartForm
from wss_cases.surveys.people.queries import standing_opt_out

blueprint = Blueprint("survey_opt_outs", __name__)


def _load(actor: Actor, student_id: int) -> Student:
    student = get_student(actor, student_id)
    require(actor, Permission.SURVEY_OPT_OUT, student)
    return student


def _address(student: Student) -> str:
    return url_for("students.student", student_id=student.id)


act_page(
    blueprint,
    "/students/<int:student_id>/surveys",
    "student",
    Permission.SURVEY_OPT_OUT,
    load=_load,
    form=lambda student: PartForm(takes_part=NO if standing_opt_out(student.id) else YES),
    act=lambda call, student, form: say_part(call, student.id, form.takes_part.data == YES),
    done=_address,
    words=lambda student: {
        "title": _("School surveys"),
        "lede": student.shown_name,
        "go_words": _("Save"),
        "back_href": _address(student),
        "crumbs": [(student.shown_name, _address(student)), (_("School surveys"), None)],
    },
    template="layouts/form_page.html",
)


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return, for a student's page, whether the family opted out of surveys, for whoever may record that."""
    if not can(actor, Permission.SURVEY_OPT_OUT, student):
        return None
    href = url_for("survey_opt_outs.student", student_id=student.id)
    return "surveys/people/_panel.html", {"is_out": standing_opt_out(student.id) is not None, "href": href}
