"""The recorded acts around privilege: waivers, legal exceptions, and what stops shredding while it is open."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.notes.actions import load_for_keeper
from wss_cases.pathways.circles.notes.grants import AUDIT_WAIVER, close_waived
from wss_cases.pathways.circles.notes.models import PrivilegeException, PrivilegeWaiver
from wss_cases.pathways.circles.notes.queries import get_hold, get_waiver
from wss_cases.pathways.circles.notes.states import ExceptionKind
from wss_cases.pathways.common.actions import add_audited, not_later
from wss_cases.pathways.legal_holds import actions as legal_holds
from wss_cases.pathways.legal_holds.models import LegalHold
from wss_cases.pathways.legal_holds.states import HoldKind
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
    """Record that one participant waived privilege in writing, for what and why. Returns the waiver's id."""
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
    """Record that a waiver was withdrawn today; it needs no reason. Raises Refused when it was before."""
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
    """Record that something privileged was told under a legal exception: to whom and why, never what."""
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
    """Record that a request, hold or order is over; shredding goes on. Raises Refused when it was closed before."""
    row = load_for_keeper(uow, pathway_id, Permission.CIRCLE_HOLD)
    get_hold(row.id, hold_id)
    hold = existing(uow.session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True))
    legal_holds.release_hold(uow, hold, reason, uow.version)
    return hold.id
