"""What the partner does with a referral, itself or as the school writes it down for it: answer, dates, end."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.follow_ups import close_open, follow
from wss_cases.pathways.referrals.referral.lifecycle import (
    DAYS_TO_ANSWER,
    DAYS_TO_FIRST_SERVICE,
    check_step,
    drop_follow_ups,
    load_by,
)
from wss_cases.pathways.referrals.referral.models import Referral, ServiceDate
from wss_cases.pathways.referrals.referral.states import (
    DECLINE_LABELS,
    RECEIVED_LABELS,
    SERVED,
    ReferralState,
    ServiceKind,
)
from wss_cases.roster.directory.queries import school_days


@use_case
def accept(uow: UnitOfWork, referral_id: int, *, by: Permission) -> int:
    """Record that the partner accepts; the clock to the first service begins."""
    row = load_by(uow, referral_id, by, uow.version)
    check_step(row, ReferralState.ACCEPTED)
    today = today_at(row.school_id, uow.now)
    terms = row.partner.days_to_first_service if row.partner else DAYS_TO_FIRST_SERVICE
    due_on = school_days(row.school_id).add(today, terms)
    row.state, row.answered_on, row.first_service_by = ReferralState.ACCEPTED, today, due_on
    uow.record(row, "referral.accepted", partner=row.partner_name, by=due_on.isoformat())
    close_open(uow, row.pathway_id, "referral_answer", "partner_accepted")
    follow(uow, row.pathway, "referral_first_service", due_on)
    return row.id


@use_case
def waitlist(uow: UnitOfWork, referral_id: int, *, by: Permission) -> int:
    """Record that the partner put it on its waiting list; it is asked again after its own days to answer."""
    row = load_by(uow, referral_id, by, uow.version)
    check_step(row, ReferralState.WAITLISTED)
    today = today_at(row.school_id, uow.now)
    terms = row.partner.days_to_answer if row.partner else DAYS_TO_ANSWER
    ask_on = school_days(row.school_id).add(today, max(terms, 1))
    row.state, row.answered_on, row.answer_by = ReferralState.WAITLISTED, today, ask_on
    uow.record(row, "referral.waitlisted", partner=row.partner_name)
    close_open(uow, row.pathway_id, "referral_answer", "partner_waitlisted")
    follow(uow, row.pathway, "referral_answer", ask_on)
    return row.id


@use_case
def decline(uow: UnitOfWork, referral_id: int, reason: str, *, by: Permission) -> int:
    """Record that the partner cannot take it, with its reason; it no longer has it from then on."""
    row = load_by(uow, referral_id, by, uow.version)
    if reason not in DECLINE_LABELS:
        raise Refused("reason", _("Choose the reason."))
    check_step(row, ReferralState.DECLINED)
    row.answered_on = row.ended_on = today_at(row.school_id, uow.now)
    row.state, row.answer_note = ReferralState.DECLINED, reason
    uow.record(row, "referral.declined", partner=row.partner_name, reason=reason)
    close_open(uow, row.pathway_id, "referral_answer", "partner_declined")
    drop_follow_ups(uow, row)
    return row.id


@use_case
def log_service(uow: UnitOfWork, referral_id: int, on: date, *, by: Permission) -> int:
    """Log one day of service: the first after accepting, then later ones. Nothing of what was said there is kept."""
    row = load_by(uow, referral_id, by, uow.version)
    _check_day(uow, row, on)
    if on in {each.on_day for each in row.services}:
        raise Refused("on", _("This day is already logged."))
    if row.state is ReferralState.ACCEPTED:
        check_step(row, ReferralState.FIRST_SEEN)
        row.state, row.first_service_on = ReferralState.FIRST_SEEN, on
        _add(uow, row, ServiceKind.FIRST, on)
        uow.record(row, "referral.first_seen", partner=row.partner_name, on=on.isoformat())
        close_open(uow, row.pathway_id, "referral_first_service", "first_seen", on=on)
    elif row.state in (ReferralState.FIRST_SEEN, ReferralState.ACTIVE):
        row.state = ReferralState.ACTIVE
        _add(uow, row, ServiceKind.LATER, on)
        uow.record(row, "referral.service", partner=row.partner_name, on=on.isoformat())
    else:
        raise Refused("", _("Accept the referral before you log service."))
    return row.id


@use_case
def finish(uow: UnitOfWork, referral_id: int, on: date, received: str, *, by: Permission) -> int:
    """Record the last day of service and what was received. Raises Refused before any service, or without an answer."""
    row = load_by(uow, referral_id, by, uow.version)
    if received not in RECEIVED_LABELS:
        raise Refused("received", _("Choose what was received."))
    _check_day(uow, row, on)
    if row.services and on < row.services[-1].on_day:
        raise Refused("on", _("The last service cannot be before one that is logged."))
    check_step(row, ReferralState.DONE)
    row.state, row.received, row.ended_on = ReferralState.DONE, received, on
    _add(uow, row, ServiceKind.LAST, on)
    uow.record(row, "referral.done", partner=row.partner_name, received=received)
    drop_follow_ups(uow, row)
    return row.id


def _check_day(uow: UnitOfWork, row: Referral, on: date) -> None:
    if on > today_at(row.school_id, uow.now):
        raise Refused("on", _("Choose today or an earlier day."))
    earliest = row.first_service_on if row.state in SERVED else row.sent_on
    if earliest is not None and on < earliest:
        raise Refused("on", _("This day is before the referral was sent, or before the first service."))


def _add(uow: UnitOfWork, row: Referral, kind: ServiceKind, on: date) -> None:
    uow.add(ServiceDate(referral_id=row.id, kind=kind, on_day=on, logged_at=uow.now, logged_by_id=uow.actor.user_id))
