"""What the school writes down for a partner that calls instead of signing in: its answer, and dates of service."""

from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.views import act_context, page_of
from wss_cases.pathways.referrals.consent.views import load
from wss_cases.pathways.referrals.referral.forms import AnswerForm, FinishForm, ServiceForm
from wss_cases.pathways.referrals.referral.queries import open_referral
from wss_cases.pathways.referrals.service import actions

blueprint = Blueprint("referral_service", __name__)

HERE = "/cases/<int:case_id>/pathways/<int:pathway_id>/referral/<int:referral_id>"
PAGES = {
    "referral_answer": "referral_service.answer",
    "referral_first_service": "referral_service.service",
    "referral_consent_ends": "referral_consent.renew",
}
"""Which page a follow-up of a referral asks for."""

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
        return actions.decline(call, referral_id, form.reason.data or "", by=SCHOOL)
    answer = actions.accept if form.answer.data == "accepted" else actions.waitlist
    return answer(call, referral_id, by=SCHOOL)


act_page(
    blueprint,
    f"{HERE}/service",
    "service",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: ServiceForm(version=loaded[1].version, on=today_at(loaded[0].school_id, clock.now())),
    act=lambda call, loaded, form: actions.log_service(call, loaded[1].id, form.on.data, by=SCHOOL),
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
    act=lambda call, loaded, form: actions.finish(call, loaded[1].id, form.on.data, form.received.data, by=SCHOOL),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(loaded[0], _("The service has ended"), _("Save")),
)


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
