"""The partner's own pages: the list of referrals, and each referral with what was sent and nothing else."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.pages import ConfirmForm
from wss_cases.pathways.referrals import service as services
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.pages import DeclineForm, FinishForm, ServiceForm
from wss_cases.pathways.referrals.referral.queries import (
    ended_for_partner,
    field_words,
    get_for_partner,
    over_for_partner,
    partners_referrals,
    service_words,
)
from wss_cases.pathways.referrals.referral.rules import (
    AWAITS_ANSWER,
    FIELD_LABELS,
    RECEIVED_LABELS,
    ReferralState,
    ServiceKind,
    waits_until,
)

blueprint = Blueprint("partner", __name__, url_prefix="/partner")

PARTNER = Permission.REFERRAL_ANSWER
ACT = "pathways/referrals/partner_pages/act.html"
TO_DO = AWAITS_ANSWER | {ReferralState.ACCEPTED}


@blueprint.get("")
@gate(Permission.REFERRAL_ANSWER)
def home() -> Page:
    """The referrals of the actor's organization: to do, under way, done."""
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
        "meta": dotted(
            service_words(str((row.sent_fields or {}).get("service", ""))),
            _("sent %(day)s", day=day_words(row.sent_on)),
            _due(row, due) if due else "",
        ),
        "tag": _("Overdue")
        if due and due < today
        else _("To be answered")
        if row.state is ReferralState.SENT
        else str(row.state.label),
        "tone": "brick" if due and due < today else "sun" if row.state in TO_DO else "moss",
    }


def _due(row: Referral, due: date) -> str:
    if row.state is ReferralState.ACCEPTED:
        return _("first service by %(day)s", day=day_words(due))
    return _("answer by %(day)s", day=day_words(due))


@blueprint.get("/referrals/<int:referral_id>")
@gate(Permission.REFERRAL_ANSWER)
def referral(referral_id: int) -> Page:
    """A referral: what was sent, and what the partner can do."""
    today = today_at(None, clock.now())
    if (sent_on := ended_for_partner(current_actor(), referral_id, today)) is not None:
        words = render_template("pathways/referrals/partner_pages/ended.html", sent_on=day_words_with_year(sent_on))
        return words, 404
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
    return _answer(referral_id, services.accept)


@blueprint.post("/referrals/<int:referral_id>/waitlist")
@gate(Permission.REFERRAL_ANSWER)
def waitlist(referral_id: int) -> Page:
    """Put a referral on the partner's waiting list."""
    return _answer(referral_id, services.waitlist)


def _answer(referral_id: int, act: Callable[..., int]) -> Page:
    actor, form = current_actor(), ConfirmForm()
    _own(actor, referral_id)
    act(Invocation(actor, clock.now(), version=form.seen_version), referral_id, by=PARTNER)
    return redirect(url_for("partner.referral", referral_id=referral_id), 303)


def _own(actor: Actor, referral_id: int) -> Referral:
    return get_for_partner(actor, referral_id, today_at(None, clock.now()))


act_page(
    blueprint,
    "/referrals/<int:referral_id>/decline",
    "decline",
    PARTNER,
    load=_own,
    form=lambda row: DeclineForm(version=row.version),
    act=lambda call, row, form: services.decline(call, row.id, form.reason.data, by=PARTNER),
    done=lambda row: url_for("partner.home"),
    words=lambda row: _context(
        row,
        _("We cannot accept this referral"),
        _("Tell the school"),
        fact=_("The school is told, and you no longer have this referral."),
    ),
    template=ACT,
)


act_page(
    blueprint,
    "/referrals/<int:referral_id>/service",
    "service",
    PARTNER,
    load=_own,
    form=lambda row: ServiceForm(version=row.version, on=today_at(None, clock.now())),
    act=lambda call, row, form: services.log_service(call, row.id, form.on.data, by=PARTNER),
    done=lambda row: url_for("partner.referral", referral_id=row.id),
    words=lambda row: _context(
        row, _("First service") if row.state is ReferralState.ACCEPTED else _("Log a day of service"), _("Save the day")
    ),
    template=ACT,
)


act_page(
    blueprint,
    "/referrals/<int:referral_id>/finish",
    "finish",
    PARTNER,
    load=_own,
    form=lambda row: FinishForm(version=row.version, on=today_at(None, clock.now())),
    act=lambda call, row, form: services.finish(call, row.id, form.on.data, form.received.data, by=PARTNER),
    done=lambda row: url_for("partner.referral", referral_id=row.id),
    words=lambda row: _context(row, _("The service has ended"), _("Save")),
    template=ACT,
)


def _context(row: Referral, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "lede": (row.sent_fields or {}).get("name", ""),
        "go_words": go_words,
        "back_href": url_for("partner.referral", referral_id=row.id),
        **more,
    }


ROOM = Room(pages=(blueprint,))
