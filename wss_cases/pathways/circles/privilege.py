"""The acts around a circle's privilege, with their pages: waivers, legal exceptions, and holds that stop shredding."""

from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, printed_address
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.queries import get_circle, with_keepers
from wss_cases.pathways.circles.keepers import parts_of
from wss_cases.pathways.circles.notes.grants import AUDIT_WAIVER, close_waived
from wss_cases.pathways.circles.notes.messages import ExceptionKind, NoteOpening, PrivilegeException, PrivilegeWaiver
from wss_cases.pathways.circles.notes.pages import ExceptionForm, HoldForm, ReleaseForm, WaiverForm, load_for_keeper
from wss_cases.pathways.circles.notes.queries import acts_of, get_hold, get_waiver, openings_of, period_names
from wss_cases.pathways.common.actions import add_audited, not_later
from wss_cases.pathways.common.pages import ACT, ConfirmForm, act_context, kind_words, number, page_of, people_choices
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.legal_holds import pages as legal_holds
from wss_cases.pathways.legal_holds.pages import HoldKind, LegalHold
from wss_cases.roster.telling import refuse_naming_kept_off

AUDIT_WITHDRAWN = "circle.waiver_withdrawn"
AUDIT_EXCEPTION = "circle.privilege_exception"


def _needed(field: str, text: str, words: str) -> str:
    if not text.strip():
        raise Refused(field, words)
    return text


@use_case
def record_waiver(
    uow: UnitOfWork, pathway_id: int, *, participant_id: int, signed_on: date, scope: str, reason: str
) -> int:
    """Record a participant's written waiver of privilege, its scope and reason. Returns the waiver's id."""
    row = load_for_keeper(uow, pathway_id)
    person = uow.session.get(CaseParticipant, participant_id)
    if person is None or person.case_id != row.case_id:
        raise Refused("participant", _("Choose who signed."))
    not_later(uow, row.school_id, "signed_on", signed_on)
    waiver = PrivilegeWaiver(
        pathway_id=row.id, school_id=row.school_id, participant_id=person.id, signed_on=signed_on,
        scope=_needed("scope", scope, _("Write what the waiver covers.")),
        reason=_needed("reason", reason, _("Write why it was given.")),
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    return add_audited(uow, waiver, AUDIT_WAIVER)


@use_case
def withdraw_waiver(uow: UnitOfWork, pathway_id: int, waiver_id: int) -> int:
    """Record that a waiver is withdrawn today; no reason is needed. Raises Refused when it was withdrawn before."""
    row = load_for_keeper(uow, pathway_id)
    waiver = get_waiver(row.id, waiver_id)
    if waiver.withdrawn_on is not None:
        raise Refused("", _("This waiver was already withdrawn."))
    waiver.withdrawn_on = today_at(row.school_id, uow.now)
    close_waived(uow, row, waiver)
    uow.audit(AUDIT_WITHDRAWN, "privilege_waiver", waiver.id, changes_of(waiver))
    return waiver.id


@use_case
def record_exception(uow: UnitOfWork, pathway_id: int, *, kind: ExceptionKind, told_whom: str, reason: str) -> int:
    """Record that something privileged was shared under a legal exception: with whom and why, never what."""
    row = load_for_keeper(uow, pathway_id)
    students = [person.student_id for person in row.case.participants if person.student_id is not None]
    refuse_naming_kept_off("told_whom", students, told_whom)
    used = PrivilegeException(
        pathway_id=row.id, school_id=row.school_id, kind=kind,
        told_whom=_needed("told_whom", told_whom, _("Enter who was told.")),
        reason=_needed("reason", reason, _("Write why it was needed.")),
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    return add_audited(uow, used, AUDIT_EXCEPTION)


@use_case
def open_hold(uow: UnitOfWork, pathway_id: int, *, kind: HoldKind, reason: str) -> int:
    """Stop the shredding of a circle's notes while a request, hold or order is open. Returns the hold's id."""
    row = load_for_keeper(uow, pathway_id, Permission.CIRCLE_HOLD)
    hold = LegalHold(pathway_id=row.id, school_id=row.school_id, kind=kind, reason=reason)
    return legal_holds.open_hold(uow, hold).id


@use_case
def close_hold(uow: UnitOfWork, pathway_id: int, hold_id: int, reason: str) -> int:
    """Record that a request, hold or order has ended; shredding resumes. Raises Refused when it was closed before."""
    row = load_for_keeper(uow, pathway_id, Permission.CIRCLE_HOLD)
    get_hold(row.id, hold_id)
    hold = existing(uow.session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True))
    legal_holds.release_hold(uow, hold, reason, uow.version)
    return hold.id


blueprint = Blueprint("privilege", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/privilege")


@blueprint.get("")
@gate(Permission.CIRCLE_HOLD)
def acts(case_id: int, pathway_id: int) -> Page:
    """Show the recorded acts: to a keeper all of them, to the administrator only the holds."""
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
                "id": act.id,
                "who": people.get(act.participant_id, ""),
                "signed": day_words_with_year(act.signed_on),
                "scope": act.scope,
                "reason": act.reason,
                "withdrawn": day_words_with_year(act.withdrawn_on),
            }
            for act in (recorded.waivers if is_keeper else ())
        ],
        exceptions=[
            {
                "kind": str(act.kind.label),
                "told": act.told_whom,
                "reason": act.reason,
                "when": moment_words(act.recorded_at, zone),
                "by": recorded.names.get(act.recorded_by_id, ""),
            }
            for act in (recorded.exceptions if is_keeper else ())
        ],
        holds=[_hold(act, recorded.names, zone) for act in recorded.holds],
        openings=[_opening(act, known, zone) for act in openings_of(row.id)],
    )


def _opening(opening: NoteOpening, keepers: dict[int, str], zone: str) -> dict[str, Any]:
    waived = _("A person of the circle waived in writing")
    return {
        "ground": str(opening.kind.label) if opening.kind is not None else waived,
        "keeper": keepers.get(opening.keeper_id, ""),
        "asked": moment_words(opening.asked_at, zone),
        "opened": moment_words(opening.opened_at, zone),
        "href": printed_address("note_openings.opening", opening_id=opening.id),
    }


def _hold(hold_row: LegalHold, names: dict[int, str], zone: str) -> dict[str, Any]:
    return {
        "id": hold_row.id,
        "kind": str(hold_row.kind.label),
        "reason": hold_row.reason,
        "opened": moment_words(hold_row.opened_at, zone),
        "by": names.get(hold_row.opened_by_id or 0, ""),
        "closed": moment_words(hold_row.closed_at, zone),
        "closed_by": names.get(hold_row.closed_by_id or 0, ""),
        "closed_reason": hold_row.closed_reason,
    }


def _page_of(row: Pathway) -> str:
    return url_for("privilege.acts", case_id=row.case_id, pathway_id=row.id)


def _context(row: Pathway, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    return act_context(row, title, go_words, back_href=_page_of(row), **more)


@blueprint.route("/waiver", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def waiver(case_id: int, pathway_id: int) -> Page:
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = WaiverForm(signed_on=today_at(row.school_id, clock.now()))
    people = {person.id: person_words(person) for person in participants_of(row.case_id)}
    form.participant.choices = people_choices(people, _("Choose"))
    return form_page(
        form,
        lambda: record_waiver(
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
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    get_waiver(row.id, waiver_id)
    form = ConfirmForm()
    words = _context(
        row,
        _("Withdraw the waiver"),
        _("Record that it was withdrawn"),
        facts=[_("No reason is needed. What was already shared cannot be taken back.")],
    )
    return act_form(form, lambda call: withdraw_waiver(call, row.id, waiver_id), _page_of(row), words)


@blueprint.route("/exception", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def exception(case_id: int, pathway_id: int) -> Page:
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = ExceptionForm()
    return form_page(
        form,
        lambda: record_exception(
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
        lambda: open_hold(submitted(form), row.id, kind=HoldKind(form.kind.data), reason=form.reason.data),
        _page_of(row),
        ACT,
        **_context(row, _("Stop shredding"), _("Stop shredding")),
    )


@blueprint.route("/holds/<int:hold_id>/close", methods=["GET", "POST"])
@gate(Permission.CIRCLE_HOLD)
def release(case_id: int, pathway_id: int, hold_id: int) -> Page:
    """Record that a request, hold or order has ended."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_HOLD)
    its_hold = get_hold(row.id, hold_id)
    form = ReleaseForm(version=its_hold.version)
    facts = [
        str(HoldKind(its_hold.kind).label),
        _("Once nothing else is open, the notes are permanently shredded on their date."),
    ]
    words = _context(row, _("It has ended"), _("Resume shredding"), facts=facts)
    return act_form(form, lambda call: close_hold(call, row.id, hold_id, form.reason.data or ""), _page_of(row), words)


ROOM = Room(pages=(blueprint,))
