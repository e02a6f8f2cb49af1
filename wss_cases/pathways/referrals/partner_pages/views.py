"""The partner's own pages: its list, and each referral with what was sent and nothing else."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.referrals.referral.forms import DeclineForm, FinishForm, SendForm, ServiceForm
from wss_cases.pathways.referrals.referral.letters import field_words, service_words
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.queries import get_for_partner, over_for_partner, partners_referrals
from wss_cases.pathways.referrals.referral.rules import waits_until
from wss_cases.pathways.referrals.referral.states import (
    AWAITS_ANSWER,
    FIELD_LABELS,
    RECEIVED_LABELS,
    STATE_LABELS,
    ReferralState,
    ServiceKind,
)
from wss_cases.pathways.referrals.service import actions as actions_service
from wss_cases.pathways.referrals.service.views import end, log

blueprint = Blueprint("partner", __name__, url_prefix="/partner")

PARTNER = Permission.REFERRAL_ANSWER
TO_DO = AWAITS_ANSWER | {ReferralState.ACCEPTED}


@blueprint.get("")
@gate(Permission.REFERRAL_ANSWER)
def home() -> Page:
    """The referrals of one's own organisation: to do, under way, done."""
    actor, today = current_actor(), today_at(None, clock.now())
    rows = partners_referrals(actor, today)
    return render_template(
        "pathways/referrals/partner_pages/home.html",
        to_do=[_item(row, today) for row in rows if row.state in TO_DO],
        current=[_item(row, today) for row in rows if row.state not in TO_DO and row.state is not ReferralState.DONE],
        done=[_item(row, today) for row in rows if row.state is ReferralState.DONE],
        over=[day_words_with_year(day) for day in over_for_partner(actor, today)],
    )


def _item(row: Referral, today: date) -> dict[str, Any]:
    due = waits_until(row)
    return {
        "name": (row.sent_fields or {}).get("name", ""),
        "href": url_for("partner.referral", referral_id=row.id),
        "meta": " · ".join(
            part
            for part in (
                service_words(str((row.sent_fields or {}).get("service", ""))),
                _("sent %(day)s", day=day_words(row.sent_on)),
                _due(row, due) if due else "",
            )
            if part
        ),
        "tag": _("Overdue") if due and due < today else _state(row),
        "tone": "brick" if due and due < today else "sun" if row.state in TO_DO else "moss",
    }


def _state(row: Referral) -> str:
    return _("To be answered") if row.state is ReferralState.SENT else str(STATE_LABELS[row.state])


def _due(row: Referral, due: date) -> str:
    if row.state is ReferralState.ACCEPTED:
        return _("first service by %(day)s", day=day_words(due))
    return _("answer by %(day)s", day=day_words(due))


@blueprint.get("/referrals/<int:referral_id>")
@gate(Permission.REFERRAL_ANSWER)
def referral(referral_id: int) -> Page:
    """One referral: what was sent, and the partner's own acts."""
    today = today_at(None, clock.now())
    row = get_for_partner(current_actor(), referral_id, today)
    sent = row.sent_fields or {}
    return render_template(
        "pathways/referrals/partner_pages/referral.html",
        row=row,
        item=_item(row, today),
        sent=[
            {"label": str(FIELD_LABELS[code]), "value": field_words(code, sent[code])}
            for code in FIELD_LABELS
            if code in sent
        ],
        until=day_words_with_year(row.consent.until_on) if row.consent else "",
        services=[
            {"day": day_words_with_year(each.on_day), "kind": str(ServiceKind(each.kind).label)}
            for each in row.services
        ],
        received=str(RECEIVED_LABELS[row.received]) if row.received else "",
        state=row.state.value,
        can_wait=row.state is ReferralState.SENT,
        to_answer=row.state in AWAITS_ANSWER,
        in_service=row.state in (ReferralState.FIRST_SEEN, ReferralState.ACTIVE),
    )


@blueprint.post("/referrals/<int:referral_id>/accept")
@gate(Permission.REFERRAL_ANSWER)
def accept(referral_id: int) -> Page:
    """Accept a referral."""
    actor, form = current_actor(), SendForm()
    get_for_partner(actor, referral_id, today_at(None, clock.now()))
    actions_service.accept(Invocation(actor, clock.now(), version=form.seen_version), referral_id, by=PARTNER)
    return _back(referral_id)


@blueprint.post("/referrals/<int:referral_id>/waitlist")
@gate(Permission.REFERRAL_ANSWER)
def waitlist(referral_id: int) -> Page:
    """Put a referral on one's waiting list."""
    actor, form = current_actor(), SendForm()
    get_for_partner(actor, referral_id, today_at(None, clock.now()))
    actions_service.waitlist(Invocation(actor, clock.now(), version=form.seen_version), referral_id, by=PARTNER)
    return _back(referral_id)


def _back(referral_id: int) -> Response:
    answer: Response = redirect(url_for("partner.referral", referral_id=referral_id), 303)
    return answer


@blueprint.route("/referrals/<int:referral_id>/decline", methods=["GET", "POST"])
@gate(Permission.REFERRAL_ANSWER)
def decline(referral_id: int) -> Page:
    """Say that one cannot take it, and why."""
    actor = current_actor()
    row = get_for_partner(actor, referral_id, today_at(None, clock.now()))
    form = DeclineForm(version=row.version)
    return form_page(
        form,
        lambda: actions_service.decline(submitted(form), referral_id, form.reason.data, by=PARTNER),
        url_for("partner.home"),
        "pathways/referrals/partner_pages/act.html",
        fact=_("The school is told, and you no longer have this referral."),
        **_context(row, _("We cannot take this referral"), _("Tell the school")),
    )


@blueprint.route("/referrals/<int:referral_id>/service", methods=["GET", "POST"])
@gate(Permission.REFERRAL_ANSWER)
def service(referral_id: int) -> Page:
    """Log a day of service."""
    actor, today = current_actor(), today_at(None, clock.now())
    row = get_for_partner(actor, referral_id, today)
    form = ServiceForm(version=row.version, on=today)
    first = row.state is ReferralState.ACCEPTED
    return form_page(
        form,
        lambda: log(actor, referral_id, form, PARTNER),
        url_for("partner.referral", referral_id=referral_id),
        "pathways/referrals/partner_pages/act.html",
        **_context(row, _("First service") if first else _("Log a day of service"), _("Save the day")),
    )


@blueprint.route("/referrals/<int:referral_id>/finish", methods=["GET", "POST"])
@gate(Permission.REFERRAL_ANSWER)
def finish(referral_id: int) -> Page:
    """Say when the last service was, and what was received."""
    actor, today = current_actor(), today_at(None, clock.now())
    row = get_for_partner(actor, referral_id, today)
    form = FinishForm(version=row.version, on=today)
    return form_page(
        form,
        lambda: end(actor, referral_id, form, PARTNER),
        url_for("partner.referral", referral_id=referral_id),
        "pathways/referrals/partner_pages/act.html",
        **_context(row, _("The service has ended"), _("Save")),
    )


def _context(row: Referral, title: str, go_words: str) -> dict[str, Any]:
    return {
        "title": title,
        "lede": (row.sent_fields or {}).get("name", ""),
        "go_words": go_words,
        "back_href": url_for("partner.referral", referral_id=row.id),
    }
