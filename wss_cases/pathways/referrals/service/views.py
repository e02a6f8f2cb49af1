"""What the school writes down for a partner that calls instead of signing in: its answer, and dates of service."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.views import ACT, act_context, page_of
from wss_cases.pathways.referrals.consent.views import load
from wss_cases.pathways.referrals.referral.forms import AnswerForm, FinishForm, ServiceForm
from wss_cases.pathways.referrals.referral.queries import open_referral
from wss_cases.pathways.referrals.service import actions as actions_service

blueprint = Blueprint("referral_service", __name__)

HERE = "/cases/<int:case_id>/pathways/<int:pathway_id>/referral/<int:referral_id>"
PAGES = {
    "referral_answer": "referral_service.answer",
    "referral_first_service": "referral_service.service",
    "referral_consent_ends": "referral_consent.renew",
}
"""Which page a follow-up of a referral asks for."""

SCHOOL = Permission.CASE_WORK


@blueprint.route(f"{HERE}/answer", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def answer(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Write down what the partner answered by phone or mail."""
    actor = current_actor()
    row, referral = load(actor, case_id, pathway_id, referral_id)
    form = AnswerForm(version=referral.version)
    return form_page(
        form,
        lambda: _answer(referral.id, form),
        page_of(row),
        ACT,
        **act_context(row, _("Record the partner’s answer"), _("Save the answer")),
    )


def _answer(referral_id: int, form: AnswerForm) -> int:
    if form.answer.data == "declined":
        return actions_service.decline(submitted(form), referral_id, form.reason.data or "", by=SCHOOL)
    answer = actions_service.accept if form.answer.data == "accepted" else actions_service.waitlist
    return answer(submitted(form), referral_id, by=SCHOOL)


@blueprint.route(f"{HERE}/service", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def service(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Write down a day of service."""
    actor = current_actor()
    row, referral = load(actor, case_id, pathway_id, referral_id)
    form = ServiceForm(version=referral.version, on=today_at(row.school_id, clock.now()))
    return form_page(
        form,
        lambda: log(actor, referral.id, form, SCHOOL),
        page_of(row),
        ACT,
        **act_context(row, _("Log a day of service"), _("Save the day")),
    )


def log(actor: Actor, referral_id: int, form: ServiceForm, by: Permission) -> int:
    """Carry out what a service form says."""
    on: date = form.on.data
    return actions_service.log_service(submitted(form), referral_id, on, by=by)  # fmt: skip


@blueprint.route(f"{HERE}/finish", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def finish(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Write down the last day of service and what was received."""
    actor = current_actor()
    row, referral = load(actor, case_id, pathway_id, referral_id)
    form = FinishForm(version=referral.version, on=today_at(row.school_id, clock.now()))
    return form_page(
        form,
        lambda: end(actor, referral.id, form, SCHOOL),
        page_of(row),
        ACT,
        **act_context(row, _("The service has ended"), _("Save")),
    )


def end(actor: Actor, referral_id: int, form: FinishForm, by: Permission) -> int:
    """Carry out what a finish form says."""
    return actions_service.finish(submitted(form), referral_id, form.on.data, form.received.data, by=by)


@blueprint.get("/follow-ups/<int:follow_up_id>/referral")
@gate(Permission.CASE_WORK)
def of_follow_up(follow_up_id: int) -> Page:
    """Go from a follow-up to the act on the referral that it asks for; to the case where none is open."""
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.case_id is None:
        raise NotFound
    referral = open_referral(follow_up.pathway_id) if follow_up.pathway_id is not None else None
    if referral is None or follow_up.kind not in PAGES:
        return redirect(url_for("casework.case", case_id=follow_up.case_id), 303)
    here: dict[str, Any] = {"case_id": referral.case_id, "pathway_id": referral.pathway_id, "referral_id": referral.id}
    return redirect(url_for(PAGES[follow_up.kind], **here), 303)
