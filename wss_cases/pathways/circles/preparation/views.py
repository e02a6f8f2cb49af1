"""The page of one party of a circle, which is the form of a visit; the letter; a supporter who no longer comes."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_participant
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import get_circle, told_who_said_what, with_known_keepers
from wss_cases.pathways.circles.circle.rules import as_told, unmet, was_harmed
from wss_cases.pathways.circles.consent.letters import letter_for
from wss_cases.pathways.circles.keepers.queries import would_keep
from wss_cases.pathways.circles.meeting.queries import get_supporter
from wss_cases.pathways.circles.preparation import actions, presenters
from wss_cases.pathways.circles.preparation.forms import ONLY_A_NO, VisitForm
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.common.forms import ConfirmForm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import ids
from wss_cases.pathways.common.views import act_context
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.queries import names_of

blueprint = Blueprint("circle_parties", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

NEXT = "next"
"""The button that saves and goes on to the next page of preparing."""


def get_party(
    actor: Actor, case_id: int, pathway_id: int, participant_id: int
) -> tuple[Pathway, Circle, CaseParticipant]:
    """Return a circle, what stands around it, and one person of its case. Raises NotFound."""
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    return row, circle, get_participant(row.case, participant_id)


@blueprint.route("/parties/<int:participant_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def party(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record what a visit of one party settled; what is missing before a meeting stands beside it."""
    actor = current_actor()
    row, circle, person = get_party(actor, case_id, pathway_id, participant_id)
    today = today_at(row.school_id, clock.now())
    form = _form(row, circle, person)
    return form_page(
        form,
        lambda: actions.record_visit(submitted(form), row.id, person.id, form.visit(today)),
        lambda _made: _after(actor, row, circle, person),
        "pathways/circles/preparation/party.html",
        asked=person.id in circle.names or person.id in circle.consents,
        **_words(actor, row, circle, person),
    )


def _form(row: Pathway, circle: Circle, person: CaseParticipant) -> VisitForm:
    form = VisitForm(guardian_name=presenters.only_guardian(person))
    if row.state not in LIVE or person.id not in circle.names:
        form.only(ONLY_A_NO)
    prepared = circle.preparations.get(person.id)
    if "manner" in form and prepared is not None and prepared.first_contact_on is not None:
        del form.manner
    if person.student_id is None:
        del form.guardian, form.guardian_name
    return form


def _words(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> dict[str, Any]:
    now = clock.now()
    today, told = today_at(row.school_id, now), told_who_said_what(actor, row.school_id)
    name, will_keep = person_words(person), would_keep(row, actor.user_id, today)
    # who becomes the keeper by saving is told so, and misses none
    requirements = [one for one in circle.requirements_on(today) if not (will_keep and one.code == "keeper")]
    return {
        "name": name,
        "on_record": presenters.on_record(circle, person.id, told),
        "supporters": presenters.supporters(circle, person.id),
        "guardians": presenters.guardian_lines(person),
        "guardians_asked": circle.guardians_asked,
        "alone": len(circle.invited) == 1,
        "beside": presenters.beside(row, circle, person, requirements, told),
        "live": row.state in LIVE,
        "invited": person.id in circle.names,
        "who_asks": _who_asks(actor, row, circle, person),
        "will_keep": will_keep,
        "notes": can(actor, Permission.CIRCLE_NOTE_READ, with_known_keepers(row, circle.keeper_names)),
        "letter": _letter(row, person),
        "next_words": _next_words(actor, row, circle, person),
        "ids": ids(row),
        "person_id": person.id,
        **act_context(row, _("Prepare with %(name)s", name=name), _("Save"), person_lede=presenters.lede(person)),
    }


def _next(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> CaseParticipant | None:
    """Return the next of the invited who is not prepared yet, as the reader may know; None where this is the last."""
    found = [one.id for one in circle.invited]
    place = found.index(person.id) if person.id in found else -1
    requirements = circle.requirements_on(today_at(row.school_id, clock.now()))
    shut = {one.person_id for one in unmet(as_told(requirements, told_who_said_what(actor, row.school_id)))}
    order = [*circle.invited[place + 1 :], *circle.invited[: max(place, 0)]]
    return next((one for one in order if one.id in shut), None)


def _next_words(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    following = _next(actor, row, circle, person)
    return _("Save, then %(name)s", name=person_words(following)) if following else _("Save, then schedule")


def _after(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    if request.form.get("then") != NEXT:
        address = url_for("circle_parties.party", participant_id=person.id, **ids(row))
        return with_flash(_("Saved."), address)(None)
    following = _next(actor, row, circle, person)
    if following is None:
        return url_for("circle_schedule.meeting", **ids(row))
    return url_for("circle_parties.party", participant_id=following.id, **ids(row))


def _letter(row: Pathway, person: CaseParticipant) -> Any:
    school = get_school(row.school_id)
    assert school is not None
    lead = names_of({row.case.lead_id}) if row.case.lead_id is not None else {}
    contact = ", ".join([*lead.values(), school.name])
    return letter_for(person, school, contact, today_at(row.school_id, clock.now()))


def _who_asks(actor: Actor, row: Pathway, circle: Circle, person: CaseParticipant) -> str:
    today = today_at(row.school_id, clock.now())
    if not was_harmed(person):
        return ""
    if actor.user_id not in circle.keepers_on(today) and not would_keep(row, actor.user_id, today):
        return _("Only a keeper of this circle asks this person. If they say no on their own, you can record it.")
    return _("Support is offered before they are asked.")


@blueprint.get("/parties/<int:participant_id>/letter")
@gate(Permission.CASE_WORK)
def letter(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """The letter about taking part, to be printed, in the family's language."""
    row, _circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    back = url_for("circle_parties.party", participant_id=participant_id, **ids(row))
    return render_template(
        "pathways/circles/preparation/letter.html", letter=_letter(row, person), back=back, locale=locale_code()
    )


@blueprint.route("/supporters/<int:supporter_id>/end", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def end_supporter(case_id: int, pathway_id: int, supporter_id: int) -> Page:
    """Invite a supporter no longer."""
    row = get_circle(current_actor(), case_id, pathway_id)
    supporter = get_supporter(row, supporter_id)
    form = ConfirmForm(version=supporter.version)
    back = url_for("circle_parties.party", participant_id=supporter.participant_id, **ids(row))
    words = act_context(
        row, _("Withdraw the invitation of %(name)s", name=supporter.name), _("Withdraw the invitation"), back_href=back
    )
    return act_form(form, lambda call: actions.end_supporter(call, supporter_id), back, words)
