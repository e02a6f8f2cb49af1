"""The page of "Something happened again": from a check-in, from a safety plan, or from the case."""

from typing import Any

from flask import Blueprint, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_case, load_case, participants_of
from wss_cases.casework.happened_again import actions
from wss_cases.casework.happened_again.forms import AgainForm
from wss_cases.casework.happened_again.states import Ground
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.forms import filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole, Tile, WhereTile
from wss_cases.pathways.common.forms import number

blueprint = Blueprint("happened_again", __name__)

TEMPLATE = "casework/happened_again/page.html"
HARMED = (PersonRole.HARMED, PersonRole.BOTH)


@blueprint.route("/follow-ups/<int:follow_up_id>/happened-again", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def at_check_in(follow_up_id: int) -> Page:
    """Something happened again, as it came up in a check-in."""
    actor = current_actor()
    row = get_follow_up(actor, follow_up_id)
    of_team = actor.covers(row.school_id, *CASE_TEAM)
    case = load_case(row.case_id) if row.case_id is not None else None
    people = participants_of(case.id) if case is not None else []
    entry = row.incident_person_id
    about = [one for one in people if entry is not None and one.incident_person_id == entry]
    known = people if of_team else about
    form = _form(row.school_id, known, about[0].id if about else _suggested(known), row.version)
    back = url_for("followups.follow_up", follow_up_id=row.id)
    return act_form(
        form,
        lambda call: actions.at_check_in(call, row.id, _again(form)),
        lambda case_id: url_for("casework.case", case_id=case_id) if of_team else back,
        _words(back),
        TEMPLATE,
    )


@blueprint.route("/cases/<int:case_id>/happened-again", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def in_case(case_id: int) -> Page:
    """Something happened again in a case, however it became known."""
    case = get_case(current_actor(), case_id)
    people = participants_of(case.id)
    form = _form(case.school_id, people, _suggested(people))
    back = url_for("casework.case", case_id=case.id)
    return act_form(form, lambda call: actions.in_case(call, case.id, _again(form)), back, _words(back, case), TEMPLATE)


def _suggested(people: list[CaseParticipant]) -> int | None:
    asked = number(request.args.get("person"))
    harmed = [person.id for person in people if person.role in HARMED]
    return asked or (harmed[0] if len(harmed) == 1 else None)


def _form(school_id: int, people: list[CaseParticipant], harmed: int | None, version: int | None = None) -> AgainForm:
    form = AgainForm(version=version)
    form.ask({one.id: person_words(one) for one in people}, harmed, today_at(school_id, clock.now()))
    return form


def _again(form: AgainForm) -> actions.Again:
    return filled(
        form,
        actions.Again,
        danger=form.danger.data == "yes",
        what=Tile(form.what.data),
        where=WhereTile(form.where.data),
        ground=Ground(form.ground.data),
        harmed=[int(one) for one in form.harmed.data or ()],
        caused=[int(one) for one in form.caused.data or ()],
    )


def _words(back: str, case: Case | None = None) -> dict[str, Any]:
    return {
        "title": _("Something happened again"),
        "go_words": _("Send the report"),
        "back_href": back,
        "reference": case.reference if case else None,
    }
