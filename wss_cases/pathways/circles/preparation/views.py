"""Pages of preparing one party of a circle: support, pre-meeting, consent, ready, supporters; one for each act."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import get_participant
from wss_cases.cases.case.rules import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.forms import YES_NO as ANSWERS
from wss_cases.pathways.circles.circle.forms import ConsentForm, ReadyForm, SupporterForm
from wss_cases.pathways.circles.circle.keepers import get_circle, told_who_said_what
from wss_cases.pathways.circles.circle.models import CirclePreparation
from wss_cases.pathways.circles.circle.rules import SAID, was_harmed
from wss_cases.pathways.circles.circle.states import SupporterRelation
from wss_cases.pathways.circles.consent import actions
from wss_cases.pathways.circles.consent.letters import letter_for
from wss_cases.pathways.circles.meeting.queries import get_supporter
from wss_cases.pathways.circles.preparation import actions as preparation
from wss_cases.pathways.circles.requirements.presenters import requirement_row
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.circles.training.queries import names_of
from wss_cases.pathways.common.forms import ConfirmForm, DayForm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import ids
from wss_cases.pathways.common.views import ACT, act_context, act_on, page_of
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.telling.queries import calling

blueprint = Blueprint("circle_parties", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

YES_NO = {True: "yes", False: "no", None: None}


def get_party(
    actor: Actor, case_id: int, pathway_id: int, participant_id: int
) -> tuple[Pathway, Circle, CaseParticipant]:
    """Return a circle, what stands around it, and one person of its case. Raises NotFound."""
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    return row, circle, get_participant(row.case, participant_id)


@blueprint.get("/parties/<int:participant_id>")
@gate(Permission.CASE_WORK)
def party(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """How far one party is prepared, and who is beside them."""
    actor = current_actor()
    row, circle, person = get_party(actor, case_id, pathway_id, participant_id)
    told = told_who_said_what(actor, row.school_id)
    requirements = [
        one
        for one in circle.requirements_on(today_at(row.school_id, clock.now()))
        if one.person_id == person.id and (told or one.code not in SAID)
    ]
    supporters = [
        {"id": one.id, "name": one.name, "relation": str(SupporterRelation(one.relation).label)}
        for one in circle.supporters
        if one.participant_id == person.id and one.ended_at is None
    ]
    return render_template(
        "pathways/circles/preparation/party.html",
        requirements=[requirement_row(one, circle, row) for one in requirements],
        supporters=supporters,
        live=row.state in LIVE,
        invited=person.id in circle.names,
        ids=ids(row),
        person_id=person.id,
        **act_context(row, person_words(person), ""),
    )


def _day_page(
    case_id: int, pathway_id: int, participant_id: int, title: Callable[[str], str], facts: list[str],
    act: Callable[..., int], known: Callable[[CirclePreparation], date | None],
) -> Page:  # fmt: skip
    """Record on which day something was done with one party."""
    row, circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    prepared = circle.preparations.get(participant_id)
    form = DayForm(on=(known(prepared) if prepared else None) or today_at(row.school_id, clock.now()))
    words = act_context(row, title(person_words(person)), _("Save"), facts=facts)
    return act_on(row, form, lambda call: act(call, row.id, participant_id, form.on.data), words)


@blueprint.route("/parties/<int:participant_id>/support", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def support(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record that support was offered."""
    return _day_page(
        case_id,
        pathway_id,
        participant_id,
        lambda name: _("Support offered to %(name)s", name=name),
        [_("What helps now, with or without a circle: someone to talk to, a safe route, a break, a call home.")],
        preparation.record_support,
        lambda prepared: prepared.support_offered_on,
    )


@blueprint.route("/parties/<int:participant_id>/pre-meeting", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def pre_meeting(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record that somebody met this party alone."""
    return _day_page(
        case_id,
        pathway_id,
        participant_id,
        lambda name: _("Pre-meeting with %(name)s", name=name),
        [_("Meet each party alone before anyone meets together. Only the date is recorded here, never what was said.")],
        preparation.record_pre_meeting,
        lambda prepared: prepared.pre_met_on,
    )


@blueprint.route("/parties/<int:participant_id>/ready", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def ready(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record whether this party is ready to meet; never why."""
    row, circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    prepared = circle.preparations.get(participant_id)
    told = told_who_said_what(current_actor(), row.school_id)
    form = ReadyForm(ready=YES_NO[prepared.is_ready if prepared and told else None])
    words = act_context(row, _("Is %(name)s ready?", name=person_words(person)), _("Save the answer"))
    return act_on(
        row, form, lambda call: preparation.record_ready(call, row.id, participant_id, form.ready.data == "yes"), words
    )


@blueprint.route("/consent/<int:participant_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def consent(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Read the letter together, then record what one party said about taking part."""
    actor = current_actor()
    row, circle, person = get_party(actor, case_id, pathway_id, participant_id)
    answer = circle.consents.get(participant_id) if told_who_said_what(actor, row.school_id) else None
    form = ConsentForm(
        consented=YES_NO[answer.consented if answer else None],
        guardian=YES_NO[answer.guardian_consented if answer else None] or "not_asked",
        guardian_name=answer.guardian_name if answer else "",
        given_on=today_at(row.school_id, clock.now()),
    )
    if circle.guardians_asked:
        form.guardian.choices = choices([*ANSWERS, ("not_asked", _("Not asked yet"))])
    return form_page(
        form,
        lambda: actions.record_consent(
            submitted(form),
            row.id,
            participant_id,
            form.consented.data == "yes",
            {"yes": True, "no": False}.get(form.guardian.data),
            form.given_on.data,
            form.guardian_name.data or "",
        ),
        page_of(row),
        "pathways/circles/preparation/consent.html",
        letter=_letter(row, person),
        letter_href=url_for("circle_parties.letter", participant_id=participant_id, **ids(row)),
        guardians=calling(filter(None, [person.student])).lines,
        warning=_who_asks(actor, circle, person, today_at(row.school_id, clock.now())),
        **act_context(row, _("Consent of %(name)s", name=person_words(person)), _("Save the answer")),
    )


def _letter(row: Pathway, person: CaseParticipant) -> Any:
    school = get_school(row.school_id)
    assert school is not None
    lead = names_of({row.case.lead_id}) if row.case.lead_id is not None else {}
    contact = ", ".join([*lead.values(), school.name])
    return letter_for(person, school, contact, today_at(row.school_id, clock.now()))


def _who_asks(actor: Actor, circle: Circle, person: CaseParticipant, today: date) -> str:
    if not was_harmed(person):
        return ""
    if actor.user_id not in circle.keepers_on(today):
        return _("Only a keeper of this circle asks this person. If they say no on their own, you can record it.")
    prepared = circle.preparations.get(person.id)
    if prepared is None or prepared.support_offered_on is None:
        return _("Offer support first, and record the date. Then ask.")
    return ""


@blueprint.get("/consent/<int:participant_id>/letter")
@gate(Permission.CASE_WORK)
def letter(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """The letter about taking part, to be printed, in the family's language."""
    row, _circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    back = url_for("circle_parties.consent", participant_id=participant_id, **ids(row))
    return render_template(
        "pathways/circles/preparation/letter.html", letter=_letter(row, person), back=back, locale=locale_code()
    )


@blueprint.route("/parties/<int:participant_id>/supporters/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def add_supporter(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Invite somebody whom this party wants beside them."""
    row, _circle, person = get_party(current_actor(), case_id, pathway_id, participant_id)
    form = SupporterForm()
    back = url_for("circle_parties.party", participant_id=participant_id, **ids(row))
    return form_page(
        form,
        lambda: preparation.add_supporter(
            submitted(form), row.id, participant_id, SupporterRelation(form.relation.data), form.name.data
        ),
        back,
        ACT,
        **act_context(row, _("A supporter of %(name)s", name=person_words(person)), _("Invite"), back_href=back),
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
    return act_form(form, lambda call: preparation.end_supporter(call, supporter_id), back, words)
