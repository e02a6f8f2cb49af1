"""Pages of the recorded acts around a circle's privilege: waivers, legal exceptions, and what stops shredding."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, printed_address
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.circles.circle.keepers import get_circle, with_keepers
from wss_cases.pathways.circles.keepers.views import parts_of
from wss_cases.pathways.circles.notes.forms import ExceptionForm, HoldForm, ReleaseForm, WaiverForm
from wss_cases.pathways.circles.notes.models import NoteOpening
from wss_cases.pathways.circles.notes.queries import acts_of, get_hold, get_waiver, openings_of, period_names
from wss_cases.pathways.circles.notes.states import ExceptionKind
from wss_cases.pathways.circles.privilege import actions
from wss_cases.pathways.common.forms import ConfirmForm, number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import ACT, act_context, kind_words, page_of
from wss_cases.pathways.legal_holds.models import LegalHold
from wss_cases.pathways.legal_holds.states import HoldKind

blueprint = Blueprint("privilege", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/privilege")


@blueprint.get("")
@gate(Permission.CIRCLE_HOLD)
def acts(case_id: int, pathway_id: int) -> Page:
    """Show the recorded acts: all of them to a keeper, the holds alone to the administrator."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_HOLD)
    circle, recorded = with_keepers(row), acts_of(row.id)
    is_keeper = can(actor, Permission.CIRCLE_NOTE_READ, circle)
    people = {person.id: person_words(person) for person in participants_of(row.case_id)} if is_keeper else {}
    zone, known = zone_of(row.school_id), period_names(row.id)
    return render_template(
        "pathways/circles/privilege/read.html",
        case=row.case,
        row=row,
        lede=kind_words(row),
        back_href=page_of(row),
        tabs=parts_of(actor, row, circle, "privilege.acts"),
        keeps=is_keeper,
        waivers=[
            {
                "id": one.id,
                "who": people.get(one.participant_id, ""),
                "signed": day_words_with_year(one.signed_on),
                "scope": one.scope,
                "reason": one.reason,
                "withdrawn": day_words_with_year(one.withdrawn_on),
            }
            for one in (recorded.waivers if is_keeper else ())
        ],
        exceptions=[
            {
                "kind": str(one.kind.label),
                "told": one.told_whom,
                "reason": one.reason,
                "when": moment_words(one.recorded_at, zone),
                "by": recorded.names.get(one.recorded_by_id, ""),
            }
            for one in (recorded.exceptions if is_keeper else ())
        ],
        holds=[_hold(one, recorded.names, zone) for one in recorded.holds],
        openings=[_opening(one, known, zone) for one in openings_of(row.id)],
    )


def _opening(one: NoteOpening, keepers: dict[int, str], zone: str) -> dict[str, Any]:
    waived = _("A person of the circle waived in writing")
    return {
        "ground": str(one.kind.label) if one.kind is not None else waived,
        "keeper": keepers.get(one.keeper_id, ""),
        "asked": moment_words(one.asked_at, zone),
        "opened": moment_words(one.opened_at, zone),
        "href": printed_address("note_openings.opening", opening_id=one.id),
    }


def _hold(one: LegalHold, names: dict[int, str], zone: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": str(one.kind.label),
        "reason": one.reason,
        "opened": moment_words(one.opened_at, zone),
        "by": names.get(one.opened_by_id or 0, ""),
        "closed": moment_words(one.closed_at, zone),
        "closed_by": names.get(one.closed_by_id or 0, ""),
        "closed_reason": one.closed_reason,
    }


def _page_of(row: Pathway) -> str:
    return url_for("privilege.acts", case_id=row.case_id, pathway_id=row.id)


def _context(row: Pathway, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    return act_context(row, title, go_words, back_href=_page_of(row), **more)


@blueprint.route("/waiver", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def waiver(case_id: int, pathway_id: int) -> Page:
    """Record a participant's waiver in writing."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = WaiverForm(signed_on=today_at(row.school_id, clock.now()))
    people = {person.id: person_words(person) for person in participants_of(row.case_id)}
    form.participant.choices = people_choices(people, _("Choose"))
    return form_page(
        form,
        lambda: actions.record_waiver(
            submitted(form),
            row.id,
            participant_id=number(form.participant.data) or 0,
            signed_on=form.signed_on.data,
            scope=form.scope.data,
            reason=form.reason.data,
        ),
        _page_of(row),
        ACT,
        **_context(
            row,
            _("Record a waiver"),
            _("Save the waiver"),
            facts=[_("Only in writing, signed by the participant. It covers only what they said themselves.")],
        ),
    )


@blueprint.route("/waivers/<int:waiver_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def withdraw(case_id: int, pathway_id: int, waiver_id: int) -> Page:
    """Record that a waiver was withdrawn."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    get_waiver(row.id, waiver_id)
    form = ConfirmForm()
    words = _context(
        row,
        _("Withdraw the waiver"),
        _("Record that it was withdrawn"),
        facts=[_("No reason is needed. What was already shared cannot be taken back.")],
    )
    return act_form(form, lambda call: actions.withdraw_waiver(call, row.id, waiver_id), _page_of(row), words)


@blueprint.route("/exception", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def exception(case_id: int, pathway_id: int) -> Page:
    """Record the use of a legal exception."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = ExceptionForm()
    return form_page(
        form,
        lambda: actions.record_exception(
            submitted(form),
            row.id,
            kind=ExceptionKind(form.kind.data),
            told_whom=form.told_whom.data,
            reason=form.reason.data,
        ),
        _page_of(row),
        ACT,
        **_context(row, _("Record a legal exception"), _("Save the exception")),
    )


@blueprint.route("/hold", methods=["GET", "POST"])
@gate(Permission.CIRCLE_HOLD)
def hold(case_id: int, pathway_id: int) -> Page:
    """Stop the shredding while a request, hold or order is open."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_HOLD)
    form = HoldForm()
    return form_page(
        form,
        lambda: actions.open_hold(submitted(form), row.id, kind=HoldKind(form.kind.data), reason=form.reason.data),
        _page_of(row),
        ACT,
        **_context(row, _("Stop shredding"), _("Stop shredding")),
    )


@blueprint.route("/holds/<int:hold_id>/close", methods=["GET", "POST"])
@gate(Permission.CIRCLE_HOLD)
def release(case_id: int, pathway_id: int, hold_id: int) -> Page:
    """Record that what stopped the shredding is over."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_HOLD)
    its_hold = get_hold(row.id, hold_id)
    form = ReleaseForm(version=its_hold.version)
    facts = [
        str(HoldKind(its_hold.kind).label),
        _("Once nothing else is open, the notes are permanently shredded on their date."),
    ]
    words = _context(row, _("It has ended"), _("Resume shredding"), facts=facts)
    return act_form(
        form, lambda call: actions.close_hold(call, row.id, hold_id, form.reason.data or ""), _page_of(row), words
    )
