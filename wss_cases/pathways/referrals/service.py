"""The partner's answer and days of service: use cases for both sides, and the school's pages for a partner that
calls.
"""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import close_open, follow
from wss_cases.pathways.common.pages import act_context, page_of
from wss_cases.pathways.referrals.consent import load
from wss_cases.pathways.referrals.referral.models import Referral, ServiceDate
from wss_cases.pathways.referrals.referral.pages import (
    DAYS_TO_ANSWER,
    DAYS_TO_FIRST_SERVICE,
    AnswerForm,
    FinishForm,
    ServiceForm,
    check_step,
    drop_follow_ups,
    load_by,
)
from wss_cases.pathways.referrals.referral.queries import open_referral
from wss_cases.pathways.referrals.referral.rules import (
    DECLINE_LABELS,
    RECEIVED_LABELS,
    SERVED,
    ReferralState,
    ServiceKind,
)
from wss_cases.roster.directory.queries import school_days


@use_case
def accept(uow: UnitOfWork, referral_id: int, *, by: Permission) -> int:
    """Record that the partner accepts. The deadline of the first service begins."""
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
    """Record that the partner has a waiting list. It is asked again after its own days to answer."""
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
    """Record that the partner declines, with its reason. From then on it no longer sees the referral."""
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
    """Log a day of service: the first after accepting, then later ones. Nothing of what was said is stored."""
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


blueprint = Blueprint("referral_service", __name__)

HERE = "/cases/<int:case_id>/pathways/<int:pathway_id>/referral/<int:referral_id>"
PAGES = {
    "referral_answer": "referral_service.answer",
    "referral_first_service": "referral_service.service",
    "referral_consent_ends": "referral_consent.renew",
}
"""The page that each kind of follow-up asks for."""

SCHOOL = Permission.CASE_WORK


act_page(
    blueprint,
    f"{HERE}/answer",
    "answer",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: AnswerForm(version=loaded[1].version),
    act=lambda call, loaded, form: _answer(call, loaded[1].id, form),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(loaded[0], _("Record the partner’s answer"), _("Save the answer")),
)


def _answer(call: Invocation, referral_id: int, form: AnswerForm) -> int:
    if form.answer.data == "declined":
        return decline(call, referral_id, form.reason.data or "", by=SCHOOL)
    answer = accept if form.answer.data == "accepted" else waitlist
    return answer(call, referral_id, by=SCHOOL)


act_page(
    blueprint,
    f"{HERE}/service",
    "service",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: ServiceForm(version=loaded[1].version, on=today_at(loaded[0].school_id, clock.now())),
    act=lambda call, loaded, form: log_service(call, loaded[1].id, form.on.data, by=SCHOOL),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(loaded[0], _("Log a day of service"), _("Save the day")),
)


act_page(
    blueprint,
    f"{HERE}/finish",
    "finish",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: FinishForm(version=loaded[1].version, on=today_at(loaded[0].school_id, clock.now())),
    act=lambda call, loaded, form: finish(call, loaded[1].id, form.on.data, form.received.data, by=SCHOOL),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(loaded[0], _("The service has ended"), _("Save")),
)


@blueprint.get("/follow-ups/<int:follow_up_id>/referral")
@gate(Permission.CASE_WORK)
def of_follow_up(follow_up_id: int) -> Page:
    """Redirect from a follow-up to its page of the open referral, or to the case when none is open."""
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.case_id is None:
        raise NotFound
    referral = open_referral(follow_up.pathway_id) if follow_up.pathway_id is not None else None
    if referral is None or follow_up.kind not in PAGES:
        return redirect(url_for("casework.case", case_id=follow_up.case_id), 303)
    here: dict[str, Any] = {"case_id": referral.case_id, "pathway_id": referral.pathway_id, "referral_id": referral.id}
    return redirect(url_for(PAGES[follow_up.kind], **here), 303)


ROOM = Room(pages=(blueprint,))
