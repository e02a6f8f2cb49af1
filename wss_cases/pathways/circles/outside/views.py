"""Pages of keepers without an account: naming one, and removing one."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import LONGEST_SEARCH, Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import get_circle
from wss_cases.pathways.circles.outside import actions
from wss_cases.pathways.circles.outside.forms import OutsideKeeperForm, StudentKeeperForm
from wss_cases.pathways.circles.outside.queries import get_outside_keeper, partners_with_agreement, trained_adults
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import ACT, act_context
from wss_cases.roster.directory.queries import students_by_id, students_matching
from wss_cases.roster.directory.rules import last_digits

blueprint = Blueprint(
    "outside_keepers", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/keepers/outside"
)


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CIRCLE_KEEPER_NAME)
def add(case_id: int, pathway_id: int) -> Page:
    """Name somebody of a partner organization who helps to keep a circle."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_KEEPER_NAME)
    form = OutsideKeeperForm()
    partners = partners_with_agreement(today_at(row.school_id, clock.now()))
    form.partner.choices = people_choices(partners, _("Choose one"))
    return _naming(
        row, form, _("Add a keeper from outside"),
        lambda call: actions.add_outside_keeper(
            call, row.id, number(form.partner.data) or 0, form.name.data or "", bool(form.anyway.data)
        ),
    )  # fmt: skip


@blueprint.route("/student", methods=["GET", "POST"])
@gate(Permission.CIRCLE_KEEPER_NAME)
def student(case_id: int, pathway_id: int) -> Page:
    """Name a student who helps to keep a circle, beside a trained adult who keeps it."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_KEEPER_NAME)
    form = StudentKeeperForm()
    form.adult.choices = people_choices(trained_adults(row, clock.now()), _("Choose one"))
    chosen = number(next(iter(form.student.data or []), ""))
    return _naming(
        row, form, _("Add a student who keeps it too"),
        lambda call: actions.add_student_keeper(call, row.id, number(form.adult.data) or 0, chosen or 0),
        "pathways/circles/keepers/student.html",
        **_picking(row, chosen),
    )  # fmt: skip


def _picking(row: Pathway, chosen_id: int | None) -> dict[str, Any]:
    typed = request.form.get("student_q", "")[:LONGEST_SEARCH]
    found = students_matching(current_actor(), row.school_id, typed) if typed.strip() else []
    student = students_by_id([chosen_id]).get(chosen_id or 0)
    here = student is not None and student.school_id == row.school_id
    return {
        "typed": typed,
        "search_url": url_for("students.search"),
        "matches": [{"value": str(one.id), "label": one.name, "meta": last_digits(one.number)} for one in found]
        if typed
        else None,
        "chosen": [{"value": str(chosen_id), "label": student.shown_name}] if student and here else [],
    }


def _naming(
    row: Pathway, form: BaseForm, title: str, act: Callable[[Invocation], Any], template: str = ACT, **more: Any
) -> Page:
    here = url_for("keepers.keepers", case_id=row.case_id, pathway_id=row.id)
    facts = [_("They have no account and read nothing here. A keeper from this school answers for the circle.")]
    words = act_context(row, title, _("Add the keeper"), facts=facts) | {"back_href": here, **more}
    return act_form(form, act, here, words, template)


@blueprint.post("/<int:outside_keeper_id>/end")
@gate(Permission.CIRCLE_KEEPER_NAME)
def end(case_id: int, pathway_id: int, outside_keeper_id: int) -> Page:
    """Remove a keeper without an account."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_KEEPER_NAME)
    actions.end_outside_keeper(Invocation(actor, clock.now()), row.id, get_outside_keeper(row, outside_keeper_id).id)
    return redirect(url_for("keepers.keepers", case_id=case_id, pathway_id=pathway_id), 303)
